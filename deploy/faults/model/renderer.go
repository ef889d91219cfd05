package model

// renderer makes workbooks from requests.
type renderer struct {
	worker
	cache [maxRuns]*record
}

func renderers(a *actor) {
	r := &renderer{worker: worker{a: a, q: &a.w.conversions, stage: rendererStage, records: true}}
	r.worker.handle = r.handle
	r.work()
}

func (r *renderer) handle(j *job) error {
	w, isDone := r.a.w, false
	if err := r.a.do(j.conv, "read DONE", func() error { isDone = w.done[j.conv] != nil; return nil }); err != nil || isDone {
		return err
	}
	if err := r.allowed(j); err != nil {
		return err
	}
	if w.bug == AckBeforePut {
		_ = r.confirm(j, "ack")
	}
	sha, err := r.render(j)
	if err != nil {
		return err
	}
	object, err := r.put(j, sha)
	if err != nil {
		return err
	}
	if w.bug == SettleBeforeEvent {
		_ = r.confirm(j, "ack")
	}
	return r.announce(j, object, sha)
}

// allowed reads the run's record, which may come from a cache that has not heard of
// the newest change.
func (r *renderer) allowed(j *job) error {
	w, run := r.a.w, j.conv.run()
	if r.cache[run] == nil || w.rng.IntN(2) == 0 {
		if err := r.a.do(j.conv, "read run", func() error { r.cache[run] = w.records[run]; return nil }); err != nil {
			r.cache[run] = nil
			return err
		}
	}
	switch record := r.cache[run]; {
	case record == nil:
		return &failing{definition, true}
	case record.cancelledAt != 0 && j.replayed <= record.cancelledAt:
		return &failing{cancelled, true}
	}
	return nil
}

func (r *renderer) render(j *job) (sha int, err error) {
	w := r.a.w
	err = r.a.do(j.conv, "render", func() error {
		switch trait := &w.traits[j.conv]; {
		case trait.killer:
			w.note(r.a, j.conv, "the workbook kills its worker")
			w.checkKill(j.conv)
			r.a.process.Crash()
		case trait.poison:
			return &failing{bad, true}
		case trait.stumbles:
			trait.stumbles = false
			return &failing{trouble, false}
		case w.faulty && w.rng.IntN(w.flaky) == 0:
			return &failing{trouble, false}
		}
		sha = w.render(j.conv)
		return nil
	})
	return sha, err
}

// put stores a workbook under a name that is new for every attempt.
func (r *renderer) put(j *job, sha int) (id int, err error) {
	w := r.a.w
	err = r.a.do(j.conv, "store workbook", func() error {
		if w.bug == ReuseObjectName {
			for i, o := range w.objects {
				if o.conv == j.conv {
					id = i
					w.replaceObject(i, sha)
					return nil
				}
			}
		}
		id = len(w.objects)
		w.objects = append(w.objects, &object{conv: j.conv, sha: sha})
		if w.faulty && w.rng.IntN(w.frail) == 0 {
			w.harm(w.objects[id])
		}
		return nil
	})
	return id, err
}

func (r *renderer) announce(j *job, object, sha int) error {
	w := r.a.w
	err := r.a.do(j.conv, "rendered event", func() error {
		id := object + 1
		if w.bug == NoEventMsgID {
			id = 0
		}
		m := &message{conv: j.conv, attempts: j.attempts, replayed: j.replayed, compare: j.compare, object: object, sha: sha}
		return w.rendered.publish(m, id)
	})
	r.a.slow()
	return err
}
