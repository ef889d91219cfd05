package uploader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// smallParts makes everything over 1 MiB go in parts of the least size S3 takes.
func smallParts(u *Uploader) *Uploader {
	u.bucket.singleMax, u.bucket.partBytes = 1<<20, 5<<20
	return u
}

const twelveMiB = 12<<20 + 345

// isPart says whether a request uploads the given part, or any for 0.
func isPart(q *http.Request, number int) bool {
	n := q.URL.Query().Get("partNumber")
	return q.Method == http.MethodPut && n != "" && (number == 0 || n == strconv.Itoa(number))
}

func isComplete(q *http.Request) bool {
	return q.Method == http.MethodPost && q.URL.Query().Has("uploadId")
}

func TestPartsFaultsThatPass(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]hookFunc{
		"none": func(q *http.Request, next http.RoundTripper) (*http.Response, error) { return next.RoundTrip(q) },
		"begin fails": func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			if q.URL.Query().Has("uploads") && q.Method == http.MethodPost {
				return answer(q, 503, "SlowDown"), nil
			}
			return next.RoundTrip(q)
		},
		"second part fails": func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			if isPart(q, 2) {
				return answer(q, 500, "InternalError"), nil
			}
			return next.RoundTrip(q)
		},
		"last part is applied, then an error": func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			if isPart(q, 3) {
				return applyThen(q, next)
			}
			return next.RoundTrip(q)
		},
		"upload vanishes": func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			if isPart(q, 2) {
				return answer(q, 404, "NoSuchUpload"), nil
			}
			return next.RoundTrip(q)
		},
		"completion conflicts": func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			if isComplete(q) {
				return answer(q, 409, "ConditionalRequestConflict"), nil
			}
			return next.RoundTrip(q)
		},
		"completion is applied, then an error": func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			if isComplete(q) {
				return applyThen(q, next)
			}
			return next.RoundTrip(q)
		},
		"something else than S3 answers": func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			if q.Method == http.MethodPost || isPart(q, 0) {
				return page(200)(q, next)
			}
			return next.RoundTrip(q)
		},
		"something else than S3 answers the look": func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			if q.Method == http.MethodHead {
				return page(200)(q, next)
			}
			return next.RoundTrip(q)
		},
		"abort fails once": func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
			if isPart(q, 1) || q.Method == http.MethodDelete {
				return answer(q, 500, "InternalError"), nil
			}
			return next.RoundTrip(q)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			var met sync.Map
			r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
				// Each kind of request meets the fault once.
				kind := q.Method + q.URL.Path + q.URL.Query().Get("partNumber") + strconv.FormatBool(isComplete(q))
				if _, again := met.LoadOrStore(kind, true); again {
					return next.RoundTrip(q)
				}
				return fault(q, next)
			})
			request, content := r.request(1, "s1"), noise(twelveMiB)
			e := r.render(request, content)
			r.announce(e)
			r.run(smallParts(r.uploader()))
			if d := r.done(request.Conversion()); d.State != jetsheet.DonePublished || d.SHA256 != e.SHA256 || d.SizeBytes != twelveMiB {
				t.Errorf("done: got %+v, want published with the workbook's digest and size", d)
			}
			stored, head := r.object(request.Key)
			if !bytes.Equal(stored, content) {
				t.Errorf("object has %d bytes, want the workbook's %d", len(stored), len(content))
			}
			if got := head.Metadata["part-bytes"]; got != "5242880" {
				t.Errorf("part-bytes is %q, want 5242880", got)
			}
			delete(head.Metadata, "part-bytes")
			checkHeaders(t, head.Metadata, *head.ContentType, *head.ContentDisposition, e)
			r.drained()
			if n := r.uploads(); n != 0 {
				t.Errorf("uploads under way: got %d, want none", n)
			}
			if n := r.messages(jetsheet.StreamFailed); n != 0 {
				t.Errorf("failures: got %d, want none", n)
			}
		})
	}
}

// TestPartsMeetOthers: the condition holds at the completion, too.
func TestPartsMeetOthers(t *testing.T) {
	t.Parallel()
	r := setup(t)
	u := smallParts(r.uploader())
	ours, newer := r.event(r.request(1, "s1"), noise(twelveMiB)), r.event(r.request(2, "s1"), noise(10))
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		if isComplete(q) {
			r.occupy(ours.Request.Key, "newer", metadataOf(newer))
		}
		return next.RoundTrip(q)
	})
	out, err := u.publish(t.Context(), &delivery.Job{}, ours)
	if err != nil || out.state != jetsheet.DoneSuperseded {
		t.Fatalf("publish: got %+v, %v, want superseded", out, err)
	}
	if content, _ := r.object(ours.Request.Key); string(content) != "newer" {
		t.Errorf("object has %d bytes, want the newer one", len(content))
	}
	if n := r.uploads(); n != 0 {
		t.Errorf("uploads under way: got %d, want none", n)
	}
}

// TestPartsOfDamagedWorkbook: damage in the last chunk shows when most parts are
// sent; nothing is completed.
func TestPartsOfDamagedWorkbook(t *testing.T) {
	t.Parallel()
	r := setup(t)
	u := smallParts(r.uploader())
	e := r.event(r.request(1, "s1"), noise(twelveMiB))
	r.spoil(e.Rendered, twelveMiB/jetsheet.ChunkBytes, r.flipLast)
	if _, err := u.publish(t.Context(), &delivery.Job{}, e); !errors.Is(err, errLost) {
		t.Errorf("publish: got %v, want that the workbook is lost", err)
	}
	if keys, n := r.keys(), r.uploads(); len(keys) != 0 || n != 0 {
		t.Errorf("S3 has %q and %d uploads under way, want nothing", keys, n)
	}
}

