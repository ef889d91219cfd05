package producer

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

// While an installation is updated, a report is applied with a key that an old producer
// does not know. The old one starts no run with the definition it had, and a newer one
// does not miss the tick.
func TestReportOfANewerBuildIsLeftToANewerProducer(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(2, 1, "a")
	old := strings.Replace(daily, "0 0 * * *", "0 13 * * *", 1)
	r.apply("daily", old, noon) // its first tick is to come
	stop := r.start()
	r.eventually("the schedule is there", func() bool { return r.subjects(jetsheet.StreamTriggers)[jetsheet.ScheduleSubject("daily")] == 1 })
	const confetti = "confetti: true\n"
	r.apply("daily", old+confetti, noon, func(a *jetsheet.Applied) { a.Schema = jetsheet.SchemaVersion + 1 })
	r.apply("exact", strings.Replace(old, "report: daily", "report: exact", 1), noon, func(a *jetsheet.Applied) {
		a.Envelope = jetsheet.Envelope{Schema: jetsheet.SchemaVersion + 1, MinReader: jetsheet.SchemaVersion + 1}
	})
	r.eventually("both are left to a newer producer", func() bool {
		return strings.Count(r.log.String(), "applied report is left to a newer producer") == 2
	})
	r.apply("other", strings.Replace(old, "report: daily", "report: other", 1), noon)
	tick := noon.Add(time.Hour)
	r.clock.set(tick.Add(time.Second))
	r.eventually("the other report has run", func() bool { return r.run(jetsheet.RunID{Tick: tick, Report: "other"}) != nil })
	run := jetsheet.RunID{Tick: tick, Report: "daily"}
	if r.run(run) != nil || r.run(jetsheet.RunID{Tick: tick, Report: "exact"}) != nil {
		t.Error("the old producer started a run of a definition that it cannot read")
	}
	stop()
	r.cfg.Parse = func(file string, data []byte) (*report.Definition, error) {
		return report.Parse(file, bytes.ReplaceAll(data, []byte(confetti), nil))
	}
	r.start()
	r.eventually("the newer producer has run it", func() bool { return r.run(run) != nil })
}

// A run that a newer producer froze is not condemned by an old one that cannot read its
// definition: it goes on when a newer one plans it.
func TestRunOfANewerBuildIsPlannedByANewerProducer(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(2, 1, "a")
	const confetti = "confetti: true\n"
	id := jetsheet.RunID{Tick: midnight, Report: "daily"}
	freezer := r.cfg.Freezer
	r.cfg.Freezer = newerFreezer{freezer}
	if _, err := freezer.Freeze(t.Context(), id, daily+confetti, jetsheet.Scope{}); err != nil {
		t.Fatal(err)
	}
	stop := r.start()
	r.eventually("the old producer says why the run stands still", func() bool {
		run := r.run(id)
		return run.Problem != nil && run.Problem.Class == jetsheet.ClassUnavailable && run.Problem.Cause == jetsheet.CauseMessageVersion
	})
	stop()
	r.cfg.Parse = func(file string, data []byte) (*report.Definition, error) {
		return report.Parse(file, bytes.ReplaceAll(data, []byte(confetti), nil))
	}
	r.start()
	r.eventually("the newer one has planned it", func() bool {
		run := r.run(id)
		return run.Plan != nil && run.Problem == nil
	})
}

// newerFreezer gives out what a build of the next version would have frozen.
type newerFreezer struct{ Freezer }

func (f newerFreezer) Freeze(ctx context.Context, run jetsheet.RunID, definition string, scope jetsheet.Scope) (*jetsheet.Frozen, error) {
	frozen, err := f.Freezer.Freeze(ctx, run, definition, scope)
	if err != nil {
		return nil, err
	}
	newer := *frozen
	newer.Schema = jetsheet.SchemaVersion + 1
	return &newer, nil
}
