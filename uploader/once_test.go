package uploader

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// writes counts the requests that S3 accepted, for each key.
type writes struct {
	mu       sync.Mutex
	accepted map[string]int
	deleted  int
}

// count passes a request on to S3. What S3 accepts counts even where the answer gets
// lost after this.
func (w *writes) count(q *http.Request, next http.RoundTripper) (*http.Response, error) {
	response, err := next.RoundTrip(q)
	if err != nil || response.StatusCode/100 != 2 {
		return response, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case isWrite(q):
		w.accepted[q.URL.Path]++
	case q.Method == http.MethodDelete && !q.URL.Query().Has("uploadId"):
		w.deleted++
	}
	return response, err
}

// isWrite says whether a request makes an object.
func isWrite(q *http.Request) bool {
	return isComplete(q) || q.Method == http.MethodPut && !isPart(q, 0)
}

// mortal is an uploader with connections of its own, which a fault may kill: from
// then on nothing it sends arrives anywhere, as if its machine had lost its power.
type mortal struct {
	dead atomic.Bool
	kill func()
}

// launch starts an uploader whose requests to S3 go through do, and replaces it by
// another one when it is killed.
func (r *rig) launch(ctx context.Context, name string, generation int, do func(m *mortal, q *http.Request) (*http.Response, error)) {
	conn, js := localtest.Connect(r.t, r.server)
	m := &mortal{}
	died := make(chan struct{})
	m.kill = sync.OnceFunc(func() { m.dead.Store(true); conn.Close(); close(died) })
	transport := &hook{}
	transport.set(func(q *http.Request, _ http.RoundTripper) (*http.Response, error) {
		if m.dead.Load() {
			return nil, errors.New("dead")
		}
		return do(m, q)
	})
	cfg := r.cfg
	cfg.JetStream, cfg.Worker, cfg.Grace = js, name+"-"+strconv.Itoa(generation), time.Millisecond
	cfg.S3 = s3.New(r.direct.Options(), func(o *s3.Options) {
		o.HTTPClient = &http.Client{Transport: transport}
		o.ExpressCredentials = nil // of its own: making a client writes to a shared one without a lock
	})
	u, err := New(ctx, cfg)
	if err != nil {
		r.t.Errorf("New: %v", err)
		return
	}
	smallParts(u)
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() {
		if err := u.Run(ctx); err != nil && !m.dead.Load() {
			r.t.Errorf("Run of %s: %v", cfg.Worker, err)
		}
	})
	running.Go(func() {
		select {
		case <-died:
			r.launch(ctx, name, generation+1, do)
		case <-ctx.Done():
		}
	})
	r.t.Cleanup(func() { stop(); running.Wait() })
}

// TestOnePutPerKey publishes many conversions, some of them rendered twice, with two
// uploaders that are killed around their writes and an S3 that fails: of each key
// exactly one write is ever accepted, and none is deleted.
func TestOnePutPerKey(t *testing.T) {
	t.Parallel()
	r := setup(t)
	const conversions = 120
	type fate struct{ killBefore, killAfter, loseAnswer, refuse bool }
	fates, requests := map[string]fate{}, map[string]jetsheet.Request{}
	events := 0
	for i := range conversions {
		request := r.request(1, "s"+strconv.Itoa(i))
		path := "/" + r.bucket + "/" + request.Key
		requests[path] = request
		fates[path] = fate{killBefore: i%40 == 5, killAfter: i%40 == 15, loseAnswer: i%7 == 3, refuse: i%11 == 2}
		size := 500 + i
		if i%30 == 15 {
			size = 2<<20 + i // in parts, and among them some whose uploader is killed
		}
		for range 1 + i%2 {
			r.announce(r.render(request, noise(size)))
			size++
			events++
		}
	}
	w := &writes{accepted: map[string]int{}}
	server := r.s3.next
	var met sync.Map
	do := func(m *mortal, q *http.Request) (*http.Response, error) {
		if !isWrite(q) {
			return w.count(q, server)
		}
		if _, again := met.LoadOrStore(q.URL.Path, true); again {
			return w.count(q, server)
		}
		switch f := fates[q.URL.Path]; {
		case f.killBefore:
			m.kill()
			return nil, errors.New("killed")
		case f.killAfter:
			defer m.kill()
			return w.count(q, server)
		case f.loseAnswer:
			return applyThen(q, roundTrip(func(q *http.Request) (*http.Response, error) { return w.count(q, server) }))
		case f.refuse:
			return answer(q, http.StatusServiceUnavailable, "SlowDown"), nil
		}
		return w.count(q, server)
	}
	r.launch(t.Context(), "a", 0, do)
	r.launch(t.Context(), "b", 0, do)
	// A worker that dies after it has settled leaves the workbook in the object store.
	r.eventually("no event is left", func() bool { return r.messages(jetsheet.StreamRendered) == 0 })

	w.mu.Lock()
	defer w.mu.Unlock()
	for path, request := range requests {
		if n := w.accepted[path]; n != 1 {
			t.Errorf("%s: accepted writes: got %d, want 1 (%+v)", path, n, fates[path])
		}
		d := r.done(request.Conversion())
		if _, head := r.object(request.Key); d.State != jetsheet.DonePublished || head == nil || head.Metadata[MetaSHA256] != d.SHA256 {
			t.Errorf("%s: done is %s with digest %s, the object %+v", path, d.State, d.SHA256, head)
		}
	}
	if len(w.accepted) != conversions || w.deleted != 0 {
		t.Errorf("keys written: got %d, and %d deleted; want %d and none", len(w.accepted), w.deleted, conversions)
	}
	if s, err := r.js.Stream(t.Context(), jetsheet.StreamDone); err != nil || s.CachedInfo().State.LastSeq != conversions {
		t.Errorf("done records ever written: got %+v, %v, want %d", s.CachedInfo().State, err, conversions)
	}
	if n := r.messages(jetsheet.StreamFailed); n != 0 {
		t.Errorf("failures: got %d, want none", n)
	}
	c, err := r.js.Consumer(t.Context(), jetsheet.StreamRendered, jetsheet.ConsumerUploader)
	if err != nil {
		t.Fatal(err)
	}
	if n := c.CachedInfo().Delivered.Consumer; n < uint64(events)+6 {
		t.Errorf("deliveries: got %d of %d events, want at least one more for each of 6 kills: the case was not met", n, events)
	}
}

// roundTrip is a function as an [http.RoundTripper].
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }
