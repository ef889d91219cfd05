package uploader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// maxRecordBytes bounds a record that is read into memory: a frozen run holds a
// definition (64 KiB) and a flag document (390 KB with 10,000 tenants).
const maxRecordBytes = 16 << 20

// Records keeps the records of frozen runs on S3, where they outlive everything in
// NATS. Both fields are required. It may be used concurrently.
type Records struct {
	Client *s3.Client
	Bucket string
}

// Record stores body under key unless something lies there already, and returns
// what lies there afterwards: whoever comes first decides. A nil body only reads;
// nil without an error then means that there is nothing. The body of a record is
// never empty.
func (r Records) Record(ctx context.Context, key string, body []byte) ([]byte, error) {
	for round := 0; body != nil; round++ {
		err := r.put(ctx, key, body)
		if err == nil {
			// Read back all the same: a store that ignores the condition accepts both of
			// two writers, and only the one that lies there decides.
			return r.get(ctx, key)
		}
		switch status := statusOf(err); {
		case status == http.StatusPreconditionFailed:
			if stored, err := r.get(ctx, key); err != nil || stored != nil {
				return stored, err
			}
		case status == http.StatusConflict && round < maxRounds: // another write is under way
		default:
			return nil, fmt.Errorf("write S3 object %s/%s: %w", r.Bucket, key, err)
		}
		if err := pause(ctx, round); err != nil {
			return nil, fmt.Errorf("write S3 object %s/%s: %w", r.Bucket, key, err)
		}
	}
	return r.get(ctx, key)
}

func (r Records) put(ctx context.Context, key string, body []byte) error {
	contentType, absent := "application/json", "*"
	_, err := r.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &r.Bucket, Key: &key, Body: bytes.NewReader(body), ContentType: &contentType,
		IfNoneMatch: &absent, ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	})
	return err
}

// get returns nil when there is nothing.
func (r Records) get(ctx context.Context, key string) ([]byte, error) {
	out, err := r.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &r.Bucket, Key: &key})
	if errors.As(err, new(*types.NoSuchKey)) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read S3 object %s/%s: %w", r.Bucket, key, err)
	}
	defer func() { _ = out.Body.Close() }()
	stored, err := io.ReadAll(io.LimitReader(out.Body, maxRecordBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read S3 object %s/%s: %w", r.Bucket, key, err)
	case len(stored) > maxRecordBytes:
		return nil, fmt.Errorf("S3 object %s/%s is no record: it is over %d bytes", r.Bucket, key, maxRecordBytes)
	}
	return stored, nil
}
