package verify

import (
	"maps"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/internal/report"
)

// frame is what stands around the rows of one sheet.
type frame struct {
	def    *report.Sheet
	texts  *report.Texts
	known  map[string]string
	locale string
	// value is that of the column that makes sheets.
	value  string
	totals *totals
	// totalled says that a column has a total.
	totalled bool
}

func (m *comparison) newFrame(def *report.Sheet, l *layout, value string) *frame {
	f := &frame{
		def: def, texts: m.texts, locale: m.c.t.Locale, value: value, totalled: len(newTotals(l).columns) > 0,
		known: map[string]string{report.HolderDataAsOf: m.texts.DataAsOf(m.c.done.Snapshot.At)},
	}
	if def.SheetBy != "" {
		f.known[def.SheetBy] = value
	}
	return f
}

func (f *frame) text(p report.Pattern) string { return f.texts.Text(p, f.known) }

func (f *frame) lines(patterns []report.Pattern) []string {
	lines := make([]string, len(patterns))
	for i, p := range patterns {
		lines[i] = f.text(p)
	}
	return lines
}

// footer are the lines below so many rows.
func (f *frame) footer(rows int64) []string {
	known := maps.Clone(f.known)
	f.known[report.HolderRows] = strconv.FormatInt(rows, 10)
	lines := f.lines(f.def.Footer)
	f.known = known
	return lines
}

func (f *frame) headerRow() int { return len(f.def.Title) + 1 }

// below are the rows that a full sheet keeps free at its end.
func (f *frame) below() int {
	n := 0
	if f.totalled {
		n++
	}
	if len(f.def.Footer) > 0 {
		n += 21 // an empty one, and the most that a footer may have
	}
	return n
}

// label is what the row of totals is called.
func (f *frame) label() string {
	if !f.def.TotalsLabel.IsZero() {
		return f.text(f.def.TotalsLabel)
	}
	if language, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(f.locale), "_", "-"), "-"); language == "ja" {
		return "合計"
	}
	return "Total"
}
