package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
)

// Archive writes a workbook's parts one after the other into the destination. It is for
// one goroutine. The first error stays: every later call returns it.
//
// Excel is stricter than the format: it wants the size of a part beyond 4 GiB in the
// version of both its headers and in an extra field that says nothing but the size,
// and reads no directory that is itself in the long form.
type Archive struct {
	dst io.Writer
	// buffer holds what is not yet with the destination.
	buffer []byte
	// flushed counts what is.
	flushed   int64
	directory []byte
	parts     int
	err       error
}

const (
	bufferSize = 64 << 10
	// flushSize is how much is passed on at a time.
	flushSize = bufferSize / 2
)

// buffers keeps the archives' buffers, all of bufferSize.
var buffers sync.Pool

// New begins an archive in dst, which it does not close. Release must end it.
func New(dst io.Writer) *Archive {
	b, ok := buffers.Get().(*[bufferSize]byte)
	if !ok {
		b = new([bufferSize]byte)
	}
	return &Archive{dst: dst, buffer: b[:0]}
}

var errArchiveTooLarge = errors.New("the workbook passes 4 GiB, which Excel does not open; write fewer rows to one workbook")

func (a *Archive) offset() int64 { return a.flushed + int64(len(a.buffer)) }

// write appends to the archive.
func (a *Archive) write(p []byte) (int, error) {
	if a.err != nil {
		return 0, a.err
	}
	if len(a.buffer)+len(p) > cap(a.buffer) {
		a.flush()
		if len(p) > cap(a.buffer) && a.err == nil {
			a.pass(p)
			return len(p), a.err
		}
	}
	a.buffer = append(a.buffer, p...)
	if len(a.buffer) >= flushSize {
		a.flush()
	}
	return len(p), a.err
}

func (a *Archive) flush() {
	a.pass(a.buffer)
	a.buffer = a.buffer[:0]
}

func (a *Archive) pass(p []byte) {
	if a.err != nil || len(p) == 0 {
		return
	}
	n, err := a.dst.Write(p)
	a.flushed += int64(n)
	switch {
	case err != nil:
		a.err = err
	case n < len(p):
		a.err = io.ErrShortWrite
	case a.flushed > math.MaxUint32:
		a.err = errArchiveTooLarge
	}
}

var errReleased = errors.New("the archive is released")

// Release gives the archive's buffer back, complete or not. It may be called repeatedly.
func (a *Archive) Release() {
	if a.buffer == nil {
		return
	}
	buffers.Put((*[bufferSize]byte)(a.buffer[:bufferSize]))
	a.buffer = nil
	if a.err == nil {
		a.err = errReleased
	}
}

// Add writes a whole part, given in pieces.
func (a *Archive) Add(name string, pieces ...[]byte) error {
	c := newCompressor()
	defer c.release()
	e, err := c.pack(pieces...)
	if err != nil {
		return fmt.Errorf("compress part %s: %w", name, err)
	}
	return a.addEntry(name, e, c.packed)
}

// AddRows writes a whole part that has rows in it.
func (a *Archive) AddRows(name string, head []byte, rows *Rows, tail []byte) error {
	d := newDeflater()
	defer d.release()
	e := d.packWhole(&Rows{XML: head}, rows, &Rows{XML: tail})
	return a.addEntry(name, e, d.packed)
}

// addEntry writes a part that is compressed already.
func (a *Archive) addEntry(name string, e entry, packed ...[]byte) error {
	e.name, e.offset = name, a.offset()
	_, err := a.write(e.appendLocal(make([]byte, 0, localHeaderSize+len(name))))
	for _, piece := range packed {
		if err == nil {
			_, err = a.write(piece)
		}
	}
	if err == nil {
		err = a.list(e)
	}
	if err != nil {
		return fmt.Errorf("write part %s: %w", name, err)
	}
	return nil
}

// list takes a part that is written into the directory.
func (a *Archive) list(e entry) error {
	if e.offset > math.MaxUint32 || e.packed > math.MaxUint32 {
		return errArchiveTooLarge
	}
	a.directory = e.appendCentral(a.directory)
	a.parts++
	return nil
}

const signatureEnd = 0x06054b50

// Close completes the archive: it writes the directory, and all that is left, into the
// destination. Release is still to be called.
func (a *Archive) Close() error {
	start, size := a.offset(), len(a.directory)
	if start+int64(size) > math.MaxUint32 || a.parts >= math.MaxUint16 {
		return fmt.Errorf("write the archive's directory: %w", errArchiveTooLarge)
	}
	le := binary.LittleEndian
	end := le.AppendUint32(a.directory, signatureEnd)
	end = le.AppendUint32(end, 0) // one disk, which is this one
	end = le.AppendUint16(end, uint16(a.parts))
	end = le.AppendUint16(end, uint16(a.parts))
	end = le.AppendUint32(end, uint32(size))
	end = le.AppendUint32(end, uint32(start))
	end = le.AppendUint16(end, 0) // no comment
	_, err := a.write(end)
	if err == nil {
		a.flush()
		err = a.err
	}
	if err != nil {
		return fmt.Errorf("write the archive's directory: %w", err)
	}
	return nil
}
