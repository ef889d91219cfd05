package template

import (
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// A name over a sheet that is there for each row of a query is one reference to all of its
// pages, 'A:C'!$B$5, which cannot name another row on each of them.

// unlikePages are the template's sheets, those that are there for each row of a query with two
// pages, one of few rows and one of many. moves is nil where no workbook can have these.
type unlikePages struct{ moves *reference.Moves }

func (c *compiler) unlikePages() unlikePages {
	sheets := sheetsTwice(c.sheets, func(*sheet) []reference.Block { return nil })
	for i, s := range c.sheets {
		if s.repeated() {
			sheets[i].Pages[0].Blocks, sheets[i].Pages[1].Blocks = blocksFilled(s.body, 1, 0), blocksFilled(s.body, 2, 1)
		}
	}
	m, err := reference.New(sheets)
	if err != nil {
		return unlikePages{} // more rows than a sheet holds, which filling says
	}
	return unlikePages{m}
}

// breaks says whether a name of a sheet, or with -1 of the workbook, is #REF! over such pages.
func (u unlikePages) breaks(f *reference.Formula, sheet int) bool {
	if u.moves == nil || strings.Contains(f.String(), "#REF!") {
		return false
	}
	at := u.moves.Workbook()
	if sheet >= 0 {
		at = u.moves.Grid(sheet, 0).Page()
	}
	return strings.Contains(string(f.Append(nil, at)), "#REF!")
}
