package exclusive_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet/uploader"
)

// objects is an S3 bucket in memory, at the other end of the real client, as far as
// records need one: TestRecords holds it to a server.
type objects struct {
	w      *world
	client *s3.Client
	stored map[string][]byte
	// ignoresConditions stores whatever comes.
	ignoresConditions bool
}

func newObjects(w *world) *objects {
	o := &objects{w: w, stored: map[string][]byte{}}
	o.client = s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://s3.invalid"), UsePathStyle: true,
		Credentials: aws.AnonymousCredentials{}, Retryer: aws.NopRetryer{}, HTTPClient: o,
	})
	return o
}

func (o *objects) records() uploader.Records {
	return uploader.Records{Client: o.client, Bucket: "workbooks"}
}

var errNoAnswer = errors.New("the connection has ended")

// Do implements [s3.HTTPClient].
func (o *objects) Do(r *http.Request) (*http.Response, error) {
	key := strings.TrimPrefix(r.URL.Path, "/workbooks/")
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	return call(o.w, toS3, r.Method+" "+key, errNoAnswer, func() (*http.Response, error) {
		stored, there := o.stored[key]
		switch {
		case r.Method == http.MethodGet && there:
			return answer(r, http.StatusOK, stored), nil
		case r.Method == http.MethodGet:
			return answer(r, http.StatusNotFound, []byte(`<Error><Code>NoSuchKey</Code></Error>`)), nil
		case r.Method != http.MethodPut:
			return answer(r, http.StatusNotImplemented, nil), nil
		case there && r.Header.Get("If-None-Match") == "*" && !o.ignoresConditions:
			return answer(r, http.StatusPreconditionFailed, []byte(`<Error><Code>PreconditionFailed</Code></Error>`)), nil
		}
		o.stored[key] = body
		return answer(r, http.StatusOK, nil), nil
	})
}

func answer(r *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{}, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}
}
