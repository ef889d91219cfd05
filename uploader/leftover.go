package uploader

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet/internal/delivery"
)

// leftover is kept with a job that may have left an upload in parts behind.
type leftover struct{}

// mayHaveLeft says that earlier tries of this event may have begun an upload in parts
// and not ended it: the process was killed, or S3's answer with the upload's id was lost.
func mayHaveLeft(job *delivery.Job) bool {
	_, left := job.Kept.(leftover)
	return left || job.Delivery > 1
}

// clearLeftovers aborts the uploads to a key that are under way. An upload of somebody who
// works on the same key is lost with them; to them its parts vanished, and they try again.
// Where uploads may not be listed, the bucket's life-cycle rule is left to do it.
func (b *bucket) clearLeftovers(ctx context.Context, job *delivery.Job, key string) error {
	ids, err := b.uploadsOf(ctx, job, key)
	if err != nil {
		return err
	}
	for _, id := range ids {
		b.abort(ctx, key, id)
	}
	return nil
}

// uploadsOf lists the uploads of one key that are under way.
func (b *bucket) uploadsOf(ctx context.Context, job *delivery.Job, key string) (ids []string, err error) {
	ctx, c := begin(ctx, job, b.patience)
	defer c.end()
	pages := s3.NewListMultipartUploadsPaginator(b.client, &s3.ListMultipartUploadsInput{Bucket: &b.name, Prefix: &key})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, once)
		switch statusOf(err) {
		case http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented:
			return nil, nil
		}
		if err != nil {
			return nil, b.explain(ctx, c, "list unfinished uploads to "+key, err)
		}
		for _, upload := range page.Uploads {
			if upload.Key != nil && *upload.Key == key && upload.UploadId != nil {
				ids = append(ids, *upload.UploadId)
			}
		}
		c.moved()
	}
	return ids, nil
}
