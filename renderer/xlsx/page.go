package xlsx

import (
	"fmt"
	"math"
	"strings"
)

// Page is how a sheet is printed. The zero Page leaves it to the program that prints.
type Page struct {
	Paper     Paper
	Landscape bool
	// FitWidth makes all columns as small as one page's width needs; the rows take as
	// many pages as they do.
	FitWidth bool
	// RepeatHeader prints the header on every page.
	RepeatHeader bool
	// PrintArea names all that was written as what is printed, so that what people note
	// beside it stays off the paper.
	PrintArea bool
	// Margins is nil for Excel's own, which are DefaultMargins.
	Margins *Margins
	// Header and Footer stand on every page.
	Header, Footer PageText
}

// Paper is a size of paper, such as "A4". The zero Paper is the printer's own.
type Paper string

// The papers. B4 and B5 are those of JIS.
const (
	PaperA3     Paper = "A3"
	PaperA4     Paper = "A4"
	PaperA5     Paper = "A5"
	PaperB4     Paper = "B4"
	PaperB5     Paper = "B5"
	PaperLetter Paper = "letter"
	PaperLegal  Paper = "legal"
)

// papers are Excel's numbers of the papers, in the order in which they are named.
var papers = []struct {
	paper  Paper
	number int
}{{PaperA3, 8}, {PaperA4, 9}, {PaperA5, 11}, {PaperB4, 12}, {PaperB5, 13}, {PaperLetter, 1}, {PaperLegal, 5}}

// PaperNames are the papers as text, for messages and help.
func PaperNames() []string {
	names := make([]string, len(papers))
	for i, p := range papers {
		names[i] = string(p.paper)
	}
	return names
}

// number is 0 for no paper, and for one that is not known.
func (p Paper) number() int {
	for _, known := range papers {
		if known.paper == p {
			return known.number
		}
	}
	return 0
}

// Margins are in millimetres.
type Margins struct{ Left, Right, Top, Bottom, Header, Footer float64 }

// DefaultMargins are those of Excel.
func DefaultMargins() Margins {
	return Margins{Left: 17.78, Right: 17.78, Top: 19.05, Bottom: 19.05, Header: 7.62, Footer: 7.62}
}

// maxMargin is the width of the largest paper, A3.
const maxMargin = 297

func (m *Margins) validate() error {
	if m == nil {
		return nil
	}
	sides := [...]float64{m.Left, m.Right, m.Top, m.Bottom, m.Header, m.Footer}
	for i, name := range []string{"left", "right", "top", "bottom", "header", "footer"} {
		if side := sides[i]; math.IsNaN(side) || side < 0 || side > maxMargin {
			return fmt.Errorf("the page's %s margin is %v; it must be 0 to %d mm", name, side, maxMargin)
		}
	}
	return nil
}

func (p Page) validate() error {
	if p.Paper != "" && p.Paper.number() == 0 {
		return fmt.Errorf("unknown paper %q; known are %s", p.Paper, strings.Join(PaperNames(), ", "))
	}
	return p.Margins.validate()
}

// appendXML writes the elements that stand together behind the rows.
func (p Page) appendXML(b []byte) []byte {
	b = p.Margins.appendXML(b)
	if p.Paper != "" || p.Landscape || p.FitWidth {
		b = append(b, `<pageSetup`...)
		if p.Paper != "" {
			b = fmt.Appendf(b, ` paperSize="%d"`, p.Paper.number())
		}
		if p.FitWidth {
			b = append(b, ` fitToHeight="0"`...)
		}
		if p.Landscape {
			b = append(b, ` orientation="landscape"`...)
		}
		b = append(b, `/>`...)
	}
	if p.Header == (PageText{}) && p.Footer == (PageText{}) {
		return b
	}
	b = p.Header.appendXML(append(b, `<headerFooter>`...), "oddHeader")
	return append(p.Footer.appendXML(b, "oddFooter"), `</headerFooter>`...)
}

func (m *Margins) appendXML(b []byte) []byte {
	if m == nil {
		return b
	}
	const inch = 25.4
	return fmt.Appendf(b, `<pageMargins left="%.4f" right="%.4f" top="%.4f" bottom="%.4f" header="%.4f" footer="%.4f"/>`,
		m.Left/inch, m.Right/inch, m.Top/inch, m.Bottom/inch, m.Header/inch, m.Footer/inch)
}
