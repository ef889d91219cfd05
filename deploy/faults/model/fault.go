package model

// fault is what meets a step.
type fault uint8

const (
	none       fault = iota
	lost             // not applied, no answer
	unsure           // applied, no answer
	twice            // a publish arrives twice
	crash            // the process dies before it
	crashAfter       // the process dies after it
	terminate        // the process shuts down and gives back
	freeze           // the process is stopped for a while, then goes on
	hang             // the job hangs
	stall            // ... and is cancelled for it
	cut              // the work goes on, but its heartbeats do not get through
	faults
)

// draw decides what meets the next step of an actor.
func (w *world) draw(a *actor) fault {
	if w.now < w.awayUntil {
		return []fault{lost, unsure}[w.rng.IntN(2)]
	}
	if !w.faulty || w.rng.Float64() >= w.rate {
		return none
	}
	n := w.rng.IntN(w.weightSum)
	f := none
	for n >= 0 {
		f++
		n -= w.weights[f]
	}
	working := a.job != nil && !a.sure && !a.asleep
	switch {
	case f == terminate && !working, f == hang && (!working || !a.job.canHang), f == cut && !working:
		return none
	}
	return f
}

// drawWeights gives each schedule its own mixture, so that some have nothing but
// crashes and others none.
func (w *world) drawWeights() {
	for f := lost; f < faults; f++ {
		if f != stall {
			w.weights[f] = w.rng.IntN(10) * w.rng.IntN(2)
			w.weightSum += w.weights[f]
		}
	}
	if w.weightSum == 0 {
		w.weights[crash], w.weightSum = 1, 1
	}
	w.rate = float64(w.rng.IntN(16)) / 100
	switch w.rng.IntN(16) { // one fault all the time
	case 0, 1:
		w.mostly(terminate, 0.3)
	case 2, 3, 6, 7:
		w.mostly(freeze, 0.15)
	case 4, 5:
		w.mostly(twice, 0.3)
	}
}

func (w *world) mostly(f fault, rate float64) {
	w.weightSum += 40 - w.weights[f]
	w.weights[f], w.rate = 40, rate
}

// meet applies what stops an actor, and says whether it may take its step.
func (w *world) meet(a *actor) bool {
	if a.frozen {
		a.frozen = false
		a.thaw()
	}
	if a.hung {
		a.hung, a.fault = false, stall
		return true
	}
	a.fault = w.draw(a)
	switch a.fault {
	case freeze:
		a.frozen, a.wakeAt = true, w.now+10+w.rng.Int64N(190)
		a.letGo()
		w.note(a, noConv, "frozen")
		return false
	case hang:
		a.hang()
		w.note(a, a.job.conv, "hangs")
		return false
	case cut:
		a.letGo()
		a.job.cutAt = w.now + ackWait
		w.note(a, a.job.conv, "heartbeats do not get through")
	}
	return true
}

// thaw goes on after a stop. Heartbeats begin again if the lease still holds.
func (a *actor) thaw() {
	if a.job == nil {
		return
	}
	if m := a.job.held(); m != nil && m.expires > a.w.now {
		m.expires = never
	} else {
		a.job.lost = true
	}
}

// hang stops the job. Without progress for AckWait it is cancelled, while its lease
// holds for a while yet.
func (a *actor) hang() {
	a.hung, a.wakeAt = true, a.w.now+ackWait
	if a.w.bug == BlindHeartbeat {
		a.wakeAt = never
		return
	}
	if m := a.job.held(); m != nil {
		m.expires, m.excused = a.w.now+ackWait+40, true
	}
}

// disturb is what happens to the world by itself.
func (w *world) disturb() {
	if w.documentDue != 0 && w.now >= w.documentDue {
		w.documentDue = 0
		w.say("the flag document is stored")
	}
	if !w.faulty {
		return
	}
	switch w.rng.IntN(w.calm) {
	case 0, 1, 12, 13:
		t := tenant(w.rng.IntN(tenants))
		w.flip(t, route(w.rng.IntN(int(routes))))
	case 2, 3:
		w.version++ // records were added
	case 4, 5:
		w.comes = !w.comes // the last tenant's target comes and goes
	case 6, 7, 8, 9:
		if n := len(w.rendered.msgs); n > 0 {
			w.harm(w.objects[w.rendered.msgs[w.rng.IntN(n)].object])
		}
	case 16:
		w.say("the server is started again")
		w.awayUntil = w.now + 1 + w.rng.Int64N(5)
	case 10:
		if n := len(w.plans); n > 0 {
			w.plans[w.rng.IntN(n)].gone = true
			w.say("a plan is lost from the object store")
		}
	case 11, 14, 15, 17, 18:
		if !w.wiped {
			w.wipe()
		}
	}
}

// harm damages or loses a workbook in the object store.
func (w *world) harm(o *object) {
	o.harmed = true
	if w.rng.IntN(2) == 0 {
		o.damaged = true
	} else {
		o.gone = true
	}
	w.say("a workbook in the object store is damaged or lost: " + w.name(o.conv))
}
