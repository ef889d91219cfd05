package faults_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet/deploy/faults"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// s3Bench is a server behind a proxy, with a client of each.
type s3Bench struct {
	*bench
	proxy           *faults.S3
	through, direct *s3.Client
}

func newS3Bench(t *testing.T) *s3Bench {
	t.Helper()
	server := localtest.StartS3(t, local.S3Options{})
	b := &s3Bench{bench: newBench(), direct: server.Client()}
	var err error
	if b.proxy, err = faults.StartS3(b.Director, "role", server.Endpoint(), "_jetsheet/"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	options := b.direct.Options()
	options.BaseEndpoint, options.RetryMaxAttempts = aws.String(b.proxy.Endpoint()), 1
	b.through = s3.New(options)
	return b
}

// TestS3IsPassedOn: what a server does it does behind the proxy too.
func TestS3IsPassedOn(t *testing.T) {
	t.Parallel()
	localtest.S3Suite(t, func(t *testing.T) (*s3.Client, string) { return newS3Bench(t).through, localtest.Bucket })
}

func TestS3Put(t *testing.T) {
	t.Parallel()
	for _, action := range faults.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			b := newS3Bench(t)
			armed := b.arm(faults.WireS3, "put object", action)
			began := time.Now()
			_, err := b.through.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(localtest.Bucket), Key: aws.String("a/b.xlsx"), Body: bytes.NewReader([]byte("x"))})
			b.check(t, armed, action, b.proxy.Accepted("/"+localtest.Bucket+"/a/b.xlsx"), err, time.Since(began))
			_, err = b.direct.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(localtest.Bucket), Key: aws.String("a/b.xlsx")})
			if want := action != faults.Fail && action != faults.Crash; want != (err == nil) {
				t.Errorf("looking at the object: %v, want it there: %t", err, want)
			}
			if action == faults.Fail && !strings.Contains(err0(b, t), "SlowDown") {
				t.Error("a refused request is not told SlowDown")
			}
		})
	}
}

// err0 is what the next refused request is told.
func err0(b *s3Bench, t *testing.T) string {
	t.Helper()
	b.arm(faults.WireS3, "put object", faults.Fail)
	_, err := b.through.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(localtest.Bucket), Key: aws.String("c"), Body: bytes.NewReader([]byte("x"))})
	if err == nil {
		return ""
	}
	return err.Error()
}

// A doubled conditional write is refused the second time: that is what its caller hears.
func TestS3DoubledConditionalPut(t *testing.T) {
	t.Parallel()
	b := newS3Bench(t)
	b.arm(faults.WireS3, "put record", faults.Duplicate)
	_, err := b.through.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(localtest.Bucket), Key: aws.String("_jetsheet/runs/x"), Body: bytes.NewReader([]byte("x")), IfNoneMatch: aws.String("*"),
	})
	if err == nil || !strings.Contains(err.Error(), "PreconditionFailed") {
		t.Errorf("got %v, want PreconditionFailed", err)
	}
	if n := b.proxy.Accepted("/" + localtest.Bucket + "/_jetsheet/runs/x"); n != 1 {
		t.Errorf("%d writes were accepted, want 1", n)
	}
}
