package uploader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// maxRounds bounds the tries for a key that others write to at the same time. Each
// round that is lost is one that somebody else won.
const maxRounds = 50

// outcome is what came of a workbook.
type outcome struct {
	state jetsheet.DoneState
	// there is the object on S3, by its own metadata.
	there published
}

// publish makes the event's workbook the object under its key, or learns why it is
// not to be.
func (u *Uploader) publish(ctx context.Context, job *delivery.Job, e *event) (*outcome, error) {
	up := u.uploadOf(e)
	// A large body is not sent in vain; a small one is cheaper to send than to ask.
	look := e.SizeBytes > u.bucket.singleMax
	var cond condition
	for round := range maxRounds {
		if look {
			var out *outcome
			var err error
			if out, cond, err = u.lookAt(ctx, job, e); out != nil || err != nil {
				return out, err
			}
		}
		err := u.bucket.put(ctx, job, up, cond)
		switch {
		case err == nil:
			job.Used(u.bucket.waiting())
			return ours(e), nil
		case errors.Is(err, errOccupied):
			look = true
		case errors.Is(err, errConflict):
			if err := pause(ctx, round); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
	return nil, delivery.Transient(jetsheet.CauseInternal,
		fmt.Errorf("key %s in S3 bucket %s: others wrote to it %d times in a row", e.Request.Key, u.bucket.name, maxRounds))
}

func (u *Uploader) uploadOf(e *event) *upload {
	return &upload{
		key: e.Request.Key, sizeBytes: e.SizeBytes, digest: e.digest,
		disposition: disposition(e.Request.Filename, e.Request.Key), metadata: metadataOf(e),
		open: func(ctx context.Context) (*workbook, error) { return u.store.open(ctx, e) },
	}
}

// ours is the outcome of a PUT of our own: what was sent is the object's metadata.
func ours(e *event) *outcome {
	meta := metadataOf(e)
	return &outcome{state: jetsheet.DonePublished, there: published{
		run: e.Request.Run, conversion: meta[MetaConversion], tenant: jetsheet.Token(e.Request.Tenant),
		sha256: e.SHA256, sizeBytes: e.SizeBytes, rows: e.Rows, version: meta[MetaVersion], definition: meta[MetaDefinition],
		snapshot: jetsheet.Snapshot{ID: meta[MetaSnapshot], At: e.Snapshot.At.UTC()},
	}}
}

// lookAt decides by what lies under the key: an outcome, an error, or else the
// condition under which to write.
func (u *Uploader) lookAt(ctx context.Context, job *delivery.Job, e *event) (*outcome, condition, error) {
	head, err := u.bucket.head(ctx, job, e.Request.Key)
	if err != nil || head == nil {
		return nil, condition{}, err
	}
	there, err := publishedOf(head)
	if err != nil {
		return nil, condition{}, occupied(u.bucket.name, e, err)
	}
	run, tenant := e.Request.Run, jetsheet.Token(e.Request.Tenant)
	switch order := there.run.Compare(run); {
	case there.conversion == e.Request.Conversion().String():
		if there.sha256 != e.SHA256 {
			u.log.InfoContext(ctx, "another attempt published first", slog.String("conversion", there.conversion))
		}
		return &outcome{state: jetsheet.DonePublished, there: there}, condition{}, nil
	case there.run.Report != run.Report:
		err = fmt.Errorf("it is of the report %s", there.run.Report)
	case there.tenant != tenant:
		err = fmt.Errorf("it is of the tenant %s; put {tenant} into output.key", there.tenant)
	case order == 0:
		err = fmt.Errorf("it is of the conversion %s of the same run", there.conversion)
	case order > 0:
		return &outcome{state: jetsheet.DoneSuperseded, there: there}, condition{}, nil
	default:
		u.log.InfoContext(ctx, "replacing the workbook of an older run", slog.String("conversion", e.Request.Conversion().String()),
			slog.String("older", there.run.String()))
		cond := condition{etag: there.etag}
		if there.sha256 == e.SHA256 {
			cond.twin = &there
		}
		return nil, cond, nil
	}
	return nil, condition{}, occupied(u.bucket.name, e, err)
}

func publishedOf(head *s3.HeadObjectOutput) (published, error) {
	there, err := parseMetadata(head.Metadata)
	there.sizeBytes, there.etag = aws.ToInt64(head.ContentLength), aws.ToString(head.ETag)
	return there, err
}

func occupied(bucket string, e *event, why error) error {
	return delivery.Permanent(jetsheet.CauseKeyOccupied, fmt.Errorf("something else lies under key %s in S3 bucket %s: %w; move it away, then: jetsheet failures replay %s",
		e.Request.Key, bucket, why, e.Request.Conversion()))
}

// pause waits a little for another write to end.
func pause(ctx context.Context, round int) error {
	limit := min(20*time.Millisecond<<min(round, 6), time.Second)
	timer := time.NewTimer(limit/2 + rand.N(limit/2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for another write: %w", ctx.Err())
	case <-timer.C:
		return nil
	}
}
