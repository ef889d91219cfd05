package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// printJSON writes one JSON value on one line: called once it is an object for
// programs, called for each item it is NDJSON. Characters are not escaped for
// HTML: a key with & stays readable.
func (a *app) printJSON(value any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("print as JSON: %w", err)
	}
	return nil
}

// table is aligned text for people. Cells are made safe for a terminal: control
// characters in a tenant's own names are shown, not obeyed.
type table struct {
	right  []bool
	cut    []bool // columns that give way to a narrow terminal
	widths []int
	rows   [][]string
}

// newTable begins a table with its headings. A heading that begins with ">" has
// its column aligned to the right; one that begins with "~" has values that are cut
// where a terminal is too narrow for them, which is for what is shown in full
// elsewhere. If all are empty, no heading is printed.
func newTable(headings ...string) *table {
	t := &table{right: make([]bool, len(headings)), cut: make([]bool, len(headings)), widths: make([]int, len(headings))}
	titles := make([]string, len(headings))
	for i, heading := range headings {
		titles[i] = strings.TrimLeft(heading, ">~")
		t.right[i], t.cut[i] = strings.HasPrefix(heading, ">"), strings.HasPrefix(heading, "~")
	}
	if strings.Join(titles, "") != "" {
		t.add(titles...)
	}
	return t
}

// add appends a row. Missing cells are empty; more cells than headings are a
// mistake of the program.
func (t *table) add(cells ...string) {
	if len(cells) > len(t.widths) {
		panic(fmt.Sprintf("table row of %d cells in %d columns", len(cells), len(t.widths)))
	}
	row := make([]string, len(t.widths))
	for i, cell := range cells {
		row[i] = printable(cell)
		t.widths[i] = max(t.widths[i], displayWidth(row[i]))
	}
	t.rows = append(t.rows, row)
}

// leastCut is the number of columns that a cut value keeps.
const leastCut = 12

// fit cuts values, those of the widest column first, until a line has so many columns of
// a terminal, or nothing is left to be cut.
func (t *table) fit(columns int) {
	total := 2 * (len(t.widths) - 1)
	for _, width := range t.widths {
		total += width
	}
	for ; total > columns; total-- {
		widest := -1
		for i, width := range t.widths {
			if t.cut[i] && width > leastCut && (widest < 0 || width > t.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		t.widths[widest]--
	}
	for _, row := range t.rows {
		for i := range row {
			row[i] = cutTo(row[i], t.widths[i])
		}
	}
}

// cutTo cuts a text to so many columns of a terminal.
func cutTo(text string, columns int) string {
	if displayWidth(text) <= columns {
		return text
	}
	for i, r := range text {
		if columns -= runeWidth(r); columns < 1 { // of which the mark takes one
			return text[:i] + "…"
		}
	}
	return text
}

// print writes the table, two spaces between columns, no space at a line's end.
func (t *table) print(w io.Writer) error {
	if columns := terminalColumns(w); columns > 0 {
		t.fit(columns)
	}
	var text strings.Builder
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			padding := strings.Repeat(" ", t.widths[i]-displayWidth(cell))
			if t.right[i] {
				line.WriteString(padding + cell)
			} else {
				line.WriteString(cell + padding)
			}
			line.WriteString("  ")
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("print table: %w", err)
	}
	return nil
}

// displayWidth is the number of columns that a terminal gives to a text. East
// Asian wide characters take two, combining ones none.
func displayWidth(text string) int {
	columns := 0
	for _, r := range text {
		columns += runeWidth(r)
	}
	return columns
}

func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// printable replaces what a terminal would obey (escape sequences, line breaks,
// right-to-left overrides) by how Go writes it.
func printable(text string) string {
	if !strings.ContainsFunc(text, obeyed) && strings.ToValidUTF8(text, "") == text {
		return text
	}
	var safe strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if obeyed(r) {
			quoted := fmt.Sprintf("%+q", string(r))
			safe.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		safe.WriteRune(r)
	}
	return safe.String()
}

// obeyed tells whether a terminal acts on the character. The joiners inside of
// emoji and Indic text are harmless.
func obeyed(r rune) bool {
	return unicode.IsControl(r) || (unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) && r != '\u200d' && r != '\u200c')
}
