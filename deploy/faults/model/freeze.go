package model

import "errors"

var (
	errNoRun      = errors.New("there is no such run")
	errNoDocument = errors.New("there is no flag document")
)

// nobodys is a document that no operator wrote.
const nobodys = -1

// freeze freezes a run or finds it frozen, as package flags does. Whoever gets an
// answer gets the same one.
func (a *actor) freeze(run int) (*frozen, error) {
	rec, err := a.readRun(run)
	if err != nil {
		return nil, err
	}
	if rec == nil {
		if rec, err = a.createRun(run); err != nil {
			return nil, err
		}
	}
	if a.w.bug == RoutesBeforeRecord {
		return rec.frozen, nil
	}
	return a.settleRun(run, rec)
}

func (a *actor) readRun(run int) (rec *record, err error) {
	err = a.do(convOf(run, 0), "read run", func() error { rec = a.w.records[run]; return nil })
	return rec, err
}

// createRun makes the record of a run that the KV does not know; the first writer's
// stays.
func (a *actor) createRun(run int) (*record, error) {
	w := a.w
	f, err := a.readFrozen(run)
	if err != nil {
		return nil, err
	}
	if f == nil {
		if f, err = a.flagsFor(run); err != nil {
			return nil, err
		}
	}
	if w.bug == DeleteAndCreate {
		if err = a.do(convOf(run, 0), "delete run", func() error { w.records[run] = nil; return nil }); err != nil {
			return nil, err
		}
	}
	rec := &record{frozen: f, plan: noPlan}
	err = a.do(convOf(run, 0), "create run", func() error {
		if w.records[run] != nil {
			return errRefused
		}
		w.revision++
		rec.revision = w.revision
		w.records[run] = rec
		w.checkFrozen(run)
		return nil
	})
	if err == nil {
		return rec, nil
	}
	if rec, err = a.readRun(run); err == nil && rec == nil {
		err = errAway
	}
	return rec, err
}

// flagsFor reads the newest flag document, for a re-run that of the scheduled run.
func (a *actor) flagsFor(run int) (*frozen, error) {
	w := a.w
	if id := w.runs[run]; id.rerun > 0 && w.bug != RerunReadsFlags {
		first := w.slot(runID{tick: id.tick, nominal: id.nominal})
		rec, err := a.readRun(first)
		if err != nil {
			return nil, err
		}
		if rec != nil {
			return a.settleRun(first, rec)
		}
		f, err := a.readFrozen(first)
		if err == nil && f == nil {
			err = errNoRun
		}
		return f, err
	}
	return a.newestFlags()
}

func (a *actor) newestFlags() (*frozen, error) {
	w := a.w
	var f frozen
	err := a.do(noConv, "read flags", func() error {
		switch {
		case w.documentDue == 0:
			f = w.document
		case w.bug == MissingIsLegacy:
			f = frozen{document: nobodys}
		default:
			return errNoDocument
		}
		return nil
	})
	return &f, err
}

func (a *actor) readFrozen(run int) (f *frozen, err error) {
	err = a.do(convOf(run, 0), "read record on S3", func() error { f = a.w.frozen[run]; return nil })
	return f, err
}

// settleRun makes KV and S3 agree: S3 decides.
func (a *actor) settleRun(run int, rec *record) (*frozen, error) {
	stored, err := a.readFrozen(run)
	if err != nil {
		return nil, err
	}
	if stored == nil {
		if stored, err = a.storeFrozen(run, rec.frozen); err != nil {
			return nil, err
		}
	}
	for *rec.frozen != *stored {
		if rec.state != planning {
			return nil, errRefused
		}
		next := *rec
		next.frozen = stored
		if err = a.putRun(run, &next); err == nil {
			break
		}
		if rec, err = a.readRun(run); err != nil {
			return nil, err
		}
		if rec == nil {
			return nil, errAway
		}
	}
	return stored, nil
}

// storeFrozen puts what a run was frozen with on S3 unless something lies there, and
// returns what lies there.
func (a *actor) storeFrozen(run int, f *frozen) (*frozen, error) {
	w := a.w
	err := a.do(convOf(run, 0), "write record to S3", func() error {
		if w.frozen[run] == nil || w.bug == DeleteAndCreate {
			w.frozen[run] = f
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a.readFrozen(run)
}

// putRun writes a record if it still is at its revision.
func (a *actor) putRun(run int, rec *record) error {
	w := a.w
	return a.do(convOf(run, 0), "write run "+rec.state.String(), func() error {
		if w.records[run] == nil || w.records[run].revision != rec.revision {
			return errRefused
		}
		w.revision++
		rec.revision = w.revision
		w.records[run] = rec
		w.checkRun(run, rec)
		return nil
	})
}

// updateRun changes a record by compare-and-set and returns what is stored in the end.
func (a *actor) updateRun(run int, change func(*record) bool) (*record, error) {
	for {
		rec, err := a.readRun(run)
		if err == nil && rec == nil {
			err = errNoRun
		}
		if err != nil {
			return nil, err
		}
		next := *rec
		if !change(&next) {
			return rec, nil
		}
		if err = a.putRun(run, &next); err == nil {
			return &next, nil
		}
		if !errors.Is(err, errRefused) {
			return nil, err
		}
	}
}
