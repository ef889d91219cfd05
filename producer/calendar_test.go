package producer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// known lists the runs.
func (r *rig) known() []string {
	r.t.Helper()
	keys, err := r.kv(jetsheet.BucketRuns).Keys(r.t.Context())
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		r.t.Fatal(err)
	}
	return keys
}

// A schedule in JetStream wakes a producer that would not look for an hour.
func TestFiredScheduleStartsRun(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(2, 1, "a")
	r.cfg.Interval = time.Hour
	r.work(nil)
	r.clock.set(midnight.Add(-6 * time.Hour))
	r.apply("daily", daily, midnight.Add(-12*time.Hour))
	r.start()
	r.eventually("the schedule is set", func() bool { return r.subjects(jetsheet.StreamTriggers)[jetsheet.ScheduleSubject("daily")] == 1 })
	r.clock.set(midnight.Add(time.Second))
	_, err := r.js.PublishMsg(t.Context(), nats.NewMsg(jetsheet.ScheduleSubject("daily")),
		jetstream.WithScheduleAt(time.Now().Add(500*time.Millisecond)), jetstream.WithScheduleTarget(jetsheet.TriggerSubject("daily")), jetstream.WithScheduleTTL(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	r.until(jetsheet.RunID{Tick: midnight, Report: "daily"}, jetsheet.RunClosed)
	for range 5 { // doubled firings change nothing
		r.trigger()
	}
	r.eventually("the triggers are consumed", func() bool { return r.subjects(jetsheet.StreamTriggers)[jetsheet.TriggerSubject("daily")] == 0 })
	if runs := r.known(); len(runs) != 1 {
		t.Errorf("runs %v, want one", runs)
	}
}

func TestTriggerBeforeTheDatabasesTick(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Interval = time.Hour
	r.apply("daily", daily, midnight.Add(-12*time.Hour))
	began := time.Now()
	r.cfg.Now = func(context.Context) (time.Time, error) { // a second behind the clock that fires
		return midnight.Add(-time.Second + time.Since(began)), nil
	}
	r.start()
	r.trigger()
	r.until(jetsheet.RunID{Tick: midnight, Report: "daily"}, jetsheet.RunPlanning)
	if early := time.Second - time.Since(began); early > 0 {
		t.Errorf("the run was frozen %s before its tick", early)
	}
}

func TestSchedulesFollowReports(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.clock.set(midnight.Add(-time.Hour))
	r.start()
	stream, err := r.js.Stream(t.Context(), jetsheet.StreamTriggers)
	if err != nil {
		t.Fatal(err)
	}
	schedule := func() string {
		m, err := stream.GetLastMsgForSubject(t.Context(), jetsheet.ScheduleSubject("daily"))
		if err != nil {
			return ""
		}
		return strings.Join([]string{m.Header.Get("Nats-Schedule"), m.Header.Get("Nats-Schedule-Time-Zone"), m.Header.Get("Nats-Schedule-Target")}, "|")
	}
	for _, step := range []struct {
		zone, cron, want string
		paused           *jetsheet.Mark
	}{
		{"UTC", "0 0 * * *", "0 0 0 * * *|UTC|conversions.trigger.daily", nil},
		{"Asia/Tokyo", "30 5 1 * *", "0 30 5 1 * *|Asia/Tokyo|conversions.trigger.daily", nil},
		{"Asia/Tokyo", "30 5 1 * *", "", &jetsheet.Mark{By: "me"}},
		{"Europe/Berlin", "0 2 * * 1", "0 0 2 * * 1|Europe/Berlin|conversions.trigger.daily", nil},
	} {
		definition := strings.Replace(daily, `cron: "0 0 * * *", timeZone: UTC`, fmt.Sprintf("cron: %q, timeZone: %s", step.cron, step.zone), 1)
		r.apply("daily", definition, noon, func(a *jetsheet.Applied) { a.Paused = step.paused })
		r.eventually("the schedule is "+step.want, func() bool { return schedule() == step.want })
	}
	// What this build cannot read keeps its schedule, also over a restart.
	r.apply("newer", "report: newer\nunknown: 1\n", noon)
	if _, err := r.js.PublishMsg(t.Context(), nats.NewMsg(jetsheet.ScheduleSubject("newer")), jetstream.WithScheduleCron("0 0 3 * * *"), jetstream.WithScheduleTarget(jetsheet.TriggerSubject("newer"))); err != nil {
		t.Fatal(err)
	}
	if err := r.kv(jetsheet.BucketReports).Delete(t.Context(), "daily"); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.eventually("the deleted report's schedule is gone", func() bool { return schedule() == "" })
	if left := r.subjects(jetsheet.StreamTriggers); left[jetsheet.ScheduleSubject("newer")] != 1 {
		t.Errorf("schedules %v, want the newer build's to stay", left)
	}
}

func TestMissedTicksFollowCatchUp(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]int{"all": 4, "latest": 1, "none": 0} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.apply("daily", strings.Replace(daily, "catchUp: all", "catchUp: "+policy, 1), midnight.AddDate(0, 0, -4))
			// One that closed and one that was frozen but not planned: it is completed
			// whatever the policy says.
			left := jetsheet.RunID{Tick: midnight.AddDate(0, 0, -3), Report: "daily"}
			if policy != "all" {
				if _, err := r.cfg.Freezer.Freeze(t.Context(), left, daily, jetsheet.Scope{}); err != nil {
					t.Fatal(err)
				}
				want++
			}
			r.start()
			r.eventually(fmt.Sprintf("%d runs are closed", want), func() bool {
				runs := r.known()
				for _, key := range runs {
					id, err := jetsheet.ParseRunID(key)
					if err != nil || r.run(id).State != jetsheet.RunClosed {
						return false
					}
				}
				return len(runs) == want
			})
			newest := jetsheet.RunID{Tick: midnight, Report: "daily"}
			if run := r.run(newest); (run != nil) != (policy != "none") {
				t.Errorf("catchUp %s: the newest tick's run is %v", policy, run)
			}
		})
	}
}

