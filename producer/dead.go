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

// deadWatch remembers requests that looked dead: for whose sequence the server awaits
// no acknowledgement any more, and which are still in the stream. It has given them up
// after the most deliveries, shows them in no count, and refuses the conversion a
// second time for as long as they lie there. An acknowledged message looks the same
// for a moment, so a request counts as dead when it is seen twice.
type deadWatch struct {
	looked time.Time
	seen   map[uint64]bool
}

func newDeadWatch() *deadWatch { return &deadWatch{seen: map[uint64]bool{}} }

// reviveDead queues dead requests again, or fails those that have no attempt left.
// Where none is dead it costs two requests to the server for each lane.
func (p *Producer) reviveDead(ctx context.Context) error {
	now := time.Now()
	if now.Sub(p.dead.looked) < p.cfg.Interval {
		return nil
	}
	p.dead.looked = now
	stream, err := p.js.Stream(ctx, jetsheet.StreamConversions)
	if err != nil {
		return fmt.Errorf("look for dead requests: %w", err)
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

// revive deletes a dead request and queues it again. After a crash between the two
// the conversion is missing, and reconciling publishes it.
func (p *Producer) revive(ctx context.Context, stream jetstream.Stream, dead *jetstream.RawStreamMsg) error {
	attempts, _ := strconv.Atoi(dead.Header.Get(jetsheet.HeaderAttempt)) // 0 where it is missing or no number
	attempts = max(attempts, 0) + 1
	log := p.log.With(slog.String("subject", dead.Subject), slog.Uint64("stream_seq", dead.Sequence), slog.Int("attempt", attempts))
	if attempts >= jetsheet.MaxAttempts {
		if err := p.failDead(ctx, dead, attempts); err != nil {
			return err
		}
		log.ErrorContext(ctx, "conversion failed: its request was delivered too often")
		return ignoreGone(stream.DeleteMsg(ctx, dead.Sequence))
	}
	if err := ignoreGone(stream.DeleteMsg(ctx, dead.Sequence)); err != nil {
		return err
	}
	m := &nats.Msg{Subject: dead.Subject, Data: dead.Data, Header: nats.Header{}}
	m.Header.Set(jetsheet.HeaderAttempt, strconv.Itoa(attempts))
	if trace := dead.Header.Get(jetsheet.HeaderTrace); trace != "" {
		m.Header.Set(jetsheet.HeaderTrace, trace)
	}
	if _, err := p.js.PublishMsg(ctx, m); err != nil && !delivery.AlreadyQueued(err) {
		return fmt.Errorf("publish request again: %w", err)
	}
	log.WarnContext(ctx, "request was delivered too often, queued again")
	return nil
}

// failDead records the failure before its request goes.
func (p *Producer) failDead(ctx context.Context, dead *jetstream.RawStreamMsg, attempts int) error {
	address, err := jetsheet.ParseSubject(dead.Subject)
	if err != nil {
		return err
	}
	if isDone, err := p.exists(ctx, jetsheet.StreamDone, address.DoneSubject()); err != nil || isDone {
		return err
	}
	f := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseDeadRequest, Attempts: attempts,
		Worker: p.cfg.Worker, Version: p.cfg.Version, At: time.Now().UTC(), Trace: dead.Header.Get(jetsheet.HeaderTrace), Request: dead.Data,
		Message: fmt.Sprintf("conversion %s: its request was delivered the most times in each of %d attempts and nobody settled it", address.Key(), attempts),
	}
	if _, err := p.js.PublishMsg(ctx, f.Msg(address.FailedSubject())); err != nil {
		return fmt.Errorf("record failure of a dead request: %w", err)
	}
	return nil
}

// ignoreGone reads "there is no such message" as success: another producer was here.
func ignoreGone(err error) error {
	var api *jetstream.APIError
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) ||
		errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeMessageNotFound {
		return nil
	}
	return err
}
