package ops

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// shadowTick gathers the runs of one tick, newest first.
type shadowTick struct {
	open    map[string]bool
	back    *lookBack
	seen    map[digest]bool // targets that a newer run has
	periods map[string]*ShadowPeriod
	// whole says that a run of all targets was read: older ones have nothing to add but
	// targets that are gone.
	whole bool
	// lost says which run cannot be read, why, and what helps.
	lost string
}

// read adds one run.
func (t *shadowTick) read(ctx context.Context, r *Reader, id jetsheet.RunID) {
	whole, err := t.add(ctx, r, id)
	if err != nil && !t.whole && t.lost == "" {
		t.lost = fmt.Sprintf("run %s is no evidence: %v; compare its workbooks anew with: %s", id, err, jetsheet.StartAgain(id, jetsheet.Scope{}))
	}
	t.whole = t.whole || whole
}

// add adds the targets of the tenants that are looked at, with their outcomes, and says
// whether the run has all targets of its tick.
func (t *shadowTick) add(ctx context.Context, r *Reader, id jetsheet.RunID) (whole bool, err error) {
	run, err := r.Record(ctx, id)
	if errors.Is(err, ErrUnknownRun) {
		return false, nil
	}
	if err != nil || run.Plan == nil { // without a plan nothing is known of its targets yet
		return false, err
	}
	targets, err := t.targets(ctx, r, run)
	if err == nil && len(targets) > 0 {
		err = t.outcomes(ctx, r, id, targets)
	}
	return err == nil && run.Frozen.Scope == jetsheet.Scope{}, err
}

// targets returns the period of each conversion that has to be looked up, by its key.
func (t *shadowTick) targets(ctx context.Context, r *Reader, run *jetsheet.Run) (map[string]*ShadowPeriod, error) {
	found := map[string]*ShadowPeriod{}
	err := r.eachTarget(ctx, run, func(target *jetsheet.Target) {
		t.back.see(target)
		if !t.open[target.Tenant] {
			return
		}
		place := digestOf(jetsheet.Token(target.Tenant) + "/" + jetsheet.Token(target.Target))
		if t.seen[place] {
			return
		}
		t.seen[place] = true
		p := t.periods[target.Tenant]
		if p == nil {
			p = &ShadowPeriod{Label: target.Period.Label, Run: run.ID(), Route: target.Route}
			t.periods[target.Tenant] = p
		}
		if target.Route == jetsheet.RouteShadow {
			c := jetsheet.Conversion{Run: run.ID(), Tenant: target.Tenant, Target: target.Target}
			found[c.Address().Key()] = p
		}
	})
	return found, err
}

// fewTenants is up to how many tenants DONE is read by tenant, and not whole.
const fewTenants = 64

func (t *shadowTick) outcomes(ctx context.Context, r *Reader, id jetsheet.RunID, targets map[string]*ShadowPeriod) error {
	subjects := []string{jetsheet.RunDoneSubjects(id)}
	if len(t.open) <= fewTenants {
		subjects = subjects[:0]
		for tenant := range t.open {
			subjects = append(subjects, ofTenant(jetsheet.RunDoneSubjects(id), tenant))
		}
	}
	err := delivery.Scan(ctx, r.js, jetsheet.StreamDone, false, func(m jetstream.Msg) error {
		key := jetsheet.SubjectKey(m.Subject())
		p := targets[key]
		if p == nil {
			return nil
		}
		var done jetsheet.Done
		if err := jetsheet.Decode(m.Data(), &done); err != nil {
			return nil //nolint:nilerr // without an outcome that can be read the workbook is not compared, which speaks of its tenant alone
		}
		p.take(&done)
		delete(targets, key)
		return nil
	}, subjects...)
	for _, p := range targets {
		p.take(nil)
	}
	return err
}
