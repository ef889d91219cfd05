package local_test

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func put(t *testing.T, client *s3.Client, key, body string) error {
	t.Helper()
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(localtest.Bucket), Key: &key, Body: strings.NewReader(body), Metadata: map[string]string{"run": "r"},
	})
	return err
}

func head(t *testing.T, client *s3.Client, key string) *s3.HeadObjectOutput {
	t.Helper()
	out, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(localtest.Bucket), Key: &key})
	if err != nil {
		t.Fatalf("head %s: %v", key, err)
	}
	return out
}

func TestS3KeepsEverythingOverARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := localtest.StartS3(t, local.S3Options{Dir: dir})
	if err := put(t, first.Client(), "a/b.xlsx", "workbook"); err != nil {
		t.Fatal(err)
	}
	before := head(t, first.Client(), "a/b.xlsx")
	for range 2 {
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
	}
	second := localtest.StartS3(t, local.S3Options{Dir: dir})
	after := head(t, second.Client(), "a/b.xlsx")
	if got, want := told(after), told(before); got != want {
		t.Errorf("after a restart: got %s, want %s", got, want)
	}
}

// told puts what an answer says about an object into one text.
func told(h *s3.HeadObjectOutput) string {
	return fmt.Sprint(aws.ToString(h.ETag), h.Metadata, aws.ToInt64(h.ContentLength), h.LastModified)
}

// TestS3CrashWhileReplacing puts the files as they are when the server dies after writing the new note and before
// renaming the new object into place: the old object must be there with the old metadata.
func TestS3CrashWhileReplacing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := localtest.StartS3(t, local.S3Options{Dir: dir})
	if err := put(t, server.Client(), "k", "before"); err != nil {
		t.Fatal(err)
	}
	want := told(head(t, server.Client(), "k"))
	file, aside := server.Path(localtest.Bucket, "k"), filepath.Join(dir, "aside")
	if err := os.Link(file, aside); err != nil {
		t.Fatal(err)
	}
	if err := put(t, server.Client(), "k", "the replacement"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(server.Close(), os.Rename(aside, file)); err != nil {
		t.Fatal(err)
	}
	if got := told(head(t, localtest.StartS3(t, local.S3Options{Dir: dir}).Client(), "k")); got != want {
		t.Errorf("after the crash: got %s, want %s", got, want)
	}
}

// TestS3FolderHoldsOnlyWorkbooks looks at the folder as its user does.
func TestS3FolderHoldsOnlyWorkbooks(t *testing.T) {
	t.Parallel()
	server := localtest.StartS3(t, local.S3Options{})
	for _, key := range []string{"t1/2026-10/日報.xlsx", "t2/gone.xlsx"} {
		if err := put(t, server.Client(), key, "content"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := server.Client().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(localtest.Bucket), Key: aws.String("t2/gone.xlsx")}); err != nil {
		t.Fatal(err)
	}
	root := server.Path(localtest.Bucket, "")
	var found []string
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(root, path)
		found = append(found, filepath.ToSlash(rel))
		return errors.Join(err, relErr)
	})
	if want := ". t1 t1/2026-10 t1/2026-10/日報.xlsx"; err != nil || strings.Join(found, " ") != want {
		t.Errorf("the bucket's folder: got %q, %v, want %s", found, err, want)
	}
	if got, err := os.ReadFile(server.Path(localtest.Bucket, "t1/2026-10/日報.xlsx")); err != nil || string(got) != "content" {
		t.Errorf("the file: got %q, %v, want the content", got, err)
	}
}

// TestS3FilesByHand: somebody opens the folder, saves over a workbook, adds one, and leaves an editor's lock file.
func TestS3FilesByHand(t *testing.T) {
	t.Parallel()
	server := localtest.StartS3(t, local.S3Options{})
	client := server.Client()
	if err := put(t, client, "saved.xlsx", "by us"); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"saved.xlsx": "by hand", "added.xlsx": "added", "~$saved.xlsx": "editor", ".DS_Store": "finder"} {
		if err := os.WriteFile(server.Path(localtest.Bucket, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for key, text := range map[string]string{"saved.xlsx": "by hand", "added.xlsx": "added"} {
		sum := md5.Sum([]byte(text))
		got := head(t, client, key)
		if want := `"` + hex.EncodeToString(sum[:]) + `"`; aws.ToString(got.ETag) != want || len(got.Metadata) != 0 {
			t.Errorf("%s: got ETag %s and metadata %v, want %s and none", key, aws.ToString(got.ETag), got.Metadata, want)
		}
	}
	out, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(localtest.Bucket)})
	if err != nil || len(out.Contents) != 2 {
		t.Errorf("list: got %+v, %v, want the two workbooks", out, err)
	}
}

