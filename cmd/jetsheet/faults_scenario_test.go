package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/faults"
)

// faultScenario is a way to have a run made.
type faultScenario struct {
	name string
	// base are faults that are always there.
	base []faults.Fault
	// begin starts a run and returns its id; follow, if there is one, goes on when it is
	// closed.
	begin  func(ctx context.Context, w *faultWorld) (jetsheet.RunID, error)
	follow func(ctx context.Context, w *faultWorld, id jetsheet.RunID) error
	// want is how the run ends, keys what it writes.
	want jetsheet.Counts
	keys []string
}

// faultKind is a kind of world: what is in the database, and the scenarios on it.
type faultKind struct {
	name, schema string
	scenarios    []*faultScenario
}

// faultKinds returns the kinds of worlds. A point is played in the first scenario that
// meets it.
func faultKinds(t *testing.T) []faultKind {
	t.Helper()
	small, large := readTestdata(t, "faults", "schema.sql"), readTestdata(t, "faults", "large.sql")
	keys := []string{"t3/2026-10/{report}/wide.xlsx", "t2/2026-10/{report}/slow.xlsx"}
	for _, tenant := range []string{"t1", "t2", "t3"} {
		for _, site := range []string{"s1", "s2", "s3"} {
			keys = append(keys, tenant+"/2026-10/{report}/"+site+".xlsx")
		}
	}
	want := jetsheet.Counts{Expected: 14, Done: 12, Failed: 2}
	largeKeys := []string{"t1/2026-10/{report}/s1.xlsx", "t2/2026-10/{report}/s1.xlsx", "t3/2026-10/{report}/huge.xlsx"}
	largeWant := jetsheet.Counts{Expected: 3, Done: 3}
	part := faults.Fault{Point: faults.Point{Role: "uploader", Wire: faults.WireS3, Effect: "put part"}, Action: faults.Fail, Nth: 3}
	return []faultKind{
		{"small", small, []*faultScenario{
			{name: "by the calendar", begin: byCalendar, want: want, keys: keys},
			{name: "asked for, older workbooks there, a failure replayed", begin: byRequest, follow: replayed, want: want, keys: keys},
			{name: "renderer stopped at work", begin: withRendererStopped, want: want, keys: keys},
		}},
		{"large", large, []*faultScenario{
			{name: "a workbook in parts", begin: byCalendar, want: largeWant, keys: largeKeys},
			{name: "a part refused", base: []faults.Fault{part}, begin: byCalendar, want: largeWant, keys: largeKeys},
		}},
	}
}

// byCalendar applies a report whose calendar has just had a tick.
func byCalendar(ctx context.Context, w *faultWorld) (jetsheet.RunID, error) {
	tick := time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC)
	name := w.name("calendar")
	return jetsheet.RunID{Tick: tick, Report: name}, w.applyReport(ctx, name, "0 5 1 * *", tick.Add(-time.Minute))
}

// byRequest asks ops for the next tick of a report whose runs write the same keys.
func byRequest(ctx context.Context, w *faultWorld) (jetsheet.RunID, error) {
	const name = "asked"
	if w.asked.IsZero() {
		w.asked = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		if err := w.applyReport(ctx, name, "*/5 * 1-9 11 *", time.Now().AddDate(0, 1, 0)); err != nil {
			return jetsheet.RunID{}, err
		}
	}
	w.asked = w.asked.Add(5 * time.Minute)
	id := jetsheet.RunID{Tick: w.asked, Report: name}
	return id, w.ask(ctx, []int{exitDone, exitNothing}, "runs", "start", name, "--tick", w.asked.Format(time.RFC3339))
}

// replayed tries a failure of a run again until it has failed again.
func replayed(ctx context.Context, w *faultWorld, id jetsheet.RunID) error {
	return w.ask(ctx, []int{exitDifferences, exitNothing}, "failures", "replay", "--run", id.String(), "--target", "broken", "--wait")
}

// withRendererStopped ends the renderer by a signal while it renders the slow workbook,
// and starts it again.
func withRendererStopped(ctx context.Context, w *faultWorld) (jetsheet.RunID, error) {
	id, err := byCalendar(ctx, w)
	if err != nil {
		return id, err
	}
	kv, err := w.js.KeyValue(ctx, jetsheet.BucketProgress)
	if err != nil {
		return id, err
	}
	key := jetsheet.ProgressKey(jetsheet.StageRenderer, jetsheet.Conversion{Run: id, Tenant: "t2", Target: "slow"})
	err = w.until(ctx, "the slow workbook begun", func() (bool, error) {
		_, err := kv.Get(ctx, key)
		return err == nil, err
	})
	if err != nil {
		return id, err
	}
	return id, w.roles["renderer"].replace()
}

// ask runs a person's command until it ends as it should: one who is told of an error
// tries again.
func (w *faultWorld) ask(ctx context.Context, codes []int, args ...string) error {
	return w.until(ctx, "jetsheet "+strings.Join(args, " "), func() (bool, error) {
		got, output, err := w.command(ctx, args...)
		if err != nil {
			return false, err
		}
		for _, code := range codes {
			if got == code {
				return true, nil
			}
		}
		return false, fmt.Errorf("exit code %d: %s", got, output)
	})
}

func (w *faultWorld) applyReport(ctx context.Context, name, cron string, from time.Time) error {
	text := strings.NewReplacer("{NAME}", name, "{CRON}", cron).Replace(w.report)
	d, err := parseReport("report.yaml", []byte(text))
	if err != nil {
		return err
	}
	kv, err := w.js.KeyValue(ctx, jetsheet.BucketReports)
	if err != nil {
		return err
	}
	_, err = applyReport(ctx, kv, d, application{from: from, by: "test", now: time.Now().UTC()})
	return err
}
