package model

// batch is how many requests are on their way at a time.
const batch = 2

// pass goes once through a plan and publishes what is missing.
type pass struct {
	r         *runner
	known     *survey // nil when nothing can have been published before
	at        int
	again     []target // in doubt
	cancelled bool
}

func (r *runner) beginPass() error {
	if r.fresh {
		r.pass, r.fresh = &pass{r: r}, false
		return nil
	}
	s, err := r.a.survey(r.run)
	if err == nil {
		r.pass = &pass{r: r, known: s}
	}
	return err
}

// fill says whether the plan's end is reached.
func (p *pass) fill() (finished bool, err error) {
	for {
		inDoubt := len(p.again) > 0
		targets := p.next()
		if len(targets) == 0 {
			return true, nil
		}
		for i, t := range targets {
			if err = p.one(t, p.known != nil || inDoubt); err != nil {
				p.again = append(p.again, targets[i:]...)
				return false, err
			}
		}
	}
}

func (p *pass) next() []target {
	targets := p.again
	p.again = nil
	for ; p.at < len(p.r.plan.targets) && len(targets) < batch; p.at++ {
		t := p.r.plan.targets[p.at]
		if t.route != legacy && (p.known == nil || p.known.by[t.tenant] == 0) {
			targets = append(targets, t)
		}
	}
	return targets
}

// one queues a target, or fails it where it is held or its run is cancelled.
func (p *pass) one(t target, look bool) error {
	if look {
		p.r.a.slow()
	}
	r, c, looked := p.r, convOf(p.r.run, t.tenant), p.r.a.w.steps
	switch {
	case t.route == hold:
		return r.failTarget(t, held)
	case p.cancelled:
		return r.failTarget(t, cancelled)
	}
	if look && r.a.w.bug != RepublishBlindly {
		has, err := r.hasOutcome(c)
		if err != nil || has {
			return err
		}
	}
	return r.publish(t, looked, look)
}

func (r *runner) publish(t target, looked int, look bool) error {
	w, c := r.a.w, convOf(r.run, t.tenant)
	err := r.a.do(c, "request", func() error {
		if look {
			w.checkRepublish(c, looked)
		}
		w.shadows[c] = t.route == shadow
		return w.conversions.publish(&message{conv: c, lane: planned, compare: t.route == shadow}, w.requestID(c))
	})
	return ignoreRefused(err)
}

func (r *runner) hasOutcome(c conv) (has bool, err error) {
	w := r.a.w
	err = r.a.do(c, "read DONE", func() error { has = w.done[c] != nil; return nil })
	if err != nil || has {
		return has, err
	}
	err = r.a.do(c, "read FAILED", func() error { has = w.failed[c] != nil; return nil })
	return has, err
}

// failTarget writes the FAILED record of what is not queued; the first one stays.
func (r *runner) failTarget(t target, why cause) error {
	w, c := r.a.w, convOf(r.run, t.tenant)
	return r.a.do(c, "FAILED "+string(why), func() error {
		if w.failed[c] == nil {
			w.shadows[c] = t.route == shadow
			w.fail(c, failure{cause: why, attempts: 1})
		}
		return nil
	})
}

// reconcile compares the plan with what became of each conversion.
func (r *runner) reconcile(rec *record) error {
	if err := r.keepPlan(rec); err != nil {
		return err
	}
	s, err := r.a.survey(r.run)
	if err != nil {
		return err
	}
	over, missing := 0, 0
	for _, t := range r.plan.targets {
		if t.route == legacy {
			continue
		}
		switch s.by[t.tenant].wins() {
		case isDone, isFailed:
			over++
		case isRetrying:
			if r.a.w.bug == RetryingIsFailed {
				over++
			}
		case 0:
			missing++
		}
	}
	if over == rec.expected {
		return r.close()
	}
	if err := r.retry(s); err != nil {
		return err
	}
	if missing > 0 {
		r.pass = &pass{r: r, known: s}
	}
	return nil
}

// retry queues the failed conversions whose time has come.
func (r *runner) retry(s *survey) error {
	for t := range tenant(tenants) {
		if s.by[t].wins() == isRetrying && s.at[t] <= r.a.w.now {
			if err := r.retryOne(convOf(r.run, t)); err != nil {
				return err
			}
		}
	}
	return nil
}

// retryOne reads the failure once more: it may have been superseded meanwhile.
func (r *runner) retryOne(c conv) error {
	w, isDone := r.a.w, false
	if err := r.a.do(c, "read DONE", func() error { isDone = w.done[c] != nil; return nil }); err != nil || isDone {
		return err
	}
	var f *failure
	if err := r.a.do(c, "read FAILED", func() error { f = w.failed[c]; return nil }); err != nil {
		return err
	}
	if f == nil || !f.retrying() || f.retryAt > w.now {
		return nil
	}
	err := r.a.do(c, "request again", func() error {
		m := &message{conv: c, lane: planned, attempts: f.attempts, replayed: f.replayed, compare: w.isShadow(c)}
		return w.conversions.publish(m, w.requestID(c))
	})
	return ignoreRefused(err)
}

// isShadow says what the request in a failure says of its route.
func (w *world) isShadow(c conv) bool { return w.shadows[c] }
