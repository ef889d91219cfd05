package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/faults"
)

// faultScenario is a way to have a run made.
type faultScenario struct {
	name string
	// base are faults that are always there.
	base []faults.Fault
	// begin starts a run and returns its id; midway, if there is one, is done while it is
	// made, and follow when it is closed.
	begin          func(ctx context.Context, w *faultWorld) (jetsheet.RunID, error)
	midway, follow func(ctx context.Context, w *faultWorld, id jetsheet.RunID) error
	// want is how the run ends, equal how many of its workbooks are compared with the
	// previous system's: all of them are equal.
	want  jetsheet.Counts
	equal int64
	// keys is what it writes.
	keys []string
}

// calendarCron is the calendar of reports, calendarTick a tick of it that has passed.
const calendarCron = "0 5 1 * *"

func calendarTick() time.Time { return time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC) }

// byCalendar applies a report whose calendar has just had a tick.
func byCalendar(ctx context.Context, w *faultWorld) (jetsheet.RunID, error) {
	name := w.name("calendar")
	return jetsheet.RunID{Tick: calendarTick(), Report: name}, w.applyReport(ctx, w.kind.report, name, calendarCron, calendarTick().Add(-time.Minute))
}

// byRequest asks ops for the next tick of a report whose runs write the same keys.
func byRequest(ctx context.Context, w *faultWorld) (jetsheet.RunID, error) {
	const name = "asked"
	if w.asked.IsZero() {
		w.asked = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		if err := w.applyReport(ctx, w.kind.report, name, "*/5 * 1-9 11 *", time.Now().AddDate(0, 1, 0)); err != nil {
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

// rendererStopped ends the renderer by a signal while it renders the slow workbook, and
// starts it again.
func rendererStopped(ctx context.Context, w *faultWorld, id jetsheet.RunID) error {
	kv, err := w.js.KeyValue(ctx, jetsheet.BucketProgress)
	if err != nil {
		return err
	}
	key := jetsheet.ProgressKey(jetsheet.StageRenderer, jetsheet.Conversion{Run: id, Tenant: "t2", Target: "slow"})
	err = w.until(ctx, "the slow workbook begun", func() (bool, error) {
		_, err := kv.Get(ctx, key)
		return err == nil, err
	})
	if err != nil {
		return err
	}
	return w.roles["renderer"].replace()
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

// applyReport applies a definition with {NAME} and {CRON}.
func (w *faultWorld) applyReport(ctx context.Context, text, name, cron string, from time.Time) error {
	text = strings.NewReplacer("{NAME}", name, "{CRON}", cron).Replace(text)
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
