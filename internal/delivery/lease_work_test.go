package delivery

import (
	"errors"
	"testing"
	"time"
)

// leaseAt is a lease whose time the test makes.
type leaseAt struct {
	*lease
	now time.Time
}

func newLeaseAt(ackWait, deadline time.Duration) *leaseAt {
	now := time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC)
	w := &Worker{ackWait: ackWait, cfg: Config{Deadline: deadline}}
	job := &Job{worker: w, triedAt: now}
	return &leaseAt{&lease{w: w, job: job, movedAt: now, looked: now}, now}
}

// pass lets time go by, with a look every AckWait/3.
func (l *leaseAt) pass(d time.Duration) error {
	for every := l.w.ackWait / 3; d > 0; d -= every {
		l.now = l.now.Add(min(every, d))
		if err := l.examine(l.now); err != nil {
			return err
		}
	}
	return nil
}

// wait ends a try as unavailable and begins the next one after d.
func (l *leaseAt) wait(d time.Duration) error {
	l.job.waiting = "S3 bucket exports"
	l.job.waits++
	err := l.pass(d)
	l.job.waiting, l.job.triedAt = "", l.now
	return err
}

func TestHangingCallsAreNoWork(t *testing.T) {
	t.Parallel()
	for name, pause := range map[string]time.Duration{"long waits": 30 * time.Second, "waits between two looks": time.Second} {
		l := newLeaseAt(time.Minute, 45*time.Minute)
		began := l.now
		for l.now.Sub(began) < 24*time.Hour {
			l.job.moved.Add(1) // what the connection takes before it hangs
			l.job.busyUntil = l.now.Add(30 * time.Second)
			if err := l.pass(30 * time.Second); err != nil {
				t.Fatalf("%s: after %s in which nothing answered: %v", name, l.now.Sub(began), err)
			}
			if err := l.wait(pause); err != nil {
				t.Fatalf("%s: after %s in which nothing answered: %v", name, l.now.Sub(began), err)
			}
		}
	}
}

func TestWorkOfAllTriesCounts(t *testing.T) {
	t.Parallel()
	l := newLeaseAt(time.Minute, 45*time.Minute)
	work := func(d time.Duration) (err error) {
		for ; d > 0 && err == nil; d -= 10 * time.Second {
			l.job.moved.Add(1)
			err = l.pass(10 * time.Second)
		}
		return err
	}
	for try := range 2 {
		if err := errors.Join(work(20*time.Minute), l.wait(time.Hour)); err != nil {
			t.Fatalf("try %d: %v", try, err)
		}
	}
	began := l.now
	err := work(time.Hour)
	if took := l.now.Sub(began); !errors.Is(err, ErrStalled) || took < 4*time.Minute || took > 7*time.Minute {
		t.Errorf("after 2 × 20 min of work the third try ended after %s with %v, want about 5 min and %v", took, err, ErrStalled)
	}
}

func TestFetchingGoesOnWhenTheJobGetsOn(t *testing.T) {
	t.Parallel()
	l := newLeaseAt(time.Minute, 45*time.Minute)
	l.w.announce = &Announcer{}
	l.w.wake = make(chan struct{}, 1)
	l.job.told.Store(true)
	l.w.pause(l.job)
	for try := range 10 {
		if err := l.wait(30 * time.Second); err != nil {
			t.Fatal(err)
		}
		l.job.moved.Add(1)
		l.job.busyUntil = l.now.Add(30 * time.Second)
		if err := l.pass(30 * time.Second); err != nil {
			t.Fatal(err)
		}
		if !l.w.paused() {
			t.Fatalf("try %d: fetching goes on although the call hung", try)
		}
	}
	if err := l.wait(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		l.job.moved.Add(1)
		if err := l.pass(20 * time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if l.w.paused() {
		t.Error("fetching is paused although the job has got on for a minute")
	}
}
