package template

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// check looks for what does not follow when blocks grow, once it is known which sheets
// have any.
func (c *compiler) check() error {
	if err := c.checkTables(); err != nil {
		return err
	}
	if !slices.ContainsFunc(c.sheets, (*sheet).moves) {
		return nil
	}
	for _, s := range c.sheets {
		if !s.filled {
			continue
		}
		if err := tryTail(s); err != nil {
			c.refuse(s, "", err.Error())
		}
		if s.moves() {
			c.checkSheet(s)
		}
	}
	return nil
}

// moves says whether rows of the sheet may lie elsewhere when it is filled.
func (s *sheet) moves() bool { return s.blocks > 0 || s.title != nil }

// stuck are the elements behind a sheet's rows that say where cells are and do not follow.
var stuck = map[string]string{
	"scenarios": "scenarios", "dataConsolidate": "a consolidation", "customSheetViews": "views of several people",
	"oleObjects": "an embedded object", "controls": "a button or another control", "smartTags": "smart tags", "webPublishItems": "cells that are published",
}

// followed are the relations of a sheet whose parts follow, or say nothing of cells.
var followed = []string{"drawing", "vmlDrawing", "comments", "threadedComment", "table", "pivotTable", "hyperlink", "printerSettings", "image", "customProperty"}

func (c *compiler) checkSheet(s *sheet) {
	_ = eachTag(s.tail, func(t *tag) { // tryTail has seen that it can be read
		if what := stuck[t.local()]; what != "" && t.kind != tagClose {
			c.refuse(s, "", what+" in a sheet with blocks")
		}
	})
	for _, r := range s.relations {
		if !slices.Contains(followed, r.kind) {
			c.refuse(s, "", fmt.Sprintf("a part of the kind %q in a sheet with blocks", r.kind))
		}
	}
	for _, r := range s.rows {
		for _, cell := range r.cells {
			if cell.formula != nil && !s.keeps(cell.formula.array) {
				c.refuse(s, columnLetters(cell.column)+strconv.Itoa(r.number), "an array formula across the edge of a block")
			}
		}
	}
}

// keeps says whether a range's rows stay together whatever is repeated.
func (s *sheet) keeps(ref string) bool {
	first, last := rowsOf(ref)
	return first == last || inOneBody(s.body, first, last)
}

func inOneBody(body []node, first, last int) bool {
	for _, n := range body {
		b := n.block
		if b == nil || last < b.first || b.last < first {
			continue
		}
		return b.first <= first && last <= b.last && b.kind != "" && inOneBody(b.body, first, last)
	}
	return true
}

// rowsOf are the first and the last row of a range; 0 if it has none.
func rowsOf(ref string) (first, last int) {
	from, to, isRange := strings.Cut(ref, ":")
	if !isRange {
		to = from
	}
	return rowOf(from), rowOf(to)
}

func rowOf(ref string) int {
	n, err := strconv.Atoi(strings.TrimLeft(ref, "$ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	if err != nil {
		return 0
	}
	return n
}

// tryTail moves what stands behind the rows as if every row were there twice.
func tryTail(s *sheet) error {
	g, err := s.rowsTwice()
	if err == nil {
		_, err = followTail(s.tail, g)
	}
	return err
}

// rowsTwice is the sheet as if every row were there twice.
func (s *sheet) rowsTwice() (*reference.Grid, error) {
	blocks := []reference.Block{{First: 1, Last: reference.MaxRow / 4, Copies: make([]reference.Copy, 2)}}
	m, err := reference.New([]reference.Sheet{{Name: s.name, Pages: []reference.Page{{Name: s.name, Blocks: blocks}}}})
	if err != nil {
		return nil, err
	}
	return m.Grid(0, 0), nil
}
