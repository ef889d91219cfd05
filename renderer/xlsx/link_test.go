package xlsx_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// TestLinks reads with excelize where the cells of a column of links lead.
func TestLinks(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, target, place string }{
		{"https://example.com/a?b=c&d=<e>", "https://example.com/a?b=c&d=%3Ce%3E", ""},
		{"HTTP://example.com", "HTTP://example.com", ""},
		{" https://example.com/記録 1#第2章 ", "https://example.com/%E8%A8%98%E9%8C%B2%201", "第2章"},
		{"https://example.com/100%", "", ""}, // no escape, and none can be meant
		{"https://example.com/a[1]?b[]=c", "https://example.com/a%5B1%5D?b%5B%5D=c", ""},
		{"https://example.com/?q=100%", "https://example.com/?q=100%25", ""},
		{"mailto:a@example.com", "mailto:a@example.com", ""},
		{"tel:+81-3-0000-0000", "tel:+81-3-0000-0000", ""},
		{"javascript:alert(1)", "", ""},
		{"file:///etc/passwd", "", ""},
		{"file:c:/windows/system.ini", "", ""},
		{"https://[::1]/a", "", ""},
		{`\\server\share`, "", ""},
		{"//example.com/a", "", ""},
		{"https://", "", ""},
		{"https://bank.example@evil.example/", "", ""},
		{"https://例え.example/", "", ""},
		{"https://example.com/" + strings.Repeat("a", 2100), "", ""},
		{"example.com", "", ""},
		{"", "", ""},
	}
	rows := make([][]xlsx.Value, len(tests))
	for i, test := range tests {
		rows[i] = []xlsx.Value{xlsx.Text(test.text), xlsx.Text(test.text)}
	}
	columns := []xlsx.Column{{Title: "link", Format: parseFormat(t, "link", "en")}, {Title: "text"}}
	content, summary := writeBook(t, xlsx.Sheet{Name: "s", Columns: columns, Filter: true}, rows)
	f := openExcelize(t, content)
	var refused int64
	read := readSheet(t, openBook(t, content).Sheets()[0])
	for i, test := range tests {
		cell, err := excelize.CoordinatesToCellName(1, i+2)
		if err != nil {
			t.Fatal(err)
		}
		found, got, err := f.GetCellHyperLink("s", cell)
		if err != nil || found != (test.target != "") || got != test.target {
			t.Errorf("%.60q leads to %q, %v, want %q", test.text, got, err, test.target)
		}
		if read[cell].Text != test.text {
			t.Errorf("%.60q reads %.60q", test.text, read[cell].Text)
		}
		if test.target == "" && test.text != "" {
			refused++
		}
		if found, got, err := f.GetCellHyperLink("s", strings.Replace(cell, "A", "B", 1)); err != nil || found {
			t.Errorf("text %.60q outside the column leads to %q, %v", test.text, got, err)
		}
	}
	if got := summary.Substitutions.Counts[xlsx.FormatMismatch]; got != refused {
		t.Errorf("%d substitutions, want %d: %+v", got, refused, summary.Substitutions)
	}
}

// Addresses of a usual length, each with an id of its own, are as many as Excel takes; of long ones
// that have nothing in common a sheet keeps so many bytes.
func TestLinksOfASheetAreLimited(t *testing.T) {
	t.Parallel()
	const excelMost, perRow = 65530, 6
	for name, test := range map[string]struct{ rows, own, least, most int }{
		"as in a list": {11_000, 32, excelMost, excelMost},
		"long":         {2_000, 1900, 4_000, 8_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.NewChaCha8([32]byte{})
			columns := make([]xlsx.Column, perRow)
			for i := range columns {
				columns[i].Format = parseFormat(t, "link", "en")
			}
			rows := make([][]xlsx.Value, test.rows)
			for i := range rows {
				rows[i] = make([]xlsx.Value, perRow)
				for j := range rows[i] {
					rows[i][j] = xlsx.Text(ownAddress(r, test.own))
				}
			}
			content, summary := writeBook(t, xlsx.Sheet{Name: "s", Columns: columns}, rows)
			linked := test.rows*perRow - int(summary.Substitutions.Counts[xlsx.TooManyLinks])
			if linked < test.least || linked > test.most {
				t.Fatalf("%d of %d are links, want %d to %d", linked, test.rows*perRow, test.least, test.most)
			}
			last := linked - 1
			cell, err := excelize.CoordinatesToCellName(last%perRow+1, last/perRow+2)
			if err != nil {
				t.Fatal(err)
			}
			want := rows[last/perRow][last%perRow].String()
			if found, got, err := openExcelize(t, content).GetCellHyperLink("s", cell); err != nil || !found || got != want {
				t.Errorf("the last link, of %s, leads to %q, %v, want %q", cell, got, err, want)
			}
		})
	}
}

// ownAddress has so many characters that no other has.
func ownAddress(r *rand.ChaCha8, own int) string {
	id := make([]byte, own/2)
	_, _ = r.Read(id) // it does not fail
	return fmt.Sprintf("https://records.example.com/tenants/aoba/%x?view=detail", id)
}
