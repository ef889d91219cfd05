package producer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// A run that cannot be planned says why, and goes on by itself when that is mended.
func TestPlanningProblems(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]struct {
		breakIt, mend string
		class         jetsheet.Class
		cause         jetsheet.Cause
		says          string
	}{
		"table missing": {
			`alter table sites rename to gone`, `alter table gone rename to sites`,
			jetsheet.ClassPermanent, jetsheet.CauseStatement, `"sites" does not exist`,
		},
		"column missing": {
			`alter table sites rename column weight to heft`, `alter table sites rename column heft to weight`,
			jetsheet.ClassPermanent, jetsheet.CauseStatement, `"weight" does not exist`,
		},
		"time limit": {
			`alter table sites rename to slow; create view sites as select s.*, pg_sleep(2)::text as slept from slow s`,
			`drop view sites; alter table slow rename to sites`,
			jetsheet.ClassTransient, jetsheet.CauseStatementTime, "took longer than 1s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.sites(3, 1, "a")
			r.exec(at.breakIt)
			r.apply("daily", daily+"limits: {statement: 1s}\n", midnight.Add(-time.Hour))
			id := jetsheet.RunID{Tick: midnight, Report: "daily"}
			r.work(nil)
			r.start()
			var run *jetsheet.Run
			r.eventually("the problem is recorded", func() bool { run = r.run(id); return run != nil && run.Problem != nil })
			if p := run.Problem; p.Class != at.class || p.Cause != at.cause || !strings.Contains(p.Message, at.says) || run.State != jetsheet.RunPlanning {
				t.Errorf("problem is %+v in state %s, want %s %s with %q", *p, run.State, at.class, at.cause, at.says)
			}
			r.exec(at.mend)
			run = r.wakeUntilClosed(id)
			if run.Problem != nil || run.Closed.Done != 3 {
				t.Errorf("closed with %+v and problem %+v, want 3 done and none", *run.Closed, run.Problem)
			}
		})
	}
}

// wakeUntilClosed does not wait for the pace at which problems are tried again.
func (r *rig) wakeUntilClosed(id jetsheet.RunID) *jetsheet.Run {
	r.t.Helper()
	r.eventually(fmt.Sprintf("run %s closes", id), func() bool {
		r.trigger()
		return r.run(id).State == jetsheet.RunClosed
	})
	return r.run(id)
}

func TestMissingTenantColumn(t *testing.T) {
	t.Parallel()
	r := setup(t)
	definition := strings.Replace(daily, "select tenant, target, weight, note as name_note from sites order by position", "select target, note as name_note from sites", 1)
	r.apply("daily", definition, midnight.Add(-1))
	r.start()
	id := jetsheet.RunID{Tick: midnight, Report: "daily"}
	var run *jetsheet.Run
	r.eventually("the problem is recorded", func() bool { run = r.run(id); return run != nil && run.Problem != nil })
	if p := run.Problem; p.Class != jetsheet.ClassPermanent || !strings.Contains(p.Message, "tenant") {
		t.Errorf("problem is %+v, want a permanent one that names the column tenant", *p)
	}
}

func TestDatabaseDownWhilePlanning(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(3, 1, "a")
	var mu sync.Mutex
	down := true
	refused := r.pool(func(config *pgxpool.Config) {
		query.Configure(config)
		dial := config.ConnConfig.DialFunc
		config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (conn net.Conn, err error) {
			mu.Lock()
			defer mu.Unlock()
			if down {
				return nil, errors.New("connection refused by the test")
			}
			return dial(ctx, network, address)
		}
	})
	r.cfg.Database = query.New(refused)
	id := r.applyDaily()
	r.work(nil)
	r.start()
	var run *jetsheet.Run
	r.eventually("the problem is recorded", func() bool { run = r.run(id); return run != nil && run.Problem != nil })
	if p := run.Problem; p.Class != jetsheet.ClassUnavailable || !strings.Contains(p.Message, "refused by the test") {
		t.Errorf("problem is %+v, want unavailable", *p)
	}
	mu.Lock()
	down = false
	mu.Unlock()
	if run := r.wakeUntilClosed(id); run.Problem != nil {
		t.Errorf("problem is %+v, want none", run.Problem)
	}
}

