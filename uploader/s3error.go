package uploader

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// What S3 may say of a conditional write.
var (
	// errOccupied: the condition does not hold (412, or 404 for an object that was to
	// be replaced).
	errOccupied = errors.New("the key does not hold what was looked at")
	// errConflict: another write was under way (409), or the upload's parts are gone.
	errConflict = errors.New("another write to the key was under way")
)

// explain turns the error of a call into what is to be done about it; nil stays nil.
func (b *bucket) explain(ctx context.Context, c *call, doing string, err error) error {
	if err == nil {
		return nil
	}
	if source := c.sourceErr(); source != nil {
		return source
	}
	if cause := context.Cause(ctx); errors.Is(cause, errSilent) {
		return b.unavailable(doing, cause)
	}
	code, status := codeOf(err), statusOf(err)
	switch {
	case status == http.StatusPreconditionFailed, code == "NoSuchKey":
		return errOccupied
	case status == http.StatusConflict, code == "NoSuchUpload":
		return errConflict
	case ofTheBody[code]:
		// The body was checked here, so it broke on the way.
		return delivery.Transient(jetsheet.CauseInternal, fmt.Errorf("%s in S3 bucket %s: %w", doing, b.name, err))
	case status == 0 && errors.As(err, new(*smithy.SerializationError)), b.refuses(status, code):
		return delivery.Permanent(jetsheet.CauseUploadRefused, fmt.Errorf("%s in S3 bucket %s: %w", doing, b.name, err))
	case ofThisKey[code]:
		return delivery.Doubtful(b.waiting(), jetsheet.CauseUploadRefused, fmt.Errorf("%s in S3 bucket %s: %w", doing, b.name, err))
	default:
		return b.unavailable(doing, err)
	}
}

// waiting is what an upload waits for.
func (b *bucket) waiting() string { return "S3 bucket " + b.name }

func (b *bucket) unavailable(doing string, err error) error {
	return delivery.Unavailable(b.waiting(), fmt.Errorf("%s in S3 bucket %s: %w", doing, b.name, err))
}

// refuses says whether S3 refuses this object for good. Missing rights, expired
// credentials, a missing bucket or key of encryption are met by every object: they
// are waited for until somebody mends them.
func (b *bucket) refuses(status int, code string) bool {
	switch {
	case status < 400 || status >= 500, ofEveryObject[code], len(code) > 4 && code[:4] == "KMS.":
		return false
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound,
		status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status == http.StatusProxyAuthRequired:
		return false
	}
	return true
}

// ofTheBody are the codes of a body that does not fit its checksum or its parts.
var ofTheBody = map[string]bool{
	"BadDigest": true, "InvalidDigest": true, "XAmzContentSHA256Mismatch": true, "XAmzContentChecksumMismatch": true,
	"InvalidPart": true, "InvalidPartOrder": true,
}

// ofEveryObject are the codes that come with a status of 400 and are met by every
// object all the same.
var ofEveryObject = map[string]bool{
	"ExpiredToken": true, "InvalidToken": true, "TokenRefreshRequired": true, "RequestTimeout": true,
	"IncompleteBody": true, "AuthorizationHeaderMalformed": true, "IllegalLocationConstraintException": true,
	"InvalidBucketName": true, "InvalidBucketState": true, "Throttling": true, "ThrottlingException": true,
	"RequestTimeTooSkewed": true, "SlowDown": true, "Busy": true,
}

// ofThisKey are codes that one key may have and others not: a policy speaks of prefixes.
// A HEAD has no body, and so no code but its status.
var ofThisKey = map[string]bool{"AccessDenied": true, "Forbidden": true, "AllAccessDisabled": true}

// codeOf returns the code of S3's answer, or "".
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// statusOf returns the status of S3's answer, or 0 where there was none.
func statusOf(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.Response != nil && response.Response.Response != nil {
		return response.HTTPStatusCode()
	}
	return 0
}
