package template

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Nothing of a value is to be cut: a row grows where a text that its cell wraps needs more lines than
// are seen. It never shrinks. Excel fits rows to texts when it opens a workbook, but neither those that
// have a height nor to merged cells, and not all programs fit any: rows are given their height here.

// fitted is what may make a row higher.
type fitted struct {
	texts []wrappedText
	// height is what the row has in the template, in points.
	height float64
	// fixed is set if it is by hand.
	fixed bool
}

// wrappedText is a cell that wraps the text which it is filled with.
type wrappedText struct {
	cell *cell
	// room is how many half-width characters fit into a line.
	room int
	// line is the height of one in points, size that of its letters, and seen that of the cell.
	line, size, seen float64
	merged           bool
}

// maxHeight is Excel's limit of a row.
const maxHeight = 409.5

// fitRows finds the rows with cells that wrap what they are filled with.
func (c *compiler) fitRows() error {
	fonts := c.styles.fonts()
	c.eastAsian = isEastAsian(fonts[0].name)
	for _, s := range c.sheets {
		if !s.filled {
			continue
		}
		l, err := readLayout(s, c.styles.digitWidth())
		if err != nil {
			return fmt.Errorf("part %s: %w", s.part.name, err)
		}
		for _, r := range s.rows {
			r.fitted = c.fit(s, l, r, fonts)
		}
	}
	return nil
}

// fit is what may make a row higher; nil if nothing does.
func (c *compiler) fit(s *sheet, l *layout, r *row, fonts []font) *fitted {
	_, given := l.heights[r.number]
	t := r.tag(r.number)
	f := fitted{height: l.heightOf(r.number), fixed: t.truth("customHeight") || !given && l.fixed}
	if f.height == 0 {
		return nil // it is hidden
	}
	for _, cell := range r.cells {
		size, wraps := c.styles.wrapping(cell.style, fonts)
		last := s.merged.last(cell.column, r.number)
		merged := last != cellPlace{cell.column, r.number}
		if !wraps || !cell.isFilledText() || isCrossed(s.body, r.number, last.row) {
			continue
		}
		width, seen := l.extent(cell.column, r.number, last)
		room := int((width - 1) * fonts[0].size / size)
		f.texts = append(f.texts, wrappedText{
			cell: cell, room: max(room, 1), line: l.lineOf(fonts[0]) * size / fonts[0].size, size: size, seen: seen, merged: merged,
		})
	}
	if f.texts == nil {
		return nil
	}
	return &f
}

// isFilledText says whether a value's text may stand in the cell.
func (c *cell) isFilledText() bool {
	return c.field != nil && !c.field.image || c.words != nil && c.empty != nil
}

// lineOf is the height of a line of the workbook's first font: a row's, unless that is by hand.
func (l *layout) lineOf(first font) float64 {
	if l.fixed {
		return usualHeight * first.size / usualSize
	}
	return l.height
}

// extent is the width in characters and the height in points from a cell to the last one.
func (l *layout) extent(column, row int, last cellPlace) (width, height float64) {
	for ; column <= last.column; column++ {
		width += l.widthOf(column)
	}
	for ; row <= last.row; row++ {
		height += l.heightOf(row)
	}
	return width, height
}

// tag is the row's opening tag in that row of a workbook.
func (r *row) tag(number int) tag {
	return tag{raw: slices.Concat(r.before, strconv.AppendInt(nil, int64(number), 10), r.after), name: []byte("row")}
}

// height is what a row is to have instead of its own, in points; 0 changes nothing.
type height struct {
	points float64
	// fixed is set if Excel is not to fit the row once somebody edits it: it would not show all of what
	// is merged.
	fixed bool
}

// height finds out what a row needs for its values.
func (f *filling) height(p *page, r *row, at *frame, number int) (height, error) {
	if r.fitted == nil {
		return height{}, nil
	}
	h := height{fixed: r.fitted.fixed}
	for i := range r.fitted.texts {
		t := &r.fitted.texts[i]
		if t.cell.isBlank(at) || p.visible(t.cell, number) != t.cell {
			continue
		}
		lines, line, err := f.lines(p, t, at)
		if err != nil {
			return height{}, err
		}
		if lines < 2 || float64(lines-1)*line+min(line, 1.2*t.size) <= t.seen {
			continue
		}
		h.points = max(h.points, r.fitted.height+float64(lines)*line-t.seen)
		h.fixed = h.fixed || t.merged
	}
	h.points = math.Min(math.Ceil(h.points*4)/4, maxHeight) // Excel has quarters of a point
	return h, nil
}

// lines are how many a cell's text takes, and how high one is.
func (f *filling) lines(p *page, t *wrappedText, at *frame) (lines int, line float64, err error) {
	var high bool
	if t.cell.field != nil {
		v, err := f.cellValue(p, t.cell, at)
		if err != nil {
			return 0, 0, err
		}
		content, _ := f.shown(t.cell, v)
		lines, high = content.Lines(t.room)
	} else {
		texts, err := f.texts(p, t.cell, at)
		if err != nil {
			return 0, 0, err
		}
		content := textContent(strings.Join(texts, ""))
		lines, high = content.Lines(t.room)
	}
	if high && !f.template.eastAsian {
		return lines, t.line * 1.25, nil
	}
	return lines, t.line, nil
}

// with is the row's opening tag with that height.
func (h height) with(t tag) tag {
	t = t.with("ht", strconv.FormatFloat(h.points, 'f', -1, 64))
	if !h.fixed {
		return t
	}
	return t.with("customHeight", "1")
}
