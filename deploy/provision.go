// Package deploy creates what jetsheet runs on: every stream, consumer, bucket and
// object store of an installation. It is the only code that does; the stages have
// no right to.
package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// Change is one thing that [Provision] did or would do.
type Change struct {
	// Kind is stream, consumer, bucket or store.
	Kind string `json:"kind"`
	// Name is the asset's name; a consumer's is STREAM/CONSUMER.
	Name string `json:"name"`
	// Action is create, update or none.
	Action string `json:"action"`
}

// The actions of a [Change].
const (
	ActionCreate = "create"
	ActionUpdate = "update"
	ActionNone   = "none"
)

// Provision makes the server match the topology and returns what it changed. With
// dryRun it changes nothing and returns what it would change. It may be called
// again at any time, also by two at once, and never deletes anything. What cannot
// be changed in place, such as a retention policy, is an error that names it; so is a
// server whose max_payload is too small.
func Provision(ctx context.Context, js jetstream.JetStream, topology jetsheet.Topology, dryRun bool) ([]Change, error) {
	if err := jetsheet.CheckMaxPayload(js.Conn().MaxPayload()); err != nil {
		return nil, err
	}
	p := provisioner{js: js, dryRun: dryRun}
	for _, s := range topology.Streams {
		if err := p.stream(ctx, s); err != nil {
			return p.changes, err
		}
	}
	for _, b := range topology.Buckets {
		if err := p.bucket(ctx, b); err != nil {
			return p.changes, err
		}
	}
	for _, s := range topology.Stores {
		if err := p.store(ctx, s); err != nil {
			return p.changes, err
		}
	}
	return p.changes, nil
}

type provisioner struct {
	js      jetstream.JetStream
	dryRun  bool
	changes []Change
}

// record notes a change and says whether to carry it out.
func (p *provisioner) record(kind, name, action string) bool {
	p.changes = append(p.changes, Change{Kind: kind, Name: name, Action: action})
	return action != ActionNone && !p.dryRun
}

func (p *provisioner) stream(ctx context.Context, want jetsheet.StreamTopology) error {
	name := want.Config.Name
	have, err := p.js.Stream(ctx, name)
	action := ActionNone
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		action = ActionCreate
	case err != nil:
		return fmt.Errorf("look up stream %s: %w", name, err)
	case !sameStream(have.CachedInfo().Config, want.Config):
		action = ActionUpdate
	}
	if p.record("stream", name, action) {
		if _, err := p.js.CreateOrUpdateStream(ctx, want.Config); err != nil {
			return fmt.Errorf("%s stream %s: %w", action, name, unpromised(err, want.Config.MaxBytes))
		}
	}
	for _, c := range want.Consumers {
		if err := p.consumer(ctx, name, c, action == ActionCreate); err != nil {
			return err
		}
	}
	return nil
}

func (p *provisioner) consumer(ctx context.Context, stream string, want jetstream.ConsumerConfig, fresh bool) error {
	action := ActionCreate
	if !fresh {
		have, err := p.js.Consumer(ctx, stream, want.Durable)
		switch {
		case errors.Is(err, jetstream.ErrConsumerNotFound), errors.Is(err, jetstream.ErrStreamNotFound):
		case err != nil:
			return fmt.Errorf("look up consumer %s/%s: %w", stream, want.Durable, err)
		case sameConsumer(have.CachedInfo().Config, want):
			action = ActionNone
		default:
			action = ActionUpdate
		}
	}
	if !p.record("consumer", stream+"/"+want.Durable, action) {
		return nil
	}
	if _, err := p.js.CreateOrUpdateConsumer(ctx, stream, want); err != nil {
		return fmt.Errorf("%s consumer %s/%s: %w", action, stream, want.Durable, err)
	}
	return nil
}

func (p *provisioner) bucket(ctx context.Context, want jetsheet.BucketTopology) error {
	name := want.Config.Bucket
	have, err := p.js.Stream(ctx, jetsheet.BucketStream(name))
	action := ActionNone
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		action = ActionCreate
	case err != nil:
		return fmt.Errorf("look up bucket %s: %w", name, err)
	case !sameBucket(have.CachedInfo().Config, want):
		action = ActionUpdate
	}
	if !p.record("bucket", name, action) {
		return nil
	}
	if action == ActionCreate {
		_, err := p.js.CreateKeyValue(ctx, want.Config)
		// Two may set up at once; then the other's bucket is brought up to date.
		if err != nil && !errors.Is(err, jetstream.ErrBucketExists) {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
		if have, err = p.js.Stream(ctx, jetsheet.BucketStream(name)); err != nil {
			return fmt.Errorf("look up bucket %s: %w", name, err)
		}
	}
	return p.updateBucket(ctx, have.CachedInfo().Config, want)
}

