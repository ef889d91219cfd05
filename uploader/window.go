package uploader

import (
	"context"
	"fmt"
	"io"

	"github.com/jetsheet/jetsheet/internal/delivery"
)

// window reads anywhere in something whose bytes come in stretches, and keeps one
// stretch: an archive is read from its end, then part by part from front to back. It
// implements [io.ReaderAt] for one goroutine.
type window struct {
	ctx  context.Context //nolint:containedctx // io.ReaderAt has none
	job  *delivery.Job
	size int64
	// fetch returns a stretch that holds the byte at an offset, and where it begins.
	fetch  func(offset int64) (stretch []byte, begins int64, err error)
	held   []byte
	begins int64
	// err is what fetch met: readers of archives take some errors for damage.
	err error
}

// ReadAt implements [io.ReaderAt]. Each call counts as progress.
func (w *window) ReadAt(p []byte, offset int64) (n int, err error) {
	w.job.Rows(0)
	for n < len(p) {
		if offset >= w.size {
			return n, io.EOF
		}
		if err := w.hold(offset); err != nil {
			return n, err
		}
		copied := copy(p[n:], w.held[offset-w.begins:])
		n, offset = n+copied, offset+int64(copied)
	}
	return n, nil
}

// hold makes sure that the stretch with that byte is held.
func (w *window) hold(offset int64) error {
	if w.err == nil && w.ctx.Err() != nil {
		w.err = context.Cause(w.ctx)
	}
	if w.err != nil {
		return w.err
	}
	if offset >= w.begins && offset < w.begins+int64(len(w.held)) {
		return nil
	}
	w.held = nil // before another one takes as much
	if w.held, w.begins, w.err = w.fetch(offset); w.err != nil {
		return w.err
	}
	if offset < w.begins || offset >= w.begins+int64(len(w.held)) {
		w.err = fmt.Errorf("asked for byte %d, got %d bytes from %d", offset, len(w.held), w.begins)
	}
	return w.err
}

// orElse returns what fetch met, or else err.
func (w *window) orElse(err error) error {
	if w.err != nil {
		return w.err
	}
	return err
}
