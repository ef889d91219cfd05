package producer

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// tell says to people how something that is tried again and again has ended, nil for
// well. Where it waits for what others have to mend the producer is paused for the
// source, which is the run's runner, a bucket, or the producer for its rounds. Any other
// error is one of the report or the run and is told with it.
func (p *Producer) tell(ctx context.Context, source any, err error) {
	if ctx.Err() != nil {
		return
	}
	on, what, waiting := waits(err)
	switch {
	case waiting:
		p.announce.Pause(source, on, what, err)
		return
	case err != nil:
		p.announce.Failed(err)
	}
	p.announce.Resume(source)
}

// waits says what an error waits for, if it waits for anything.
func waits(err error) (on jetsheet.Resource, what string, ok bool) {
	if on, what, ok = delivery.Waits(err); ok {
		return on, what, true
	}
	var planning *planError
	if errors.As(err, &planning) && planning.class != jetsheet.ClassUnavailable {
		return "", "", false
	}
	var statement *query.StatementError
	switch {
	case errors.As(err, &statement):
		return jetsheet.ResourceDatabase, "database", statement.Kind == query.Unavailable
	case ofNATS(err):
		return jetsheet.ResourceNATS, "NATS", true
	}
	return "", "", false
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

// refused wraps the error of a write to a stream: it may be full, or gone.
func refused(stream string, err error) error {
	return delivery.Unavailable("stream "+stream, err)
}
