package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// Keep fills the options that are zero with what the installation has, so that
// provisioning again, as after an update, does not undo what an operator once chose.
// What is not there yet stays zero, which means the default.
func Keep(ctx context.Context, js jetstream.JetStream, o jetsheet.TopologyOptions) (jetsheet.TopologyOptions, error) {
	stream, err := js.Stream(ctx, jetsheet.StreamConversions)
	if err := present(err); err != nil {
		return o, err
	}
	if stream != nil && o.Replicas == 0 {
		o.Replicas = stream.CachedInfo().Config.Replicas
	}
	consumer, err := js.Consumer(ctx, jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneSmall))
	if err := present(err); err != nil {
		return o, err
	}
	if consumer != nil && o.AckWait == 0 {
		o.AckWait = consumer.CachedInfo().Config.AckWait
	}
	store, err := js.Stream(ctx, jetsheet.StoreStream(jetsheet.StoreWorkbooks))
	if err := present(err); err != nil {
		return o, err
	}
	if store != nil && o.WorkbooksBytes == 0 {
		o.WorkbooksBytes = store.CachedInfo().Config.MaxBytes
	}
	return o, nil
}

// present takes what is missing for no error.
func present(err error) error {
	if err == nil || errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil
	}
	return fmt.Errorf("look up what is set up: %w", err)
}
