package ops

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// ackLimit is how long the server may take to acknowledge a batch of requests.
const ackLimit = 30 * time.Second

// fate is what a replay has done about a conversion.
type fate uint8

const (
	// fateOpen: nothing yet, or the request was sent and not acknowledged.
	fateOpen fate = iota
	// fateThere: a request was queued already, and whose it is has to be read.
	fateThere
	fateQueued
	fateDone
	fatePending
	fateHopeless
	fateChanged
)

// replayTry is a batch of a replay. It may be queued again until nothing is open.
type replayTry struct {
	w     *replayWork
	list  []failedOne
	fates []fate
	// counted is set when the replay's record has the batch.
	counted bool
}

func newReplayTry(w *replayWork, list []failedOne) *replayTry {
	return &replayTry{w: w, list: list, fates: make([]fate, len(list))}
}

// open says whether something of the batch has to be tried again; t may be nil.
func (t *replayTry) open() bool { return t != nil && !t.counted }

// queue publishes the requests of what is open. An error says that some still are.
func (t *replayTry) queue(ctx context.Context) error {
	messages, err := t.look(ctx)
	if err != nil {
		return err
	}
	acks := make([]jetstream.PubAckFuture, len(t.list))
	for i, m := range messages {
		if m == nil {
			continue
		}
		// No Msg-Id: the server would swallow what was asked for a second time.
		if acks[i], err = t.w.p.js.PublishMsgAsync(m, jetstream.WithStallWait(ackLimit/3)); err != nil {
			break
		}
	}
	err = errors.Join(err, t.await(ctx, acks))
	return errors.Join(err, t.tellOwn(ctx, messages))
}

// look reads DONE and FAILED once more, just before the request is published, and returns
// the requests of what is open and still to be replayed.
func (t *replayTry) look(ctx context.Context) ([]*nats.Msg, error) {
	messages := make([]*nats.Msg, len(t.list))
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i := range t.list {
		if t.fates[i] > fateThere {
			continue
		}
		group.Go(func() (err error) {
			messages[i], t.fates[i], err = t.lookAt(limited, &t.list[i])
			return err
		})
	}
	return messages, group.Wait()
}

// lookAt returns the request of one conversion, or why it is left alone.
func (t *replayTry) lookAt(ctx context.Context, one *failedOne) (*nats.Msg, fate, error) {
	r := t.w.p.reader
	done, err := lastMessage(ctx, r.done, one.address.DoneSubject())
	if err != nil || done != nil {
		return nil, fateOf(done != nil, fateDone), err
	}
	record, err := lastMessage(ctx, r.failed, one.address.FailedSubject())
	if err != nil {
		return nil, fateOpen, err
	}
	if record == nil || record.Sequence != one.sequence {
		return nil, fateChanged, nil
	}
	request, ok := requestIn(record.Data)
	// A body under another conversion's subject would be refused, and a target that has a
	// problem was never asked for.
	if !ok || request.Problem != nil || request.Conversion().Address().Key() != one.address.Key() {
		return nil, fateHopeless, nil
	}
	m := nats.NewMsg(jetsheet.RequestSubject(t.w.entry.Lane, request.Conversion()))
	m.Data = record.Data
	jetsheet.KeepHeaders(m.Header, record.Header)
	m.Header.Set(jetsheet.HeaderReplay, t.w.entry.ID)
	if !t.w.entry.define(m.Header, one.address.Run.Report) {
		return nil, fateChanged, nil // it was no part of the replay when that was asked for
	}
	return m, fateOpen, nil
}

func fateOf(is bool, f fate) fate {
	if is {
		return f
	}
	return fateOpen
}

// await takes the server's word for each request.
func (t *replayTry) await(ctx context.Context, acks []jetstream.PubAckFuture) error {
	timeout := time.NewTimer(ackLimit)
	defer timeout.Stop()
	var problem error
	stored := 0
	for i, ack := range acks {
		if ack == nil {
			continue
		}
		var err error
		select {
		case <-ack.Ok():
		case err = <-ack.Err():
		case <-timeout.C:
			timeout.Reset(0)
			err = errors.New("requests are not acknowledged")
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		switch {
		case err == nil:
			t.fates[i] = fateQueued
			stored++
		case delivery.AlreadyQueued(err):
			t.fates[i] = fateThere
		default:
			problem = err
		}
	}
	t.w.filled(stored)
	return problem
}

// tellOwn reads whose the requests are that were queued already. They are this replay's
// where a try before was not acknowledged, or where another process has taken it over
// that believes this one dead.
func (t *replayTry) tellOwn(ctx context.Context, messages []*nats.Msg) error {
	if !slices.Contains(t.fates, fateThere) {
		return nil
	}
	stream, err := t.w.p.js.Stream(ctx, jetsheet.StreamConversions)
	if err != nil {
		return delivery.NotSetUp("stream "+jetsheet.StreamConversions, err)
	}
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i := range t.fates {
		if t.fates[i] != fateThere {
			continue
		}
		group.Go(func() error {
			there, err := lastMessage(limited, stream, messages[i].Subject)
			if err != nil {
				return err
			}
			t.fates[i] = fatePending
			if there != nil && there.Header.Get(jetsheet.HeaderReplay) == t.w.entry.ID {
				t.fates[i] = fateQueued
			}
			return nil
		})
	}
	return group.Wait()
}

// count adds the batch to the record once nothing of it is open.
func (t *replayTry) count(r *Replay) {
	for _, f := range t.fates {
		if f <= fateThere {
			return
		}
	}
	t.counted = true
	for i, f := range t.fates {
		switch f {
		case fateQueued:
			r.Queued++
		case fateDone:
			r.Skipped.Done++
		case fatePending:
			r.Skipped.Pending++
		case fateHopeless:
			r.Skipped.NotReplayable++
		default:
			r.Skipped.Changed++
		}
		r.After = max(r.After, t.list[i].sequence)
	}
}
