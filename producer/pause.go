package producer

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// tell says to people how something that is tried again and again, and began at an instant,
// has ended: nil for well. Where it waits for what others have to mend the producer is paused for the
// source, which is the run's runner, a bucket, a stream, or the producer for its rounds. Any other
// error is one of the report or the run and is told with it.
func (p *Producer) tell(ctx context.Context, source any, began time.Time, err error) {
	if ctx.Err() != nil {
		return
	}
	if why := delivery.Explain(p.cfg.Refusal, unavailable(err), began); why != nil {
		on, what, _ := delivery.Waits(why)
		p.announce.Pause(source, on, what, why)
		return
	}
	if err != nil {
		p.announce.Failed(err)
	}
	p.announce.Resume(source)
}

// unavailable returns what an error waits for as one of [delivery.Unavailable], nil where it
// waits for nothing.
func unavailable(err error) error {
	if _, _, ok := delivery.Waits(err); ok {
		return err
	}
	var planning *planError
	if errors.As(err, &planning) && planning.class != jetsheet.ClassUnavailable {
		return nil
	}
	var statement *query.StatementError
	switch {
	case errors.As(err, &statement) && statement.Kind == query.Unavailable:
		return delivery.Unavailable("database", err)
	case statement == nil && ofNATS(err):
		return delivery.Unavailable("NATS", err)
	}
	return nil
}

// ofNATS says whether a request to NATS has failed, rather than what it was about.
func ofNATS(err error) bool {
	var api *jetstream.APIError
	if errors.As(err, &api) || errors.Is(err, delivery.ErrNotSetUp) {
		return !errors.Is(err, jetstream.ErrKeyNotFound) && !errors.Is(err, errPlanLost)
	}
	for _, one := range []error{
		nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrConnectionClosed,
		jetstream.ErrNoStreamResponse, jetstream.ErrConsumerDeleted, context.DeadlineExceeded,
	} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// refused wraps the error of what a stream was asked for: it may be full, or gone.
func refused(stream string, err error) error {
	return delivery.Unavailable("stream "+stream, err)
}
