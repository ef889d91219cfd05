package forms

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheetName is the name of each form's only sheet.
const sheetName = "Sheet1"

// pen draws one sheet. The first error stays.
type pen struct {
	file   *excelize.File
	styles map[look]int
	err    error
}

// look is how cells look; the zero look is plain text.
type look struct {
	size   float64
	bold   bool
	fill   string // a colour as RRGGBB
	code   string // a number format
	centre bool
	top    bool // text begins at the upper edge
	ruled  bool // thin borders on all sides
	wrap   bool
}

const (
	// font is that of all text.
	font = "游ゴシック"
	// measure is the font by whose digits columns are measured. They are as wide in every
	// program: where it is missing, one of the same widths takes its place.
	measure = "Times New Roman"
)

func newPen() *pen {
	p := &pen{file: excelize.NewFile(), styles: map[look]int{}}
	p.file.ZipWriter = newTidyWriter
	p.keep(p.file.SetDefaultFont(measure))
	return p
}

func (p *pen) keep(err error) { p.err = errors.Join(p.err, err) }

// put writes text, a formula (=…) or nothing into an area, whose cells become one.
func (p *pen) put(area, content string, l look) {
	first, last := corners(area)
	if first != last {
		p.keep(p.file.MergeCell(sheetName, first, last))
	}
	p.keep(p.file.SetCellStyle(sheetName, first, last, p.style(l)))
	switch {
	case content == "":
	case content[0] == '=':
		p.keep(p.file.SetCellFormula(sheetName, first, content))
	default:
		p.keep(p.file.SetCellStr(sheetName, first, content))
	}
}

// corners are the first and the last cell of an area.
func corners(area string) (first, last string) {
	first, last, several := strings.Cut(area, ":")
	if !several {
		return first, first
	}
	return first, last
}

func (p *pen) style(l look) int {
	if id, ok := p.styles[l]; ok {
		return id
	}
	s := &excelize.Style{
		Font:      &excelize.Font{Family: font, Size: cmp.Or(l.size, 10), Bold: l.bold},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: l.wrap},
	}
	switch {
	case l.centre:
		s.Alignment.Horizontal = "center"
	case l.ruled: // off the border
		s.Alignment.Horizontal, s.Alignment.Indent = "left", 1
	}
	if l.top {
		s.Alignment.Vertical = "top"
	}
	if l.fill != "" {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{l.fill}}
	}
	if l.code != "" {
		s.CustomNumFmt = &l.code
	}
	if l.ruled {
		for _, side := range []string{"left", "right", "top", "bottom"} {
			s.Border = append(s.Border, excelize.Border{Type: side, Color: "404040", Style: 1})
		}
	}
	id, err := p.file.NewStyle(s)
	p.keep(err)
	p.styles[l] = id
	return id
}

func (p *pen) width(columns string, width float64) {
	first, last := corners(columns)
	p.keep(p.file.SetColWidth(sheetName, first, last, width))
}

func (p *pen) height(row int, points float64) { p.keep(p.file.SetRowHeight(sheetName, row, points)) }

// stamps draws the boxes in which people put their seals: a row of titles in row 1 and
// one of empty boxes below it, down to the row last. Each box has two columns.
func (p *pen) stamps(columns [3][2]string, last int) {
	for i, title := range []string{"承認", "確認", "担当"} {
		left, right := columns[i][0], columns[i][1]
		p.put(fmt.Sprintf("%s1:%s1", left, right), title, look{size: 9, centre: true, ruled: true, fill: "F2F2F2"})
		p.put(fmt.Sprintf("%s2:%s%d", left, right, last), "", look{ruled: true})
	}
}

// red marks the cells of an area for which a formula holds.
func (p *pen) red(area, formula string) {
	style, err := p.file.NewConditionalStyle(&excelize.Style{
		Font: &excelize.Font{Color: "C00000", Bold: true},
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FDE0E0"}},
	})
	p.keep(err)
	p.keep(p.file.SetConditionalFormat(sheetName, area, []excelize.ConditionalFormatOptions{
		{Type: "formula", Criteria: formula, Format: &style},
	}))
}

// pageAt begins a page at a row.
func (p *pen) pageAt(row int) { p.keep(p.file.InsertPageBreak(sheetName, fmt.Sprintf("A%d", row))) }

// print sets up A4 paper and how large the form is on it. It is not fitted to the page:
// then Excel would not heed the breaks.
func (p *pen) print(area, orientation string, percent uint) {
	a4 := 9
	p.keep(p.file.SetPageLayout(sheetName, &excelize.PageLayoutOptions{Size: &a4, Orientation: &orientation, AdjustTo: &percent}))
	margin, centred := 0.5, true
	p.keep(p.file.SetPageMargins(sheetName, &excelize.PageLayoutMarginsOptions{
		Left: &margin, Right: &margin, Top: &margin, Bottom: &margin, Horizontally: &centred,
	}))
	p.keep(p.file.SetHeaderFooter(sheetName, &excelize.HeaderFooterOptions{OddFooter: "&C&P / &N"}))
	p.keep(p.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: area, Scope: sheetName}))
	grid := false
	p.keep(p.file.SetSheetView(sheetName, 0, &excelize.ViewOptions{ShowGridLines: &grid}))
}

// finish gives the sheet its name and returns the file.
func (p *pen) finish() ([]byte, error) {
	var b bytes.Buffer
	if p.err == nil {
		p.keep(p.file.Write(&b))
	}
	p.keep(p.file.Close())
	return b.Bytes(), p.err
}
