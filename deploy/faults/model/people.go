package model

import "errors"

// previous is the previous system: it makes the workbooks of the tenants that the
// frozen routes leave to it.
func previous(a *actor) {
	w := a.w
	for nominal := range ticks {
		for w.now < tickAt(nominal) {
			a.sleep(1 + w.rng.Int64N(30))
		}
		for !makeTick(a, nominal) {
			a.sleep(1 + w.rng.Int64N(10))
		}
	}
	w.previousDone++
	for {
		a.sleep(100_000)
	}
}

func makeTick(a *actor, nominal int) bool {
	w := a.w
	run := w.slot(runID{tick: tickAt(nominal), nominal: nominal})
	if run < 0 {
		return true
	}
	var routes *frozen
	var err error
	if w.bug == PreviousReadsLatest {
		routes, err = a.newestFlags()
	} else {
		routes, err = a.freeze(run)
	}
	if err != nil {
		return false
	}
	for t := range tenant(tenants) {
		if r := routes.routes[t]; r != legacy && r != shadow || !w.present(t) {
			continue
		}
		err := a.do(convOf(run, t), "previous system makes it", func() error {
			w.made[nominal][t] = true
			w.checkXor(nominal, t)
			return nil
		})
		if err != nil {
			return false
		}
	}
	return true
}

// people press buttons: replay, cancel, make again.
func people(a *actor) {
	w := a.w
	for {
		a.sleep(5 + w.rng.Int64N(w.hurry))
		a.startMissing()
		if len(w.runs) == 0 || !w.faulty {
			continue
		}
		run := w.rng.IntN(len(w.runs))
		switch w.rng.IntN(5) {
		case 0, 1:
			_ = a.again(w.runs[run])
		case 2:
			if w.rng.IntN(2) == 0 {
				_ = a.cancel(run)
			}
		default:
			_ = a.replay(run)
		}
	}
}

// startMissing starts the runs again that were open when all data was lost, as the
// runbook says. What they are frozen with comes from S3.
func (a *actor) startMissing() {
	for run, missing := range a.w.missing {
		if !missing || a.w.unattended {
			continue
		}
		if _, err := a.freeze(run); err == nil {
			a.w.missing[run] = false
		}
	}
}

// again freezes a re-run.
func (a *actor) again(id runID) error {
	w := a.w
	for range 1 + w.rng.IntN(3) {
		if w.reruns == 4 {
			return nil
		}
		w.reruns++
		id.rerun = w.reruns
		run := w.slot(id)
		if run < 0 {
			return nil
		}
		if _, err := a.freeze(run); err != nil {
			return err
		}
	}
	return nil
}

// cancel marks a run.
func (a *actor) cancel(run int) error {
	_, err := a.updateRun(run, func(rec *record) bool {
		if rec.cancelledAt != 0 || rec.state == closed {
			return false
		}
		rec.cancelledAt = int64(a.w.steps)
		return true
	})
	return err
}

// replay asks for what has failed in a run again, but for what is held.
func (a *actor) replay(run int) error {
	w := a.w
	var list []failure
	var convs []conv
	err := a.do(convOf(run, 0), "list failures", func() error {
		for t := range tenant(tenants) {
			if f := w.failed[convOf(run, t)]; f != nil && !f.retrying() && f.cause != held {
				list, convs = append(list, *f), append(convs, convOf(run, t))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	at := int64(w.steps)
	for i, c := range convs {
		if err := a.replayOne(c, list[i].seq, at); err != nil {
			return err
		}
	}
	return nil
}

func (a *actor) replayOne(c conv, seq int, at int64) error {
	w, other := a.w, false
	if err := a.do(c, "read DONE", func() error { other = w.done[c] != nil; return nil }); err != nil || other {
		return err
	}
	err := a.do(c, "read FAILED", func() error { other = w.failed[c] == nil || w.failed[c].seq != seq; return nil })
	if err != nil || other {
		return err
	}
	err = a.do(c, "replay", func() error {
		w.kills[c] = 0
		return w.conversions.publish(&message{conv: c, lane: express, replayed: at, compare: w.isShadow(c)}, 0)
	})
	if errors.Is(err, errRefused) {
		return nil
	}
	return err
}
