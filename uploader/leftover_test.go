package uploader

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// begin leaves an upload under way, as a killed process does.
func (r *rig) begin(key string) {
	r.t.Helper()
	if _, err := r.direct.CreateMultipartUpload(r.t.Context(), &s3.CreateMultipartUploadInput{Bucket: &r.bucket, Key: &key}); err != nil {
		r.t.Fatalf("begin upload: %v", err)
	}
}

// deliver has the one event delivered to somebody who does not settle it.
func (r *rig) deliver() {
	r.t.Helper()
	consumer, err := r.cfg.JetStream.Consumer(r.t.Context(), jetsheet.StreamRendered, jetsheet.ConsumerUploader)
	if err != nil {
		r.t.Fatal(err)
	}
	m, err := consumer.Next(jetstream.FetchMaxWait(10 * time.Second))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := m.Nak(); err != nil {
		r.t.Fatal(err)
	}
}

func TestUploadsOfKilledProcessesAreAborted(t *testing.T) {
	t.Parallel()
	r := setup(t)
	request := r.request(1, "s1")
	e := r.render(request, noise(100))
	other := request.Key + ".other"
	r.begin(request.Key)
	r.begin(other)
	r.announce(e)
	r.deliver()
	r.run(r.uploader())
	r.settled(request, jetsheet.DonePublished)
	if n := r.uploads(); n != 1 {
		t.Errorf("uploads under way: got %d, want only that of %s", n, other)
	}
}

// TestUploadWithoutAnswerIsAborted loses the answer that has the upload's id.
func TestUploadWithoutAnswerIsAborted(t *testing.T) {
	t.Parallel()
	r := setup(t)
	lost := 0
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		response, err := next.RoundTrip(q)
		if err == nil && q.Method == http.MethodPost && q.URL.Query().Has("uploads") && lost == 0 {
			lost++
			_ = response.Body.Close()
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody, Header: http.Header{}, Request: q}, nil
		}
		return response, err
	})
	request := r.request(1, "s1")
	e := r.render(request, noise(twelveMiB))
	r.announce(e)
	r.run(smallParts(r.uploader()))
	r.settled(request, jetsheet.DonePublished)
	if n := r.uploads(); n != 0 || lost != 1 {
		t.Errorf("got %d uploads under way and %d lost answers, want none and 1", n, lost)
	}
}

// TestUploadIsClearedBeforeAnother is an event that a killed nats-server has not counted
// the deliveries of.
func TestUploadIsClearedBeforeAnother(t *testing.T) {
	t.Parallel()
	r := setup(t)
	request := r.request(1, "s1")
	r.begin(request.Key)
	r.announce(r.render(request, noise(twelveMiB)))
	r.run(smallParts(r.uploader()))
	r.settled(request, jetsheet.DonePublished)
	if n := r.uploads(); n != 0 {
		t.Errorf("uploads under way: got %d, want none", n)
	}
}

// TestUploadThatBeginsWhileItsJobEndsIsAborted cancels the job before S3's answer.
func TestUploadThatBeginsWhileItsJobEndsIsAborted(t *testing.T) {
	t.Parallel()
	r := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		response, err := next.RoundTrip(q)
		if err == nil && q.Method == http.MethodPost && q.URL.Query().Has("uploads") {
			cancel()
			if err := q.Context().Err(); err != nil {
				_ = response.Body.Close()
				return nil, err
			}
		}
		return response, err
	})
	e := r.event(r.request(1, "s1"), noise(twelveMiB))
	if _, err := smallParts(r.uploader()).publish(ctx, &delivery.Job{}, e); err == nil {
		t.Error("publish: no error, want that the job ended")
	}
	if n := r.uploads(); n != 0 || ctx.Err() == nil {
		t.Errorf("uploads under way: got %d, want none; the job has ended: %v", n, ctx.Err() != nil)
	}
}

// TestUploadsThatMayNotBeListedAreLeft has S3 refuse the list.
func TestUploadsThatMayNotBeListedAreLeft(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		if q.Method == http.MethodGet && q.URL.Query().Has("uploads") {
			return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody, Header: http.Header{}, Request: q}, nil
		}
		return next.RoundTrip(q)
	})
	request := r.request(1, "s1")
	e := r.render(request, noise(100))
	r.begin(request.Key)
	r.announce(e)
	r.deliver()
	r.run(r.uploader())
	r.settled(request, jetsheet.DonePublished)
	if keys := r.keys(); !slices.Equal(keys, []string{request.Key}) {
		t.Errorf("S3 has %q, want the workbook", keys)
	}
}
