package retreat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// Author is who takes groups back, in the flag document's history.
const Author = "jetsheet-ops"

// lookLimit bounds one look.
const lookLimit = 2 * time.Minute

// Decider says by which group's rule a frozen flag document routes a tenant; group is ""
// where another rule decides.
type Decider func(tenant string) (group string, route jetsheet.Route)

// Cutover is the flag document. It is implemented by who wires flags in.
type Cutover interface {
	// Decider reads a frozen document.
	Decider(document []byte) (Decider, error)
	// TakeBack routes the group legacy from the next run on, and says at which revision;
	// 0 where somebody has decided about the group since a run was frozen so, or where it
	// went back in this period before.
	TakeBack(ctx context.Context, frozen *jetsheet.Frozen, group, period, reason string) (revision uint64, err error)
}

// Config is what a watch needs.
type Config struct {
	Settings

	JetStream jetstream.JetStream
	Cutover   Cutover
	Logger    *slog.Logger
}

// Watch takes groups back. Make it with [New].
type Watch struct {
	cfg    Config
	reader *ops.Reader
	log    *slog.Logger
	// decided are the groups of runs about which there is nothing more to decide, weighed
	// how many failures of a run have been looked at.
	decided map[string]bool
	weighed map[string]int
	trouble string
}

// New looks up what setup makes. A missing part is an error that wraps
// delivery.ErrNotSetUp.
func New(ctx context.Context, cfg Config) (*Watch, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	reader, err := ops.NewReader(ctx, cfg.JetStream)
	if err != nil {
		return nil, err
	}
	return &Watch{cfg: cfg, reader: reader, log: cfg.Logger, decided: map[string]bool{}, weighed: map[string]int{}}, nil
}

// Run looks now and then until ctx ends and returns nil: two counts for each report while
// no more fails than before. It may be called once.
func (w *Watch) Run(ctx context.Context) error {
	if w.cfg.Off() {
		<-ctx.Done()
		return nil
	}
	ticks := time.NewTicker(w.cfg.Every)
	defer ticks.Stop()
	for {
		w.tell(ctx, w.look(ctx))
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// tell logs why nothing can be decided, once until that changes.
func (w *Watch) tell(ctx context.Context, err error) {
	text := ""
	if err != nil && ctx.Err() == nil {
		text = err.Error()
	}
	if text != "" && text != w.trouble {
		w.log.WarnContext(ctx, "failures by group not known, asking again", slog.Any("err", err))
	}
	w.trouble = text
}

// look decides about the newest scheduled run of each report. One of which nothing can be
// told is in nobody's way but its own.
func (w *Watch) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	runs, unread, err := w.reader.NewestRuns(ctx)
	if err != nil {
		return err
	}
	var troubles []error
	for _, run := range runs {
		if err := w.decide(ctx, run); err != nil {
			troubles = append(troubles, fmt.Errorf("run %s: %w", run.ID(), err))
		}
	}
	if len(unread) > 0 {
		troubles = append(troubles, fmt.Errorf("the record of run %s cannot be read", unread[0]))
	}
	return errors.Join(troubles...)
}

// decide takes back the groups of which a run says enough, by itself or with those before.
func (w *Watch) decide(ctx context.Context, run *jetsheet.Run) error {
	info, err := w.reader.Info(ctx, run.ID())
	name := run.ID().String()
	if err != nil || info.Counts.Failed == w.weighed[name] {
		return err
	}
	groups, period, err := w.evidence(ctx, run)
	if err != nil {
		return err
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		if err := w.weigh(ctx, run, groups[group], period); err != nil {
			return err
		}
	}
	w.weighed[name] = info.Counts.Failed
	return nil
}

// weigh takes a group back if the evidence of a run is enough, or that of the row of runs
// which it ends.
func (w *Watch) weigh(ctx context.Context, run *jetsheet.Run, e *Evidence, period string) error {
	key, frozen := run.ID().String()+" "+e.Group, &run.Frozen
	if w.decided[key] {
		return nil
	}
	if !w.cfg.Enough(e) {
		if key += " in a row"; w.decided[key] || !w.cfg.above(e) {
			return nil
		}
		var err error
		if e, frozen, err = w.row(ctx, run, e); err != nil || !w.cfg.EnoughInRow(e) {
			return err
		}
	}
	revision, err := w.cfg.Cutover.TakeBack(ctx, frozen, e.Group, period, w.cfg.reason(period, e))
	if err != nil {
		return err
	}
	w.decided[key] = true
	if revision > 0 {
		w.log.WarnContext(ctx, "group taken back to the previous system", slog.String("group", e.Group), slog.String("run", run.ID().String()),
			slog.Int("runs", len(e.Runs)), slog.Int("failed", e.Failed), slog.Int("planned", e.Planned), slog.Uint64("revision", revision))
	}
	return nil
}

// evidence gathers what a run says of each group, and the period of what failed.
func (w *Watch) evidence(ctx context.Context, run *jetsheet.Run) (map[string]*Evidence, string, error) {
	groups, _, err := w.planned(ctx, run)
	if err != nil {
		return nil, "", err
	}
	of := map[string]*Evidence{}
	for _, e := range groups {
		for tenant := range e.tenants {
			of[tenant] = e
		}
	}
	period := ""
	_, err = w.reader.Failures(ctx, ops.FailureFilter{Run: run.ID().String()}, 0, func(f *ops.FailureInfo) error {
		if e := of[f.Tenant]; e != nil && Counts(f.Cause) {
			e.fail(f.Tenant, f.Cause)
			period = cmp.Or(f.Period.Label, period)
		}
		return nil
	})
	return groups, cmp.Or(period, run.ID().Tick.Format(time.DateOnly)), err
}

// planned is the evidence of each group that a run's frozen document routes new, with no
// failures yet; elsewhere are the groups that it routes otherwise.
func (w *Watch) planned(ctx context.Context, run *jetsheet.Run) (groups map[string]*Evidence, elsewhere map[string]bool, err error) {
	decide, err := w.cfg.Cutover.Decider(run.Frozen.Flags)
	if err != nil {
		return nil, nil, err
	}
	planned, err := w.reader.PlannedTenants(ctx, run.ID())
	if err != nil {
		return nil, nil, err
	}
	groups, elsewhere = map[string]*Evidence{}, map[string]bool{}
	for tenant, conversions := range planned {
		group, route := decide(tenant)
		switch {
		case group == "":
		case route != jetsheet.RouteNew:
			elsewhere[group] = true
		default:
			if groups[group] == nil {
				groups[group] = newEvidence(group, run.ID())
			}
			groups[group].plan(tenant, conversions)
		}
	}
	return groups, elsewhere, nil
}
