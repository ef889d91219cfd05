package model

// settled says whether everything is over.
func (w *world) settled() bool {
	if len(w.conversions.msgs)+len(w.rendered.msgs) > 0 || w.previousDone < previousCopies {
		return false
	}
	for _, a := range w.actors {
		if a.job != nil && !a.hung {
			return false
		}
	}
	var seen [ticks]bool
	for run, id := range w.runs {
		rec := w.records[run]
		if rec != nil && rec.state != closed || rec == nil && id.rerun == 0 && !w.forgotten[run] {
			return false
		}
		if id.rerun == 0 {
			seen[id.nominal] = true
		}
	}
	for c, f := range w.failed {
		if f != nil && f.retrying() && w.done[c] == nil && w.records[conv(c).run()] != nil {
			return false
		}
	}
	for _, s := range seen {
		if !s {
			return false
		}
	}
	return true
}

// unsettled says what is not over, for people.
func (w *world) unsettled() string {
	if len(w.conversions.msgs) > 0 {
		return "in CONVERSIONS: " + w.name(w.conversions.msgs[0].conv)
	}
	if len(w.rendered.msgs) > 0 {
		return "in RENDERED: " + w.name(w.rendered.msgs[0].conv)
	}
	for c, f := range w.failed {
		if f != nil && f.retrying() && w.done[c] == nil && w.records[conv(c).run()] != nil {
			return "to be tried again: " + w.name(conv(c))
		}
	}
	for run, rec := range w.records {
		if rec != nil && rec.state != closed {
			return "run " + w.runName(run) + " is " + rec.state.String()
		}
	}
	return "a run is missing"
}

// mend takes away what makes conversions fail for good, and replays them all. With
// stumble each meets one transient error, in a run that is closed.
func (w *world) mend(stumble bool) {
	w.say("what was bad is mended, and everything replayed")
	for c := range w.traits {
		w.traits[c] = trait{stumbles: stumble}
	}
	for i, f := range w.finals {
		if f != nil && f.foreign {
			w.finals[i] = nil
		}
	}
	for c := range conv(maxConv) {
		if f := w.failed[c]; f != nil && w.done[c] == nil && f.cause != held && w.records[c.run()] != nil {
			w.kills[c] = 0
			_ = w.conversions.publish(&message{conv: c, lane: express, replayed: int64(w.steps) + 1, compare: w.shadows[c]}, 0)
		}
	}
}

// checkEnd holds what is left against what was asked for.
func (w *world) checkEnd() {
	for run, rec := range w.records {
		if rec == nil || rec.plan == noPlan {
			continue
		}
		for _, t := range w.plans[rec.plan].targets {
			w.checkOutcome(convOf(run, t.tenant), t.route)
		}
	}
	for c := range conv(maxConv) {
		if (w.done[c] != nil || w.failed[c] != nil) && w.records[c.run()] != nil && !w.planned[c] {
			w.violate(c, "it has an outcome and was never planned")
		}
	}
	for nominal := range ticks {
		for t := range tenant(tenants - 1) {
			w.checkMade(nominal, t)
		}
	}
}

// checkOutcome: each planned conversion is done, but for what is held.
func (w *world) checkOutcome(c conv, r route) {
	d, f := w.done[c], w.failed[c]
	switch {
	case r == legacy:
		if d != nil || f != nil {
			w.violate(c, "it has an outcome and was left to the previous system")
		}
	case r == hold:
		if f == nil {
			w.violate(c, "it is held and has no failure")
		}
	case d == nil && f != nil && f.cause == definition && w.forgotten[c.run()]: // its re-run came back late
	case d == nil && f == nil:
		w.violate(c, "it has no outcome")
	case d == nil:
		w.violate(c, "it failed as %s, and a replay does not help", f.cause)
	case d.state == "published":
		there := w.finals[w.key(c)]
		if there == nil || there.conv != c && w.compare(there.conv.run(), c.run()) <= 0 {
			w.violate(c, "it is done, and not on S3")
		}
	}
}

// checkMade: exactly one system makes a tenant's workbook of a tick.
func (w *world) checkMade(nominal int, t tenant) {
	here, byFlags := false, false
	for run, id := range w.runs {
		routes := w.frozen[run]
		if routes == nil && w.records[run] != nil {
			routes = w.records[run].frozen
		}
		if id.nominal == nominal && id.rerun == 0 && routes != nil {
			c := convOf(run, t)
			here = here || w.published[c] != 0 || w.done[c] != nil && w.done[c].state == "superseded"
			r := routes.routes[t]
			closedEarly := w.records[run] == nil || w.records[run].plan == noPlan // forgotten, or cancelled before it was planned
			byFlags = byFlags || r == hold || r == moved && closedEarly
		}
	}
	switch made := w.made[nominal][t]; {
	case here && made:
		w.violate(noConv, "tick %d, tenant %d: both systems made it", nominal, t)
	case !here && !made && !byFlags:
		w.violate(noConv, "tick %d, tenant %d: neither system made it", nominal, t)
	}
}
