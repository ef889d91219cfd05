package template

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Names of cells are markers for people who want none in their cells. They are not in
// the workbooks.
const (
	namedMarker   = "jetsheet."
	namedField    = namedMarker + "field."
	namedImage    = namedMarker + "image."
	namedImageKey = namedMarker + "imageKey."
	namedRows     = namedMarker + "rows."
	namedOn       = ".on."
)

// namedCells are cells that a name makes a marker of.
type namedCells struct {
	name   string
	marker marker
	// sheet is that of the cells; column and first are those of the first one.
	sheet               string
	column, first, last int
}

// addName takes a defined name of the workbook; s has its element in hand.
func (c *compiler) addName(s *scanner, t *tag) error {
	name := t.get("name")
	c.workbook.names = append(c.workbook.names, strings.ToUpper(name))
	if !strings.HasPrefix(name, namedMarker) {
		return nil
	}
	text, err := s.element(*t)
	if err != nil {
		return err
	}
	m, err := parseName(name)
	var areas []namedCells
	if err == nil {
		areas, err = parseAreas(unescape(text))
	}
	if err != nil {
		c.mistake(fmt.Errorf("the name %s: %w", name, err))
		return nil
	}
	for _, a := range areas {
		a.name, a.marker = name, m
		c.named = append(c.named, a)
	}
	return nil
}

func parseName(name string) (marker, error) {
	if field, ok := strings.CutPrefix(name, namedField); ok {
		return named(marker{kind: Field, name: field})
	}
	if image, ok := strings.CutPrefix(name, namedImage); ok {
		return named(marker{kind: Image, name: image})
	}
	if key, ok := strings.CutPrefix(name, namedImageKey); ok {
		return named(marker{kind: Field, name: key, format: "imageKey"})
	}
	if rows, ok := strings.CutPrefix(name, namedRows); ok {
		m := marker{kind: Rows}
		m.name, m.on, _ = strings.Cut(rows, namedOn)
		return named(m)
	}
	return marker{}, fmt.Errorf("names of markers begin with %s, %s, %s or %s", namedField, namedImage, namedImageKey, namedRows)
}

// parseAreas reads what a name refers to: cells, or rows, one after the other.
func parseAreas(text string) ([]namedCells, error) {
	var all []namedCells
	for text != "" {
		sheet, rest, ok := cutSheet(text)
		if !ok {
			return nil, fmt.Errorf("%q is no place of a sheet", text)
		}
		ref, next, _ := strings.Cut(rest, ",")
		text = next
		ref = strings.ReplaceAll(ref, "$", "")
		a := namedCells{sheet: sheet}
		a.first, a.last = rowsOf(ref)
		from, _, _ := strings.Cut(ref, ":")
		a.column = max(columnOf(from), 1)
		if a.first < 1 || a.last < a.first {
			return nil, fmt.Errorf("%q has no rows", ref)
		}
		all = append(all, a)
	}
	if len(all) == 0 {
		return nil, errors.New("it refers to nothing")
	}
	return all, nil
}

// cutSheet takes the sheet from the front of a reference.
func cutSheet(s string) (sheet, rest string, ok bool) {
	if !strings.HasPrefix(s, "'") {
		sheet, rest, ok = strings.Cut(s, "!")
		return sheet, rest, ok
	}
	end := strings.Index(s[1:], "'!")
	if end < 0 {
		return "", "", false
	}
	return strings.ReplaceAll(s[1:1+end], "''", "'"), s[1+end+len("'!"):], true
}

// applyNames makes markers of the sheet's cells that have names.
func (r *sheetReader) applyNames() {
	var blocks []namedCells
	for _, n := range r.compiler.named {
		if !strings.EqualFold(n.sheet, r.sheet.name) {
			continue
		}
		if n.marker.kind == Rows {
			blocks = append(blocks, n)
			continue
		}
		m := n.marker
		r.row = r.needRow(n.first)
		r.needCell(n.column).fill(r, []run{{text: n.name}}, []piece{{end: len(n.name), marker: &m}})
	}
	// The widest block begins first and ends last.
	slices.SortStableFunc(blocks, func(a, b namedCells) int { return cmp.Or(b.first-a.first, a.last-b.last) })
	for _, n := range blocks {
		m := n.marker
		begin := r.needRow(n.first)
		begin.bounds = slices.Insert(begin.bounds, 0, n.bound(r, &m, n.first))
		r.compiler.mark(r.sheet, columnLetters(n.column)+strconv.Itoa(n.first), n.name, n.first, &m)
	}
	slices.SortStableFunc(blocks, func(a, b namedCells) int { return cmp.Or(a.last-b.last, b.first-a.first) })
	for _, n := range blocks {
		end := r.needRow(n.last)
		end.bounds = append(end.bounds, n.bound(r, &marker{kind: End, name: n.marker.name, ends: Rows}, n.last))
	}
}

func (n *namedCells) bound(r *sheetReader, m *marker, row int) bound {
	r.sheet.filled = true
	return bound{marker: m, cell: &cell{column: n.column}, row: row, text: n.name, named: true}
}

// checkNames sees that the sheets of all names are there.
func (c *compiler) checkNames() {
	for _, n := range c.named {
		if !slices.ContainsFunc(c.sheets, func(s *sheet) bool { return s.worksheet && strings.EqualFold(s.name, n.sheet) }) {
			c.mistake(fmt.Errorf("the name %s: there is no sheet %q", n.name, n.sheet))
		}
	}
}

// needRow is the sheet's row of a number, which is added if there is none.
func (r *sheetReader) needRow(number int) *row {
	i, found := slices.BinarySearchFunc(r.sheet.rows, number, func(have *row, want int) int { return have.number - want })
	if !found {
		added := &row{number: number, before: []byte(`<row r="`), after: []byte(`">`), end: []byte(`</row>`)}
		r.sheet.rows = slices.Insert(r.sheet.rows, i, added)
	}
	return r.sheet.rows[i]
}

// needCell is the cell of a column in the row in hand, which is added if there is none.
func (r *sheetReader) needCell(column int) *cell {
	i, found := slices.BinarySearchFunc(r.row.cells, column, func(have *cell, want int) int { return have.column - want })
	if !found {
		if len(r.row.end) == 0 { // it was an empty element
			r.row.after = append(bytesBefore(r.row.after, "/>"), '>')
			r.row.end = []byte(`</row>`)
		}
		r.row.cells = slices.Insert(r.row.cells, i, &cell{column: column})
	}
	return r.row.cells[i]
}

func bytesBefore(b []byte, end string) []byte {
	return []byte(strings.TrimRight(strings.TrimSuffix(string(b), end), " "))
}

// dropNames takes the names of markers out of the workbook.
func dropNames(workbook []byte) ([]byte, error) {
	f := tailEdit{edit: newEdit(workbook)}
	err := f.each(func(t *tag) error {
		if !t.is("definedNames") {
			return nil
		}
		return f.list(t, func(element []byte) ([]byte, error) {
			name, err := openingTag(element)
			if err != nil || strings.HasPrefix(name.get("name"), namedMarker) {
				return nil, err
			}
			return element, nil
		})
	})
	return f.bytes(), err
}
