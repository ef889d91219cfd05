package producer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// How often dead requests are looked for once the server said that there is one, and
// how many times: the ack floor may stay behind for as long as a job that was taken
// earlier runs. What is found later still is found by interval.
const (
	deadPace  = time.Second
	deadLooks = 10
)

// deadWatch remembers requests that looked dead: for whose sequence the server awaits
// no acknowledgement any more, and which are still in the stream. It has given them up
// after the most deliveries, shows them in no count, and refuses the conversion a
// second time for as long as they lie there. An acknowledged message looks the same
// for a moment, so a request counts as dead when it is seen twice.
type deadWatch struct {
	seen map[uint64]bool
	wake chan struct{}
}

func newDeadWatch() *deadWatch {
	return &deadWatch{seen: map[uint64]bool{}, wake: make(chan struct{}, 1)}
}

// watchDead looks for dead requests by interval, and soon after the server says that
// it has given one up, until ctx ends. What it says is only a wake-up: it is sent
// once, to whoever listens, and not at all where the last delivery was given back and
// nobody asks for more.
func (p *Producer) watchDead(ctx context.Context) {
	sub, err := p.js.Conn().Subscribe(jetsheet.SubjectRequestsGivenUp, func(*nats.Msg) {
		select {
		case p.dead.wake <- struct{}{}:
		default:
		}
	})
	if err != nil {
		p.log.DebugContext(ctx, "given up requests are not listened to", slog.Any("err", err))
	} else {
		defer func() { _ = sub.Unsubscribe() }()
	}
	for looks := 0; ctx.Err() == nil; looks-- {
		if err := p.reviveDead(ctx); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "dead requests not looked for, will be tried again", slog.Any("err", err))
		}
		pause := p.cfg.Interval
		if looks > 0 {
			pause = min(pause, deadPace)
		}
		if waitOr(ctx, pause, p.dead.wake) {
			looks = deadLooks
			wait(ctx, min(pause, deadPace)) // two looks must lie apart
		}
	}
}

// reviveDead has dead requests tried again, or fails those that have no attempt left.
// Where none is dead it costs two requests to the server for each lane.
func (p *Producer) reviveDead(ctx context.Context) error {
	stream, err := p.js.Stream(ctx, jetsheet.StreamConversions)
	if err != nil {
		return delivery.NotSetUp("stream "+jetsheet.StreamConversions, err)
	}
	seen := map[uint64]bool{}
	for _, lane := range jetsheet.Lanes() {
		if err := p.reviveLane(ctx, stream, lane, seen); err != nil {
			return fmt.Errorf("look for dead requests in lane %s: %w", lane, err)
		}
	}
	p.dead.seen = seen
	return nil
}

func (p *Producer) reviveLane(ctx context.Context, stream jetstream.Stream, lane jetsheet.Lane, seen map[uint64]bool) error {
	info, err := p.lanes[lane].consumer.Info(ctx)
	if err != nil {
		return err
	}
	given := givenUpTo(info)
	for sequence := uint64(1); sequence <= given; sequence++ {
		m, err := stream.GetMsg(ctx, sequence, jetstream.WithGetMsgSubject(jetsheet.LaneSubjects(lane)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if sequence = m.Sequence; sequence > given {
			return nil
		}
		if !p.dead.seen[sequence] {
			seen[sequence] = true
			continue
		}
		if err := p.revive(ctx, stream, m); err != nil {
			return fmt.Errorf("sequence %d: %w", sequence, err)
		}
	}
	return nil
}

// givenUpTo returns the sequence up to which the server waits for nothing any more.
// The ack floor stays behind until a later message is acknowledged; where nothing at
// all awaits its acknowledgement, whatever was delivered counts.
func givenUpTo(info *jetstream.ConsumerInfo) uint64 {
	if info.NumAckPending == 0 {
		return max(info.AckFloor.Stream, info.Delivered.Stream)
	}
	return info.AckFloor.Stream
}

// revive records that the request failed, to be tried again at once where attempts are
// left, and then deletes it. The record makes it safe to crash in between, in a run
// that is closed as in one that is open.
func (p *Producer) revive(ctx context.Context, stream jetstream.Stream, dead *jetstream.RawStreamMsg) error {
	address, err := jetsheet.ParseSubject(dead.Subject)
	if err != nil {
		err = p.failStray(ctx, dead, err)
	} else {
		err = p.failUnlessOver(ctx, dead, address)
	}
	if err != nil {
		return err
	}
	if err := stream.DeleteMsg(ctx, dead.Sequence); err != nil && !delivery.Gone(err) {
		return err
	}
	return nil // gone: another producer was here
}

func (p *Producer) failUnlessOver(ctx context.Context, dead *jetstream.RawStreamMsg, address jetsheet.Address) error {
	over, err := p.isOver(ctx, address, dead.Time)
	if err != nil || over {
		return err
	}
	attempts, _ := strconv.Atoi(dead.Header.Get(jetsheet.HeaderAttempt)) // 0 where it is missing or no number
	return p.failDead(ctx, dead, address, max(attempts, 0)+1)
}

// failStray records the failure of a message that asks for no conversion, which no worker
// came to record.
func (p *Producer) failStray(ctx context.Context, dead *jetstream.RawStreamMsg, why error) error {
	f := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseBadMessage, Attempts: 1,
		Worker: p.cfg.Worker, Version: p.cfg.Version, At: time.Now().UTC(), Request: dead.Data,
		Message: "message on " + dead.Subject + ": " + why.Error(),
	}
	if _, err := p.js.PublishMsg(ctx, f.Msg(jetsheet.StrayFailedSubject(dead.Subject))); err != nil {
		return fmt.Errorf("record failure of a dead message: %w", err)
	}
	p.log.ErrorContext(ctx, "message cannot be read and was delivered too often", slog.String("subject", dead.Subject), slog.Uint64("stream_seq", dead.Sequence))
	return nil
}

// isOver says whether a conversion is done, or has failed since it was asked for.
func (p *Producer) isOver(ctx context.Context, a jetsheet.Address, asked time.Time) (bool, error) {
	if isDone, err := p.exists(ctx, jetsheet.StreamDone, a.DoneSubject()); err != nil || isDone {
		return isDone, err
	}
	failure, err := delivery.LastMessage(ctx, p.outcomes[jetsheet.StreamFailed], a.FailedSubject())
	return failure != nil && failure.Time.After(asked), err
}

// failDead records the failure before its request goes.
func (p *Producer) failDead(ctx context.Context, dead *jetstream.RawStreamMsg, address jetsheet.Address, attempts int) error {
	f := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseDeadRequest, Attempts: attempts,
		Worker: p.cfg.Worker, Version: p.cfg.Version, At: time.Now().UTC(), Trace: address.Trace(), Request: dead.Data,
		Message: fmt.Sprintf("conversion %s: its request was delivered the most times in each of %d attempts and nobody settled it", address.Key(), attempts),
	}
	if attempts < jetsheet.MaxAttempts {
		f.RetryAt = f.At
	}
	m := f.Msg(address.FailedSubject())
	jetsheet.KeepHeaders(m.Header, dead.Header)
	if _, err := p.js.PublishMsg(ctx, m); err != nil {
		return fmt.Errorf("record failure of a dead request: %w", err)
	}
	level := slog.LevelError
	if f.Retrying() {
		level = slog.LevelWarn
	}
	p.log.LogAttrs(ctx, level, "request was delivered too often", slog.String("conversion", address.Key()),
		slog.Uint64("stream_seq", dead.Sequence), slog.Int("attempt", attempts), slog.Bool("retry", f.Retrying()))
	return nil
}
