package uploader

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// behind answers reads like a replica that does not have the newest messages yet.
type behind struct {
	jetstream.Stream
	misses atomic.Int32
}

func (b *behind) GetLastMsgForSubject(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	if b.misses.Add(-1) >= 0 {
		return nil, jetstream.ErrMsgNotFound
	}
	return b.Stream.GetLastMsgForSubject(ctx, subject)
}

// TestOutcomeOnAReplicaBehind: the outcome is there and cannot be read, neither at
// the look nor when writing our own has met it.
func TestOutcomeOnAReplicaBehind(t *testing.T) {
	t.Parallel()
	r := setup(t)
	u := r.uploader()
	stale := &behind{Stream: u.done}
	stale.misses.Store(2)
	u.done = stale
	request := r.request(1, "s1")
	r.outcome(request, jetsheet.DoneSkipped)
	r.announce(r.render(request, noise(500)))
	r.run(u)
	r.settled(request, jetsheet.DoneSkipped)
	if got := r.runOf(request.Key); got != "" {
		t.Errorf("the key holds %q, want nothing", got)
	}
	if left := stale.misses.Load(); left >= 0 {
		t.Errorf("reads that missed: %d fewer than planned; the case was not met", left+1)
	}
}

// TestDoneAndObjectAgree lets two attempts at each of many conversions run on two
// uploaders while a third finds no records, at any moment: in the end there is a
// workbook exactly where DONE says so, with the digest that DONE has.
func TestDoneAndObjectAgree(t *testing.T) {
	t.Parallel()
	r := setup(t)
	random := rand.New(rand.NewPCG(7, 11))
	const conversions = 150
	requests := map[string]jetsheet.Request{}
	when := map[string]int{}
	for i := range conversions {
		request := r.request(1, "s"+strconv.Itoa(i))
		requests["/"+r.bucket+"/"+request.Key] = request
		when["/"+r.bucket+"/"+request.Key] = random.IntN(4)
	}
	var met sync.Map
	r.s3.set(func(q *http.Request, next http.RoundTripper) (*http.Response, error) {
		_, again := met.LoadOrStore(q.Method+q.URL.Path, true)
		request, known := requests[q.URL.Path]
		if q.Method != http.MethodPut || again || !known {
			return next.RoundTrip(q)
		}
		skip := func() { r.outcomeIfNone(request, jetsheet.DoneSkipped) }
		switch when[q.URL.Path] {
		case 0:
			skip()
		case 1:
			defer skip()
		case 2:
			skip()
			return applyThen(q, next)
		}
		return next.RoundTrip(q)
	})
	for range 2 {
		for _, request := range requests {
			r.announce(r.render(request, noise(100+random.IntN(1000))))
		}
	}
	r.run(r.uploader())
	r.run(r.uploader())
	r.drained()
	states := map[jetsheet.DoneState]int{}
	for _, request := range requests {
		d := r.done(request.Conversion())
		states[d.State]++
		want := map[jetsheet.DoneState]string{jetsheet.DonePublished: d.SHA256}[d.State]
		_, head := r.object(request.Key)
		got := ""
		if head != nil {
			got = head.Metadata[MetaSHA256]
		}
		if got != want {
			t.Errorf("%s: DONE is %s and the object's digest %q, want %q", request.Key, d.State, got, want)
		}
	}
	if states[jetsheet.DonePublished] == 0 || states[jetsheet.DoneSkipped] == 0 {
		t.Errorf("outcomes: got %v, want both published and skipped ones", states)
	}
	if n := r.messages(jetsheet.StreamFailed); n != 0 {
		t.Errorf("failures: got %d, want none", n)
	}
}

// BenchmarkLook is what the look for an outcome adds to a workbook's way: client and
// server are in one process, one look after the other.
func BenchmarkLook(b *testing.B) {
	_, js := localtest.NATS(b)
	if _, err := deploy.Provision(b.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		b.Fatal(err)
	}
	done, err := js.Stream(b.Context(), jetsheet.StreamDone)
	if err != nil {
		b.Fatal(err)
	}
	u := &Uploader{done: done}
	c := jetsheet.Conversion{Run: jetsheet.RunID{Tick: time.Date(2026, 10, 1, 20, 0, 0, 0, time.UTC), Report: "temperature"}, Tenant: "t1", Target: "s1"}
	b.ReportAllocs()
	for b.Loop() {
		if stored, err := u.outcomeOf(b.Context(), c); stored != nil || err != nil {
			b.Fatalf("outcomeOf: got %+v, %v, want none", stored, err)
		}
	}
}
