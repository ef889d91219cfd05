package template

import (
	"slices"
	"strconv"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// Warnings are what is filled as it is written and may not be what its author wants: texts
// that look like markers with too few braces, formulas that read more rows than they name,
// and those of which nothing may be left.
func (t *Template) Warnings() []Reason {
	return slices.Concat(t.mistyped, t.doubtful, t.formulaWarnings())
}

func (t *Template) formulaWarnings() []Reason {
	m, err := reference.New(sheetsTwice(t.sheets, func(s *sheet) []reference.Block { return blocksTwice(s.body) }))
	if err != nil {
		return nil // more rows than a sheet holds, which filling says
	}
	var all []Reason
	for i, s := range t.sheets {
		all = append(all, s.warnings(m.Grid(i, 0))...)
	}
	return all
}

func (s *sheet) warnings(g *reference.Grid) []Reason {
	var all []Reason
	for _, r := range s.rows {
		row, _, ok := g.Row(r.number)
		if !ok {
			continue
		}
		for _, cell := range r.cells {
			if cell.formula == nil {
				continue
			}
			for _, ref := range cell.formula.parsed.Between(g.At(row)) {
				all = append(all, Reason{
					Sheet: s.name, Cell: columnLetters(cell.column) + strconv.Itoa(r.number),
					Why: ref + " names some rows of a block; the formula reads the block's other rows between them too: keep those blank in these columns, or name the whole block",
				})
			}
		}
	}
	return all
}

// blocksTwice are the blocks filled with two rows each, and all that is there on a condition.
func blocksTwice(body []node) []reference.Block {
	var blocks []reference.Block
	for _, n := range body {
		b := n.block
		if b == nil {
			continue
		}
		copies := make([]reference.Copy, map[Kind]int{Rows: 2, If: 1, Unless: 1}[b.kind])
		for i := range copies {
			copies[i].Blocks = blocksTwice(b.body)
		}
		blocks = append(blocks, reference.Block{First: b.first, Last: b.last, Copies: copies})
	}
	return blocks
}
