package verify

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// expected is what a cell must hold.
type expected struct {
	kind   cells.Kind
	text   string  // of text and truth values
	number float64 // of numbers
	// serial says that the number is a date or time, of which the last bits are a matter
	// of how it was worked out.
	serial bool
	format string
	// picture is the digest of the picture that lies over the cell, which is empty;
	// unknown cells may hold and show anything.
	picture string
	unknown bool
	// drawn is a cell of a template that stays as it is; quoted says that the style of one
	// that is filled marks text as text.
	drawn  *cells.Cell
	quoted bool
	// formula is what a formula that the template has must be here; nil for any.
	formula formula
}

// serialSlack is a sixth of a millisecond, in days.
const serialSlack = 2e-9

// is says whether a cell holds what is expected.
func (e expected) is(got cells.Cell, header bool) bool {
	switch {
	case e.unknown:
		return true
	case e.drawn != nil:
		return isDrawn(*e.drawn, got) && (e.formula == nil || e.formula.is(got.Formula) || isShared(*e.drawn, got))
	case e.picture != "" && got.Kind == cells.Text: // see shows
		return got.Formula == ""
	}
	if got.Kind != e.kind || got.Formula != "" {
		return false
	}
	if e.kind == cells.Empty { // a style on nothing shows nothing
		return true
	}
	if got.Format != e.format {
		return false
	}
	if e.kind != cells.Number {
		// What a program could take for a formula is marked as text.
		return got.Text == e.text && (header || e.kind != cells.Text || got.QuotePrefix == (e.quoted || likeFormula(e.text)))
	}
	f, ok := got.Float()
	return ok && (f == e.number || e.serial && math.Abs(f-e.number) <= serialSlack)
}

func likeFormula(text string) bool {
	return text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0]))
}

// String shows the expected cell like show.
func (e expected) String() string {
	if e.drawn != nil {
		drawn := *e.drawn
		if e.formula != nil {
			drawn.Formula = e.formula.String()
		}
		return show(drawn)
	}
	c := cells.Cell{Kind: e.kind, Text: e.text, Format: e.format, QuotePrefix: e.kind == cells.Text && (e.quoted || likeFormula(e.text))}
	if e.kind == cells.Number {
		c.Text = strconv.FormatFloat(e.number, 'g', -1, 64)
	}
	return show(c)
}

// show writes a cell for people.
func show(c cells.Cell) string {
	if c.Kind == cells.Empty && c.Formula == "" {
		return "nothing"
	}
	text := c.Kind.String() + " " + strconv.Quote(c.Text)
	if c.Format != cells.General && c.Format != "" {
		text += " as " + c.Format
	}
	if c.QuotePrefix {
		text += " marked as text"
	}
	if c.Formula != "" {
		text += fmt.Sprintf(" from the formula %q", c.Formula)
	}
	return text
}

func orGeneral(code string) string {
	if code == "" {
		return cells.General
	}
	return code
}

// maxUnits is Excel's limit for the text of a cell, in UTF-16 units.
const maxUnits = 32767

// textCell is a cell with text as far as a cell can hold it.
func textCell(text, code string) expected {
	return expected{kind: cells.Text, text: holdable(text), format: orGeneral(code)}
}

// holdable replaces what XML cannot hold and cuts what Excel cannot.
func holdable(text string) string {
	var b strings.Builder
	units := 0
	for _, r := range text { // an invalid byte comes as U+FFFD
		width := 1
		if r >= 0x10000 {
			width = 2
		}
		if units += width; units > maxUnits {
			break
		}
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	return b.String()
}

func numberCell(f float64, code string) expected {
	return expected{kind: cells.Number, number: f, format: orGeneral(code)}
}

func serialCell(f float64, code string) expected {
	return expected{kind: cells.Number, number: f, serial: true, format: orGeneral(code)}
}

func truthCell(yes bool) expected {
	return expected{kind: cells.Bool, text: strings.ToUpper(strconv.FormatBool(yes)), format: cells.General}
}

// dayNumber is Excel's number of a wall clock: days since the end of 1899, in a calendar
// whose 1900 has a 29th of February. Before 1900 and after 9999 there is none.
func dayNumber(wall time.Time) (number float64, ok bool) {
	if wall.Year() < 1900 || wall.Year() > 9999 {
		return 0, false
	}
	const perDay = 24 * 60 * 60
	since := wall.Unix() - time.Date(1899, time.December, 31, 0, 0, 0, 0, time.UTC).Unix()
	days := since / perDay
	if days > 59 {
		days++
	}
	return float64(days) + inDays(time.Duration(since%perDay)*time.Second+time.Duration(wall.Nanosecond())), true
}

func inDays(d time.Duration) float64 { return float64(d) / float64(24*time.Hour) }
