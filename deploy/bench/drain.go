package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// startDrain takes requests from the small lane and writes their done records until the
// returned function is called: the fastest renderer and uploader there can be.
func startDrain(ctx context.Context, r *rig) (stop func() error, err error) {
	conn, js, err := r.connect(nil)
	if err != nil {
		return nil, err
	}
	c, err := js.Consumer(ctx, jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneSmall))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("look up the consumer of the lane: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- drain(ctx, js, c) }()
	return func() error {
		defer conn.Close()
		cancel()
		return <-ended
	}, nil
}

func drain(ctx context.Context, js jetstream.JetStream, c jetstream.Consumer) error {
	most := c.CachedInfo().Config.MaxAckPending
	for ctx.Err() == nil {
		batch, err := c.Fetch(most, jetstream.FetchMaxWait(time.Second))
		if err != nil {
			return fmt.Errorf("fetch requests: %w", err)
		}
		for m := range batch.Messages() {
			if err := drainOne(ctx, js, m); err != nil && ctx.Err() == nil {
				return err
			}
		}
		if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) && ctx.Err() == nil {
			return fmt.Errorf("fetch requests: %w", err)
		}
	}
	return nil
}

// drainOne writes the outcome, and only then acknowledges.
func drainOne(ctx context.Context, js jetstream.JetStream, m jetstream.Msg) error {
	var request jetsheet.Request
	if err := jetsheet.Decode(m.Data(), &request); err != nil {
		return err
	}
	body, err := json.Marshal(jetsheet.Done{
		Envelope: jetsheet.CurrentEnvelope(), Run: request.Run, Tenant: request.Tenant, Target: request.Target.Target,
		Report: request.Run.Report, State: jetsheet.DonePublished, Period: request.Period, Key: request.Key, At: time.Now().UTC(),
	})
	if err != nil {
		return fmt.Errorf("encode done record: %w", err)
	}
	if _, err := js.Publish(ctx, jetsheet.DoneSubject(request.Conversion()), body); err != nil {
		return fmt.Errorf("publish done record: %w", err)
	}
	return m.Ack()
}
