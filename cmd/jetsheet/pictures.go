package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/renderer"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
)

// pictureLimit is how long one picture may take.
const pictureLimit = 30 * time.Second

// pictureBucket finds pictures by their keys in one bucket, of which it only reads.
type pictureBucket struct {
	client   *s3.Client
	settings renderer.PictureSettings
}

// newPictures returns nil where no bucket is set.
func newPictures(client *s3.Client, settings renderer.PictureSettings) renderer.Pictures {
	if settings.Bucket == "" {
		return nil
	}
	return &pictureBucket{client, settings}
}

// Picture reads a picture, or so much of it as shows that it is too large. Whatever goes
// wrong but for a missing or archived object is met by every picture, and is waited for; a
// refusal perhaps by this one alone.
func (b *pictureBucket) Picture(ctx context.Context, tenant, key string) ([]byte, error) {
	object, ok := b.settings.ObjectKey(tenant, key)
	if !ok {
		return nil, renderer.ErrNoPicture
	}
	limited, cancel := context.WithTimeout(ctx, pictureLimit)
	defer cancel()
	file, err := b.read(limited, object)
	switch {
	case err == nil:
		return file, nil
	case errors.As(err, new(*types.NoSuchKey)), errors.As(err, new(*types.InvalidObjectState)): // archived: not to be had for hours
		return nil, renderer.ErrNoPicture
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	err = fmt.Errorf("read picture %q in S3 bucket %s: %w", object, b.settings.Bucket, err)
	var refused smithy.APIError
	if errors.As(err, &refused) && refused.ErrorCode() == "AccessDenied" {
		err = fmt.Errorf("%w; without s3:ListBucket S3 says so of a picture that is not there, too", err)
		return nil, delivery.Doubtful(b.settings.Waiting(), jetsheet.CauseInternal, err)
	}
	return nil, delivery.Unavailable(b.settings.Waiting(), err)
}

func (b *pictureBucket) read(ctx context.Context, object string) (file []byte, err error) {
	answer, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(b.settings.Bucket), Key: aws.String(object)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	return io.ReadAll(io.LimitReader(answer.Body, picture.DefaultBytes+1))
}
