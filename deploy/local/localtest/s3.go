package localtest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet/deploy/local"
)

// Bucket is the name of the bucket that S3 makes.
const Bucket = "workbooks"

// S3 starts a server of the test's own and returns a client and the name of an empty bucket on it. Both end with the test.
func S3(tb testing.TB) (client *s3.Client, bucket string) {
	tb.Helper()
	return StartS3(tb, local.S3Options{}).Client(), Bucket
}

// StartS3 starts a server with an empty Bucket for a test that needs more of it: its files, its address for child
// processes. An empty Dir means one that goes with the test. The server ends with the test at the latest.
func StartS3(tb testing.TB, o local.S3Options) *local.S3 {
	tb.Helper()
	if o.Dir == "" {
		o.Dir = tempDir(tb)
	}
	server, err := local.StartS3(o)
	if err != nil {
		tb.Fatalf("localtest.StartS3: %v", err)
	}
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Errorf("localtest.StartS3: close: %v", err)
		}
	})
	if err := server.CreateBucket(tb.Context(), Bucket); err != nil {
		tb.Fatalf("localtest.StartS3: %v", err)
	}
	return server
}
