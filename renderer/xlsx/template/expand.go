package template

import (
	"fmt"
	"slices"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// page is a sheet of the filled workbook.
type page struct {
	sheet *sheet
	name  string
	// number counts the pages of one sheet, from 0.
	number int
	frame  *frame
	blocks []copies
	grid   *reference.Grid
	// heads are the first ones of merged cells that grow with blocks.
	heads map[cellPlace]bool
	// followed are the parts that are not as in the template because cells moved, if the
	// sheet is repeated; those of other sheets are in filling.
	followed map[*part][]byte
	placed   []placedPicture
	links    []placedLink
}

// copies are those of one block, for the rows that it is filled with.
type copies []copied

type copied struct {
	frame *frame
	// blocks are those within.
	blocks []copies
}

// expand finds out how often each block of a body is there.
func (f *filling) expand(s *sheet, body []node, at *frame) ([]copies, error) {
	var all []copies
	for _, n := range body {
		if n.block == nil {
			continue
		}
		some, err := f.copies(s, n.block, at)
		if err != nil {
			return nil, err
		}
		all = append(all, some)
	}
	return all, nil
}

func (f *filling) copies(s *sheet, b *block, at *frame) (copies, error) {
	frames, err := f.frames(b, at)
	if err != nil {
		return nil, &PlaceError{Sheet: s.name, Cell: b.begin.reference(), Err: err}
	}
	if len(frames) == 0 {
		return nil, nil
	}
	if err := f.count(s, b.begin.reference(), len(frames)*(b.last-b.first+1)); err != nil {
		return nil, err
	}
	some := make(copies, len(frames))
	for i := range frames {
		inner, err := f.expand(s, b.body, frames[i])
		if err != nil {
			return nil, err
		}
		some[i] = copied{frame: frames[i], blocks: inner}
	}
	return some, nil
}

// count adds rows that are written for data.
func (f *filling) count(s *sheet, cell string, rows int) error {
	if f.rows += rows; f.rows <= f.template.options.MaxRows {
		return nil
	}
	return &PlaceError{Sheet: s.name, Cell: cell, Err: fmt.Errorf(
		"the template's blocks would have more than %d rows; give the report fewer rows, or make it of sheets instead of a template", f.template.options.MaxRows)}
}

// frames are the rows for which a block is there; that around it, for one that is there
// on a condition.
func (f *filling) frames(b *block, at *frame) ([]*frame, error) {
	if b.kind == "" {
		return nil, nil
	}
	if b.kind != Rows {
		there, err := f.holds(at, b)
		if err != nil || there != (b.kind == If) {
			return nil, err
		}
		return []*frame{at}, nil
	}
	t, ok := f.table(at, b.name)
	if !ok {
		return nil, &UnknownError{Kind: Rows, Name: b.name}
	}
	n, row := len(t.Rows), func(i int) int { return i }
	if b.on != "" {
		rows, err := f.joined(at, t, b)
		if err != nil {
			return nil, err
		}
		n, row = len(rows), func(i int) int { return rows[i] }
	}
	f.summary.Rows += int64(n)
	if n == 0 && b.kept {
		return []*frame{{outer: at, empty: true}}, nil
	}
	return f.rowFrames(t, at, n, row), nil
}

func (f *filling) rowFrames(t *Table, at *frame, n int, row func(int) int) []*frame {
	columns := f.columnsOf(t)
	frames, pointers := make([]frame, n), make([]*frame, n)
	for i := range frames {
		frames[i] = frame{outer: at, table: t, row: row(i), columns: columns}
		pointers[i] = &frames[i]
	}
	return pointers
}

// makeMoves finds out where rows of the template lie now.
func (f *filling) makeMoves() error {
	sheets := make([]reference.Sheet, len(f.template.sheets))
	for i, s := range f.template.sheets {
		sheets[i].Name = s.name
	}
	for _, p := range f.pages {
		to := &sheets[p.sheet.index]
		to.Pages = append(to.Pages, reference.Page{Name: p.name, Blocks: blocksOf(p.sheet.body, p.blocks)})
	}
	var err error
	if f.moves, err = reference.New(sheets); err != nil {
		return err
	}
	f.moved = slices.Contains(f.moves.Pages(), 0)
	for _, p := range f.pages {
		p.grid = f.moves.Grid(p.sheet.index, p.number)
		p.findHeads()
		f.moved = f.moved || p.grid.Moved() || p.name != p.sheet.name
	}
	return nil
}

func blocksOf(body []node, all []copies) []reference.Block {
	if len(all) == 0 {
		return nil
	}
	blocks := make([]reference.Block, 0, len(all))
	for _, n := range body {
		if n.block == nil {
			continue
		}
		b := reference.Block{First: n.block.first, Last: n.block.last}
		some := all[len(blocks)]
		b.Copies = make([]reference.Copy, len(some))
		for i := range some {
			b.Copies[i].Blocks = blocksOf(n.block.body, some[i].blocks)
		}
		blocks = append(blocks, b)
	}
	return blocks
}
