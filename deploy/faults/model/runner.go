package model

import "errors"

// runner takes one run from its freezing to its closing.
type runner struct {
	p   *producer
	a   *actor
	run int

	known    bool // the record was read once, so it can be frozen again
	fresh    bool // planned here, so nothing can have been published before
	refrozen bool
	plan     *plan
	pass     *pass
	lost     int // the plan that was found lost last

	claimed   int64 // when our claim was written; 0 without one
	seen      int
	seenSince int64
}

// holds says whether we may publish now: whoever sees the claim unchanged for its time
// takes over.
func (r *runner) holds() (held bool, err error) {
	w := r.a.w
	if r.claimed != 0 && w.now-r.claimed < claimTTL/3 {
		return true, nil
	}
	err = r.a.do(convOf(r.run, 0), "claim", func() error {
		c := &w.claims[r.run]
		if c.owner != nil && c.owner != r.a {
			if r.seen != c.beat || r.seenSince == 0 {
				r.seen, r.seenSince = c.beat, w.now
			}
			if w.now-r.seenSince < claimTTL {
				return nil
			}
		}
		w.revision++
		*c, held = claim{r.a, w.revision}, true
		return nil
	})
	r.claimed = 0
	if held && err == nil {
		r.claimed = w.now
	}
	return held && err == nil, err
}

func (r *runner) step() error {
	held, err := r.holds()
	if err != nil || !held {
		r.pass, r.fresh = nil, false
		return err
	}
	rec, err := r.a.readRun(r.run)
	if err != nil {
		return err
	}
	if rec == nil {
		return r.freezeAgain()
	}
	r.known = true
	switch rec.state {
	case planning:
		if rec.cancelledAt != 0 {
			if r.a.w.bug != StalePlan {
				r.drop() // a plan that was there before all data was lost
			}
			return r.close()
		}
		ours, err := r.planNow(rec)
		r.fresh = ours && !r.refrozen
		return err
	case closed:
		r.p.book[r.run] = false
		return nil
	default:
		return r.stepPublish(rec)
	}
}

// freezeAgain brings back a record that was lost with NATS.
func (r *runner) freezeAgain() error {
	if !r.known {
		return errNoRun
	}
	if _, err := r.a.freeze(r.run); err != nil {
		return err
	}
	r.drop()
	r.refrozen = true
	return nil
}

func (r *runner) drop() { r.plan, r.pass, r.fresh = nil, nil, false }

// planNow stores a plan and makes it the run's, in the place of the one it has.
func (r *runner) planNow(rec *record) (ours bool, err error) {
	w, replaced := r.a.w, rec.plan
	routes, err := r.a.freeze(r.run)
	if err != nil {
		return false, err
	}
	p, err := r.a.readTargets(r.run, routes)
	if err != nil {
		return false, err
	}
	err = r.a.do(convOf(r.run, 0), "store plan", func() error {
		p.id = len(w.plans)
		w.plans = append(w.plans, p)
		return nil
	})
	if err != nil {
		return false, err
	}
	return r.recordPlan(p, replaced, routes)
}

// recordPlan makes a plan the run's, if that is still frozen as it was planned.
func (r *runner) recordPlan(p *plan, replaced int, routes *frozen) (ours bool, err error) {
	stored, err := r.a.updateRun(r.run, func(rec *record) bool {
		if rec.state == closed || rec.plan != replaced || *rec.frozen != *routes && r.a.w.bug != PlanBesideRecord {
			return false
		}
		rec.plan, rec.expected = p.id, p.expected()
		rec.state = max(rec.state, publishing)
		return true
	})
	if err != nil {
		return false, err
	}
	if stored.plan == p.id {
		return true, nil
	}
	_ = r.a.do(convOf(r.run, 0), "delete superfluous plan", func() error { p.gone = true; return nil })
	return false, nil
}

// stepPublish publishes what is missing and closes the run when nothing is pending.
func (r *runner) stepPublish(rec *record) error {
	if r.plan != nil && r.plan.id != rec.plan {
		r.drop()
	}
	if r.plan == nil {
		if err := r.openPlan(rec); err != nil || r.plan == nil {
			return err
		}
	}
	if rec.state == publishing && r.pass == nil {
		if err := r.beginPass(); err != nil {
			return err
		}
	}
	if r.pass != nil {
		r.pass.cancelled = rec.cancelledAt != 0
		if finished, err := r.pass.fill(); err != nil || !finished {
			return err
		}
		r.pass = nil
		if err := r.advance(opened); err != nil {
			return err
		}
	}
	return r.reconcile(rec)
}

// openPlan reads the plan of the record. One that is lost is made anew, or stored
// again by whoever still has it.
func (r *runner) openPlan(rec *record) error {
	w := r.a.w
	stored, gone := (*plan)(nil), false
	err := r.a.do(convOf(r.run, 0), "read plan", func() error {
		stored = w.plans[rec.plan]
		gone = stored.gone
		return nil
	})
	if err != nil {
		return err
	}
	if !gone {
		r.plan = stored
		if w.bug == RescanOnResume && !r.fresh {
			if r.plan, err = r.a.readTargets(r.run, rec.frozen); err != nil {
				r.plan = nil
				return err
			}
			r.plan.id = rec.plan
		}
		return nil
	}
	if w.bug == LostPlanStays {
		return errNoRun
	}
	if r.lost != rec.plan+1 { // a replica that lags does not have it yet
		r.lost = rec.plan + 1
		return nil
	}
	_, err = r.planNow(rec)
	return err
}

// keepPlan stores a plan again that the store has lost, under another name.
func (r *runner) keepPlan(rec *record) error {
	w, gone := r.a.w, false
	err := r.a.do(convOf(r.run, 0), "look at plan", func() error { gone = w.plans[r.plan.id].gone; return nil })
	if err != nil || !gone || w.bug == LostPlanStays {
		return err
	}
	again := &plan{targets: r.plan.targets}
	err = r.a.do(convOf(r.run, 0), "store plan again", func() error {
		again.id = len(w.plans)
		w.plans = append(w.plans, again)
		return nil
	})
	if err != nil {
		return err
	}
	if ours, err := r.recordPlan(again, r.plan.id, rec.frozen); err != nil || !ours {
		return err
	}
	r.plan = again
	return nil
}

// advance moves the run forward, unless its plan has been replaced meanwhile.
func (r *runner) advance(s state) error {
	ours := noPlan
	if r.plan != nil {
		ours = r.plan.id
	}
	rec, err := r.a.updateRun(r.run, func(rec *record) bool {
		if rec.state >= s || rec.plan != ours {
			return false
		}
		rec.state = s
		return true
	})
	if err == nil && rec.state < s {
		err = errRefused
	}
	return err
}

func (r *runner) close() error {
	err := r.advance(closed)
	if errors.Is(err, errRefused) {
		return nil
	}
	return err
}
