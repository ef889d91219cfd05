package model

import "errors"

var (
	// errOccupied: the condition of a write does not hold (412, 404).
	errOccupied = errors.New("condition does not hold")
	// errLost: the workbook is missing or damaged in the object store.
	errLost = errors.New("workbook lost")
)

// uploader makes rendered workbooks the objects under their keys.
type uploader struct{ worker }

func uploaders(a *actor) {
	u := &uploader{worker{a: a, q: &a.w.rendered, stage: uploaderStage}}
	k := &u.worker
	k.handle, k.settled = u.handle, u.clearAway
	u.work()
}

// condition of a write: nothing lies there, or what was looked at.
type condition struct{ match int }

func (u *uploader) handle(j *job) error {
	if j.compare && u.a.w.bug != PublishShadow {
		return u.compare(j)
	}
	out, err := u.publish(j)
	if errors.Is(err, errLost) {
		return u.askAgain(j, true)
	}
	if err != nil {
		return err
	}
	if u.a.w.bug == DeleteBeforeOutcome {
		u.clearAway(j)
	}
	return u.record(j, out)
}

// publish makes the workbook the object under its key, or learns why it is not to be.
func (u *uploader) publish(j *job) (*outcome, error) {
	w := u.a.w
	look, cond := w.rng.IntN(8) == 0, condition{} // a large body is not sent in vain
	for {
		if look {
			var out *outcome
			var err error
			if out, cond, err = u.lookAt(j); out != nil || err != nil {
				return out, err
			}
		}
		broken, err := u.open(j)
		if err != nil {
			return nil, err
		}
		u.a.slow()
		err = u.a.do(j.conv, "PUT", func() error { return w.put(j, cond, broken) })
		switch {
		case err == nil:
			return &outcome{state: "published", sha: j.sha}, nil
		case !errors.Is(err, errOccupied):
			return nil, err
		case w.bug == OccupiedIsFailure:
			return nil, &failing{occupied, true}
		}
		look = true
	}
}

// put is S3: it applies a write if its condition holds.
func (w *world) put(j *job, cond condition, broken bool) error {
	key := w.key(j.conv)
	there := w.finals[key]
	switch {
	case cond.match == 0 && there != nil && w.bug != NoIfNoneMatch,
		cond.match != 0 && (there == nil || there.sha != cond.match) && w.bug != NoIfMatch:
		return errOccupied
	}
	next := &final{conv: j.conv, sha: j.sha, broken: broken}
	w.checkFinal(there, next, w.objects[j.object].conv)
	w.finals[key] = next
	return nil
}

// open reads the workbook and checks its digest.
func (u *uploader) open(j *job) (broken bool, err error) {
	w := u.a.w
	err = u.a.do(j.conv, "read workbook", func() error {
		o := w.objects[j.object]
		broken = o.damaged || o.sha != j.sha
		if o.gone || broken && w.bug != UncheckedDigest {
			return errLost
		}
		return nil
	})
	return broken, err
}

// lookAt decides by what lies under the key: an outcome, an error, or the condition
// under which to write.
func (u *uploader) lookAt(j *job) (*outcome, condition, error) {
	w := u.a.w
	var there *final
	if err := u.a.do(j.conv, "HEAD", func() error { there = w.finals[w.key(j.conv)]; return nil }); err != nil {
		return nil, condition{}, err
	}
	switch {
	case there == nil:
		return nil, condition{}, nil
	case there.foreign:
		return nil, condition{}, &failing{occupied, true}
	case there.conv == j.conv:
		return &outcome{state: "published", sha: there.sha}, condition{}, nil
	case w.compare(there.conv.run(), j.conv.run()) > 0:
		return &outcome{state: "superseded"}, condition{}, nil
	}
	return nil, condition{match: there.sha}, nil
}

// record writes the outcome. The first one stays.
func (u *uploader) record(j *job, out *outcome) error {
	w := u.a.w
	return u.a.do(j.conv, "DONE "+out.state, func() error {
		if w.done[j.conv] != nil {
			return nil
		}
		d := *out
		if w.bug == DoneFromEvent && d.state == "published" {
			d.sha = j.sha
		}
		d.step = w.steps
		w.done[j.conv] = &d
		w.checkDone(j.conv, &d)
		return nil
	})
}

// compare waits for the previous system's workbook, and publishes nothing.
func (u *uploader) compare(j *job) error {
	w, c := u.a.w, j.conv
	there := false
	for waited := 0; !there && waited < 20; waited++ {
		if waited > 0 {
			u.a.sleep(15)
		}
		err := u.a.do(c, "look for the previous workbook", func() error {
			there = w.made[w.runs[c.run()].nominal][c.tenant()]
			return nil
		})
		if err != nil {
			return err
		}
	}
	if _, err := u.open(j); errors.Is(err, errLost) {
		return u.askAgain(j, false)
	} else if err != nil {
		return err
	}
	return u.record(j, &outcome{state: "compared"})
}

// clearAway deletes the workbook once its event is settled.
func (u *uploader) clearAway(j *job) {
	_ = u.a.do(j.conv, "delete workbook", func() error {
		u.a.w.deleteObject(j.object)
		return nil
	})
}
