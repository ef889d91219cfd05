package model

import "fmt"

// oracle knows what really happened and holds it against what must hold at every
// instant. It has no part in the protocol.
type oracle struct {
	violation string

	planned   [maxConv]bool // was ever in the plan of its run
	published [maxConv]int  // digest of what was put on S3; 0 for nothing
	shadows   [maxConv]bool // what its request says
	hadFailed [maxConv]bool // for good, since the last wipe
	kills     [maxConv]int  // workers killed since the last outcome or replay
	forgotten [maxRuns]bool
	missing   [maxRuns]bool // taken by a wipe while they were open
	reruns    int

	previousDone int // copies of the previous system
}

// violate keeps the first violation; the schedule ends with it.
func (w *world) violate(c conv, format string, args ...any) {
	if w.violation != "" {
		return
	}
	w.violation = fmt.Sprintf(format, args...)
	if c != noConv {
		w.violation = w.name(c) + ": " + w.violation
	}
	w.say("VIOLATION: " + w.violation)
}

// forget is called before a wipe. A run that was closed is not made again, and a re-run
// that nobody remembers is not either.
func (w *world) forget() {
	for run, rec := range w.records {
		if rec != nil {
			w.forgotten[run] = w.forgotten[run] || rec.state == closed || w.runs[run].rerun > 0
			w.missing[run] = !w.forgotten[run]
		}
	}
	w.kills, w.hadFailed = [maxConv]int{}, [maxConv]bool{}
}

// checkToken: whatever left a queue is still to be seen somewhere.
func (w *world) checkToken(c conv, from string) {
	if w.conversions.has(c) || w.rendered.has(c) || w.failed[c] != nil || w.done[c] != nil {
		return
	}
	w.violate(c, "it left %s and is neither pending, failed nor done", from)
}

// checkRedelivery: a message comes again only where its holder was in trouble.
func (w *world) checkRedelivery(m *message) {
	if m.holder != nil && !m.excused {
		w.violate(m.conv, "its message was delivered again although its worker was well")
	}
}

// checkKill: a workbook has killed its worker. Besides its starts, late workers may have
// begun before a replay or a wipe.
func (w *world) checkKill(c conv) {
	if w.kills[c]++; w.kills[c] > maxStarts+2 {
		w.violate(c, "it has killed %d workers", w.kills[c])
	}
}

// checkFinal: a write to S3.
func (w *world) checkFinal(there, next *final, content conv) {
	c := next.conv
	switch {
	case next.broken:
		w.violate(c, "a damaged workbook was published")
	case content != c:
		w.violate(c, "the workbook of %s was published as its own", w.name(content))
	case w.published[c] != 0:
		w.violate(c, "its workbook was published twice")
	case there != nil && there.foreign:
		w.violate(c, "something that is not ours was overwritten")
	case there != nil && w.compare(there.conv.run(), c.run()) > 0:
		w.violate(c, "it was published over the newer %s", w.name(there.conv))
	}
	w.published[c] = next.sha
	id := w.runs[c.run()]
	if w.made[id.nominal][c.tenant()] {
		w.violate(c, "both systems made it")
	}
	for run, other := range w.runs {
		if run != c.run() && other.nominal == id.nominal && other.rerun == id.rerun && w.published[convOf(run, c.tenant())] != 0 {
			w.violate(c, "two runs made it for one tick")
		}
	}
}

// checkXor: the previous system made a workbook.
func (w *world) checkXor(nominal int, t tenant) {
	for run, id := range w.runs {
		if c := convOf(run, t); id.nominal == nominal && w.published[c] != 0 {
			w.violate(c, "both systems made it")
		}
	}
}

// checkDone: DONE agrees with S3.
func (w *world) checkDone(c conv, d *outcome) {
	there := w.finals[w.key(c)]
	switch d.state {
	case "published":
		if w.published[c] != d.sha {
			w.violate(c, "DONE says digest %d, on S3 it is %d", d.sha, w.published[c])
		}
	case "superseded":
		if there == nil || there.foreign || w.compare(there.conv.run(), c.run()) <= 0 {
			w.violate(c, "DONE says superseded, and nothing newer is there")
		}
	case "compared":
		if w.published[c] != 0 {
			w.violate(c, "a shadow workbook was published")
		}
	}
}

// checkFailure: a FAILED record is true.
func (w *world) checkFailure(c conv, f *failure) {
	w.kills[c] = 0
	w.hadFailed[c] = w.hadFailed[c] || !f.retrying()
	switch f.cause {
	case occupied:
		if there := w.finals[w.key(c)]; there == nil || !there.foreign {
			w.violate(c, "it failed as key_occupied, and nothing foreign is there")
		}
	case lostOne:
		for _, o := range w.objects {
			if o.conv == c && o.harmed {
				return
			}
		}
		w.violate(c, "it failed as workbook_lost, and none of its workbooks was harmed")
	}
}

// checkRun: a run's record was written.
func (w *world) checkRun(run int, rec *record) {
	if rec.plan == noPlan {
		return
	}
	for _, t := range w.plans[rec.plan].targets {
		c := convOf(run, t.tenant)
		w.planned[c] = true
		if rec.state != closed || t.route == legacy {
			continue
		}
		switch { // a late worker may have begun it again since it had failed
		case w.done[c] != nil, w.hadFailed[c]:
		default:
			w.violate(c, "its run was closed while it was pending")
		}
	}
}

// checkFrozen: one run for one tick, by routes that somebody wrote.
func (w *world) checkFrozen(run int) {
	id := w.runs[run]
	if w.records[run].frozen.document == nobodys {
		w.violate(noConv, "tick %d was frozen with routes that nobody wrote", id.nominal)
	}
	for other, o := range w.runs {
		if other != run && o.nominal == id.nominal && o.rerun == id.rerun && w.records[other] != nil {
			w.violate(noConv, "two runs were frozen for tick %d", id.nominal)
		}
	}
}

// checkRepublish: a producer that looks again does not queue what had its outcome
// before it began to look.
func (w *world) checkRepublish(c conv, looked int) {
	if d := w.done[c]; d != nil && d.step < looked {
		w.violate(c, "it was queued again, and was done before")
	}
	if f := w.failed[c]; f != nil && f.step < looked {
		w.violate(c, "it was queued again by nobody's wish, and had failed before")
	}
}

// replaceObject and deleteObject: no event is left without its workbook.
func (w *world) replaceObject(id, sha int) {
	w.checkObject(id)
	*w.objects[id] = object{conv: w.objects[id].conv, sha: sha}
}

func (w *world) deleteObject(id int) {
	w.checkObject(id)
	w.objects[id].gone = true
}

func (w *world) checkObject(id int) {
	for _, m := range w.rendered.msgs {
		if m.object == id && !w.objects[id].harmed {
			w.violate(m.conv, "its event is left without its workbook")
		}
	}
}
