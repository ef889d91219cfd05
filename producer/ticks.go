package producer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jetsheet/jetsheet"
)

// earlyTrigger is how far PostgreSQL's clock may be behind the one that fired a
// trigger for the producer to wait for the tick instead of for its next round.
const earlyTrigger = 90 * time.Second

// walkCalendars freezes a run for every tick that is due and has none. One report
// that fails does not stop the others.
func (p *Producer) walkCalendars(ctx context.Context) error {
	reports := p.book.scheduled()
	if len(reports) == 0 {
		return nil
	}
	now, err := p.cfg.Now(ctx)
	if err != nil {
		return fmt.Errorf("read the database's clock: %w", err)
	}
	var failed []error
	for _, a := range reports {
		if err := p.walk(ctx, a, now); err != nil {
			failed = append(failed, fmt.Errorf("report %s: %w", a.definition.Name, err))
		}
	}
	return errors.Join(failed...)
}

func (p *Producer) walk(ctx context.Context, a applied, now time.Time) error {
	schedule := a.definition.Schedule
	due := schedule.Calendar.Due(p.book.last(a.definition.Name), a.ScheduledFrom, now, schedule.CatchUp)
	if due.Skipped > 0 && len(due.Ticks) > 0 {
		p.log.WarnContext(ctx, "missed ticks are not run", slog.String("report", a.definition.Name),
			slog.Int("skipped", due.Skipped), slog.String("catch_up", string(schedule.CatchUp)))
	}
	for _, tick := range due.Ticks {
		id := jetsheet.RunID{Tick: tick, Report: a.definition.Name}
		if _, err := p.cfg.Freezer.Freeze(ctx, id, a.Definition, jetsheet.Scope{}); err != nil {
			return about(id, "freezing", err)
		}
		p.log.InfoContext(ctx, "run frozen", slog.String("run", id.String()))
		// The watch will say so too, but a second walk may come first.
		p.book.setRun(id, jetsheet.RunPlanning)
	}
	if due.More {
		p.nudge()
	}
	if next := schedule.Calendar.Next(now); !next.IsZero() && next.Sub(now) < min(earlyTrigger, p.cfg.Interval) {
		// A trigger came early by the database's clock, or the tick is near.
		time.AfterFunc(next.Sub(now)+10*time.Millisecond, p.nudge)
	}
	return nil
}
