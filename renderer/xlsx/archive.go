package xlsx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
)

// archive writes a workbook's parts one after the other into the destination, as
// the zip archive that Excel reads. It adds nothing that differs between two runs.
//
// Excel is stricter than the format: it wants the size of a part beyond 4 GiB in the
// version of both its headers and in an extra field that says nothing but the size,
// and reads no directory that is itself in the long form.
type archive struct {
	dst io.Writer
	// buffer holds what is not yet with the destination.
	buffer []byte
	// flushed counts what is.
	flushed   int64
	directory []byte
	parts     int
	err       error
	released  bool
}

const (
	bufferSize = 64 << 10
	// flushSize is how much is passed on at a time.
	flushSize = bufferSize / 2
)

// buffers keeps the archives' buffers, all of bufferSize.
var buffers sync.Pool

func newArchive(dst io.Writer) *archive {
	b, ok := buffers.Get().(*[bufferSize]byte)
	if !ok {
		b = new([bufferSize]byte)
	}
	return &archive{dst: dst, buffer: b[:0]}
}

var errArchiveTooLarge = errors.New("the workbook passes 4 GiB, which Excel does not open; write fewer rows to one workbook")

func (a *archive) offset() int64 { return a.flushed + int64(len(a.buffer)) }

// Write appends to the archive. The first error stays.
func (a *archive) Write(p []byte) (int, error) {
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

func (a *archive) flush() {
	a.pass(a.buffer)
	a.buffer = a.buffer[:0]
}

func (a *archive) pass(p []byte) {
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

// release gives the buffer back. The archive is over; it may be called once.
func (a *archive) release() {
	buffers.Put((*[bufferSize]byte)(a.buffer[:bufferSize]))
	a.buffer, a.released = nil, true
	if a.err == nil {
		a.err = ErrClosed
	}
}

// add writes a whole part, given in pieces.
func (a *archive) add(name string, pieces ...[]byte) error {
	c := newCompressor()
	defer c.release()
	e, err := c.pack(pieces...)
	if err != nil {
		return fmt.Errorf("compress part %s: %w", name, err)
	}
	return a.addEntry(name, e, c.packed)
}

// addRows writes a sheet's part that is whole.
func (a *archive) addRows(name string, head []byte, rows *markedRows, tail []byte) error {
	d := newDeflater()
	defer d.release()
	e := d.packWhole(&markedRows{xml: head}, rows, &markedRows{xml: tail})
	return a.addEntry(name, e, d.packed)
}

// addEntry writes a part that is compressed already.
func (a *archive) addEntry(name string, e entry, packed []byte) error {
	e.name, e.offset = name, a.offset()
	_, err := a.Write(e.appendLocal(make([]byte, 0, localHeaderSize+len(name))))
	if err == nil {
		_, err = a.Write(packed)
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
func (a *archive) list(e entry) error {
	if e.offset > math.MaxUint32 || e.packed > math.MaxUint32 {
		return errArchiveTooLarge
	}
	a.directory = e.appendCentral(a.directory)
	a.parts++
	return nil
}

const signatureEnd = 0x06054b50

// close writes the directory, and all that is left into the destination.
func (a *archive) close() error {
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
	_, err := a.Write(end)
	if err == nil {
		a.flush()
		err = a.err
	}
	if err != nil {
		return fmt.Errorf("write the archive's directory: %w", err)
	}
	return nil
}
