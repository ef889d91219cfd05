package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// ownEndpointRegion is the region of requests to a server that is not AWS and has no
// regions: signatures need one.
const ownEndpointRegion = "us-east-1"

// openS3 returns a client and the bucket for workbooks. A client command's bucket has
// been looked for; see connect.go for roles. Nothing is to be closed.
func (a *app) openS3(ctx context.Context, settings *s3Settings, role string) (*s3.Client, string, error) {
	client, err := a.newS3Client(ctx, &settings.s3Server)
	if err != nil {
		return nil, "", err
	}
	if settings.Bucket == "" {
		return nil, "", unreachableError("no bucket is set: set %s", variableName("s3-bucket"))
	}
	if err := a.checkBucket(ctx, client, settings, role); err != nil {
		return nil, "", err
	}
	return client, settings.Bucket, nil
}

// newS3Client returns a client without asking the server, for a command that makes the
// bucket itself.
func (a *app) newS3Client(ctx context.Context, settings *s3Server) (*s3.Client, error) {
	limited, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	var options []func(*config.LoadOptions) error
	if settings.Region != "" {
		options = append(options, config.WithRegion(settings.Region))
	}
	loaded, err := config.LoadDefaultConfig(limited, options...)
	if err != nil {
		return nil, unreachableError("AWS configuration: %w", err)
	}
	if loaded.Region == "" {
		if settings.Endpoint == "" && loaded.BaseEndpoint == nil {
			return nil, unreachableError("no S3 region is set: set %s or AWS_REGION", variableName("s3-region"))
		}
		loaded.Region = ownEndpointRegion
	}
	if _, err := loaded.Credentials.Retrieve(limited); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, unreachableError("no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role (%s)", reason(err))
	}
	return s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.UsePathStyle = settings.PathStyle
		if settings.Endpoint != "" {
			o.BaseEndpoint = aws.String(settings.Endpoint)
		}
	}), nil
}

// checkBucket looks for the bucket. Being refused a look is no error: who may only put
// objects may not see the bucket.
func (a *app) checkBucket(ctx context.Context, client *s3.Client, settings *s3Settings, role string) error {
	limited, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	_, err := client.HeadBucket(limited, &s3.HeadBucketInput{Bucket: aws.String(settings.Bucket)})
	var answer *awshttp.ResponseError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusForbidden:
		a.log.DebugContext(ctx, "bucket may not be looked at", slog.String("bucket", settings.Bucket))
		return nil
	case errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusNotFound:
		return unreachableError("bucket %s is not there: run \"jetsheet setup\"", a.place(fmt.Sprintf("%q", settings.Bucket), "s3-bucket"))
	case role != clientCommand:
		a.log.WarnContext(ctx, "S3 does not answer yet", slog.String("err", s3Reason(err)))
		return nil
	default:
		return unreachableError("%s: %s%s", a.s3Place(settings), s3Reason(err), pathStyleHint(err, settings))
	}
}

func (a *app) s3Place(settings *s3Settings) string {
	if settings.Endpoint == "" {
		return "S3"
	}
	return a.place("S3 at "+redactURLs(settings.Endpoint), "s3-endpoint")
}

func s3Reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %s", connectLimit)
	}
	return reason(err)
}

// pathStyleHint helps with the usual first mistake with a server that is not AWS: the
// bucket became part of a host name that does not exist.
func pathStyleHint(err error, settings *s3Settings) string {
	var dns *net.DNSError
	if settings.PathStyle || !errors.As(err, &dns) || !strings.HasPrefix(dns.Name, settings.Bucket+".") {
		return ""
	}
	return fmt.Sprintf(": set %s=true if the server has no host name for each bucket", variableName("s3-path-style"))
}
