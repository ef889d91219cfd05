package retreat

import (
	"cmp"
	"context"
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
	// 0 where somebody has decided about the group since the run was frozen, or where it
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

// look decides about the newest scheduled run of each report.
func (w *Watch) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	runs, unread, err := w.reader.NewestRuns(ctx)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if err := w.decide(ctx, run); err != nil {
			return fmt.Errorf("run %s: %w", run.ID(), err)
		}
	}
	if len(unread) > 0 {
		return fmt.Errorf("the record of run %s cannot be read", unread[0])
	}
	return nil
}

// decide takes back the groups of which a run says enough.
func (w *Watch) decide(ctx context.Context, run *jetsheet.Run) error {
	info, err := w.reader.Info(ctx, run.ID())
	name := run.ID().String()
	if err != nil || info.Counts.Failed < w.cfg.Failures || info.Counts.Failed == w.weighed[name] {
		return err
	}
	groups, period, err := w.evidence(ctx, run)
	if err != nil {
		return err
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		e := groups[group]
		key := name + " " + group
		if w.decided[key] || !w.cfg.Enough(e) {
			continue
		}
		revision, err := w.cfg.Cutover.TakeBack(ctx, &run.Frozen, group, period, w.cfg.reason(run.ID(), period, e))
		if err != nil {
			return err
		}
		w.decided[key] = true
		if revision > 0 {
			w.log.WarnContext(ctx, "group taken back to the previous system", slog.String("group", group), slog.String("run", name),
				slog.Int("failed", e.Failed), slog.Int("planned", e.Planned), slog.Uint64("revision", revision))
		}
	}
	w.weighed[name] = info.Counts.Failed
	return nil
}

// evidence gathers what a run says of each group, and the period of what failed.
func (w *Watch) evidence(ctx context.Context, run *jetsheet.Run) (map[string]*Evidence, string, error) {
	decide, err := w.cfg.Cutover.Decider(run.Frozen.Flags)
	if err != nil {
		return nil, "", err
	}
	planned, err := w.reader.PlannedTenants(ctx, run.ID())
	if err != nil {
		return nil, "", err
	}
	groups, of := map[string]*Evidence{}, map[string]*Evidence{}
	for tenant, conversions := range planned {
		group, route := decide(tenant)
		if group == "" || route != jetsheet.RouteNew {
			continue
		}
		if groups[group] == nil {
			groups[group] = &Evidence{Group: group, Causes: map[jetsheet.Cause]int{}}
		}
		of[tenant] = groups[group]
		groups[group].Planned += conversions
		groups[group].Tenants++
	}
	period, failed := "", map[string]bool{}
	_, err = w.reader.Failures(ctx, ops.FailureFilter{Run: run.ID().String()}, 0, func(f *ops.FailureInfo) error {
		e := of[f.Tenant]
		if e == nil || !Counts(f.Cause) {
			return nil
		}
		if e.Failed++; !failed[f.Tenant] {
			failed[f.Tenant] = true
			e.FailedTenants++
		}
		e.Causes[f.Cause]++
		period = cmp.Or(f.Period.Label, period)
		return nil
	})
	return groups, cmp.Or(period, run.ID().Tick.Format(time.DateOnly)), err
}

// reason is kept with the revision.
func (s *Settings) reason(id jetsheet.RunID, period string, e *Evidence) string {
	var most jetsheet.Cause
	for _, cause := range slices.Sorted(maps.Keys(e.Causes)) {
		if e.Causes[cause] > e.Causes[most] {
			most = cause
		}
	}
	return fmt.Sprintf("group %s, period %s: %d of %d conversions of run %s failed, of %d of %d tenants: more than %.1f %% with 95 %% confidence, the limit is %.1f %%; most of all %s (%d)",
		e.Group, period, e.Failed, e.Planned, id, e.FailedTenants, e.Tenants, 100*LowerBound(e.Failed, e.Planned), 100*s.Share, most, e.Causes[most])
}
