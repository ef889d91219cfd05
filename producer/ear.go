package producer

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

// earshot is from how many outcomes to come on a run listens to each: it then closes
// soon after its last one, without being looked at all the time. A large run is not
// listened to from its start: each message that is heard costs some microseconds.
const earshot = 1000

// ear counts the outcomes of a run that are heard of as they are published, and wakes
// the runner when the run may be complete. What is heard is only a wake-up, and where
// nothing is heard, the next look comes by itself.
type ear struct {
	heard   atomic.Int64
	awaited atomic.Int64 // the count of heard from which on to wake
	waking  atomic.Bool
	sub     *nats.Subscription
}

func newEar() *ear {
	e := &ear{}
	e.awaited.Store(math.MaxInt64)
	return e
}

// await wakes the runner after so many more outcomes than there were when heard was
// read. It says whether it has only begun to listen: then count once more.
func (e *ear) await(r *runner, heard int64, outcomes int) (began bool) {
	if outcomes > earshot {
		return false
	}
	if e.sub == nil {
		// Without the right to subscribe nothing is heard.
		e.sub, _ = r.p.js.Conn().Subscribe(jetsheet.RunDoneSubjects(r.id), func(*nats.Msg) { e.hear(r) })
		began = e.sub != nil
	}
	e.awaited.Store(heard + int64(outcomes))
	if outcomes > 0 && e.heard.Load() >= e.awaited.Load() {
		e.wake(r)
	}
	return began
}

// hear notes one outcome.
func (e *ear) hear(r *runner) {
	if e.heard.Add(1) >= e.awaited.Load() {
		e.wake(r)
	}
}

// wake lets a moment pass: what is heard may not be stored yet, and more may come.
func (e *ear) wake(r *runner) {
	if e.waking.CompareAndSwap(false, true) {
		time.AfterFunc(closePace, func() {
			e.waking.Store(false)
			r.nudge()
		})
	}
}

func (e *ear) close() {
	if e.sub != nil {
		_ = e.sub.Unsubscribe()
	}
}
