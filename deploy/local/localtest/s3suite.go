package localtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// S3Maker returns a client and a bucket that it may fill, for one run of the suite.
type S3Maker func(t *testing.T) (client *s3.Client, bucket string)

// S3Suite checks that an S3 server does what jetsheet relies on: whoever serves workbooks must pass it.
func S3Suite(t *testing.T, maker S3Maker) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, b *s3Bucket)
	}{
		{"create only if missing", testIfNoneMatch},
		{"replace only what was seen", testIfMatch},
		{"one of sixteen creates", testCreateRace},
		{"one of sixteen replaces", testReplaceRace},
		{"wrong digest stores nothing", testWrongDigest},
		{"metadata and headers are kept", testMetadata},
		{"ranges", testRanges},
		{"what is missing", testMissing},
		{"odd keys", testOddKeys},
		{"list in order and in pages", testList},
		{"list folders", testListFolders},
		{"list from a key on", testListStartAfter},
		{"delete", testDelete},
		{"delete only what was seen", testDeleteIfMatch},
		{"one of sixteen deletes", testDeleteRace},
		{"multipart", testMultipart},
		{"multipart with a condition", testMultipartCondition},
		{"multipart with a wrong digest", testMultipartWrongDigest},
		{"multipart aborted", testMultipartAbort},
		{"presigned", testPresigned},
		{"readers see whole objects", testWholeObjects},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, bucket := maker(t)
			c.run(t, &s3Bucket{client, bucket})
		})
	}
}

// s3Bucket is the short way to the operations.
type s3Bucket struct {
	client *s3.Client
	name   string
}

func (b *s3Bucket) put(ctx context.Context, key, body string, change ...func(*s3.PutObjectInput)) (etag string, err error) {
	in := &s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: strings.NewReader(body)}
	for _, f := range change {
		f(in)
	}
	out, err := b.client.PutObject(ctx, in)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.ETag), nil
}

func ifNoneMatch(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }

func ifMatch(etag string) func(*s3.PutObjectInput) {
	return func(in *s3.PutObjectInput) { in.IfMatch = &etag }
}

// mustPut stores an object that the test needs.
func (b *s3Bucket) mustPut(t *testing.T, key, body string) string {
	t.Helper()
	etag, err := b.put(t.Context(), key, body)
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
	return etag
}

func (b *s3Bucket) get(ctx context.Context, key string) (string, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(out.Body)
	return string(body), errors.Join(err, out.Body.Close())
}

// holds checks the object's content.
func (b *s3Bucket) holds(t *testing.T, key, want string) {
	t.Helper()
	if got, err := b.get(t.Context(), key); err != nil || got != want {
		t.Errorf("get %s: got %.60q, %v, want %.60q", key, got, err, want)
	}
}

// lacks checks that there is no such object, by HEAD, GET and the list.
func (b *s3Bucket) lacks(t *testing.T, key string) {
	t.Helper()
	if _, err := b.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: &key}); status(err) != http.StatusNotFound {
		t.Errorf("head %s: got %v, want status 404", key, err)
	}
	if got, err := b.get(t.Context(), key); status(err) != http.StatusNotFound {
		t.Errorf("get %s: got %.60q, %v, want status 404", key, got, err)
	}
	out, err := b.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: &key})
	if err != nil || len(out.Contents) != 0 {
		t.Errorf("list %s: got %+v, %v, want nothing", key, out, err)
	}
}

// status returns the HTTP status of an operation's error, 0 if it has none.
func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func digest(body string) *string {
	sum := sha256.Sum256([]byte(body))
	return aws.String(base64.StdEncoding.EncodeToString(sum[:]))
}

// patterned returns size bytes of which every window of eight occurs once, so that a misplaced part shows.
func patterned(size int) string {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		b.Write([]byte{byte(i), byte(i >> 8), byte(i >> 16), '.'})
	}
	return b.String()[:size]
}
