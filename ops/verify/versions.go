package verify

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// countVersions counts, in a bucket that keeps them, the versions of the run's own
// workbooks that are not the current ones. It is for information: a workbook that was
// replaced and restored is no problem.
func (v *verifier) countVersions(ctx context.Context) error {
	state, err := v.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &v.cfg.Bucket})
	switch {
	case isRefused(err):
		v.findings.notice("whether bucket " + v.cfg.Bucket + " keeps versions may not be asked: they were not looked at")
		return nil
	case err != nil:
		return unavailable(ctx, "look at S3 bucket "+v.cfg.Bucket, err)
	case state.Status == "":
		return nil
	}
	prefix := v.prefix()
	pages := s3.NewListObjectVersionsPaginator(v.s3, &s3.ListObjectVersionsInput{Bucket: &v.cfg.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isRefused(err) {
			v.findings.notice("versions in bucket " + v.cfg.Bucket + " may not be listed: they were not looked at")
			return nil
		}
		if err != nil {
			return unavailable(ctx, "list versions in S3 bucket "+v.cfg.Bucket, err)
		}
		for _, version := range page.Versions {
			if err := v.countVersion(ctx, version); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *verifier) countVersion(ctx context.Context, version types.ObjectVersion) error {
	old := version.LastModified != nil && version.LastModified.Before(v.run.Frozen.FrozenAt.Add(-clocksApart))
	current := version.IsLatest != nil && *version.IsLatest
	if current || old || !v.keys[digestOf(text(version.Key))] {
		return nil
	}
	meta, err := v.head(ctx, v.cfg.Bucket, text(version.Key), version.VersionId)
	if err != nil {
		return err
	}
	if meta[metaRun] == v.run.ID().String() {
		v.findings.count(func(r *Report) { r.Versions++ })
	}
	return nil
}
