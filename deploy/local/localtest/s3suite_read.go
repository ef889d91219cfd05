package localtest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func testRanges(t *testing.T, b *s3Bucket) {
	body := patterned(100_000)
	b.mustPut(t, "r", body)
	for _, c := range []struct{ header, want string }{
		{"bytes=0-9", body[:10]},
		{"bytes=99990-", body[99_990:]},
		{"bytes=-5", body[99_995:]},
		{"bytes=50000-70000", body[50_000:70_001]},
		{"bytes=99999-200000", body[99_999:]},
	} {
		out, err := b.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: aws.String("r"), Range: &c.header})
		if err != nil {
			t.Errorf("range %s: %v", c.header, err)
			continue
		}
		got, err := io.ReadAll(out.Body)
		_ = out.Body.Close()
		if err != nil || string(got) != c.want {
			t.Errorf("range %s: got %d bytes %.20q, %v, want %d %.20q", c.header, len(got), got, err, len(c.want), c.want)
		}
	}
	_, err := b.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: aws.String("r"), Range: aws.String("bytes=100000-")})
	if status(err) != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("range behind the end: got %v, want status 416", err)
	}
}

func testMissing(t *testing.T, b *s3Bucket) {
	b.mustPut(t, "folder/object", "x")
	b.lacks(t, "nothing")
	for _, key := range []string{"folder", "folder/object/below"} {
		if got, err := b.get(t.Context(), key); status(err) != http.StatusNotFound || code(err) != "NoSuchKey" {
			t.Errorf("get %s: got %q, %v, want status 404 NoSuchKey", key, got, err)
		}
	}
	elsewhere := &s3Bucket{b.client, "no-such-bucket"}
	if _, err := elsewhere.put(t.Context(), "k", "x"); code(err) != "NoSuchBucket" {
		t.Errorf("put into a missing bucket: got %v, want NoSuchBucket", err)
	}
	if _, err := b.client.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("no-such-bucket")}); status(err) != http.StatusNotFound {
		t.Errorf("head a missing bucket: got %v, want status 404", err)
	}
}

func testOddKeys(t *testing.T, b *s3Bucket) {
	for _, key := range []string{
		"テナント/2026-10/冷蔵庫温度記録_本店.xlsx", "a b/c+d.xlsx", "percent%20sign", "a=2Fb/~x/!'()*.xlsx", "_jetsheet/runs/20261031T200000Z-r-0",
		"semi;colon&amp", "日/月", ".hidden",
	} {
		b.mustPut(t, key, "content of "+key)
		b.holds(t, key, "content of "+key)
		out, err := b.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: &key})
		if err != nil || len(out.Contents) != 1 || aws.ToString(out.Contents[0].Key) != key {
			t.Errorf("list %q: got %+v, %v, want the key", key, out, err)
		}
	}
}

// keys lists all pages of size.
func (b *s3Bucket) keys(t *testing.T, in *s3.ListObjectsV2Input, size int32) []string {
	t.Helper()
	in.Bucket, in.MaxKeys = &b.name, &size
	var keys []string
	for pages := s3.NewListObjectsV2Paginator(b.client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatalf("list %q: %v", aws.ToString(in.Prefix), err)
		}
		if got := len(page.Contents) + len(page.CommonPrefixes); got > int(size) {
			t.Fatalf("page of %q: got %d entries, want at most %d", aws.ToString(in.Prefix), got, size)
		}
		var onPage []string
		for _, c := range page.Contents {
			onPage = append(onPage, aws.ToString(c.Key))
		}
		for _, p := range page.CommonPrefixes {
			onPage = append(onPage, aws.ToString(p.Prefix))
		}
		slices.Sort(onPage) // S3 orders within a page by kind
		keys = append(keys, onPage...)
	}
	return keys
}

