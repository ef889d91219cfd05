package template

import (
	"errors"
	"strconv"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// followDrawing moves what is drawn on a page.
//
//   - What lies in the rows of a block is drawn in each copy, but for charts,
//     which stay in the first one; without copies it is gone.
//   - What a block's edge crosses grows with the block, if it is anchored to
//     two cells and may grow; else it moves with its upper edge.
//   - What is to stay in its place on the sheet stays.
func followDrawing(content []byte, g *reference.Grid) ([]byte, error) {
	d := drawing{edit: newEdit(content), grid: g}
	if !g.Moved() {
		return content, nil
	}
	if err := d.findIDs(); err != nil {
		return nil, err
	}
	err := d.each(func(t *tag) error {
		switch t.local() {
		case "twoCellAnchor", "oneCellAnchor":
			return d.anchor(t)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d.bytes(), nil
}

type drawing struct {
	*edit
	grid *reference.Grid
	// lastID is the highest id of an object: those of copies are above.
	lastID int
}

func (d *drawing) findIDs() error {
	return newEdit(d.b).each(func(t *tag) error {
		if id, err := strconv.Atoi(t.get("id")); err == nil && t.local() == "cNvPr" {
			d.lastID = max(d.lastID, id)
		}
		return nil
	})
}

// anchor is an object and where it is drawn.
type anchor struct {
	content []byte
	// ids are where the ids of its parts stand.
	ids      []extent
	from, to mark
	isChart  bool
}

// mark is a corner of an anchor.
type mark struct {
	extent      // of the row's number
	row    int  // old, from 1
	atTop  bool // it lies on the row's upper edge
}

// anchor moves one object, whose opening tag is t.
func (d *drawing) anchor(t *tag) error {
	if t.get("editAs") == "absolute" {
		_, err := d.element(*t)
		return err
	}
	if _, err := d.element(*t); err != nil {
		return err
	}
	a, err := readAnchor(d.b[t.start:d.at])
	if err != nil {
		return err
	}
	d.replace(t.start, d.at, d.copies(a, t.get("editAs") != "oneCell"))
	return nil
}

// copies is the object in every copy of the rows that it lies in.
func (d *drawing) copies(a anchor, mayGrow bool) []byte {
	last := a.lastRow()
	spans := d.grid.Copies(a.from.row, last)
	if a.isChart && len(spans) > 1 {
		spans = spans[:1]
	}
	var out []byte
	for i, s := range spans {
		grown := s.Last - last
		if !mayGrow {
			grown = s.First - a.from.row
		}
		out = d.append(out, a, s.First-a.from.row, grown, i > 0)
	}
	return out
}

// append appends the object with its corners that many rows lower.
func (d *drawing) append(dst []byte, a anchor, from, to int, isCopy bool) []byte {
	splices := []splice{{a.from.extent, strconv.Itoa(a.from.row - 1 + from)}}
	if a.to.row > 0 {
		splices = append(splices, splice{a.to.extent, strconv.Itoa(a.to.row - 1 + to)})
	}
	for _, id := range a.ids {
		if isCopy {
			d.lastID++
			splices = append(splices, splice{id, strconv.Itoa(d.lastID)})
		}
	}
	return appendSpliced(dst, a.content, splices...)
}

// lastRow is the last row that the object covers some of.
func (a *anchor) lastRow() int {
	switch {
	case a.to.row == 0:
		return a.from.row
	case a.to.atTop && a.to.row > a.from.row:
		return a.to.row - 1
	}
	return max(a.to.row, a.from.row)
}

func readAnchor(content []byte) (anchor, error) {
	a := anchor{content: content}
	e := newEdit(content)
	current := &a.from
	err := e.each(func(t *tag) error {
		switch t.local() {
		case "to":
			current = &a.to
		case "row":
			return current.readRow(e, t)
		case "rowOff":
			text, _, _, err := e.text(t)
			current.atTop = text == "0"
			return err
		case "graphicFrame":
			a.isChart = true
		case "cNvPr":
			if key, start, end := t.attribute("id"); key > 0 {
				a.ids = append(a.ids, extent{t.start + start, t.start + end})
			}
		}
		return nil
	})
	if err == nil && a.from.row == 0 {
		err = errors.New("an anchor names no row")
	}
	return a, err
}

func (m *mark) readRow(e *edit, t *tag) error {
	n, start, end, err := e.number(t)
	m.extent, m.row = extent{start, end}, n+1
	return err
}
