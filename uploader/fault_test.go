package uploader

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// TestFaultsThatPass plays each fault of S3 a few times and then lets it work: no
// conversion fails, and one object and one outcome come of it.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]hookFunc{
		"500":                    answers(500, "InternalError"),
		"503":                    answers(503, "SlowDown"),
		"429":                    answers(429, "TooManyRequests"),
		"403":                    answers(403, "AccessDenied"),
		"expired credentials":    answers(400, "ExpiredToken"),
		"missing bucket":         answers(404, "NoSuchBucket"),
		"disabled key":           answers(400, "KMS.DisabledException"),
		"wrong region":           answers(301, "PermanentRedirect"),
		"HTTP instead of HTTPS":  page(400),
		"website endpoint":       page(405),
		"unknown authorization":  answers(400, "InvalidRequest"),
		"a proxy's login page":   page(200),
		"conflict":               answers(409, "ConditionalRequestConflict"),
		"body cut on the way":    answers(400, "IncompleteBody"),
		"connection refused":     func(*http.Request, http.RoundTripper) (*http.Response, error) { return nil, errors.New("refused") },
		"reset after the body":   func(q *http.Request, _ http.RoundTripper) (*http.Response, error) { return nil, readThenReset(q) },
		"applied, then an error": func(q *http.Request, next http.RoundTripper) (*http.Response, error) { return applyThen(q, next) },
		"silence": func(q *http.Request, _ http.RoundTripper) (*http.Response, error) {
			<-q.Context().Done()
			return nil, q.Context().Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			u := r.uploader()
			var calls atomic.Int32
			r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
				if q.Method == http.MethodPut && calls.Add(1) <= 2 {
					return fault(q, next)
				}
				return next.RoundTrip(q)
			})
			request, content := r.request(1, "s1"), noise(7000)
			r.announce(r.render(request, content))
			r.run(u)
			if d := r.done(request.Conversion()); d.State != jetsheet.DonePublished {
				t.Errorf("done: got %s, want published", d.State)
			}
			if stored, _ := r.object(request.Key); !bytes.Equal(stored, content) {
				t.Errorf("object has %d bytes, want the workbook's 7000", len(stored))
			}
			if n := calls.Load(); n < 2 {
				t.Errorf("PUTs: got %d, want the fault met and another try", n)
			}
			r.drained()
			if n := r.messages(jetsheet.StreamFailed); n != 0 {
				t.Errorf("failures: got %d, want none", n)
			}
		})
	}
}

// answers is S3's own answer to whatever is asked.
func answers(status int, code string) hookFunc {
	return func(q *http.Request, _ http.RoundTripper) (*http.Response, error) {
		return answer(q, status, code), nil
	}
}

// page answers as a web server does that is not S3.
func page(status int) hookFunc {
	return func(q *http.Request, _ http.RoundTripper) (*http.Response, error) {
		const body = "<html><head><title>nginx</title></head><body><p>Hello</p></body></html>"
		return &http.Response{
			StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{"Content-Type": {"text/html"}}, Body: io.NopCloser(strings.NewReader(body)),
			ContentLength: int64(len(body)), Request: q,
		}, nil
	}
}

func readThenReset(q *http.Request) error {
	if _, err := io.Copy(io.Discard, q.Body); err != nil {
		return err
	}
	return errors.New("connection reset by peer")
}

// applyThen does what is asked and loses the answer.
func applyThen(q *http.Request, next http.RoundTripper) (*http.Response, error) {
	response, err := next.RoundTrip(q)
	if err != nil {
		return nil, err
	}
	if err := response.Body.Close(); err != nil {
		return nil, err
	}
	return nil, errors.New("connection reset by peer")
}

// TestRefusals: what S3 says of this object for good fails the conversion, at once
// or after its attempts.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status   int
		code     string
		cause    jetsheet.Cause
		retrying bool
	}{
		{400, "EntityTooLarge", jetsheet.CauseUploadRefused, false},
		{400, "InvalidArgument", jetsheet.CauseUploadRefused, false},
		{400, "KeyTooLongError", jetsheet.CauseUploadRefused, false},
		{400, "MetadataTooLarge", jetsheet.CauseUploadRefused, false},
		{413, "RequestEntityTooLarge", jetsheet.CauseUploadRefused, false},
		{400, "BadDigest", jetsheet.CauseInternal, true},
		{400, "XAmzContentSHA256Mismatch", jetsheet.CauseInternal, true},
	} {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			u := r.uploader()
			r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
				if q.Method == http.MethodPut {
					return answer(q, c.status, c.code), nil
				}
				return next.RoundTrip(q)
			})
			request := r.request(1, "s1")
			r.announce(r.render(request, noise(7000)))
			r.run(u)
			f := r.failed(request.Conversion())
			if f.Cause != c.cause || f.Retrying() != c.retrying || f.Stage != jetsheet.StageUploader || !strings.Contains(f.Message, c.code) {
				t.Errorf("failure: got %s of %s, retrying %v, %q; want %s, retrying %v, with %s", f.Cause, f.Stage, f.Retrying(), f.Message, c.cause, c.retrying, c.code)
			}
			if want := mustJSON(t, request); !bytes.Equal(f.Request, want) {
				t.Errorf("failure holds %s, want the request byte for byte", f.Request)
			}
			r.drained()
		})
	}
}