// Streams that were wiped and made anew are filled again.
func TestWipedStreams(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := r.open(20)
	for i := 1; i <= 5; i++ {
		if err := r.done(site(id, i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, stream := range []string{jetsheet.StreamConversions, jetsheet.StreamRendered, jetsheet.StreamFailed} {
		if err := r.js.DeleteStream(t.Context(), stream); err != nil {
			t.Fatal(err)
		}
	}
	r.provision()
	r.eventually("what is not done is queued again", func() bool { return len(r.subjects(jetsheet.StreamConversions)) >= 15 })
	w := r.work(nil)
	if run := r.until(id, jetsheet.RunClosed); run.Closed.Done != 20 {
		t.Errorf("closed with %+v, want 20 done", *run.Closed)
	}
	if n := w.takenOnce(t); n < 15 {
		t.Errorf("%d requests, want at least 15", n)
	}
}

// After all of NATS is lost, the same producer makes the same run again.
func TestEverythingInNATSIsLost(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := r.open(10)
	names := r.js.StreamNames(t.Context())
	var all []string
	for name := range names.Name() {
		all = append(all, name)
	}
	for _, name := range all {
		if err := r.js.DeleteStream(t.Context(), name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			t.Fatal(err)
		}
	}
	r.provision()
	r.flags(jetsheet.RouteLegacy) // the record outside says new
	r.applyDaily()
	r.work(nil)
	if run := r.until(id, jetsheet.RunClosed); run.Closed.Done != 10 {
		t.Errorf("closed with %+v, want 10 done", *run.Closed)
	}
	r.until(r.applySecond(), jetsheet.RunClosed)
}

// setupClosed has a producer that works and has closed a run.
func setupClosed(t *testing.T) (*rig, jetsheet.RunID) {
	t.Helper()
	r := setup(t)
	r.sites(3, 1, "a")
	id := r.applyDaily()
	r.work(nil)
	r.start()
	r.until(id, jetsheet.RunClosed)
	return r, id
}

// applySecond applies another report, and returns its run.
func (r *rig) applySecond() jetsheet.RunID {
	r.t.Helper()
	r.apply("second", "report: second"+daily[len("report: daily"):], midnight.Add(-time.Hour))
	return jetsheet.RunID{Tick: midnight, Report: "second"}
}

// TestWatchesHearOfANewInstallation: what is written into a bucket that was made anew has
// sequences that the watch of the old one has passed.
func TestWatchesHearOfANewInstallation(t *testing.T) {
	t.Parallel()
	r, id := setupClosed(t)
	for _, bucket := range []string{jetsheet.BucketRuns, jetsheet.BucketReports} {
		for range 20 { // the new ones have far fewer
			if _, err := r.kv(bucket).Put(t.Context(), "unknown", nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, bucket := range []string{jetsheet.BucketRuns, jetsheet.BucketReports} {
		if err := r.js.DeleteKeyValue(t.Context(), bucket); err != nil {
			t.Fatal(err)
		}
	}
	r.provision()
	rerun := r.rerun(id, jetsheet.Scope{})
	r.until(rerun, jetsheet.RunClosed)
	r.until(r.applySecond(), jetsheet.RunClosed)
}

// TestWhatIsTakenAwayNamesSetup: what setup makes may be deleted under a producer that works.
func TestWhatIsTakenAwayNamesSetup(t *testing.T) {
	t.Parallel()
	r, _ := setupClosed(t)
	if err := errors.Join(r.js.DeleteStream(t.Context(), jetsheet.StreamTriggers), r.js.DeleteKeyValue(t.Context(), jetsheet.BucketReports)); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"consumer TRIGGERS/producer", "schedule conversions.schedule.daily", "bucket reports"} {
		r.eventually("the log says how to make "+what, func() bool {
			return strings.Contains(r.log.String(), what+": "+delivery.ErrNotSetUp.Error())
		})
	}
	r.provision()
	r.until(r.applySecond(), jetsheet.RunClosed)
}

func TestPlanStoreTakenAwayNamesSetup(t *testing.T) {
	t.Parallel()
	r, _ := setupClosed(t)
	if err := r.js.DeleteObjectStore(t.Context(), jetsheet.StorePlans); err != nil {
		t.Fatal(err)
	}
	second := r.applySecond()
	r.eventually("the log says how to make the store, and only that", func() bool {
		return strings.Contains(r.log.String(), "store the plan of run "+second.String()+": object store plans: "+
			delivery.ErrNotSetUp.Error()+` (nats: API error: code=404 err_code=10059 description=stream not found)"`)
	})
	r.provision()
	r.until(second, jetsheet.RunClosed)
}

func TestNarrowedRerunIsExpress(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(20, 1, "a")
	r.sites(21, 5000, "b")
	id := r.applyDaily()
	r.work(nil)
	r.start()
	r.until(id, jetsheet.RunClosed)
	for _, at := range []struct {
		scope jetsheet.Scope
		lanes map[jetsheet.Lane]int
	}{
		{jetsheet.Scope{Tenant: "a", Target: "s3"}, map[jetsheet.Lane]int{jetsheet.LaneExpress: 1}},
		{jetsheet.Scope{Tenant: "b", Target: "s3"}, map[jetsheet.Lane]int{jetsheet.LaneExpress: 1}},
		{jetsheet.Scope{Tenant: "a"}, map[jetsheet.Lane]int{jetsheet.LaneExpress: 20}},
		{jetsheet.Scope{Tenant: "b"}, map[jetsheet.Lane]int{jetsheet.LaneLarge: 21}},
		{jetsheet.Scope{}, map[jetsheet.Lane]int{jetsheet.LaneSmall: 20, jetsheet.LaneLarge: 21}},
		{jetsheet.Scope{Tenant: "nobody"}, map[jetsheet.Lane]int{}},
	} {
		run := r.until(r.rerun(id, at.scope), jetsheet.RunClosed)
		if fmt.Sprint(run.Plan.Lanes) != fmt.Sprint(at.lanes) || run.Closed.Done != run.Plan.Targets {
			t.Errorf("re-run of %+v: lanes %v, closed with %+v; want %v, all done", at.scope, run.Plan.Lanes, *run.Closed, at.lanes)
		}
		var queued int
		for _, section := range run.Plan.Sections {
			queued += section.Targets
		}
		if queued != run.Plan.Targets {
			t.Errorf("sections %+v hold %d targets, want %d", run.Plan.Sections, queued, run.Plan.Targets)
		}
	}
}