// TestPartsAreAbortedOnShutdown ends the job in the middle of a part.
func TestPartsAreAbortedOnShutdown(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Grace = 50 * time.Millisecond
	u := smallParts(r.uploader())
	reached := make(chan struct{})
	var once sync.Once
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		if isPart(q, 2) {
			once.Do(func() { close(reached) })
			<-q.Context().Done()
			return nil, q.Context().Err()
		}
		return next.RoundTrip(q)
	})
	r.announce(r.render(r.request(1, "s1"), noise(twelveMiB)))
	stop := r.run(u)
	<-reached
	stop()
	if keys, n := r.keys(), r.uploads(); len(keys) != 0 || n != 0 {
		t.Errorf("S3 has %q and %d uploads under way, want nothing", keys, n)
	}
	if n := r.messages(jetsheet.StreamRendered); n != 1 {
		t.Errorf("events: got %d, want the one given back", n)
	}
	if n := r.messages(jetsheet.StreamFailed); n != 0 {
		t.Errorf("failures: got %d, want none", n)
	}
}

// TestMemoryOfLargeUploads uploads 200 MB to an S3 that keeps nothing, while the
// heap is watched; the NATS server is part of it. It is not parallel: the heap is
// the process's.
func TestMemoryOfLargeUploads(t *testing.T) {
	r := setup(t)
	u := r.uploader()
	const size = 200 << 20
	digest := sha256.New()
	request := r.request(1, "s1")
	name := jetsheet.WorkbookObject(request.Conversion(), "n")
	source := io.TeeReader(io.LimitReader(zeros{}, size), digest)
	if _, err := r.store.Put(t.Context(), jetstream.ObjectMeta{Name: name, Opts: &jetstream.ObjectMetaOptions{ChunkSize: jetsheet.ChunkBytes}}, source); err != nil {
		t.Fatal(err)
	}
	e := &event{Request: request}
	e.Object, e.SizeBytes, e.digest = name, size, digest.Sum(nil)
	var sent atomic.Int64
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		if !isPart(q, 0) {
			return next.RoundTrip(q)
		}
		n, err := io.Copy(io.Discard, q.Body)
		sent.Add(n)
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Etag": {`"e"`}}, Body: http.NoBody, Request: q}, err
	})
	before := held()
	ctx, stop := context.WithCancel(t.Context())
	var peak int64
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			peak = max(peak, held())
			<-tick.C
		}
	})
	err := u.bucket.putParts(t.Context(), &delivery.Job{}, u.uploadOf(e), condition{}, u.bucket.partBytes)
	stop()
	watch.Wait()
	if n := sent.Load(); n != size {
		t.Errorf("sent: got %d bytes, want %d", n, size)
	}
	// The stand-in knows nothing of the parts that it did not keep.
	if err == nil || !strings.Contains(err.Error(), "InvalidPart") {
		t.Errorf("completion: got %v, want InvalidPart", err)
	}
	t.Logf("%d MiB were held, %d MiB before", peak>>20, before>>20)
	// One part, and chunks on their way.
	if grown := peak - before; grown < 8<<20 || grown > 32<<20 {
		t.Errorf("held: got %d MiB more than before, want between 8 and 32", grown>>20)
	}
	if n := r.uploads(); n != 0 {
		t.Errorf("uploads under way: got %d, want none", n)
	}
}

// held is how many bytes this process holds, without what the NATS server in it has
// allocated: its caches grow and shrink with what else the machine does.
func held() int64 {
	runtime.GC() // the profile is that of the last collection
	records := make([]runtime.MemProfileRecord, 1<<13)
	n, ok := runtime.MemProfile(records, false)
	for !ok {
		records = make([]runtime.MemProfileRecord, 2*n)
		n, ok = runtime.MemProfile(records, false)
	}
	total := 0.0
	for _, r := range records[:n] {
		if !ofServer(r.Stack()) {
			// Small allocations are sampled.
			size := float64(r.AllocBytes) / float64(r.AllocObjects)
			total += float64(r.InUseBytes()) / (1 - math.Exp(-size/float64(runtime.MemProfileRate)))
		}
	}
	return int64(total)
}

func ofServer(stack []uintptr) bool {
	frames := runtime.CallersFrames(stack)
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.Function, "nats-io/nats-server/") {
			return true
		}
		if !more {
			return false
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestLargeUploadsAtATime: more large uploads than buffers wait for each other.
func TestLargeUploadsAtATime(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.LargeUploads = 1
	u := smallParts(r.uploader())
	var now, most atomic.Int32
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		if isPart(q, 0) {
			n := now.Add(1)
			for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
			}
			defer now.Add(-1)
		}
		return next.RoundTrip(q)
	})
	for _, target := range []string{"s1", "s2", "s3"} {
		r.announce(r.render(r.request(1, target), noise(6<<20)))
	}
	r.run(u)
	r.drained()
	if n := len(r.keys()); n != 3 || most.Load() != 1 {
		t.Errorf("objects: got %d, parts at a time %d; want 3 and 1", n, most.Load())
	}
}