// TestOutageStopsFetching: while S3 is away, events stay in the stream, nothing is
// counted, and afterwards all is published.
func TestOutageStopsFetching(t *testing.T) {
	t.Parallel()
	r := setup(t)
	u := r.uploader()
	var away atomic.Bool
	away.Store(true)
	var refused atomic.Int32
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		if away.Load() {
			refused.Add(1)
			return answer(q, 503, "ServiceUnavailable"), nil
		}
		return next.RoundTrip(q)
	})
	const events = 40
	for i := range events {
		r.announce(r.render(r.request(1, "s"+string(rune('a'+i%26))+string(rune('a'+i/26))), noise(500+i)))
	}
	r.run(u)
	r.eventually("S3 to be asked in vain", func() bool { return refused.Load() >= 3 })
	c, err := r.js.Consumer(t.Context(), jetsheet.StreamRendered, jetsheet.ConsumerUploader)
	if err != nil {
		t.Fatal(err)
	}
	if n := c.CachedInfo().NumAckPending; n > u.cfg.Slots+1 {
		t.Errorf("events taken during the outage: got %d, want at most one for each of %d slots", n, u.cfg.Slots)
	}
	away.Store(false)
	r.drained()
	if n := r.messages(jetsheet.StreamDone); n != events {
		t.Errorf("done records: got %d, want %d", n, events)
	}
	if n := r.messages(jetsheet.StreamFailed); n != 0 {
		t.Errorf("failures: got %d, want none", n)
	}
}

// TestWaitIsShown: what a first attempt waits for is in its progress record, although
// the uploader records no starts; a wait that is over leaves nothing there.
func TestWaitIsShown(t *testing.T) {
	t.Parallel()
	r := setup(t)
	u := r.uploader()
	var away atomic.Bool
	away.Store(true)
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		if away.Load() {
			return answer(q, 403, "AccessDenied"), nil
		}
		return next.RoundTrip(q)
	})
	request := r.request(1, "s1")
	r.announce(r.render(request, noise(500)))
	r.run(u)
	progress, err := r.js.KeyValue(t.Context(), jetsheet.BucketProgress)
	if err != nil {
		t.Fatal(err)
	}
	read := func() (p jetsheet.Progress, ok bool) {
		entry, err := progress.Get(t.Context(), jetsheet.ProgressKey(jetsheet.StageUploader, request.Conversion()))
		if err != nil {
			return p, false
		}
		if err := jetsheet.Decode(entry.Value(), &p); err != nil {
			t.Errorf("progress %s: %v", entry.Value(), err)
		}
		return p, true
	}
	r.eventually("the wait in the progress record", func() bool {
		p, ok := read()
		return ok && p.Waiting == "S3 bucket "+r.bucket && strings.Contains(p.LastError, "AccessDenied") &&
			len(p.Starts) == 1 && p.Starts[0].Worker == "test-1" && p.Starts[0].Delivery == 1
	})
	away.Store(false)
	r.drained()
	r.eventually("the end of the wait in the progress record", func() bool {
		p, ok := read()
		return ok && p.Waiting == "" && p.LastError == "" && len(p.Starts) == 0
	})
	if d := r.done(request.Conversion()); d.State != jetsheet.DonePublished {
		t.Errorf("done: got %s, want published", d.State)
	}
}

// TestOneRefusedKeyHoldsNobody: a policy that denies one prefix looks like missing rights, a
// rule for one kind of key like a server that is not S3. The others get through, so it is
// that workbook's own failure.
func TestOneRefusedKeyHoldsNobody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
	}{{403, "AccessDenied"}, {405, "MethodNotAllowed"}, {400, "InvalidRequest"}} {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			u := r.uploader()
			r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
				if strings.HasSuffix(q.URL.Path, "/denied.xlsx") {
					return answer(q, c.status, c.code), nil
				}
				return next.RoundTrip(q)
			})
			denied := r.request(1, "denied")
			r.announce(r.render(denied, noise(500)))
			r.run(u)
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			others := 0
			for ; r.messages(jetsheet.StreamFailed) == 0 && others < 400; others++ {
				r.announce(r.render(r.request(1, "s"+strconv.Itoa(others)), noise(500)))
				<-tick.C
			}
			f := r.failed(denied.Conversion())
			if f.Cause != jetsheet.CauseUploadRefused || !f.Retrying() || f.Attempts != 1 || !strings.Contains(f.Message, c.code) {
				t.Errorf("failure: got %s, attempt %d, retrying %t, %q; want a first attempt that %s ended", f.Cause, f.Attempts, f.Retrying(), f.Message, jetsheet.CauseUploadRefused)
			}
			r.drained()
			if got := r.messages(jetsheet.StreamDone); got != uint64(others) { //nolint:gosec // small
				t.Errorf("done: got %d, want all %d others", got, others)
			}
		})
	}
}