// updateBucket changes the bucket's stream in one update. The library's own update
// would turn direct reads on and refuse the life of single entries, for which it has
// no settings; a role that binds in between would keep the wrong reads for good.
func (p *provisioner) updateBucket(ctx context.Context, cfg jetstream.StreamConfig, want jetsheet.BucketTopology) error {
	if sameBucket(cfg, want) {
		return nil
	}
	cfg.Description, cfg.MaxAge = want.Config.Description, want.Config.TTL
	cfg.MaxMsgsPerSubject, cfg.Replicas = int64(want.Config.History), want.Config.Replicas
	cfg.AllowDirect, cfg.AllowMsgTTL = !want.LeaderReads, want.MessageTTL
	if _, err := p.js.UpdateStream(ctx, cfg); err != nil {
		return fmt.Errorf("update bucket %s: %w", want.Config.Bucket, err)
	}
	return nil
}

func (p *provisioner) store(ctx context.Context, want jetstream.ObjectStoreConfig) error {
	have, err := p.js.Stream(ctx, jetsheet.StoreStream(want.Bucket))
	action := ActionNone
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		action = ActionCreate
	case err != nil:
		return fmt.Errorf("look up object store %s: %w", want.Bucket, err)
	case !sameStore(have.CachedInfo().Config, want):
		action = ActionUpdate
	}
	if !p.record("store", want.Bucket, action) {
		return nil
	}
	if _, err := p.js.CreateOrUpdateObjectStore(ctx, want); err != nil {
		return fmt.Errorf("%s object store %s: %w", action, want.Bucket, unpromised(err, want.MaxBytes))
	}
	return nil
}

// codeNoStorage is NATS' answer when the most bytes of all streams together are more than its disk
// may take; the client has no name for it.
const codeNoStorage jetstream.ErrorCode = 10047

// unpromised says what to do when NATS has not the room to promise a stream its most bytes.
func unpromised(err error, maxBytes int64) error {
	if refused := (*jetstream.APIError)(nil); !errors.As(err, &refused) || refused.ErrorCode != codeNoStorage {
		return err
	}
	room := "room"
	if maxBytes > 0 {
		room = fmt.Sprintf("%d MiB", maxBytes>>20)
	}
	return fmt.Errorf("NATS cannot promise it %s beside what it has promised: give nats-server a larger max_file_store "+
		"(left out, it is three quarters of the disk that is free when the server starts), or ask for less with jetsheet setup --setup-workbooks-bytes: %w",
		room, err)
}

// unlimited reads the server's two ways of saying "no limit" as one.
func unlimited(n int64) int64 {
	if n <= 0 {
		return -1
	}
	return n
}

func sameStream(have, want jetstream.StreamConfig) bool {
	return slices.Equal(have.Subjects, want.Subjects) &&
		have.Description == want.Description &&
		have.Retention == want.Retention &&
		have.Discard == want.Discard &&
		have.DiscardNewPerSubject == want.DiscardNewPerSubject &&
		unlimited(have.MaxMsgsPerSubject) == unlimited(want.MaxMsgsPerSubject) &&
		unlimited(int64(have.MaxMsgSize)) == unlimited(int64(want.MaxMsgSize)) &&
		unlimited(have.MaxBytes) == unlimited(want.MaxBytes) &&
		have.MaxAge == want.MaxAge &&
		have.Replicas == want.Replicas &&
		have.AllowDirect == want.AllowDirect &&
		have.AllowMsgSchedules == want.AllowMsgSchedules &&
		have.AllowMsgTTL == want.AllowMsgTTL
}

func sameConsumer(have, want jetstream.ConsumerConfig) bool {
	return have.Description == want.Description &&
		have.FilterSubject == want.FilterSubject &&
		have.AckPolicy == want.AckPolicy &&
		have.AckWait == want.AckWait &&
		have.MaxDeliver == want.MaxDeliver &&
		(want.MaxAckPending == 0 || have.MaxAckPending == want.MaxAckPending) &&
		have.Replicas == want.Replicas &&
		len(have.BackOff) == 0
}

func sameBucket(have jetstream.StreamConfig, want jetsheet.BucketTopology) bool {
	return have.Description == want.Config.Description &&
		have.MaxMsgsPerSubject == int64(want.Config.History) &&
		have.MaxAge == want.Config.TTL &&
		have.Replicas == want.Config.Replicas &&
		have.AllowDirect == !want.LeaderReads &&
		have.AllowMsgTTL == want.MessageTTL
}

func sameStore(have jetstream.StreamConfig, want jetstream.ObjectStoreConfig) bool {
	return have.Description == want.Description &&
		have.MaxAge == want.TTL &&
		unlimited(have.MaxBytes) == unlimited(want.MaxBytes) &&
		have.Replicas == want.Replicas
}
