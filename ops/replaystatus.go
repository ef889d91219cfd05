package ops

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// ReplayStatus is how far a replay is.
type ReplayStatus struct {
	Replay
	// Now is what has become of the conversions that it queued: Expected = Done + Failed
	// + Pending. Those which a later replay took up, or which failed anew and were
	// dismissed, are counted as they are.
	Now jetsheet.Counts `json:"now"`
}

// ReplayStatus returns how far a replay is. It reads FAILED and DONE of what the replay's
// filter picks: about a second for each 100,000 of them.
func (r *Reader) ReplayStatus(ctx context.Context, id string) (*ReplayStatus, error) {
	e, err := readReplay(ctx, r.progress, id)
	if err != nil {
		return nil, err
	}
	status := &ReplayStatus{Replay: e.Replay}
	scan, err := r.scan(ctx, e.Filter)
	if err != nil {
		return nil, err
	}
	failed, pending, err := r.followReplay(ctx, scan, &e.Replay)
	if err != nil {
		return nil, err
	}
	if pending == 0 && failed < e.Queued-e.Removed {
		lost, err := r.lostOf(ctx, scan, &e.Replay)
		if err != nil {
			return nil, err
		}
		failed += lost
	}
	// What is neither failed nor pending has been done: nothing else ends a conversion.
	now := &status.Now
	now.Expected = max(0, e.Queued-e.Removed)
	now.Failed = min(failed, now.Expected)
	now.Pending = min(pending, now.Expected-now.Failed)
	now.Done = now.Expected - now.Failed - now.Pending
	return status, nil
}

// followReplay counts which conversions of a replay have failed anew and which are
// pending: a failure that it caused carries its id, and so does a request that waits.
func (r *Reader) followReplay(ctx context.Context, s *failureScan, replay *Replay) (failed, pending int, err error) {
	queued, err := r.queuedOf(ctx, &s.address)
	if err != nil {
		return 0, 0, err
	}
	set := &failureSet{}
	retrying := map[string]bool{}
	err = delivery.Scan(ctx, r.js, jetsheet.StreamFailed, true, func(m jetstream.Msg) error {
		address, err := jetsheet.ParseSubject(m.Subject())
		if err != nil {
			return nil //nolint:nilerr // no conversion has such a subject
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		f := readFailure(m.Headers(), nil, meta.Timestamp)
		old := meta.Sequence.Stream <= replay.After && s.matches(address, &f)
		switch {
		case f.Replay != replay.ID && !old:
		case queued[address.Key()]:
			pending++
		case f.Replay == replay.ID:
			retrying[address.Key()] = f.Retrying()
			set.list = append(set.list, failedOne{address: address})
		}
		return nil
	}, s.address.FailedSubjects())
	if err != nil {
		return 0, 0, err
	}
	// The record of a failure stays, also of one that was tried again and is done.
	if err := r.leaveOutDone(ctx, set); err != nil {
		return 0, 0, err
	}
	for i := range set.list {
		if retrying[set.list[i].address.Key()] {
			pending++
		} else {
			failed++
		}
	}
	return failed, pending, nil
}

// replicaLag is how far a replica that answers for DONE may be behind.
const replicaLag = time.Second

// lostOf counts what a replay has queued and what is failed as before: its request was lost
// with the stream, or somebody purged it. It reads DONE of whole runs, so it is asked only
// where nothing is pending, when what is not known to have failed would pass for done.
func (r *Reader) lostOf(ctx context.Context, s *failureScan, replay *Replay) (int, error) {
	if replay.After == 0 { // nothing was queued, or FAILED is another one
		return 0, nil
	}
	before := *s
	before.after, before.upTo = 0, replay.After
	for first := true; ; first = false {
		set, err := r.failures(ctx, &before)
		if err != nil {
			return 0, err
		}
		set.leaveOutHopeless(&before)
		if err := r.leaveOutSuperseded(ctx, &before, set); err != nil {
			return 0, err
		}
		lost := max(0, len(set.list)-replay.Removed-replay.Skipped.NotReplayable)
		if lost == 0 || !first {
			return lost, nil
		}
		if err := pause(ctx, replicaLag); err != nil {
			return 0, err
		}
	}
}
