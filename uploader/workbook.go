package uploader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
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
	b, _, err := w.openMany(ctx, e)
	return b, err
}

// chunkPlaces says where the chunks of a workbook lie, as far as it was read.
type chunkPlaces struct {
	subject   string
	begins    []int64
	sequences []uint64
}

func (w *workbooks) openMany(ctx context.Context, e *event) (*workbook, *chunkPlaces, error) {
	info, err := w.info(ctx, e.Object)
	if err != nil {
		return nil, nil, err
	}
	if info.Size != uint64(e.SizeBytes) {
		return nil, nil, fmt.Errorf("%w: %s has %d bytes, the event says %d", errLost, e.Object, info.Size, e.SizeBytes)
	}
	places := &chunkPlaces{subject: jetsheet.ObjectChunkSubject(jetsheet.StoreWorkbooks, info.NUID)}
	sequence, offset := uint64(0), int64(0)
	next := func() ([]byte, error) {
		m, err := w.next(ctx, places.subject, sequence+1)
		if err != nil {
			return nil, err
		}
		places.begins, places.sequences = append(places.begins, offset), append(places.sequences, m.Sequence)
		sequence, offset = m.Sequence, offset+int64(len(m.Data))
		return m.Data, nil
	}
	return &workbook{next: next, left: e.SizeBytes, digest: sha256.New(), want: e.digest}, places, nil
}

// random returns a reader of the workbook that reads anywhere in it, after a first pass in
// which all of it was checked. Its errors are those of [workbooks.open].
func (w *workbooks) random(ctx context.Context, job *delivery.Job, e *event) (*window, error) {
	if e.NUID != "" {
		b, err := w.openOne(ctx, e)
		if err != nil {
			return nil, err
		}
		return &window{ctx: ctx, job: job, size: e.SizeBytes, held: b.chunk}, nil
	}
	b, places, err := w.openMany(ctx, e)
	if err != nil {
		return nil, err
	}
	for {
		job.Rows(0)
		if err := b.advance(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
	}
	return &window{ctx: ctx, job: job, size: e.SizeBytes, fetch: func(offset int64) ([]byte, int64, error) {
		at, exact := slices.BinarySearch(places.begins, offset)
		if !exact {
			at--
		}
		m, err := w.next(ctx, places.subject, places.sequences[at])
		if err != nil {
			return nil, 0, err
		}
		return m.Data, places.begins[at], nil
	}}, nil
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
