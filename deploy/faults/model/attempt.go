package model

import "slices"

// recordStart writes the start of an attempt before any work.
func (k *worker) recordStart(j *job) error {
	j.attempt = 1 + j.attempts
	if k.a.w.bug == NoStartCount || !k.records && j.delivery < 2 {
		return nil
	}
	ours := start{worker: k.a.name, seq: j.seq, delivery: j.delivery, at: int64(k.a.w.steps)}
	rec := &progress{starts: []start{ours}}
	for {
		err := k.putStart(j, rec)
		if err == nil {
			j.attempt = 1 + max(rec.attempts, j.attempts)
			return nil
		}
		if err != errRefused { //nolint:errorlint // do returns it as it is
			return err
		}
		if rec, err = k.readStart(j); err != nil {
			return err
		}
		if slices.ContainsFunc(rec.starts, ours.same) { // a write that seemed to fail
			j.start, j.attempt = rec, 1+max(rec.attempts, j.attempts)
			return nil
		}
		rec.starts = slices.DeleteFunc(rec.starts, func(s start) bool { return s.at < j.replayed })
		if len(rec.starts) >= maxStarts {
			j.start = rec
			return &failing{crashing, true}
		}
		rec.starts = append(rec.starts, ours)
	}
}

func (s start) same(o start) bool {
	return s.worker == o.worker && s.seq == o.seq && s.delivery == o.delivery
}

func (k *worker) readStart(j *job) (*progress, error) {
	rec := &progress{}
	err := k.a.do(j.conv, "read progress", func() error {
		if stored := k.a.w.progress[k.stage][j.conv]; stored != nil {
			*rec = *stored
			rec.starts = slices.Clone(stored.starts)
		}
		return nil
	})
	return rec, err
}

// putStart writes the record if it still is what was read.
func (k *worker) putStart(j *job, rec *progress) error {
	err := k.a.do(j.conv, "write start", func() error {
		w := k.a.w
		if stored := w.progress[k.stage][j.conv]; stored.rev() != rec.revision {
			return errRefused
		}
		w.revision++
		rec.revision = w.revision
		stored := *rec
		w.progress[k.stage][j.conv] = &stored
		return nil
	})
	if err == nil {
		j.start = rec
	}
	return err
}

func (p *progress) rev() int {
	if p == nil {
		return 0
	}
	return p.revision
}

// closeStart ends the record. Nobody waits for it: where it is lost, one start more is
// counted. attempts are those that ended in a transient failure.
func (k *worker) closeStart(j *job, settled bool, attempts int) {
	if j.start == nil {
		return
	}
	if settled {
		attempts = 0
	}
	_ = k.a.do(j.conv, "close start", func() error {
		w := k.a.w
		if !settled && w.progress[k.stage][j.conv].rev() != j.start.revision {
			return errRefused
		}
		w.revision++
		w.progress[k.stage][j.conv] = &progress{revision: w.revision, attempts: attempts}
		return nil
	})
}

// strikeOff removes this attempt's start: it was interrupted, not tried.
func (k *worker) strikeOff(j *job) {
	if j.start == nil {
		return
	}
	_ = k.a.do(j.conv, "strike off", func() error {
		w := k.a.w
		stored := w.progress[k.stage][j.conv]
		if stored.rev() != j.start.revision {
			return errRefused
		}
		w.revision++
		next := &progress{revision: w.revision, attempts: stored.attempts, starts: slices.Clone(stored.starts)}
		next.starts = slices.DeleteFunc(next.starts, func(s start) bool {
			return s.same(start{worker: k.a.name, seq: j.seq, delivery: j.delivery})
		})
		w.progress[k.stage][j.conv] = next
		return nil
	})
}

// fail writes a FAILED record; the newest of a conversion stays.
func (w *world) fail(c conv, f failure) {
	w.revision++
	f.seq, f.at, f.step = w.revision, w.now, w.steps
	w.failed[c] = &f
	w.checkFailure(c, &f)
}
