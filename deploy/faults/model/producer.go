package model

// producer freezes, plans, publishes and reconciles.
type producer struct {
	a       *actor
	last    int           // the newest tick known, counted from 1
	book    [maxRuns]bool // runs known and not known to be closed
	runners [maxRuns]*runner
	dead    []int // requests that looked dead
}

// producers is the life of one.
func producers(a *actor) {
	p := &producer{a: a}
	for {
		p.round()
		a.sleep(2 + a.w.rng.Int64N(20))
	}
}

// round does everything that is due. What fails is tried in the next one.
func (p *producer) round() {
	p.watch()
	_ = p.walkCalendar()
	first := p.a.w.rng.IntN(maxRuns)
	for i := range maxRuns {
		if run := (first + i) % maxRuns; p.book[run] {
			_ = p.runner(run).step()
		}
	}
	if p.a.w.bug != IgnoreLate {
		_ = p.retryLate()
	}
	if p.a.w.bug != IgnoreDead {
		_ = p.reviveDead()
	}
}

func (p *producer) runner(run int) *runner {
	if p.runners[run] == nil {
		p.runners[run] = &runner{p: p, a: p.a, run: run}
	}
	return p.runners[run]
}

// watch hears of runs.
func (p *producer) watch() {
	w := p.a.w
	_ = p.a.do(noConv, "watch runs", func() error {
		for run, rec := range w.records {
			if rec != nil {
				p.see(run, rec.state)
			}
		}
		return nil
	})
}

func (p *producer) see(run int, s state) {
	p.book[run] = s != closed
	if id := p.a.w.runs[run]; id.rerun == 0 {
		p.last = max(p.last, id.nominal+1)
	}
}

// walkCalendar freezes a run for every tick that is due and has none.
func (p *producer) walkCalendar() error {
	w := p.a.w
	for nominal := p.last; nominal < ticks && tickAt(nominal) <= w.now; nominal++ {
		id := runID{tick: tickAt(nominal), nominal: nominal}
		if w.bug == TickIsNow {
			id.tick = w.now
		}
		run := w.slot(id)
		if run < 0 {
			return nil
		}
		if _, err := p.a.freeze(run); err != nil {
			return err
		}
		p.see(run, planning)
	}
	return nil
}

// retryLate looks after failures of closed runs that are to be tried again.
func (p *producer) retryLate() error {
	w := p.a.w
	var late [maxRuns]bool
	err := p.a.do(noConv, "look for late retries", func() error {
		for c, f := range w.failed {
			run := conv(c).run()
			late[run] = late[run] || f != nil && f.retrying() && w.done[c] == nil
		}
		return nil
	})
	if err != nil {
		return err
	}
	for run, has := range late {
		if !has || p.book[run] {
			continue
		}
		s, err := p.a.survey(run)
		if err != nil {
			return err
		}
		if err := p.runner(run).retry(s); err != nil {
			return err
		}
	}
	return nil
}

// reviveDead has requests tried again that the server has given up, or fails those that
// have no attempt left. One counts as dead when it is seen twice.
func (p *producer) reviveDead() error {
	w := p.a.w
	var dead []message
	err := p.a.do(noConv, "look for dead requests", func() error {
		for _, m := range w.conversions.msgs {
			if w.conversions.dead(m) {
				dead = append(dead, *m)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	before := p.dead
	p.dead = nil
	for i := range dead {
		p.dead = append(p.dead, dead[i].seq)
		for _, seq := range before {
			if seq == dead[i].seq {
				if err := p.revive(&dead[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// revive records that the request failed, and then deletes it.
func (p *producer) revive(m *message) error {
	w, over := p.a.w, false
	if err := p.a.do(m.conv, "read DONE", func() error { over = w.done[m.conv] != nil; return nil }); err != nil {
		return err
	}
	if !over {
		err := p.a.do(m.conv, "read FAILED", func() error {
			f := w.failed[m.conv]
			over = f != nil && f.step > m.step
			return nil
		})
		if err != nil {
			return err
		}
	}
	if !over {
		f := failure{cause: deadOne, attempts: m.attempts + 1, replayed: m.replayed}
		if f.attempts < maxAttempts {
			f.retryAt = w.now
		}
		if err := p.a.do(m.conv, "FAILED dead_request", func() error { w.fail(m.conv, f); return nil }); err != nil {
			return err
		}
	}
	return p.a.do(m.conv, "delete dead request", func() error {
		if there := w.conversions.find(m.seq); there != nil && there.conv == m.conv {
			w.conversions.remove(m.seq)
		}
		return nil
	})
}
