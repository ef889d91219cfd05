package uploader

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/jetsheet/jetsheet/internal/delivery"
)

// condition is what must hold of a key when it is written: that nothing lies there,
// or the object that was looked at. The zero value is the former.
type condition struct {
	etag string
	// twin is that object where it has the very bytes that are to take its place.
	twin *published
}

func (c condition) ifNoneMatch() *string {
	if c.etag != "" {
		return nil
	}
	absent := "*"
	return &absent
}

func (c condition) ifMatch() *string {
	if c.etag == "" {
		return nil
	}
	return &c.etag
}

// upload is an object to be written.
type upload struct {
	key         string
	sizeBytes   int64
	digest      []byte
	disposition string
	metadata    map[string]string
	// open returns the bytes; it is called anew for every try.
	open func(ctx context.Context) (*workbook, error)
}

// put writes an object if the condition holds. The error wraps [errOccupied] if it
// does not, [errConflict] if another write was under way, and carries a class for
// everything else.
func (b *bucket) put(ctx context.Context, job *delivery.Job, up *upload, cond condition) error {
	if size := b.partSize(up.sizeBytes, cond.twin); size > 0 {
		return b.putParts(ctx, job, up, cond, size)
	}
	return b.putSingle(ctx, job, up, cond)
}

// partSize is the size of the parts in which an object is uploaded, 0 for one PUT. An
// ETag is made of the bytes and of how they came: the same bytes in the place of their
// twin come in another way, so that whoever has looked at the twin and writes with
// If-Match is refused.
func (b *bucket) partSize(sizeBytes int64, twin *published) int {
	usual, other := 0, b.partBytes
	if sizeBytes > b.singleMax {
		usual, other = b.partBytes, b.partBytes/8*7
	}
	if twin != nil && twin.partBytes == usual {
		return other
	}
	return usual
}

// putSingle streams the workbook in one request. The digest, known beforehand, is
// signed as the payload's hash over http and https alike, so the body need not be
// seekable, and S3 checks it twice.
func (b *bucket) putSingle(ctx context.Context, job *delivery.Job, up *upload, cond condition) error {
	ctx, c := begin(ctx, job, b.patience)
	defer c.end()
	src, err := up.open(ctx)
	if err != nil {
		return err
	}
	growStack(len(up.key))
	contentType := ContentType
	sum := base64.StdEncoding.EncodeToString(up.digest)
	out, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: &up.key, Body: c.send(src), ContentLength: &up.sizeBytes,
		ContentType: &contentType, ContentDisposition: &up.disposition, Metadata: up.metadata,
		IfNoneMatch: cond.ifNoneMatch(), IfMatch: cond.ifMatch(), ChecksumSHA256: &sum,
	}, once, payloadHash(up.digest))
	if err != nil {
		return b.explain(ctx, c, "put "+up.key, err)
	}
	return b.confirm("put "+up.key, out.ETag)
}

// payloadHash signs a digest known beforehand, instead of reading the body for it.
func payloadHash(digest []byte) func(*s3.Options) {
	set := middleware.FinalizeMiddlewareFunc("jetsheetPayloadHash", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		return next.HandleFinalize(v4.SetPayloadHash(ctx, hex.EncodeToString(digest)), in)
	})
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Finalize.Add(set, middleware.Before)
	})
}

// head looks at what lies under a key; nil without an error means nothing.
func (b *bucket) head(ctx context.Context, job *delivery.Job, key string) (*s3.HeadObjectOutput, error) {
	ctx, c := begin(ctx, job, b.patience)
	defer c.end()
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key}, once)
	if statusOf(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, b.explain(ctx, c, "look at "+key, err)
	}
	if err := b.confirm("look at "+key, out.ETag); err != nil {
		return nil, err
	}
	return out, nil
}
