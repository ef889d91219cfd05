package template

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/jetsheet/jetsheet/renderer/xlsx/internal/archive"
)

const (
	// wholeBytes is how much of a sheet is held back: one that stays below is written
	// with its sizes before it.
	wholeBytes = 256 << 10
	// checkedRows is after how many rows it is looked whether the context has ended.
	checkedRows = 64
)

// pageWriter writes the rows of one page.
type pageWriter struct {
	*filling
	page *page
	rows *archive.Rows
	part *archive.Part
	head []byte
	// row is the number of the row in hand, also in digits; lower is by how much it is more
	// than in the template.
	row    int
	lower  int
	digits []byte
	count  int
	// formula is room for one.
	formula []byte
}

// rowBuffers keeps buffers for rows between pages.
var rowBuffers sync.Pool

func (f *filling) writePage(p *page) error {
	w := &pageWriter{filling: f, page: p}
	kept, ok := rowBuffers.Get().(*archive.Rows)
	if !ok {
		kept = &archive.Rows{}
	}
	kept.Reset()
	w.rows = kept
	defer w.release()
	head, tail, err := f.frameXML(p)
	if err == nil {
		w.head = append(slices.Clip(head), "<sheetData>"...)
		err = eachRow(p.sheet.body, p.blocks, p.frame, 0, w.writeRow)
	}
	if err == nil {
		tail, err = p.withLinks(tail)
	}
	if err == nil {
		err = w.finish(append([]byte("</sheetData>"), tail...))
	}
	var mistake *PlaceError
	if err != nil && !errors.As(err, &mistake) {
		return fmt.Errorf("sheet %q: %w", p.name, err)
	}
	return err
}

func (w *pageWriter) release() {
	if w.part != nil {
		w.part.Discard()
	}
	if cap(w.rows.XML) <= 2*wholeBytes {
		rowBuffers.Put(w.rows)
	}
}

func (w *pageWriter) finish(tail []byte) error {
	if w.part == nil {
		return w.archive.AddRows(w.page.partName(w.page.sheet.part), w.head, w.rows, tail)
	}
	w.rows.XML = append(w.rows.XML, tail...)
	if err := w.part.Write(w.rows); err != nil {
		return err
	}
	return w.part.Close()
}

// pass moves rows on when they are many.
func (w *pageWriter) pass() error {
	if w.count++; w.count%checkedRows == 0 {
		if err := w.cancelled(); err != nil {
			return err
		}
	}
	if w.rows.Len() < wholeBytes {
		return nil
	}
	if w.part == nil {
		part, err := w.archive.Stream(w.page.partName(w.page.sheet.part), false)
		if err != nil {
			return err
		}
		w.part = part
		if err := part.Begin(w.head); err != nil {
			return err
		}
	}
	return w.part.Write(w.rows)
}

// eachRow gives rows and those of blocks, so many rows below where the template has
// them. What comes after blocks is by as many more rows lower as they are more than in
// the template.
func eachRow(body []node, blocks []copies, at *frame, lower int, do func(r *row, at *frame, lower int) error) error {
	block := 0
	for _, n := range body {
		if n.row != nil {
			if err := do(n.row, at, lower); err != nil {
				return err
			}
			continue
		}
		size := n.block.last - n.block.first + 1
		for _, c := range blocks[block] {
			if err := eachRow(n.block.body, c.blocks, c.frame, lower, do); err != nil {
				return err
			}
			lower += size + grown(n.block.body, c.blocks)
		}
		lower -= size
		block++
	}
	return nil
}

// grown is by how many rows blocks are more than in the template.
func grown(body []node, blocks []copies) int {
	if len(blocks) == 0 {
		return 0
	}
	rows, block := 0, 0
	for _, n := range body {
		if n.block == nil {
			continue
		}
		size := n.block.last - n.block.first + 1
		rows -= size
		for _, c := range blocks[block] {
			rows += size + grown(n.block.body, c.blocks)
		}
		block++
	}
	return rows
}

// openRow writes the row's opening tag.
func (w *pageWriter) openRow(r *row, h height) {
	before, after := r.before, r.after
	if h.points > 0 {
		t := h.with(r.tag(w.row))
		_, start, end := t.attribute("r")
		before, after = t.raw[:start], t.raw[end:]
	}
	w.rows.XML = append(append(w.rows.XML, before...), w.digits...)
	w.rows.BeginRow()
	w.rows.XML = append(w.rows.XML, after...)
}

func (w *pageWriter) writeRow(r *row, at *frame, lower int) error {
	w.row, w.lower = r.number+lower, lower
	w.digits = strconv.AppendInt(w.digits[:0], int64(w.row), 10)
	begin := len(w.rows.XML)
	h, err := w.height(w.page, r, at, w.row)
	if err != nil {
		return err
	}
	w.openRow(r, h)
	for _, c := range r.cells {
		if err := w.writeCell(w.page.visible(c, w.row), at); err != nil {
			return err
		}
		if err := w.takes(len(w.rows.XML)-begin, r, c); err != nil {
			return err
		}
	}
	w.rows.XML = append(w.rows.XML, r.end...)
	w.bytes += int64(len(w.rows.XML) - begin)
	return w.pass()
}
