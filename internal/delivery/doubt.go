package delivery

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jetsheet/jetsheet"
)

// Some errors may be an outage, or one job's own: a query that ends its connection each
// time, one key that may not be written. What becomes of the others tells which. Where
// they get through meanwhile, time after time, it is the job's own, and counts as an
// attempt. Where nobody does, it is waited for like any outage, but nobody is kept from
// trying for long: otherwise there would be no others to tell by.

const (
	// ownTries is how many tries of one attempt must fail while others get through, and
	// knownTries how many do where an attempt before has ended in this way. Such a try may
	// be a query that brings the whole server down.
	ownTries, knownTries = 4, 1
	// doubtStops is how long one doubtful job keeps its worker from fetching.
	doubtStops = 5 * time.Second
	// putOffAfter is how long a doubtful job holds its slot. Doubtful jobs might hold all
	// slots otherwise, and nobody would be left to get through.
	putOffAfter = time.Minute
	// putOffShown is how long people are told of what a job was put off for, unless somebody
	// gets through before: longer than it takes to come again. Otherwise the last job of a
	// night would have them told of an outage, and of its end, every few minutes.
	putOffShown = 5 * time.Minute
)

// absence is what a job was put off for: the reason of a pause that no job has any more.
type absence string

// doubts is what is known of the things that doubtful errors may be about.
type doubts struct {
	mu      sync.Mutex
	reached map[string]time.Time // when a job that used it has last come to its end
	waiting map[*Job]string      // the jobs in doubt, and what they wait for
}

// doubtful says whether the error may be the job's own.
func (e *Error) doubtful() bool { return e.Class == jetsheet.ClassUnavailable && e.Cause != "" }

// own is the error where it turned out to be the job's own, after so many tries.
func (e *Error) own(tries int) *Error {
	times := "once"
	if tries > 1 {
		times = fmt.Sprintf("%d times", tries)
	}
	return &Error{
		Class: jetsheet.ClassTransient, Cause: e.Cause,
		Err: fmt.Errorf("%w (tried %s while others got through)", e.Err, times),
	}
}

// Used says that this try has got through to something that a [Doubtful] error may name
// as what is waited for. It counts when the try comes to its end.
func (j *Job) Used(what string) {
	if !slices.Contains(j.used, what) {
		j.used = append(j.used, what)
	}
}

// got takes note of what a job got through to, and lets those that wait for it no longer
// stop anything. What they wait for is there.
func (w *Worker) got(job *Job) {
	if len(job.used) == 0 {
		return
	}
	d := &w.doubts
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, what := range job.used {
		d.reached[what] = time.Now()
		w.announce.Resume(absence(what))
		for other, waits := range d.waiting {
			if waits == what {
				w.resume(other)
			}
		}
	}
}

// weigh looks at what ended a try that began at the given time, and at whether others got
// through since, or since the try before. It returns what is to be done about it: the error
// itself where it is to be waited for.
func (w *Worker) weigh(job *Job, c *Error, began time.Time) *Error {
	if !c.doubtful() {
		// Nobody gets through now. That says nothing of the tries before: a query that
		// crashes the server each time meets its recovery in between.
		job.doubted = time.Time{}
		return c
	}
	now := time.Now()
	since := began
	if !job.refused.IsZero() {
		since = job.refused
	}
	job.refused = now
	d := &w.doubts
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.reached[c.Waiting].After(since) {
		job.doubted = time.Time{}
		limit := ownTries
		if job.ownTrouble {
			limit = knownTries
		}
		if job.contradicted++; job.contradicted >= limit {
			job.ownTrouble = true
			return c.own(limit)
		}
		return c
	}
	if job.doubted.IsZero() {
		job.doubted = now
	}
	if now.Sub(job.doubted) >= w.cfg.PutOff {
		w.announce.PauseFor(putOffShown, absence(c.Waiting), c.on(), c.what(), c.Err)
		return &Error{Class: c.Class, Cause: c.Cause, Waiting: c.Waiting, After: jetsheet.RetryDelay(jetsheet.MaxAttempts - 1), Err: c.Err}
	}
	return c
}

// stopsNobody says whether others get through to what the job has just not got through to.
func (j *Job) stopsNobody(c *Error) bool { return c.doubtful() && j.doubted.IsZero() }

// halt keeps the worker from fetching while a job waits, and tells people. Where the job is
// in doubt, only for a while: then the result fires.
func (w *Worker) halt(job *Job, c *Error) (lift <-chan time.Time) {
	if job.stopsNobody(c) {
		w.resume(job)
		return nil
	}
	job.told.Store(true)
	w.announce.Pause(job, c.on(), c.what(), c.Err)
	left := doubtStops - time.Since(job.doubted)
	switch {
	case !c.doubtful():
		w.pause(job)
	case left > 0:
		w.pause(job)
		return time.After(left)
	default:
		w.lift(job)
	}
	return nil
}

// doubt notes that a job waits in doubt, until the result is called.
func (w *Worker) doubt(job *Job, c *Error) (over func()) {
	if !c.doubtful() {
		return func() {}
	}
	d := &w.doubts
	d.mu.Lock()
	d.waiting[job] = c.Waiting
	d.mu.Unlock()
	return func() {
		d.mu.Lock()
		delete(d.waiting, job)
		d.mu.Unlock()
	}
}
