package producer

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// BenchmarkRun takes 100,000 targets from their query to the last request, with a
// worker that throws every request away. It reports planning, the rate of the first
// and the last tenth, and the heap's peak.
func BenchmarkRun(b *testing.B) {
	for b.Loop() {
		benchmarkRun(b, 100_000)
	}
}

func benchmarkRun(b *testing.B, n int) {
	b.Helper()
	r := setup(b)
	r.sites(n/100, 1, tenants(100)...)
	r.cfg.TempDir = b.TempDir()
	id := jetsheet.RunID{Tick: midnight, Report: "daily"}
	if _, err := r.cfg.Freezer.Freeze(b.Context(), id, daily, jetsheet.Scope{}); err != nil {
		b.Fatal(err)
	}
	p, err := New(b.Context(), r.cfg)
	if err != nil {
		b.Fatal(err)
	}
	var taken atomic.Int64
	var mu sync.Mutex
	marks := map[int64]time.Time{}
	stop := r.discard(func() {
		if k := taken.Add(1); k%int64(n/10) == 0 || k == 1 {
			mu.Lock()
			marks[k] = time.Now()
			mu.Unlock()
		}
	})
	defer stop()
	runtime.GC()
	peak := watchHeap(b.Context())
	began := time.Now()
	if _, err := p.plan(b.Context(), r.run(id)); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "plan-s")
	b.ReportMetric(float64(peak())/1e6, "plan-heap-MB")
	runner := newRunner(p, id)
	runner.fresh = true
	if runner.plan, err = p.openPlan(b.Context(), r.run(id)); err != nil {
		b.Fatal(err)
	}
	defer runner.plan.close()
	pass := newPass(runner, nil)
	for finished := false; !finished; {
		if finished, err = pass.fill(b.Context()); err != nil {
			b.Fatal(err)
		}
		wait(b.Context(), fillPace) // as a runner does
	}
	r.eventually("all requests were taken", func() bool { return taken.Load() >= int64(n) })
	mu.Lock()
	defer mu.Unlock()
	tenth := float64(n / 10)
	b.ReportMetric(tenth/marks[int64(n/10)].Sub(marks[1]).Seconds(), "first/s")
	b.ReportMetric(tenth/marks[int64(n)].Sub(marks[int64(n-n/10)]).Seconds(), "last/s")
	began = time.Now()
	s, err := runner.survey(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := runner.compare(s); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "survey-s")
}

func tenants(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = "tenant-" + string(rune('a'+i/26)) + string(rune('a'+i%26))
	}
	return names
}

// discard takes small requests and acknowledges them.
func (r *rig) discard(each func()) (stop func()) {
	r.t.Helper()
	c, err := r.js.Consumer(r.t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneSmall))
	if err != nil {
		r.t.Fatal(err)
	}
	cfg := c.CachedInfo().Config
	cfg.MaxAckPending = 1000
	if c, err = r.js.UpdateConsumer(r.t.Context(), jetsheet.StreamConversions, cfg); err != nil {
		r.t.Fatal(err)
	}
	consuming, err := c.Consume(func(m jetstream.Msg) {
		each()
		_ = m.Ack()
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return func() {
		consuming.Stop()
		<-consuming.Closed()
	}
}

// watchHeap samples the heap's growth until the result is called, which returns its
// peak.
func watchHeap(ctx context.Context) (peak func() uint64) {
	ctx, cancel := context.WithCancel(ctx)
	var before, most runtime.MemStats
	runtime.ReadMemStats(&before)
	ended := make(chan uint64)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		top := before.HeapInuse
		for {
			select {
			case <-ctx.Done():
				ended <- top - before.HeapInuse
				return
			case <-tick.C:
				runtime.ReadMemStats(&most)
				top = max(top, most.HeapInuse)
			}
		}
	}()
	return func() uint64 { cancel(); return <-ended }
}
