package reference

import (
	"fmt"
	"strings"
)

// The extent of a sheet.
const (
	MaxRow    = 1 << 20
	MaxColumn = 1 << 14
)

// Sheet is a template's sheet and the pages that were made of it: usually one
// of the same name, none if it is left out, several if it is repeated.
type Sheet struct {
	Name  string
	Pages []Page
}

// Page is a filled sheet. Its blocks are in the order of their rows and do not
// overlap.
type Page struct {
	Name   string
	Blocks []Block
}

// Block is the old rows First to Last, counted from 1, replaced by Copies.
type Block struct {
	First, Last int
	Copies      []Copy
}

// Copy is one of the copies of a block. Its blocks lie within the rows of that
// block; the zero Copy has the rows as they are.
type Copy struct {
	Blocks []Block
}

// Moves says where the rows and sheets of a template lie in a workbook that was
// filled from it. It may be used concurrently.
type Moves struct {
	sheets []sheet
}

type sheet struct {
	name  string
	grids []*Grid
}

// New checks the sheets, given in the order of the template, and gives their
// moves. ErrRows is its error when the copies are more than a sheet holds.
func New(sheets []Sheet) (*Moves, error) {
	m := &Moves{sheets: make([]sheet, len(sheets))}
	for i, s := range sheets {
		m.sheets[i].name = s.Name
		for _, p := range s.Pages {
			g, err := m.newGrid(i, p)
			if err != nil {
				return nil, fmt.Errorf("moves of sheet %q: %w", s.Name, err)
			}
			m.sheets[i].grids = append(m.sheets[i].grids, g)
		}
	}
	return m, nil
}

// Grid is the page of that number of the sheet of that number, both from 0.
func (m *Moves) Grid(sheet, page int) *Grid { return m.sheets[sheet].grids[page] }

// Pages gives how many pages were made of each sheet, in the order of the template.
func (m *Moves) Pages() []int {
	n := make([]int, len(m.sheets))
	for i, s := range m.sheets {
		n[i] = len(s.grids)
	}
	return n
}

// Workbook is the place of a formula that stands on no sheet, such as a name's.
func (m *Moves) Workbook() Place { return Place{moves: m} }

// find gives the number of the sheet of that name, -1 if there is none.
func (m *Moves) find(name string) int {
	for i := range m.sheets {
		if strings.EqualFold(m.sheets[i].name, name) {
			return i
		}
	}
	return -1
}

// Grid says where the rows of a template's sheet lie on a page made of it.
type Grid struct {
	moves *Moves
	sheet int
	name  string
	rows  *region
	alone [1]*Grid // the grid itself
}

func (m *Moves) newGrid(sheet int, p Page) (*Grid, error) {
	rows, err := newPage(p.Blocks)
	if err != nil {
		return nil, err
	}
	g := &Grid{moves: m, sheet: sheet, name: p.Name, rows: rows}
	g.alone[0] = g
	return g, nil
}

// Moved says whether any row of the page lies elsewhere than in the template.
func (g *Grid) Moved() bool { return len(g.rows.blocks) > 0 }

// Row gives the first and the last new row that old is to be found in; ok is
// false if it is gone.
func (g *Grid) Row(old int) (first, last int, ok bool) { return g.Cover(old, old) }

// Cover gives the first and the last new row that any of the old rows first
// to last is to be found in; ok is false if all are gone.
func (g *Grid) Cover(first, last int) (from, to int, ok bool) {
	return g.rows.cover(first, last)
}

// Span is new rows, First to Last.
type Span struct{ First, Last int }

// Spans gives exactly the new rows that come from the old rows first to last,
// in order, neighbours joined.
func (g *Grid) Spans(first, last int) []Span {
	return g.rows.spans(nil, first, last)
}

// Copies gives the rows first to last as often as there are copies of the
// innermost block that holds them all, each from the first to the last row
// that is left of them there.
func (g *Grid) Copies(first, last int) []Span {
	return g.rows.copiesOf(nil, first, last)
}

// At is the place of a formula in that new row.
func (g *Grid) At(newRow int) Place {
	return Place{moves: g.moves, grid: g, copy: g.rows.at(newRow)}
}

// Page is the place of a formula that belongs to the page but stands in none of
// its rows, such as that of its print area or of a chart on it.
func (g *Grid) Page() Place { return Place{moves: g.moves, grid: g, copy: g.rows} }

// Place is where a formula stands in the filled workbook.
type Place struct {
	moves *Moves
	grid  *Grid   // nil: on no sheet
	copy  *region // the innermost copy that it stands in
}
