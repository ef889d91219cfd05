package uploader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"github.com/jetsheet/jetsheet"
)

// workbook reads the bytes of a rendered workbook, once and in order. It hands out
// the last chunk only after the digest over all of them was found right: a damaged
// workbook can be cut short, but never be read to its end. Memory is one chunk.
type workbook struct {
	next   func() ([]byte, error) // the next chunk
	chunk  []byte                 // what is left of the current one
	left   int64                  // bytes in the chunks to come
	digest hash.Hash
	want   []byte
	err    error
}

// open returns the workbook of an event. A one-chunk workbook is read and checked
// here. The error wraps [errLost] where the workbook is missing or damaged; so may
// a read.
func (w *workbooks) open(ctx context.Context, e *event) (*workbook, error) {
	if e.NUID != "" {
		return w.openOne(ctx, e)
	}
	info, err := w.info(ctx, e.Object)
	if err != nil {
		return nil, err
	}
	if info.Size != uint64(e.SizeBytes) {
		return nil, fmt.Errorf("%w: %s has %d bytes, the event says %d", errLost, e.Object, info.Size, e.SizeBytes)
	}
	subject, sequence := jetsheet.ObjectChunkSubject(jetsheet.StoreWorkbooks, info.NUID), uint64(0)
	next := func() ([]byte, error) {
		m, err := w.next(ctx, subject, sequence+1)
		if err != nil {
			return nil, err
		}
		sequence = m.Sequence
		return m.Data, nil
	}
	return &workbook{next: next, left: e.SizeBytes, digest: sha256.New(), want: e.digest}, nil
}

func (w *workbooks) openOne(ctx context.Context, e *event) (*workbook, error) {
	m, err := w.last(ctx, jetsheet.ObjectChunkSubject(jetsheet.StoreWorkbooks, e.NUID))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(m.Data); !bytes.Equal(sum[:], e.digest) || int64(len(m.Data)) != e.SizeBytes {
		return nil, fmt.Errorf("%w: %s has %d bytes with sha256 %x, the event says %d bytes with %s",
			errLost, e.Object, len(m.Data), sum, e.SizeBytes, e.SHA256)
	}
	return &workbook{chunk: m.Data}, nil
}

// Read implements [io.Reader].
func (b *workbook) Read(p []byte) (int, error) {
	if len(b.chunk) == 0 && b.err == nil {
		b.err = b.advance()
	}
	if b.err != nil {
		return 0, b.err
	}
	n := copy(p, b.chunk)
	b.chunk = b.chunk[n:]
	return n, nil
}

func (b *workbook) advance() error {
	if b.left == 0 {
		return io.EOF
	}
	chunk, err := b.next()
	if err != nil {
		return err
	}
	b.digest.Write(chunk)
	b.left -= int64(len(chunk))
	switch {
	case b.left < 0:
		return fmt.Errorf("%w: it has %d bytes more than the event says", errLost, -b.left)
	case b.left == 0:
		if sum := b.digest.Sum(nil); !bytes.Equal(sum, b.want) {
			return fmt.Errorf("%w: its sha256 is %x, the event says %x", errLost, sum, b.want)
		}
	}
	b.chunk = chunk
	return nil
}
