package xlsx

import (
	"slices"
	"sync"

	"github.com/jetsheet/jetsheet/renderer/xlsx/internal/archive"
)

const (
	// wholeBytes is how much of a sheet is held back: one that stays below is written
	// with its sizes and its dimension before it, as Excel does.
	wholeBytes = 256 << 10
	// wholeBytesPictures is that of a sheet for pictures, which can be passed on only as
	// long as no row of it is.
	wholeBytesPictures = 8 << 20
	// passBytes is how much of a larger one is passed on at a time. Each time it is
	// compressed with codes of its own.
	passBytes = 96 << 10
	// heldBytes ends the measuring of widths early.
	heldBytes = 4 << 20
	// largeRow is the average length of rows from which a sheet may pass 4 GiB with
	// the rows that Excel allows, if those to come are twice as long.
	largeRow = 2 << 10
	// tailMax is more than what follows the rows takes.
	tailMax = maxLinkBytes + 8<<20
)

// sheetRows takes the encoded rows of one sheet after the other into the archive.
type sheetRows struct {
	archive *archive.Archive
	name    string
	// whole is how much is held back.
	whole int
	// pending are those not passed on yet, behind what was: that is kept as long as what
	// follows may refer to it.
	pending archive.Rows
	// part is nil as long as none is.
	part *archive.Part
	// large parts are written so that they may pass 4 GiB; mayBeLarge makes one so.
	large, mayBeLarge bool
}

// rowBuffers keeps the buffers of pending rows between sheets.
var rowBuffers sync.Pool

// begin starts the sheet of that part's name.
func (r *sheetRows) begin(a *archive.Archive, name string, whole int) {
	r.archive, r.name, r.whole, r.large = a, name, whole, false
	if r.pending.XML == nil {
		if kept, ok := rowBuffers.Get().(*archive.Rows); ok {
			r.pending = *kept
		}
	}
	r.pending.Reset()
}

// full says that rows should be passed on.
func (r *sheetRows) full() bool {
	if r.part == nil {
		return r.pending.Len() >= r.whole
	}
	return r.pending.Len() >= passBytes
}

// size is that of the part so far.
func (r *sheetRows) size() int64 {
	size := int64(r.pending.Len())
	if r.part != nil {
		size += r.part.Size()
	}
	return size
}

// stream begins the part of a sheet that has so many rows till now.
func (r *sheetRows) stream(head []byte, rows int) error {
	r.large = r.mayBeLarge || r.pending.Len()/rows > largeRow
	part, err := r.archive.Stream(r.name, r.large)
	if err != nil {
		return err
	}
	r.part = part
	return part.Begin(head)
}

// pass moves what is pending into the part.
func (r *sheetRows) pass() error { return r.part.Write(&r.pending) }

// finish completes the sheet.
func (r *sheetRows) finish(head func() []byte, tail []byte) error {
	if r.part == nil {
		return r.archive.AddRows(r.name, head(), &r.pending, tail)
	}
	part := r.part
	defer r.discardPart()
	for piece := range slices.Chunk(tail, passBytes) { // with links it has megabytes
		r.pending.XML = append(r.pending.XML, piece...)
		if err := r.pass(); err != nil {
			return err
		}
	}
	return part.Close()
}

func (r *sheetRows) discardPart() {
	if r.part != nil {
		r.part.Discard()
		r.part = nil
	}
}

// discard frees what the sheet holds; it may be called repeatedly.
func (r *sheetRows) discard() {
	r.discardPart()
	if r.pending.XML != nil && cap(r.pending.XML) <= 2*wholeBytes {
		kept := r.pending
		rowBuffers.Put(&kept)
	}
	r.pending = archive.Rows{}
}