// In a zone with summer time, a tick in the gap comes once and one in the fold not
// twice: the calendar says which instants are ticks.
func TestTicksOverSummerTime(t *testing.T) {
	t.Parallel()
	r := setup(t)
	definition := strings.Replace(daily, `cron: "0 0 * * *", timeZone: UTC`, `cron: "30 2 * * *", timeZone: Europe/Berlin`, 1)
	r.apply("daily", definition, time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC))
	r.clock.set(time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC))
	r.start()
	r.eventually("three days have run", func() bool { return len(r.known()) >= 3 })
	days := map[string]int{}
	for _, key := range r.known() {
		days[key[:8]]++
	}
	if fmt.Sprint(days) != "map[20260328:1 20260329:1 20260330:1]" {
		t.Errorf("runs on %v, want one on each of three days", days)
	}
}

func TestScheduledFromIsTheBeginning(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("daily", daily, midnight) // a tick at the instant itself is not run
	r.start()
	r.eventually("the schedule is set", func() bool { return len(r.subjects(jetsheet.StreamTriggers)) > 0 })
	r.clock.set(midnight.AddDate(0, 0, 1).Add(time.Minute))
	r.trigger()
	r.until(jetsheet.RunID{Tick: midnight.AddDate(0, 0, 1), Report: "daily"}, jetsheet.RunClosed)
	if runs := r.known(); len(runs) != 1 {
		t.Errorf("runs %v, want only the second tick's", runs)
	}
}

// Without a flag document nothing is frozen, and other runs go on.
func TestWaitsForFlagDocument(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(3, 1, "a")
	earlier := jetsheet.RunID{Tick: midnight.AddDate(0, 0, -1), Report: "daily"}
	if _, err := r.cfg.Freezer.Freeze(t.Context(), earlier, daily, jetsheet.Scope{}); err != nil {
		t.Fatal(err)
	}
	if err := r.kv(jetsheet.BucketFlags).Purge(t.Context(), jetsheet.FlagsKey); err != nil {
		t.Fatal(err)
	}
	r.work(nil)
	id := r.applyDaily()
	r.start()
	r.until(earlier, jetsheet.RunClosed)
	if run := r.run(id); run != nil {
		t.Errorf("run %+v was frozen without a flag document", run)
	}
	r.flags(jetsheet.RouteNew)
	r.until(id, jetsheet.RunClosed)
}

// A run whose freezing is not complete on S3 is not planned.
func TestFreezingFails(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(3, 1, "a")
	broken := &brokenFreezer{Freezer: r.cfg.Freezer}
	broken.err.Store(true)
	r.cfg.Freezer = broken
	id := jetsheet.RunID{Tick: midnight, Report: "daily"}
	if _, err := broken.Freezer.Freeze(t.Context(), id, daily, jetsheet.Scope{}); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.eventually("freezing was tried", func() bool { return broken.calls.Load() > 0 })
	if run := r.run(id); run.Plan != nil || run.State != jetsheet.RunPlanning {
		t.Errorf("run is %s with plan %v, want planning without one", run.State, run.Plan)
	}
	broken.err.Store(false)
	r.work(nil)
	r.eventually("the run closes", func() bool {
		r.trigger()
		return r.run(id).State == jetsheet.RunClosed
	})
}

type brokenFreezer struct {
	Freezer
	err   atomic.Bool
	calls atomic.Int32
}

func (b *brokenFreezer) Freeze(ctx context.Context, run jetsheet.RunID, definition string, scope jetsheet.Scope) (*jetsheet.Frozen, error) {
	if b.err.Load() {
		b.calls.Add(1)
		return nil, errors.New("S3 does not answer")
	}
	return b.Freezer.Freeze(ctx, run, definition, scope)
}

func TestClockAwayAndBack(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(3, 1, "a")
	r.work(nil)
	r.clock.err = errors.New("database is away")
	id := r.applyDaily()
	r.start()
	r.eventually("the failure is logged", func() bool { return strings.Contains(r.log.String(), "database is away") })
	r.clock.mu.Lock()
	r.clock.err = nil
	r.clock.mu.Unlock()
	r.until(id, jetsheet.RunClosed)
}
