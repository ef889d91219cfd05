package delivery

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// Object reads the bytes of an object in their order, at any pace, for one goroutine.
// There is nothing to close.
type Object struct {
	ctx      context.Context //nolint:containedctx // a Read has none of its own
	store    *ObjectStore
	info     *jetstream.ObjectInfo
	sequence uint64 // of the last chunk
	read     uint32 // chunks
	chunk    []byte // what is left of the last one
	digest   hash.Hash
}

// Open looks an object up. Its errors are those of [ObjectStore.Info].
func (s *ObjectStore) Open(ctx context.Context, object string) (*Object, error) {
	info, err := s.Info(ctx, object)
	if err != nil {
		return nil, err
	}
	return &Object{ctx: ctx, store: s, info: info, digest: sha256.New()}, nil
}

// Read implements [io.Reader]. The error wraps [ErrObjectDamaged] where a chunk is gone,
// or where at the end the digest is not the meta's.
func (o *Object) Read(p []byte) (int, error) {
	for len(o.chunk) == 0 {
		if o.read == o.info.Chunks {
			return 0, o.end()
		}
		if err := o.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, o.chunk)
	o.chunk = o.chunk[n:]
	return n, nil
}

func (o *Object) next() error {
	m, err := o.store.Next(o.ctx, jetsheet.ObjectChunkSubject(o.store.name, o.info.NUID), o.sequence+1)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("%w: it has %d of its %d chunks", ErrObjectDamaged, o.read, o.info.Chunks)
	}
	if err != nil {
		return err
	}
	o.sequence, o.chunk, o.read = m.Sequence, m.Data, o.read+1
	_, _ = o.digest.Write(m.Data) // a hash returns no error
	return nil
}

func (o *Object) end() error {
	if have := jetstream.GetObjectDigestValue(o.digest); o.info.Chunks > 0 && have != o.info.Digest {
		return fmt.Errorf("%w: its digest is %s, its meta says %s", ErrObjectDamaged, have, o.info.Digest)
	}
	return io.EOF
}
