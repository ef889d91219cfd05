package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

const (
	// planGrace is how long a frozen run may be without a plan.
	planGrace = 15 * time.Minute
	// maxMissed is the most missed ticks that are counted.
	maxMissed = 1000
)

// reportBook is what is known of applied reports, brought up to date by reading what was
// written since.
type reportBook struct {
	kv      jetstream.KeyValue
	parse   func(file string, data []byte) (*report.Definition, error)
	from    uint64
	reports map[string]scheduled
}

// scheduled is what is kept of a report that has a calendar and is not paused.
type scheduled struct {
	schedule *report.Schedule
	from     time.Time // where its calendar starts
	written  time.Time
}

// refresh reads what was written since.
func (b *reportBook) refresh(ctx context.Context) error {
	last, err := readKeys(ctx, b.kv, b.from, func(e jetstream.KeyValueEntry) {
		delete(b.reports, e.Key())
		if e.Operation() == jetstream.KeyValuePut {
			b.see(e)
		}
	})
	if err == nil && last > 0 {
		b.from = last + 1
	}
	return err
}

// see takes note of a report. One that cannot be read has no calendar that we know.
func (b *reportBook) see(e jetstream.KeyValueEntry) {
	var a jetsheet.Applied
	if jetsheet.Decode(e.Value(), &a) != nil || a.Paused != nil {
		return
	}
	d, err := b.parse(e.Key(), []byte(a.Definition))
	if err != nil || d.Schedule == nil {
		return
	}
	b.reports[e.Key()] = scheduled{d.Schedule, a.ScheduledFrom, e.Created()}
}

// missing returns the reports of which a tick has passed by more than grace without a
// run. One concern is kept for each report, not for each tick: it counts them.
func (b *reportBook) missing(runs *runBook, withoutFlags bool, now time.Time, grace time.Duration) []Concern {
	var concerns []Concern
	for name, r := range b.reports {
		from := r.from
		if last := runs.ticks[name]; last.After(from) {
			from = last
		}
		if r.schedule.CatchUp == report.CatchUpNone && r.written.After(from) {
			from = r.written // paused or not there before that, and nothing is caught up
		}
		ticks := r.schedule.Calendar.Ticks(from, now.Add(-grace), maxMissed)
		if len(ticks) == 0 {
			continue
		}
		c := missed(name, ticks, withoutFlags)
		// One that was just applied, or resumed, may have ticks that passed long ago.
		c.Unripe = now.Sub(r.written) < grace
		concerns = append(concerns, c)
	}
	return concerns
}

func missed(name string, ticks []time.Time, withoutFlags bool) Concern {
	first := ticks[0].UTC().Format(time.RFC3339)
	c := Concern{
		Kind: KindMissing, Key: jetsheet.NoticeKey(string(KindMissing), name), Report: name,
		Title: fmt.Sprintf("report %s has no run for its tick %s", name, first),
		Count: len(ticks), Since: ticks[0], Runbook: runbookPage("missing_run"),
		Correct: `is "jetsheet producer" running, and does it reach PostgreSQL and S3? It makes up for what catchUp says by itself`,
		Command: "jetsheet runs start " + name + " --tick " + first,
	}
	if withoutFlags {
		c.FirstError = "there is no flag document, and without one no run is frozen"
		c.Correct, c.Command, c.Runbook = "", "jetsheet setup", runbookPage("paused_flags")
	}
	return c
}

// withoutFlags says whether there is no flag document.
func withoutFlags(ctx context.Context, flags jetstream.KeyValue) (bool, error) {
	_, err := flags.Get(ctx, jetsheet.FlagsKey)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("read the flag document: %w", err)
	}
	return false, nil
}

// stuck returns the runs that are frozen and do not get a plan.
func (b *runBook) stuck(now time.Time) []Concern {
	var concerns []Concern
	for text, run := range b.runs {
		if !run.planning {
			continue
		}
		c := Concern{
			Kind: KindStuck, Key: jetsheet.NoticeKey(string(KindStuck), text), Report: run.id.Report, Run: text,
			Title: fmt.Sprintf("run %s is not planned", text), Count: 1, Since: run.frozenAt, Runbook: runbookPage("stuck_run"),
			Correct: `it goes on by itself; is "jetsheet producer" running?`,
			Command: "jetsheet runs show " + text,
			Unripe:  now.Sub(run.frozenAt) < planGrace,
		}
		if run.problem != nil {
			c.FirstError, c.Cause = cut(run.problem.Message, maxErrorBytes), run.problem.Cause
		}
		if run.problem != nil && run.problem.Class == jetsheet.ClassPermanent {
			c.Unripe = false
			c.Title = fmt.Sprintf("run %s cannot be planned", text)
			c.Correct = "it is tried again by itself; if the definition is wrong, correct it and apply it with: jetsheet reports apply DIR"
			c.Command, c.Raw = jetsheet.StartAgain(run.id, run.scope), rawAgain(run.id, run.scope)
		}
		concerns = append(concerns, c)
	}
	return concerns
}