func testList(t *testing.T, b *s3Bucket) {
	// In byte order, which is not the order of folders.
	want := []string{"t-1", "t.x", "t/a-", "t/a/1", "t/a/2", "t/a/3", "t/a0", "t/b", "u/1"}
	for _, key := range slices.Backward(want) {
		b.mustPut(t, key, "content of "+key)
	}
	for size := range int32(len(want) + 1) {
		size++
		if got := b.keys(t, &s3.ListObjectsV2Input{}, size); !slices.Equal(got, want) {
			t.Errorf("pages of %d: got %q, want %q", size, got, want)
		}
		if got := b.keys(t, &s3.ListObjectsV2Input{Prefix: aws.String("t/a/")}, size); !slices.Equal(got, want[3:6]) {
			t.Errorf("prefix t/a/, pages of %d: got %q, want %q", size, got, want[3:6])
		}
		if got := b.keys(t, &s3.ListObjectsV2Input{Prefix: aws.String("t/a")}, size); !slices.Equal(got, want[2:7]) {
			t.Errorf("prefix t/a, pages of %d: got %q, want %q", size, got, want[2:7])
		}
	}
	if got := b.keys(t, &s3.ListObjectsV2Input{Prefix: aws.String("none/")}, 10); len(got) != 0 {
		t.Errorf("prefix none/: got %q, want nothing", got)
	}
	out, err := b.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: aws.String("t.x")})
	if err != nil || len(out.Contents) != 1 {
		t.Fatalf("list t.x: got %+v, %v, want one object", out, err)
	}
	head, err := b.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: aws.String("t.x")})
	if err != nil {
		t.Fatal(err)
	}
	listed := fmt.Sprint(aws.ToInt64(out.Contents[0].Size), aws.ToString(out.Contents[0].ETag))
	if told := fmt.Sprint(aws.ToInt64(head.ContentLength), aws.ToString(head.ETag)); listed != told {
		t.Errorf("size and ETag: listed %s, by head %s", listed, told)
	}
}

func testListFolders(t *testing.T, b *s3Bucket) {
	for _, key := range []string{"f/a-x", "f/a/1", "f/a/2", "f/b/c/1", "f/b/c/2", "f/z"} {
		b.mustPut(t, key, key)
	}
	want := []string{"f/a-x", "f/a/", "f/b/", "f/z"}
	for size := range int32(len(want) + 1) {
		size++
		got := b.keys(t, &s3.ListObjectsV2Input{Prefix: aws.String("f/"), Delimiter: aws.String("/")}, size)
		if !slices.Equal(got, want) {
			t.Errorf("folders of f/, pages of %d: got %q, want %q", size, got, want)
		}
	}
	if got := b.keys(t, &s3.ListObjectsV2Input{Delimiter: aws.String("/")}, 5); !slices.Equal(got, []string{"f/"}) {
		t.Errorf("folders of the bucket: got %q, want f/", got)
	}
}

func testListStartAfter(t *testing.T, b *s3Bucket) {
	all := []string{"s/1", "s/2/a", "s/2/b", "s/3"}
	for _, key := range all {
		b.mustPut(t, key, key)
	}
	for after, want := range map[string][]string{"s/": all, "s/1": all[1:], "s/2": all[1:], "s/2/a": all[2:], "s/2/zz": all[3:], "s/3": nil, "a": all} {
		if got := b.keys(t, &s3.ListObjectsV2Input{StartAfter: &after}, 10); !slices.Equal(got, want) {
			t.Errorf("list after %s: got %q, want %q", after, got, want)
		}
	}
}

func testPresigned(t *testing.T, b *s3Bucket) {
	b.mustPut(t, "p/日報.xlsx", "for a browser")
	signer := s3.NewPresignClient(b.client)
	in := &s3.GetObjectInput{Bucket: &b.name, Key: aws.String("p/日報.xlsx"), ResponseContentDisposition: aws.String(`attachment; filename="x.xlsx"`)}
	fresh, err := signer.PresignGetObject(t.Context(), in, s3.WithPresignExpires(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	got, header, code := fetch(t, fresh.URL)
	if code != http.StatusOK || got != "for a browser" || !strings.Contains(header.Get("Content-Disposition"), "x.xlsx") {
		t.Errorf("presigned get: got %d %q with disposition %q, want the object for x.xlsx", code, got, header.Get("Content-Disposition"))
	}
	for name := range header {
		if strings.HasPrefix(name, "X-Amz-Checksum-") {
			t.Errorf("presigned get: got %s, which was not asked for", name)
		}
	}
	bare, _, _ := strings.Cut(fresh.URL, "?")
	if got, _, code := fetch(t, bare); code != http.StatusForbidden {
		t.Errorf("get without a signature: got %d %q, want status 403", code, got)
	}
}

func fetch(t *testing.T, url string) (body string, header http.Header, code int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatalf("get %s: %v", url, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("get %s: %v", url, err)
	}
	return string(text), response.Header, response.StatusCode
}
