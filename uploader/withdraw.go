package uploader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// errStays: S3 does not let this uploader delete the object.
var errStays = errors.New("object cannot be deleted")

// believedDeletes is how often an object is deleted again that is there after a success.
// Another attempt may have written it anew.
const believedDeletes = 3

var errNotDeleted = fmt.Errorf("%w: DELETE was answered with success %d times, and it is still there: is there a proxy before S3?", errStays, believedDeletes)

// obey settles an event whose conversion has its outcome already. DONE is the truth:
// what it calls published stays as it is, and of a conversion with any other outcome
// nothing lies on S3.
func (u *Uploader) obey(ctx context.Context, job *delivery.Job, e *event, stored *jetsheet.Done) error {
	if stored.State == jetsheet.DonePublished {
		return nil
	}
	return u.withdraw(ctx, job, e, stored.State)
}

// withdraw deletes the conversion's own object, whichever attempt wrote it, and
// nothing else. It looks before each try: the condition of the deletion compares
// ETags, which a byte-identical workbook of another run shares. And it looks afterwards:
// an answer to a DELETE holds nothing that only S3 could say, and a proxy's page is a
// success too.
func (u *Uploader) withdraw(ctx context.Context, job *delivery.Job, e *event, state jetsheet.DoneState) error {
	log := u.log.With(slog.String("conversion", e.Request.Conversion().String()), slog.String("outcome", string(state)), slog.String("key", e.Request.Key))
	deleted := 0
	for round := range maxRounds {
		etag, err := u.ownETag(ctx, job, e)
		if err != nil {
			return err
		}
		if etag == "" {
			if deleted > 0 {
				log.WarnContext(ctx, "workbook withdrawn, its conversion had another outcome first")
			}
			return nil
		}
		if err = errNotDeleted; deleted < believedDeletes {
			err = u.bucket.remove(ctx, job, e.Request.Key, etag)
		}
		switch {
		case err == nil:
			deleted++
		case errors.Is(err, errStays):
			// Waiting for the right to delete would hold up all other workbooks.
			log.ErrorContext(ctx, "workbook stays on S3 although its conversion has another outcome; delete it by hand",
				slog.String("bucket", u.bucket.name), slog.String("etag", etag), slog.Any("err", err))
			return nil
		case errors.Is(err, errConflict):
			if err := pause(ctx, round); err != nil {
				return err
			}
		case !errors.Is(err, errOccupied):
			return err
		}
	}
	return u.bucket.unavailable("withdraw "+e.Request.Key, fmt.Errorf("others wrote to it %d times in a row", maxRounds))
}

// ownETag is that of the event's conversion's object; "" where there is none, or another's.
func (u *Uploader) ownETag(ctx context.Context, job *delivery.Job, e *event) (string, error) {
	head, err := u.bucket.head(ctx, job, e.Request.Key)
	if head == nil || err != nil {
		return "", err
	}
	there, err := publishedOf(head)
	if errors.Is(err, errForeign) || there.conversion != e.Request.Conversion().String() {
		return "", nil
	}
	return there.etag, nil
}

// remove deletes an object if it is still the one with the given ETag. The error
// wraps [errOccupied] if it is not, [errConflict] if a write was under way,
// [errStays] if S3 refuses, for good or perhaps, and carries a class for everything else.
func (b *bucket) remove(ctx context.Context, job *delivery.Job, key, etag string) error {
	ctx, c := begin(ctx, job, b.patience)
	defer c.end()
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key, IfMatch: &etag}, once)
	explained := b.explain(ctx, c, "delete "+key, err)
	var known *delivery.Error
	switch {
	case statusOf(err) == http.StatusNotImplemented, errors.As(explained, &known) && known.Cause == jetsheet.CauseUploadRefused:
		return fmt.Errorf("%w: %w", errStays, err)
	}
	return explained
}
