package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

// Ticks finds which tick of a report a question about routes means.
type Ticks struct {
	// Runs is the bucket of runs.
	Runs jetstream.KeyValue
	// Parse reads the definitions that runs are frozen with.
	Parse func(file string, data []byte) (*report.Definition, error)
	// Now is the clock that says whether a tick has come.
	Now func() time.Time
}

// Find returns the tick that a request names, or the only one of the period that it names,
// by the definition that is applied, whose schedule has runs from an instant on. It is never
// guessed, because both systems must name one run: the error is an [*Error] where a period
// has several ticks, those included at which it was frozen by another schedule, or none
// that has come.
func (t *Ticks) Find(ctx context.Context, d *report.Definition, from time.Time, req *RoutesRequest) (time.Time, error) {
	if req.Tick != "" {
		tick, err := parseTick(req.Tick, d)
		if err == nil {
			err = checkTick(d, tick, t.Now())
		}
		if err == nil && req.Period != "" {
			err = checkPeriod(d, tick, req.Period)
		}
		switch {
		case errors.Is(err, errNotCome):
			return time.Time{}, notYet(err)
		case err != nil:
			return time.Time{}, invalid(err)
		}
		return tick, nil
	}
	if req.Period == "" {
		return time.Time{}, invalid(errors.New("name a tick of the report, or a period that has one tick"))
	}
	if d.Schedule == nil {
		return time.Time{}, invalid(fmt.Errorf("report %s has no schedule: name a run or a tick", d.Name))
	}
	ticks, err := ticksOf(d, req.Period, t.Now())
	switch {
	case err != nil:
		return time.Time{}, err
	case len(ticks) == 0:
		// Of the ticks to come only the next one's period can be meant by a clock that is ahead.
		if next := d.Schedule.Calendar.Next(t.Now()); !next.IsZero() && checkPeriod(d, next, req.Period) == nil {
			return time.Time{}, notYet(notCome(d, next, t.Now()))
		}
		return time.Time{}, &Error{Text: fmt.Sprintf("no tick of the report %s that has come is of the period %q", d.Name, req.Period), Next: nameTheTick, Code: CodeInvalid}
	case len(ticks) > 1:
		withRuns, err := t.withRuns(ctx, d.Name, ticks, from)
		if err != nil {
			return time.Time{}, err
		}
		return time.Time{}, severalTicks(d, req.Period, withRuns)
	}
	others, err := t.otherTicks(ctx, d, req.Period, ticks[0])
	if err == nil && len(others) > 0 {
		err = severalTicks(d, req.Period, append(others, ticks[0]))
	}
	return ticks[0], err
}

// nameTheTick helps where a period does not say which run is meant: a run has its tick in its
// id, also one that was frozen by a schedule that the report has no more.
const nameTheTick = "name the tick, or a run of: jetsheet runs list"

// severalTicks is the refusal that names those of a period's ticks that have runs.
func severalTicks(d *report.Definition, period string, withRuns []time.Time) *Error {
	names := make([]string, 0, len(withRuns))
	for _, t := range slices.SortedFunc(slices.Values(withRuns), time.Time.Compare) {
		names = append(names, t.UTC().Format(time.RFC3339))
	}
	runs := "runs at " + someOf(names)
	if len(names) == 0 {
		runs = "no run: all are from before its schedule begins"
	}
	return &Error{
		Text: fmt.Sprintf("the period %q of the report %s has several ticks, and %s", period, d.Name, runs),
		Next: nameTheTick, Code: CodeInvalid,
	}
}

// withRuns returns the ticks of a report at which its schedule has runs, from an instant on,
// and those of the others that have one, because somebody asked for it. At the rest of them
// the report was not applied, and nothing is planned unless it is asked for.
func (t *Ticks) withRuns(ctx context.Context, name string, ticks []time.Time, from time.Time) ([]time.Time, error) {
	known, err := runIDs(ctx, t.Runs)
	if err != nil {
		return nil, err
	}
	frozen := map[int64]bool{}
	for _, id := range known {
		if id.Report == name {
			frozen[id.Tick.Unix()] = true
		}
	}
	return slices.DeleteFunc(ticks, func(tick time.Time) bool { return !tick.After(from) && !frozen[tick.Unix()] }), nil
}

// otherTicks returns the ticks of the period's frozen runs beside its only tick of today's
// calendar: the definition has changed since. The workbooks of such a run may be made, and
// the run of today's tick would be frozen with other routes. Definitions that give a period
// one name have it end less than a period apart.
func (t *Ticks) otherTicks(ctx context.Context, d *report.Definition, period string, tick time.Time) ([]time.Time, error) {
	today, err := periodAt(d, tick)
	if err != nil {
		return nil, err
	}
	near := 2 * today.Until.Sub(today.From)
	known, err := runIDs(ctx, t.Runs)
	if err != nil {
		return nil, err
	}
	var ticks []time.Time
	for _, id := range known {
		if id.Report != d.Name || id.Rerun > 0 || id.Tick.Equal(tick) || id.Tick.Sub(tick).Abs() > near {
			continue
		}
		label, err := t.frozenPeriod(ctx, id)
		if err != nil {
			return nil, err
		}
		if label == period {
			ticks = append(ticks, id.Tick)
		}
	}
	return ticks, nil
}

// frozenPeriod is the label of a run's period by the definition that it is frozen with.
func (t *Ticks) frozenPeriod(ctx context.Context, id jetsheet.RunID) (string, error) {
	run, err := readRecord(ctx, t.Runs, id)
	if err != nil {
		return "", err
	}
	d, err := t.Parse(id.Report, []byte(run.Frozen.Definition))
	if err != nil {
		return "", fmt.Errorf("definition of run %s: %w", id, err)
	}
	frozen, err := periodAt(d, id.Tick)
	return frozen.Label, err
}

// periodAt is the period of a tick.
func periodAt(d *report.Definition, tick time.Time) (jetsheet.Period, error) {
	zone, err := report.LoadZone(d.TimeZone)
	if err != nil {
		return jetsheet.Period{}, fmt.Errorf("report %s: %w", d.Name, err)
	}
	return d.PeriodAt(tick, zone), nil
}

// notYet is the refusal where the tick has not come: the one who asks may have a clock that
// is ahead, and waits as for any run that cannot be frozen.
func notYet(err error) error {
	return &Error{Text: err.Error(), Next: "make no workbook, and ask again then", Code: CodeUnavailable}
}

func checkPeriod(d *report.Definition, tick time.Time, period string) error {
	if of, err := periodAt(d, tick); err != nil {
		return err
	} else if of.Label != period {
		return fmt.Errorf("the tick %s is of the period %q, not %q", tick.Format(time.RFC3339), of.Label, period)
	}
	return nil
}

// ticksOf returns the ticks of a period that have come, oldest first. As periods follow
// each other it stops at the first one before it.
func ticksOf(d *report.Definition, period string, now time.Time) ([]time.Time, error) {
	zone, err := report.LoadZone(d.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", d.Name, err)
	}
	var ticks []time.Time
	at := d.Schedule.Calendar.Latest(now)
	for range maxLookBack {
		if at.IsZero() {
			break
		}
		if label := d.PeriodAt(at, zone).Label; label == period {
			ticks = append(ticks, at)
		} else if len(ticks) > 0 {
			break
		}
		at = d.Schedule.Calendar.Latest(at.Add(-time.Second))
	}
	slices.Reverse(ticks)
	return ticks, nil
}
