package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/renderer"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
)

func TestPictureBucket(t *testing.T) {
	t.Parallel()
	client, bucket := localtest.S3(t)
	put := func(key string, file []byte) {
		t.Helper()
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(file)}); err != nil {
			t.Fatal(err)
		}
	}
	put("photos/7/1.png", []byte("one"))
	put("photos/8/1.png", []byte("somebody else's"))
	put("photos/7/large.png", make([]byte, picture.DefaultBytes+1000))
	pictures := newPictures(client, renderer.PictureSettings{Bucket: bucket, Prefix: "photos/{tenant}/"})
	if got, err := pictures.Picture(t.Context(), "7", "1.png"); err != nil || string(got) != "one" {
		t.Errorf("a picture: got %q, %v", got, err)
	}
	if got, err := pictures.Picture(t.Context(), "7", "large.png"); err != nil || len(got) != picture.DefaultBytes+1 {
		t.Errorf("a picture that is too large: got %d bytes, %v, want one more than the limit", len(got), err)
	}
	for _, key := range []string{"2.png", "../8/1.png", ""} {
		if got, err := pictures.Picture(t.Context(), "7", key); !errors.Is(err, renderer.ErrNoPicture) {
			t.Errorf("key %q: got %q, %v, want %v", key, got, err, renderer.ErrNoPicture)
		}
	}
	elsewhere := newPictures(client, renderer.PictureSettings{Bucket: "no-such-bucket"})
	_, err := elsewhere.Picture(t.Context(), "7", "1.png")
	var class *delivery.Error
	if !errors.As(err, &class) || class.Class != jetsheet.ClassUnavailable {
		t.Errorf("a bucket that is not there: got %v, want an error that waits for it", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := pictures.Picture(stopped, "7", "1.png"); !errors.Is(err, context.Canceled) || errors.As(err, new(*delivery.Error)) {
		t.Errorf("after a signal: got %v, want %v", err, context.Canceled)
	}
	if newPictures(client, renderer.PictureSettings{}) != nil {
		t.Error("without a bucket there is a place for pictures")
	}
}

// A picture that was moved to an archive is one that is not there: nothing else waits for it.
func TestArchivedPicture(t *testing.T) {
	t.Parallel()
	pictures := refusedPictures(t, "InvalidObjectState", "The operation is not valid for the object's storage class")
	if got, err := pictures.Picture(t.Context(), "7", "1.png"); !errors.Is(err, renderer.ErrNoPicture) {
		t.Errorf("got %q, %v, want %v", got, err, renderer.ErrNoPicture)
	}
}

// What S3 refuses may be one picture's trouble: it is waited for unless others can be read.
func TestDeniedPicture(t *testing.T) {
	t.Parallel()
	_, err := refusedPictures(t, "AccessDenied", "Access Denied").Picture(t.Context(), "7", "1.png")
	var class *delivery.Error
	if !errors.As(err, &class) || class.Class != jetsheet.ClassUnavailable || class.Cause != jetsheet.CauseInternal || class.Waiting != "S3 bucket photos" ||
		!strings.Contains(err.Error(), "s3:ListBucket") {
		t.Errorf("got %+v, want one that may be the picture's own, and what may be missing", err)
	}
}

// refusedPictures are those of an S3 that answers everything with 403.
func refusedPictures(t *testing.T, code, message string) renderer.Pictures {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>"+message+"</Message></Error>")
	}))
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{BaseEndpoint: &server.URL, Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, UsePathStyle: true})
	return newPictures(client, renderer.PictureSettings{Bucket: "photos"})
}
