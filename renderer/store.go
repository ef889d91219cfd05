package renderer

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// removeLimit bounds clearing up after a failed put.
const removeLimit = 5 * time.Second

// highWater is the share of the store from which renderers stop fetching: what is
// in work must still fit.
const highWater = 0.8

// objectStore writes workbooks into the object store.
type objectStore struct {
	js     jetstream.JetStream
	store  jetstream.ObjectStore
	chunks sync.Pool
}

func newObjectStore(ctx context.Context, js jetstream.JetStream) (*objectStore, error) {
	store, err := js.ObjectStore(ctx, jetsheet.StoreWorkbooks)
	if err != nil {
		return nil, delivery.NotSetUp("object store "+jetsheet.StoreWorkbooks, err)
	}
	// Every chunk would be refused, which from here looks like a store that is away: it
	// would be waited for without end.
	if err := jetsheet.CheckMaxPayload(js.Conn().MaxPayload()); err != nil {
		return nil, err
	}
	return &objectStore{js: js, store: store, chunks: sync.Pool{New: func() any {
		chunk := make([]byte, 0, jetsheet.ChunkBytes)
		return &chunk
	}}}, nil
}

// gate refuses while the store is nearly full: the uploader is down or slow, and
// what is rendered now could not be stored.
func (s *objectStore) gate(ctx context.Context) error {
	stream, err := s.js.Stream(ctx, jetsheet.StoreStream(jetsheet.StoreWorkbooks))
	if err != nil {
		return storeAway(delivery.NotSetUp("stream "+jetsheet.StoreStream(jetsheet.StoreWorkbooks), err))
	}
	info := stream.CachedInfo()
	used, limit := float64(info.State.Bytes), float64(info.Config.MaxBytes)
	if limit > 0 && used > highWater*limit {
		return storeAway(fmt.Errorf("object store %s is %.0f %% full; uploaders must catch up first", jetsheet.StoreWorkbooks, 100*used/limit))
	}
	return nil
}

// storeAway says what is waited for.
func storeAway(err error) error {
	return delivery.Unavailable("object store "+jetsheet.StoreWorkbooks, err)
}

// remove clears away what a failed put may have left: a full store refuses the chunk
// and may take its meta, which is smaller. What cannot be removed goes with the
// store's age limit; nobody was told its name.
func (s *objectStore) remove(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeLimit)
	defer cancel()
	stream, err := s.js.Stream(ctx, jetsheet.StoreStream(jetsheet.StoreWorkbooks))
	if err == nil {
		_ = stream.Purge(ctx, jetstream.WithPurgeSubject(jetsheet.WholeObjectSubjects(jetsheet.StoreWorkbooks, name)))
	}
}

// storeProblem says that the object store cannot take a workbook now: it is full,
// or NATS is away. Either passes.
func storeProblem(err error) error {
	return storeAway(fmt.Errorf("store workbook: %w", err))
}
