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
	case status == 0 && errors.As(err, new(*smithy.SerializationError)), tooLarge(status), ofThisObject[code]:
		return delivery.Permanent(jetsheet.CauseUploadRefused, fmt.Errorf("%s in S3 bucket %s: %w", doing, b.name, err))
	case ofThisKey[code], b.refuses(status, code):
		// What answers with a 400 or 405 may not even be S3, but a proxy's page, or a
		// server that wants https.
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

// errNotS3 is what a success means that does not name what was stored.
var errNotS3 = errors.New("the answer is a success without what S3 says of an object, so S3 did not give it: is the endpoint right, or is there a proxy before it?")

// confirm takes the ETag or the upload's id that S3 gives with every success. Where it is
// missing, nothing was stored that anybody knows of.
func (b *bucket) confirm(doing string, said *string) error {
	if said == nil || *said == "" {
		return b.unavailable(doing, errNotS3)
	}
	return nil
}

// tooLarge says whether a server in front of S3 refuses this body or key for its length.
func tooLarge(status int) bool {
	return status == http.StatusRequestEntityTooLarge || status == http.StatusRequestURITooLong
}

// refuses says whether S3 may refuse this object and take others. Missing rights, expired
// credentials, a missing bucket or key of encryption are met by every object: they are
// waited for until somebody mends them.
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

// ofThisObject are the codes that speak of one key, its metadata or its size: no other
// object says anything about them.
var ofThisObject = map[string]bool{
	"EntityTooLarge": true, "EntityTooSmall": true, "InvalidArgument": true, "InvalidURI": true, "KeyTooLongError": true,
	"MetadataTooLarge": true, "XMinioInvalidObjectName": true,
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
