package uploader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/jetsheet/jetsheet/internal/delivery"
)

// borrowLimit is how long an upload may wait for others of its process.
const borrowLimit = time.Hour

// completePatience times the usual patience is how long S3 may take to put parts
// together.
const completePatience = 10

// abortTries is how often an upload is given up before it is left to the next try, and in
// the end to the bucket's life-cycle rule.
const abortTries = 3

// putParts uploads in parts of the given size, one after another, each with its digest.
// The condition holds at the completion, which is sent only when the whole digest
// was found right.
func (b *bucket) putParts(ctx context.Context, job *delivery.Job, up *upload, cond condition, size int) error {
	buffer, err := b.borrow(ctx, job)
	if err != nil {
		return err
	}
	defer func() { b.large <- buffer }()
	// A nats-server that was killed has forgotten that the event was delivered before.
	if err := b.clearLeftovers(ctx, job, up.key); err != nil {
		return err
	}
	id, err := b.createParts(ctx, job, up, size)
	if err != nil {
		job.Kept = leftover{}
		return err
	}
	parts, err := b.sendParts(ctx, job, up, id, buffer[:size])
	if err == nil {
		err = b.completeParts(ctx, job, up, id, parts, cond)
	}
	if err != nil && !b.abort(ctx, up.key, id) {
		job.Kept = leftover{}
	}
	return err
}

// borrow waits for a part buffer.
func (b *bucket) borrow(ctx context.Context, job *delivery.Job) ([]byte, error) {
	// Waiting for other uploads of this process is no stall; they have limits.
	defer job.Statement(borrowLimit)()
	select {
	case buffer := <-b.large:
		if buffer == nil {
			buffer = make([]byte, b.partBytes)
		}
		return buffer, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for other large uploads: %w", ctx.Err())
	}
}

func (b *bucket) createParts(ctx context.Context, job *delivery.Job, up *upload, size int) (id string, err error) {
	// It is not to be cancelled: without the answer nobody knows what is to be aborted.
	ctx, c := begin(context.WithoutCancel(ctx), job, b.patience)
	defer c.end()
	contentType, metadata := ContentType, maps.Clone(up.metadata)
	metadata[MetaPartBytes] = strconv.Itoa(size)
	out, err := b.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &b.name, Key: &up.key, ContentType: &contentType,
		ContentDisposition: &up.disposition, Metadata: metadata,
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ChecksumType: types.ChecksumTypeComposite,
	}, once)
	if err != nil {
		return "", b.explain(ctx, c, "begin upload of "+up.key, err)
	}
	if err := b.confirm("begin upload of "+up.key, out.UploadId); err != nil {
		return "", err
	}
	return *out.UploadId, nil
}

func (b *bucket) sendParts(ctx context.Context, job *delivery.Job, up *upload, id string, buffer []byte) ([]types.CompletedPart, error) {
	src, err := up.open(ctx)
	if err != nil {
		return nil, err
	}
	var parts []types.CompletedPart
	for sent := int64(0); sent < up.sizeBytes; {
		part := buffer[:min(int64(len(buffer)), up.sizeBytes-sent)]
		if err := fill(job, src, part); err != nil {
			return nil, err
		}
		done, err := b.sendPart(ctx, job, up, id, int32(len(parts)+1), part)
		if err != nil {
			return nil, err
		}
		parts = append(parts, done)
		sent += int64(len(part))
	}
	return parts, nil
}

// fill reads a part and tells the lease of every chunk.
func fill(job *delivery.Job, src io.Reader, part []byte) error {
	for n := 0; n < len(part); {
		m, err := src.Read(part[n:])
		if err != nil {
			return err // io.EOF cannot be: the workbook knows its size
		}
		n += m
		job.Rows(0)
	}
	return nil
}

func (b *bucket) sendPart(ctx context.Context, job *delivery.Job, up *upload, id string, number int32, part []byte) (types.CompletedPart, error) {
	ctx, c := begin(ctx, job, b.patience)
	defer c.end()
	whole, size := sha256.Sum256(part), int64(len(part))
	sum := base64.StdEncoding.EncodeToString(whole[:])
	out, err := b.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &b.name, Key: &up.key, UploadId: &id, PartNumber: &number,
		Body: c.send(bytes.NewReader(part)), ContentLength: &size, ChecksumSHA256: &sum,
	}, once, payloadHash(whole[:]))
	doing := fmt.Sprintf("put part %d of %s", number, up.key)
	if err != nil {
		return types.CompletedPart{}, b.explain(ctx, c, doing, err)
	}
	if err := b.confirm(doing, out.ETag); err != nil {
		return types.CompletedPart{}, err
	}
	return types.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumSHA256: &sum}, nil
}

func (b *bucket) completeParts(ctx context.Context, job *delivery.Job, up *upload, id string, parts []types.CompletedPart, cond condition) error {
	// S3 says that putting the parts together may take minutes.
	ctx, c := begin(ctx, job, completePatience*b.patience)
	defer c.end()
	out, err := b.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &b.name, Key: &up.key, UploadId: &id,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		IfNoneMatch:     cond.ifNoneMatch(), IfMatch: cond.ifMatch(),
	}, once)
	if err != nil {
		return b.explain(ctx, c, "complete upload of "+up.key, err)
	}
	return b.confirm("complete upload of "+up.key, out.ETag)
}

// abort gives an upload up, so that its parts cost nothing. It has a time of its
// own: the job's context may be what ended. It says whether the upload is gone.
func (b *bucket) abort(ctx context.Context, key, id string) bool {
	ctx = context.WithoutCancel(ctx)
	for range abortTries {
		limited, cancel := context.WithTimeout(ctx, b.patience)
		_, err := b.client.AbortMultipartUpload(limited, &s3.AbortMultipartUploadInput{Bucket: &b.name, Key: &key, UploadId: &id}, once)
		cancel()
		if err == nil || errors.As(err, new(*types.NoSuchUpload)) {
			return true
		}
	}
	return false
}
