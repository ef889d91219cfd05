package verify

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
)

// clocksApart is how far S3's clock may be behind that of who froze the run.
const clocksApart = 10 * time.Minute

// checkBucket looks for objects of the run that no outcome accounts for. A list of
// objects has no metadata, so each object is asked whose it is, except for those that
// were looked at with their conversion and those written before the run was frozen.
func (v *verifier) checkBucket(ctx context.Context) error {
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(v.cfg.Concurrency)
	prefix := v.prefix()
	pages := s3.NewListObjectsV2Paginator(v.s3, &s3.ListObjectsV2Input{Bucket: &v.cfg.Bucket, Prefix: &prefix})
	var listing error
	for pages.HasMorePages() && listing == nil && limited.Err() == nil {
		var page *s3.ListObjectsV2Output
		if page, listing = pages.NextPage(limited); listing != nil {
			break
		}
		v.findings.count(func(r *Report) { r.ObjectsListed += int64(len(page.Contents)) })
		for _, object := range page.Contents {
			if v.mayBeExtra(object) {
				group.Go(func() error { return v.checkExtra(limited, text(object.Key)) })
			}
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if isRefused(listing) {
		v.findings.notice("bucket " + v.cfg.Bucket + " may not be listed: objects that no outcome accounts for were not looked for")
		return nil
	}
	if listing != nil {
		return unavailable(ctx, "list S3 bucket "+v.cfg.Bucket, listing)
	}
	return nil
}

// prefix is what the keys of the run's definition begin with.
func (v *verifier) prefix() string {
	pattern := v.definition.Output.Key.String()
	if v.options.Tenant != "" {
		pattern = strings.ReplaceAll(pattern, "{tenant}", jetsheet.Token(v.options.Tenant))
	}
	prefix, _, _ := strings.Cut(pattern, "{")
	return prefix
}

func (v *verifier) mayBeExtra(object types.Object) bool {
	key := text(object.Key)
	switch {
	case strings.HasPrefix(key, jetsheet.RecordPrefix), v.keys[digestOf(key)]:
		return false
	case object.LastModified == nil:
		return true
	}
	return object.LastModified.After(v.run.Frozen.FrozenAt.Add(-clocksApart))
}

func (v *verifier) checkExtra(ctx context.Context, key string) error {
	v.findings.count(func(r *Report) { r.ObjectsAsked++ })
	meta, err := v.head(ctx, v.cfg.Bucket, key, nil)
	if err != nil {
		return err
	}
	id := v.run.ID().String()
	whose := meta[metaConversion]
	if meta[metaRun] != id && !strings.HasPrefix(whose, id+"/") {
		return nil
	}
	if t := v.options.Tenant; t != "" && !strings.HasPrefix(whose, id+"/"+jetsheet.Token(t)+"/") {
		return nil
	}
	v.findings.problem(Problem{
		Kind: KindObjectUnexpected, Conversion: whose, What: "s3://" + v.cfg.Bucket + "/" + key,
		Got: "a workbook of " + describe(meta), Want: "none: no conversion has this key",
	})
	return nil
}

// checkUploads looks for uploads that were begun and neither completed nor aborted.
// While the run is open an uploader may be at work.
func (v *verifier) checkUploads(ctx context.Context) error {
	if v.findings.report.Open {
		return nil
	}
	prefix := v.prefix()
	pages := s3.NewListMultipartUploadsPaginator(v.s3, &s3.ListMultipartUploadsInput{Bucket: &v.cfg.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isRefused(err) {
			v.findings.notice("unfinished uploads to bucket " + v.cfg.Bucket + " may not be listed: they were not looked for")
			return nil
		}
		if err != nil {
			return unavailable(ctx, "list unfinished uploads to S3 bucket "+v.cfg.Bucket, err)
		}
		for _, upload := range page.Uploads {
			if v.keys[digestOf(text(upload.Key))] {
				v.findings.problem(Problem{
					Kind: KindUploadUnfinished, What: "s3://" + v.cfg.Bucket + "/" + text(upload.Key),
					Got: "the unfinished upload " + text(upload.UploadId), Want: "none",
				})
			}
		}
	}
	return nil
}
