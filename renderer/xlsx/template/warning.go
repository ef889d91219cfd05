package template

import (
	"slices"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// Warnings are what is filled as it is written and may not be what its author wants: texts
// that look like markers with too few braces, formulas that read more rows than they name or
// compute which, those of which nothing may be left, and merged cells that move a block's end.
func (t *Template) Warnings() []Reason {
	return slices.Concat(t.mistyped, t.doubtful, t.formulaWarnings())
}

func (t *Template) formulaWarnings() []Reason {
	m, err := reference.New(sheetsTwice(t.sheets, func(s *sheet) []reference.Block { return blocksTwice(s.body) }))
	if err != nil {
		return nil // more rows than a sheet holds, which filling says
	}
	var all []Reason
	moves := slices.ContainsFunc(t.sheets, (*sheet).moves)
	for i, s := range t.sheets {
		all = append(all, s.warnings(m.Grid(i, 0), moves)...)
	}
	return all
}

// warnings are those of the sheet's formulas; moves is set if rows of any sheet may move.
func (s *sheet) warnings(g *reference.Grid, moves bool) []Reason {
	var all []Reason
	warn := func(r *row, c *cell, why string) {
		all = append(all, Reason{Sheet: s.name, Cell: cellPlace{c.column, r.number}.reference(), Why: why})
	}
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
				warn(r, cell, ref+" names some rows of a block; the formula reads the block's other rows between them too: keep those blank in these columns, or name the whole block")
			}
			if moves && cell.formula.parsed.Indirect() {
				warn(r, cell, "INDIRECT makes a reference of text, which stays as it is when blocks move rows; name the cells themselves, or count from one of them with OFFSET or INDEX")
			}
		}
	}
	return all
}

// blocksTwice are the blocks filled with two rows each, and all that is there on a condition.
func blocksTwice(body []node) []reference.Block { return blocksFilled(body, 2, 1) }

// blocksFilled are the blocks filled with so many rows each, and what is there on a condition so often.
func blocksFilled(body []node, rows, met int) []reference.Block {
	var blocks []reference.Block
	for _, n := range body {
		b := n.block
		if b == nil {
			continue
		}
		copies := make([]reference.Copy, map[Kind]int{Rows: rows, If: met, Unless: met}[b.kind])
		for i := range copies {
			copies[i].Blocks = blocksFilled(b.body, rows, met)
		}
		blocks = append(blocks, reference.Block{First: b.first, Last: b.last, Copies: copies})
	}
	return blocks
}
