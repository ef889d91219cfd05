package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// storeSilence is how long an object store may take for its next step: a request or a
	// chunk of 512 KiB takes a millisecond.
	storeSilence = 10 * time.Second
	// storeEnd is how long it may take to acknowledge what it was sent, which may be a
	// whole workbook.
	storeEnd = 30 * time.Second
)

// ErrStoreSilent means that the object store did not go on. An answer is lost with the
// connection that it was to come by.
var ErrStoreSilent = errors.New("object store is silent")

// PutObject stores what source gives, as the library's Put does, whose requests end with
// ctx only: one lost answer held a workbook for as long as its attempt may take. This
// gives the Put up when the store has done nothing for 10 s, with an error that wraps
// [ErrStoreSilent]; the source may take any time. It reads source until it returns.
func PutObject(ctx context.Context, store jetstream.ObjectStore, meta jetstream.ObjectMeta, source io.Reader) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := time.AfterFunc(storeSilence, func() { cancel(fmt.Errorf("%w for %s", ErrStoreSilent, storeSilence)) })
	defer silent.Stop()
	_, err := store.Put(ctx, meta, &steps{source: source, silent: silent})
	return silence(ctx, err)
}

// silence returns why a store was given up, in place of what that came to.
func silence(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, ErrStoreSilent) {
		return cause
	}
	return err
}

// steps are the source of an object. Between reads it is the store that is at work.
type steps struct {
	source io.Reader
	silent *time.Timer
}

// Read implements [io.Reader].
func (s *steps) Read(p []byte) (int, error) {
	s.silent.Stop()
	n, err := s.source.Read(p)
	limit := storeSilence
	if err != nil {
		limit = storeEnd
	}
	s.silent.Reset(limit)
	return n, err
}
