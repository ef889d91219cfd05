package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/peak"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// measured is what one run cost, from the first request to the last outcome.
type measured struct {
	conversions int
	planning    time.Duration // from the freezing to the stored plan
	elapsed     time.Duration
	roles       time.Duration // CPU of this process
	servers     time.Duration // CPU of nats-server and S3
	postgres    time.Duration // CPU of PostgreSQL, 0 where it is unknown
	peakBytes   int64         // of this process, up to here
	serverPeak  int64
	tenths      []float64 // conversions a second in each tenth of the run
	// roleStacks and serverStacks are the profiles of the two processes, if asked for.
	roleStacks, serverStacks []stack
}

// perSecond is the rate over the whole run.
func (m *measured) perSecond() float64 { return float64(m.conversions) / m.elapsed.Seconds() }

// each divides a time by the conversions.
func (m *measured) each(d time.Duration) time.Duration { return d / time.Duration(m.conversions) }

// plannedRun is one run to be measured.
type plannedRun struct {
	id         jetsheet.RunID
	definition string
	// begun, if set, is called before the run is frozen: a small run can be over by the
	// time we learn that its plan is stored.
	begun func()
	// profiled asks for profiles; keepProfile names a file that keeps the roles'.
	profiled    bool
	keepProfile string
}

// newRun names a run of the rig's tick.
func (r *rig) newRun(report, definition string) plannedRun {
	return plannedRun{id: jetsheet.RunID{Tick: r.tick, Report: report}, definition: definition}
}

// runOnce starts roles and measures one run.
func (r *rig) runOnce(ctx context.Context, which roles, run plannedRun) (_ *measured, err error) {
	r.b.say("run %s", run.id)
	p, disconnect, err := r.parts(nil)
	if err != nil {
		return nil, err
	}
	defer disconnect()
	stop, err := which.start(ctx, p)
	if err != nil {
		return nil, err
	}
	m, err := r.measure(ctx, p, run)
	return m, errors.Join(err, stop())
}

// measure freezes a run, waits until it is closed and says what it cost. The roles must
// be running on p.
func (r *rig) measure(ctx context.Context, p parts, run plannedRun) (m *measured, err error) {
	freezer, err := newFreezer(ctx, p)
	if err != nil {
		return nil, err
	}
	if run.begun != nil {
		run.begun()
	}
	asked := time.Now()
	if _, err := freezer.Freeze(ctx, run.id, run.definition, jetsheet.Scope{}); err != nil {
		return nil, err
	}
	planned, err := r.await(ctx, p, run.id, func(run *jetsheet.Run) bool { return run.Plan != nil })
	if err != nil {
		return nil, err
	}
	before, known := groupCPU(r.postgres.PID())
	profiles, err := r.startProfiles(run)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, profiles.close()) }()
	closed, err := r.await(ctx, p, run.id, func(run *jetsheet.Run) bool { return run.State == jetsheet.RunClosed })
	if err != nil {
		return nil, err
	}
	m = &measured{conversions: closed.Closed.Done, planning: planned.Plan.At.Sub(asked)}
	if after, ok := groupCPU(r.postgres.PID()); known && ok {
		m.postgres = after - before
	}
	if m.peakBytes, err = peak.OfSelf(); err != nil {
		return nil, err
	}
	if closed.Closed.Failed > 0 || m.conversions == 0 {
		return nil, fmt.Errorf("run %s closed with %d of %d done and %d failed", run.id, m.conversions, closed.Closed.Expected, closed.Closed.Failed)
	}
	if err := profiles.end(ctx, m); err != nil {
		return nil, err
	}
	return m, r.complete(ctx, p, run.id, planned.Plan.At, m)
}

// complete fills in what follows from the times of the outcomes.
func (r *rig) complete(ctx context.Context, p parts, id jetsheet.RunID, begin time.Time, m *measured) error {
	times, err := outcomeTimes(ctx, p.js, id)
	if err != nil {
		return err
	}
	if len(times) != m.conversions {
		return fmt.Errorf("run %s: %d done records, the run says %d", id, len(times), m.conversions)
	}
	end := times[len(times)-1]
	m.elapsed, m.tenths = end.Sub(begin), tenths(begin, times)
	if m.roles, err = r.samples.between(begin, end); err != nil {
		return err
	}
	used, err := r.child.ask(question{From: begin, Until: end})
	m.servers, m.serverPeak = used.CPU, used.PeakBytes
	return err
}

// awaitEvery is how often a run's record is read: seldom enough to cost nothing.
const awaitEvery = 100 * time.Millisecond

// await waits until a run's record is as asked for.
func (r *rig) await(ctx context.Context, p parts, id jetsheet.RunID, reached func(*jetsheet.Run) bool) (*jetsheet.Run, error) {
	kv, err := p.js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", jetsheet.BucketRuns, err)
	}
	tick := time.NewTicker(awaitEvery)
	defer tick.Stop()
	for {
		entry, err := kv.Get(ctx, jetsheet.RunKey(id))
		if err != nil {
			return nil, fmt.Errorf("read run %s: %w", id, err)
		}
		var run jetsheet.Run
		if err := jetsheet.Decode(entry.Value(), &run); err != nil {
			return nil, fmt.Errorf("read run %s: %w", id, err)
		}
		if run.Problem != nil {
			return nil, fmt.Errorf("run %s stands still: %s", id, run.Problem.Message)
		}
		if reached(&run) {
			return &run, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("interrupted")
		case <-tick.C:
		}
	}
}

// outcomeTimes returns when each done record was stored, in order.
func outcomeTimes(ctx context.Context, js jetstream.JetStream, id jetsheet.RunID) ([]time.Time, error) {
	var times []time.Time
	err := delivery.Scan(ctx, js, jetsheet.StreamDone, true, func(m jetstream.Msg) error {
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		times = append(times, meta.Timestamp)
		return nil
	}, jetsheet.RunDoneSubjects(id))
	slices.SortFunc(times, time.Time.Compare)
	return times, err
}

// tenths returns the rate in each tenth of the outcomes, which are in order.
func tenths(begin time.Time, times []time.Time) []float64 {
	rates := make([]float64, 0, 10)
	from, last := 0, begin
	for i := 1; i <= 10; i++ {
		until := len(times) * i / 10
		if until == from {
			continue
		}
		rates = append(rates, float64(until-from)/times[until-1].Sub(last).Seconds())
		from, last = until, times[until-1]
	}
	return rates
}
