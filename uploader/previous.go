package uploader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// previous is the previous system's workbook as it was when it was looked at.
type previous struct {
	jetsheet.PreviousWorkbook
	// first is its beginning: all of a small one.
	first []byte
}

// notNowError says that the previous system's workbook cannot be had now, and what it is if
// that stays so.
type notNowError struct {
	reason jetsheet.IncomparableReason
	text   string
}

func (e *notNowError) Error() string { return e.text }

// stretchBytes is how much is read of an object at a time: most workbooks whole.
const stretchBytes = 4 << 20

// findPrevious looks at the previous system's workbook and reads its beginning. The
// error is a [notNowError] where it is absent or may not be read.
func (b *bucket) findPrevious(ctx context.Context, job *delivery.Job, key string) (*previous, error) {
	p := &previous{PreviousWorkbook: jetsheet.PreviousWorkbook{Bucket: b.name, Key: key}}
	ctx, c := begin(ctx, job, b.patience)
	defer c.end()
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key, Range: stretchFrom(0)}, once)
	if codeOf(err) == "InvalidRange" { // it is empty
		return p, nil
	}
	if err != nil {
		return nil, b.notNow(ctx, key, err)
	}
	p.ETag, p.LastModified = aws.ToString(out.ETag), aws.ToTime(out.LastModified).UTC()
	if p.SizeBytes, err = sizeOf(out); err != nil {
		_ = out.Body.Close()
		return nil, b.unavailable("read "+key, err)
	}
	p.first, err = b.stretch(ctx, c, key, out)
	return p, err
}

// reader reads anywhere in the workbook, as long as it stays the one that was found.
func (b *bucket) reader(ctx context.Context, job *delivery.Job, p *previous) *window {
	return &window{ctx: ctx, job: job, size: p.SizeBytes, held: p.first, fetch: func(offset int64) ([]byte, int64, error) {
		ctx, c := begin(ctx, job, b.patience)
		defer c.end()
		// Rounded down: an archive's directory, read first, ends with its last bytes.
		offset -= offset % stretchBytes
		out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &p.Key, Range: stretchFrom(offset), IfMatch: &p.ETag}, once)
		if err != nil {
			return nil, 0, b.notNow(ctx, p.Key, err)
		}
		if aws.ToString(out.ETag) != p.ETag { // by a server that does not know If-Match here
			_ = out.Body.Close()
			return nil, 0, b.changed(p.Key)
		}
		stretch, err := b.stretch(ctx, c, p.Key, out)
		return stretch, offset, err
	}}
}

func stretchFrom(offset int64) *string {
	text := fmt.Sprintf("bytes=%d-%d", offset, offset+stretchBytes-1)
	return &text
}

// sizeOf returns the size of the whole object of which a part was asked for.
func sizeOf(out *s3.GetObjectOutput) (int64, error) {
	_, total, ok := strings.Cut(aws.ToString(out.ContentRange), "/")
	if !ok { // it was answered whole
		return aws.ToInt64(out.ContentLength), nil
	}
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("content range is %q", aws.ToString(out.ContentRange))
	}
	return size, nil
}

// stretch reads the body of an answer.
func (b *bucket) stretch(ctx context.Context, c *call, key string, out *s3.GetObjectOutput) ([]byte, error) {
	defer func() { _ = out.Body.Close() }()
	length := aws.ToInt64(out.ContentLength)
	if length < 0 || length > stretchBytes {
		return nil, b.unavailable("read "+key, fmt.Errorf("asked for %d bytes, S3 sends %d", stretchBytes, length))
	}
	stretch := make([]byte, length)
	if _, err := io.ReadFull(movingReader{out.Body, c}, stretch); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, b.unavailable("read "+key, err)
	}
	return stretch, nil
}

// movingReader tells a call of each read.
type movingReader struct {
	io.Reader
	call *call
}

func (r movingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.call.moved()
	return n, err
}

// notNow tells an object that cannot be had from S3 that does not answer. Only the code
// tells: S3 also answers 403 to credentials that are wrong, which is met by every object.
func (b *bucket) notNow(ctx context.Context, key string, err error) error {
	where := b.previousText(key)
	switch code, status := codeOf(err), statusOf(err); {
	case errors.Is(context.Cause(ctx), errSilent):
		return b.unavailable("read "+key, context.Cause(ctx))
	case code == "NoSuchKey":
		return &notNowError{jetsheet.ReasonAbsent, "there is no " + where}
	case code == "AccessDenied":
		return &notNowError{jetsheet.ReasonDenied, "S3 refuses to read the " + where +
			": the uploader needs GetObject on the key and ListBucket on the bucket"}
	case status == http.StatusPreconditionFailed, status == http.StatusRequestedRangeNotSatisfiable:
		return b.changed(key)
	case code == "InvalidObjectState", b.refuses(status, code): // the former: it is archived
		return &notNowError{jetsheet.ReasonDenied, "S3 refuses to read the " + where + ": " + err.Error()}
	}
	return b.unavailable("read "+key, err)
}

func (b *bucket) previousText(key string) string {
	return fmt.Sprintf("previous system's workbook %s in S3 bucket %s", key, b.name)
}

func (b *bucket) changed(key string) error {
	return &notNowError{jetsheet.ReasonPreviousChanged, "the " + b.previousText(key) + " was written again while it was read"}
}
