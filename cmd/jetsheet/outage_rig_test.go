package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// killTick is the tick of killReport that has 400 workbooks.
func killTick() time.Time {
	return time.Date(2026, 11, 1, 5, 0, 0, 0, time.FixedZone("JST", 9*60*60))
}

// startRoles starts the roles with flags that make a test short.
func (i *installation) startRoles(names ...string) map[string]*role {
	i.t.Helper()
	running := map[string]*role{}
	for _, name := range names {
		running[name] = i.start(name, roleFlags[name]...)
	}
	return running
}

// closed waits until a run is closed.
func (i *installation) closed(id jetsheet.RunID, within time.Duration) {
	i.t.Helper()
	i.await("closed "+id.String(), within, func() bool {
		run := i.record(id)
		return run != nil && run.State == jetsheet.RunClosed
	})
}

// workers are what "jetsheet workers" shows.
func (i *installation) workers() []jetsheet.WorkerState {
	i.t.Helper()
	out, _ := i.run(exitDone, "workers", "--json")
	var list []jetsheet.WorkerState
	for line := range strings.Lines(out) {
		var w jetsheet.WorkerState
		if err := json.Unmarshal([]byte(line), &w); err != nil {
			i.t.Fatalf("workers: %v in %s", err, line)
		}
		list = append(list, w)
	}
	return list
}

// paused waits until a worker of a stage says that it waits for a resource.
func (i *installation) paused(stage jetsheet.Stage, on jetsheet.Resource) jetsheet.WorkerState {
	i.t.Helper()
	var found jetsheet.WorkerState
	i.await(fmt.Sprintf("a worker of %s waits for %q", stage, on), time.Minute, func() bool {
		for _, w := range i.workers() {
			if w.Stage == stage && w.PausedOn == on {
				found = w
				return true
			}
		}
		return false
	})
	return found
}

// resize gives a stream another limit on its bytes.
func (i *installation) resize(stream string, maxBytes int64) {
	i.t.Helper()
	s, err := i.js.Stream(i.t.Context(), stream)
	if err != nil {
		i.t.Fatal(err)
	}
	config := s.CachedInfo().Config
	config.MaxBytes = maxBytes
	if _, err := i.js.UpdateStream(i.t.Context(), config); err != nil {
		i.t.Fatal(err)
	}
}

// nothingFailed checks that no failure was ever recorded and that no attempt counts.
func (i *installation) nothingFailed() {
	i.t.Helper()
	failed, err := i.js.Stream(i.t.Context(), jetsheet.StreamFailed)
	if err != nil {
		i.t.Fatal(err)
	}
	if last := failed.CachedInfo().State.LastSeq; last != 0 {
		i.t.Errorf("%d failures were recorded, want none", last)
	}
	subjects := []string{jetsheet.EntrySubject(jetsheet.BucketProgress, "renderer.>"), jetsheet.EntrySubject(jetsheet.BucketProgress, "uploader.>")}
	err = delivery.Scan(i.t.Context(), i.js, "KV_"+jetsheet.BucketProgress, false, func(m jetstream.Msg) error {
		if len(m.Data()) == 0 {
			return nil
		}
		var p jetsheet.Progress
		if err := jetsheet.Decode(m.Data(), &p); err != nil {
			return err
		}
		if p.Attempts > 0 {
			i.t.Errorf("%s: %d attempts count, want none: %s", m.Subject(), p.Attempts, m.Data())
		}
		return nil
	}, subjects...)
	if err != nil {
		i.t.Fatal(err)
	}
}

// s3Front stands before S3 and answers in its place while it is told to.
type s3Front struct {
	refusal atomic.Pointer[refusal]

	mu    sync.Mutex
	below map[string]*refusal // of keys that begin so
}

// refuseBelow lets S3 refuse keys that begin so until the result is called.
func (f *s3Front) refuseBelow(prefix string, r *refusal) (mend func()) {
	set := func(r *refusal) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.below[prefix] = r
	}
	set(r)
	return func() { set(nil) }
}

// refuses returns the refusal that an object of the bucket meets, or nil.
func (f *s3Front) refuses(path string) *refusal {
	if all := f.refusal.Load(); all != nil {
		return all
	}
	_, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	f.mu.Lock()
	defer f.mu.Unlock()
	for prefix, one := range f.below {
		if one != nil && strings.HasPrefix(key, prefix) {
			return one
		}
	}
	return nil
}

// refusal is an error of S3.
type refusal struct {
	status int
	code   string
}

// frontS3 lets the roles that start from now on see S3 through a front.
func (i *installation) frontS3() *s3Front {
	i.t.Helper()
	origin, err := url.Parse(i.s3.Endpoint())
	if err != nil {
		i.t.Fatal(err)
	}
	front := &s3Front{below: map[string]*refusal{}}
	proxy := httputil.NewSingleHostReverseProxy(origin)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused := front.refuses(r.URL.Path); refused != nil {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(refused.status)
			_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>by the test</Message></Error>", refused.code)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	i.t.Cleanup(server.Close)
	i.env = append(i.env, "JETSHEET_S3_ENDPOINT="+server.URL)
	return front
}

// steady checks for a while that something stays as it is.
func steady(t *testing.T, what string, within time.Duration, look func() string) {
	t.Helper()
	first := look()
	end := time.NewTimer(within)
	defer end.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-end.C:
			return
		case <-tick.C:
			if now := look(); now != first {
				t.Errorf("%s: got %s after %s, want no change", what, now, first)
				return
			}
		}
	}
}
