package localtest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestS3(t *testing.T) {
	t.Parallel()
	localtest.S3Suite(t, func(t *testing.T) (*s3.Client, string) { return localtest.S3(t) })
}

func TestS3Durable(t *testing.T) {
	t.Parallel()
	localtest.S3Suite(t, func(t *testing.T) (*s3.Client, string) {
		return localtest.StartS3(t, local.S3Options{Durable: true}).Client(), localtest.Bucket
	})
}