func TestS3KeysThatCannotBeFiles(t *testing.T) {
	t.Parallel()
	client, _ := localtest.S3(t)
	if err := put(t, client, "folder/object", "x"); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"folder", "folder/object/below", "a//b", "a/../../escape", "..", "a/./b", "trailing/", strings.Repeat("x", 300),
	} {
		err := put(t, client, key, "x")
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != "InvalidArgument" || !strings.Contains(api.ErrorMessage(), "cannot be a file") {
			t.Errorf("put %.40q: got %v, want InvalidArgument that says why", key, err)
		}
	}
}

func TestS3RefusesWhatItCannotKeep(t *testing.T) {
	t.Parallel()
	server := localtest.StartS3(t, local.S3Options{})
	_, err := server.Client().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(localtest.Bucket), Key: aws.String("k"), Body: strings.NewReader("x"),
		Metadata: map[string]string{"much": strings.Repeat("x", 2048)},
	})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "MetadataTooLarge" {
		t.Errorf("metadata over 2 KiB: got %v, want MetadataTooLarge", err)
	}
	if second, err := local.StartS3(local.S3Options{Dir: filepath.Dir(server.Path(localtest.Bucket, ""))}); err == nil || !strings.Contains(err.Error(), "in use") {
		if err == nil {
			err = second.Close()
		}
		t.Errorf("a second server on the directory: got %v, want an error", err)
	}
}

func TestS3AsksForItsAccessKey(t *testing.T) {
	t.Parallel()
	server := localtest.StartS3(t, local.S3Options{})
	other := localtest.StartS3(t, local.S3Options{AccessKey: "mine", SecretKey: "secret"})
	if key, secret := other.Credentials(); key != "mine" || secret != "secret" {
		t.Errorf("credentials: got %s, %s, want the given ones", key, secret)
	}
	stranger := s3.New(other.Client().Options(), func(o *s3.Options) { o.BaseEndpoint = aws.String(server.Endpoint()) })
	if err := put(t, stranger, "k", "x"); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("put with another server's key: got %v, want AccessDenied", err)
	}
}

// TestS3CutUpload sends half of what it announced.
func TestS3CutUpload(t *testing.T) {
	t.Parallel()
	server := localtest.StartS3(t, local.S3Options{})
	key, _ := server.Credentials()
	reader, writer := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.Endpoint()+"/"+localtest.Bucket+"/cut", reader)
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = 100
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/x")
	go func() {
		_, _ = io.WriteString(writer, "half")
		_ = writer.CloseWithError(errors.New("cut"))
	}()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	if response, err := transport.RoundTrip(request); err == nil {
		_ = response.Body.Close()
		t.Errorf("cut upload: got %s, want an error", response.Status)
	}
	if err := server.Close(); err != nil { // waits for the handler
		t.Fatal(err)
	}
	if _, err := os.Stat(server.Path(localtest.Bucket, "cut")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the object of a cut upload: got %v, want none", err)
	}
	left, err := os.ReadDir(filepath.Join(server.Path("", ""), ".jetsheet-s3", "new"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: got %v, %v, want nothing", left, err)
	}
}

func BenchmarkS3PutSmall(b *testing.B) {
	server := localtest.StartS3(b, local.S3Options{})
	client := server.Client()
	body := strings.Repeat("x", 7<<10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, err := client.PutObject(b.Context(), &s3.PutObjectInput{
			Bucket: aws.String(localtest.Bucket), Key: aws.String(fmt.Sprintf("tenant-%d/2026-10/%d.xlsx", i%100, i)),
			Body: strings.NewReader(body), IfNoneMatch: aws.String("*"), Metadata: map[string]string{"run": "r", "conversion": "c"},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// TestS3BucketTakenAwayStaysAway moves a bucket's folder away while objects are written in new folders of it.
func TestS3BucketTakenAwayStaysAway(t *testing.T) {
	t.Parallel()
	server := localtest.StartS3(t, local.S3Options{})
	there := filepath.Clean(server.Path(localtest.Bucket, ""))
	for round := range 20 {
		begun := make(chan struct{}, 8)
		var writers sync.WaitGroup
		for w := range 8 {
			writers.Go(func() {
				for n := range 200 {
					err := put(t, server.Client(), fmt.Sprintf("%d/%d/%d/k.xlsx", round, w, n), "content")
					if n == 0 {
						begun <- struct{}{}
					}
					if err == nil {
						continue
					}
					var refused smithy.APIError
					if !errors.As(err, &refused) || refused.ErrorCode() != "NoSuchBucket" {
						t.Errorf("PUT without a bucket: got %v, want NoSuchBucket", err)
					}
					return
				}
				t.Error("200 PUTs have not met the missing bucket")
			})
		}
		for range 8 {
			<-begun
		}
		away := there + ".away"
		if err := os.Rename(there, away); err != nil {
			t.Fatal(err)
		}
		writers.Wait()
		if err := os.Rename(away, there); err != nil {
			t.Fatalf("the bucket came back by itself: %v", err)
		}
	}
}
