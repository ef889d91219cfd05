package ops

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// readsAtOnce is how many single messages are read at a time.
const readsAtOnce = 16

// Skipped counts the failures that a filter picks and that are left as they are.
type Skipped struct {
	// Done: they have an outcome by now.
	Done int `json:"done,omitempty"`
	// Pending: they are queued, in work, or will be tried again by themselves.
	Pending int `json:"pending,omitempty"`
	// Dismissed: a person decided before that nothing is to be done.
	Dismissed int `json:"dismissed,omitempty"`
	// Held: neither system makes them; see [ReplayRequest].
	Held int `json:"held,omitempty"`
	// NotReplayable: the same request fails the same way again.
	NotReplayable int `json:"notReplayable,omitempty"`
	// Superseded: a later run of the same tick has them, where the filter names no run.
	Superseded int `json:"superseded,omitempty"`
	// Changed: they failed anew, were dismissed or have gone since they were looked up.
	Changed int `json:"changed,omitempty"`
}

// Total is how many were left as they are.
func (s *Skipped) Total() int {
	return s.Done + s.Pending + s.Dismissed + s.Held + s.NotReplayable + s.Superseded + s.Changed
}

// failedOne is a conversion whose newest word is a failure, or a stray message.
type failedOne struct {
	subject   string           // in FAILED
	address   jetsheet.Address // zero for a stray message
	sequence  uint64
	cause     jetsheet.Cause
	dismissed bool
	// weight is read with the bodies alone.
	weight int64
}

// failureSet is what a filter picks.
type failureSet struct {
	list    []failedOne // in the order in which they failed
	skipped Skipped
	// pending are the keys of what is queued, in work or will be tried again by itself.
	pending map[string]bool
}

// failures reads what a filter picks. As everywhere, done wins over pending and pending
// over failed.
func (r *Reader) failures(ctx context.Context, s *failureScan) (*failureSet, error) {
	// The queues come before FAILED and DONE, as a conversion moves.
	set := &failureSet{pending: map[string]bool{}}
	if s.subject == "" { // a stray message is in no queue
		var err error
		if set.pending, err = r.queuedOf(ctx, &s.address); err != nil {
			return nil, err
		}
	}
	err := delivery.Scan(ctx, r.js, jetsheet.StreamFailed, !s.bodies, func(m jetstream.Msg) error {
		return set.see(s, m)
	}, s.subjects())
	if err != nil {
		return nil, err
	}
	return set, r.leaveOutDone(ctx, set)
}

func (set *failureSet) see(s *failureScan, m jetstream.Msg) error {
	one := failedOne{subject: m.Subject()}
	one.address, _ = jetsheet.ParseSubject(one.subject) // a stray message has none
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("read %s: %w", m.Subject(), err)
	}
	if one.sequence = meta.Sequence.Stream; one.sequence <= s.after || s.upTo > 0 && one.sequence > s.upTo {
		return nil
	}
	f := readFailure(m.Headers(), m.Data(), meta.Timestamp)
	one.cause, one.dismissed = f.Cause, f.Dismissed
	if f.Retrying() && !one.stray() { // nobody tries a stray message again
		set.pending[one.address.Key()] = true
	}
	if !s.matches(one.address, &f) {
		return nil
	}
	switch {
	case set.pending[one.address.Key()]:
		set.skipped.Pending++
	case f.Dismissed && !s.Dismissed && !s.one():
		set.skipped.Dismissed++
	default:
		if s.bodies {
			request, _ := requestIn(m.Data()) // as far as it can be read
			one.weight = request.Weight
		}
		set.list = append(set.list, one)
	}
	return nil
}

// readFailure reads a FAILED record that was stored at an instant; one that cannot be read
// is a failure all the same.
func readFailure(header map[string][]string, body []byte, stored time.Time) jetsheet.Failure {
	f, err := jetsheet.ParseFailure(header, body)
	if err != nil {
		return jetsheet.Failure{
			Cause: jetsheet.CauseBadMessage, Message: err.Error(), At: stored.UTC(), Dismissed: f.Dismissed, Dismissal: f.Dismissal, Request: body,
		}
	}
	return f
}

// leaveOutDone takes out what has an outcome.
func (r *Reader) leaveOutDone(ctx context.Context, set *failureSet) error {
	addresses := make([]jetsheet.Address, len(set.list))
	for i := range set.list {
		addresses[i] = set.list[i].address
	}
	isDone, err := r.areDone(ctx, addresses)
	if err != nil {
		return err
	}
	set.skipped.Done += set.leaveOut(func(i int) bool { return isDone[i] })
	return nil
}

// leaveOut takes out what is picked by its place in the list, and says how many that were.
func (set *failureSet) leaveOut(picks func(i int) bool) (n int) {
	kept := set.list[:0]
	for i := range set.list {
		if !picks(i) {
			kept = append(kept, set.list[i])
		}
	}
	n = len(set.list) - len(kept)
	set.list = kept
	return n
}

// areDone says which conversions have an outcome. Few of a run are asked for one by one,
// for many its DONE is read once. What is no conversion's has none.
func (r *Reader) areDone(ctx context.Context, addresses []jetsheet.Address) ([]bool, error) {
	byRun := map[jetsheet.RunID]int{}
	for i := range addresses {
		if run := addresses[i].Run; !run.IsZero() {
			byRun[run]++
		}
	}
	done := map[digest]bool{}
	for run, n := range byRun {
		if n <= askEach {
			continue
		}
		err := delivery.Scan(ctx, r.js, jetsheet.StreamDone, true, func(m jetstream.Msg) error {
			done[digestOf(jetsheet.SubjectKey(m.Subject()))] = true
			return nil
		}, jetsheet.RunDoneSubjects(run))
		if err != nil {
			return nil, err
		}
	}
	isDone := make([]bool, len(addresses))
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i, address := range addresses {
		switch n := byRun[address.Run]; {
		case n == 0:
			continue
		case n > askEach:
			isDone[i] = done[digestOf(address.Key())]
			continue
		}
		group.Go(func() error {
			m, err := lastMessage(limited, r.done, address.DoneSubject())
			isDone[i] = m != nil
			return err
		})
	}
	return isDone, group.Wait()
}
