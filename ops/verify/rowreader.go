package verify

import (
	"errors"
	"iter"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// rowReader reads a sheet row by row, on demand.
type rowReader struct {
	next func() (int, []cells.Cell, bool)
	stop func()
	err  error
	// at and cells are the row that the sheet states next, if ok; used says that they
	// were handed out.
	at    int
	cells []cells.Cell
	ok    bool
	used  bool
}

var errStopped = errors.New("reading stopped")

func newRowReader(sheet *cells.Sheet) *rowReader {
	r := &rowReader{used: true}
	r.next, r.stop = iter.Pull2(func(yield func(int, []cells.Cell) bool) {
		err := sheet.Rows(func(row int, cells []cells.Cell) error {
			if !yield(row, cells) {
				return errStopped
			}
			return nil
		})
		if !errors.Is(err, errStopped) {
			r.err = err
		}
	})
	return r
}

// look goes on to the row after the one that was handed out.
func (r *rowReader) look() {
	if r.used {
		r.at, r.cells, r.ok = r.next()
		r.used = false
	}
}

// row gives the cells of the row with that number, until the next call; none where the
// sheet does not state it. The numbers that are asked for only grow.
func (r *rowReader) row(number int) ([]cells.Cell, error) {
	r.look()
	if !r.ok || r.at != number {
		return nil, r.err
	}
	r.used = true
	return r.cells, nil
}

// rest gives the rows that were not asked for, one by one.
func (r *rowReader) rest() ([]cells.Cell, bool) {
	r.look()
	r.used = r.ok
	return r.cells, r.ok
}
