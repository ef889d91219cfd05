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

// GetObject is the library's Get, with the same limit for it and for each read of its
// result, which is the caller's to close.
func GetObject(ctx context.Context, store jetstream.ObjectStore, name string) (jetstream.ObjectResult, error) {
	limited, cancel := context.WithCancelCause(ctx)
	silent := time.AfterFunc(storeSilence, func() { cancel(fmt.Errorf("%w for %s", ErrStoreSilent, storeSilence)) })
	object, err := store.Get(sliding{limited}, name) //nolint:contextcheck // it is limited
	silent.Stop()
	if err != nil {
		err = silence(limited, err)
		cancel(nil)
		return nil, err
	}
	return &gotObject{ObjectResult: object, end: func() { cancel(nil) }}, nil
}

// sliding is a context with a deadline that is always a step away: the library's result
// asks for it at each read, and does not wake by the end of the context.
type sliding struct{ context.Context } //nolint:containedctx // it is one

// Deadline implements [context.Context].
func (sliding) Deadline() (time.Time, bool) { return time.Now().Add(storeSilence), true }

// gotObject ends its context when it is closed.
type gotObject struct {
	jetstream.ObjectResult
	end func()
}

// Read implements [io.Reader]. The library's result tells a deadline that has passed by
// reading nothing.
func (o *gotObject) Read(p []byte) (int, error) {
	n, err := o.ObjectResult.Read(p)
	if n == 0 && err == nil && len(p) > 0 {
		return 0, fmt.Errorf("%w for %s", ErrStoreSilent, storeSilence)
	}
	return n, err
}

// Close implements [io.Closer].
func (o *gotObject) Close() error {
	defer o.end()
	return o.ObjectResult.Close()
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
