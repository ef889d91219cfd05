package localtest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// smallestPart is the least size of a part that is not the last, by S3's rule.
const smallestPart = 5 << 20

// begin starts an upload of key and sends the parts.
func (b *s3Bucket) begin(t *testing.T, key string, parts ...string) (id string, sent []types.CompletedPart) {
	t.Helper()
	out, err := b.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
		Bucket: &b.name, Key: &key, Metadata: map[string]string{"run": "r"}, ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		ContentDisposition: aws.String("attachment"),
	})
	if err != nil {
		t.Fatalf("begin %s: %v", key, err)
	}
	id = aws.ToString(out.UploadId)
	for i, body := range parts {
		number := int32(i + 1)
		part, err := b.client.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: &b.name, Key: &key, UploadId: &id, PartNumber: &number, Body: strings.NewReader(body), ChecksumSHA256: digest(body),
		})
		if err != nil {
			t.Fatalf("send part %d of %s: %v", number, key, err)
		}
		sent = append(sent, types.CompletedPart{PartNumber: &number, ETag: part.ETag, ChecksumSHA256: digest(body)})
	}
	return id, sent
}

func (b *s3Bucket) complete(ctx context.Context, key, id string, parts []types.CompletedPart, change ...func(*s3.CompleteMultipartUploadInput)) (string, error) {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &b.name, Key: &key, UploadId: &id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}
	for _, f := range change {
		f(in)
	}
	out, err := b.client.CompleteMultipartUpload(ctx, in)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.ETag), nil
}

func (b *s3Bucket) abort(ctx context.Context, key, id string) error {
	_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.name, Key: &key, UploadId: &id})
	return err
}

func testMultipart(t *testing.T, b *s3Bucket) {
	body := patterned(2*smallestPart + 12_345)
	id, parts := b.begin(t, "big/one", body[:smallestPart], body[smallestPart:2*smallestPart], body[2*smallestPart:])
	b.lacks(t, "big/one")
	etag, err := b.complete(t.Context(), "big/one", id, parts)
	if err != nil {
		t.Fatalf("complete: %v", err)
	}
	b.holds(t, "big/one", body)
	head, err := b.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: aws.String("big/one")})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(aws.ToString(head.ETag), head.Metadata, aws.ToString(head.ContentDisposition))
	if want := fmt.Sprint(etag, map[string]string{"run": "r"}, "attachment"); got != want {
		t.Errorf("ETag, metadata, disposition: got %s, want %s", got, want)
	}
	if _, err := b.put(t.Context(), "big/one", "small", ifMatch(etag)); err != nil {
		t.Errorf("replace by the ETag of a multipart object: %v", err)
	}
}

func testMultipartCondition(t *testing.T, b *s3Bucket) {
	onlyNew := func(in *s3.CompleteMultipartUploadInput) { in.IfNoneMatch = aws.String("*") }
	id, parts := b.begin(t, "c", "multipart")
	second, secondParts := b.begin(t, "c", "second")
	if _, err := b.complete(t.Context(), "c", id, parts, onlyNew); err != nil {
		t.Fatalf("complete a missing key: %v", err)
	}
	if _, err := b.complete(t.Context(), "c", second, secondParts, onlyNew); status(err) != http.StatusPreconditionFailed {
		t.Errorf("complete an existing key: got %v, want status 412", err)
	}
	b.holds(t, "c", "multipart")
	etag := b.mustPut(t, "c", "replaced")
	third, thirdParts := b.begin(t, "c", "third")
	if _, err := b.complete(t.Context(), "c", third, thirdParts, func(in *s3.CompleteMultipartUploadInput) { in.IfMatch = &etag }); err != nil {
		t.Errorf("complete over what was seen: %v", err)
	}
	b.holds(t, "c", "third")
	if err := b.abort(t.Context(), "c", second); err != nil && code(err) != "NoSuchUpload" {
		t.Errorf("abort the refused upload: %v", err)
	}
}

func testMultipartWrongDigest(t *testing.T, b *s3Bucket) {
	id, _ := b.begin(t, "w")
	_, err := b.client.UploadPart(t.Context(), &s3.UploadPartInput{
		Bucket: &b.name, Key: aws.String("w"), UploadId: &id, PartNumber: aws.Int32(1),
		Body: strings.NewReader("body"), ChecksumSHA256: digest("something else"),
	})
	if status(err) != http.StatusBadRequest {
		t.Errorf("send a part with a wrong digest: got %v, want status 400", err)
	}
	parts := []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: aws.String(`"841a2d689ad86bd1611447453c22c6fc"`)}}
	if _, err := b.complete(t.Context(), "w", id, parts); status(err) != http.StatusBadRequest {
		t.Errorf("complete without the part: got %v, want status 400", err)
	}
	b.lacks(t, "w")
}

func testMultipartAbort(t *testing.T, b *s3Bucket) {
	id, parts := b.begin(t, "gone", "part")
	if err := b.abort(t.Context(), "gone", id); err != nil {
		t.Fatalf("abort: %v", err)
	}
	if _, err := b.complete(t.Context(), "gone", id, parts); code(err) != "NoSuchUpload" {
		t.Errorf("complete what was aborted: got %v, want NoSuchUpload", err)
	}
	out, err := b.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &b.name, Prefix: aws.String("gone")})
	if err != nil || len(out.Uploads) != 0 {
		t.Errorf("uploads after an abort: got %+v, %v, want none", out, err)
	}
	b.lacks(t, "gone")
}
