//go:build unix

package main

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// movingBook writes a workbook of moving records.
func movingBook(t *testing.T, rows [][2]int, head int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "book.xlsx")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	book := zip.NewWriter(file)
	sheet := func(name string, lines []string) {
		w, err := book.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(w, `<worksheet><sheetData><row><c t="inlineStr"><is><t>version</t></is></c></row>%s</sheetData></worksheet>`, strings.Join(lines, "")); err != nil {
			t.Fatal(err)
		}
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = fmt.Sprintf("<row><c><v>%d</v></c><c><v>%d</v></c></row>", r[0], r[1])
	}
	sheet("xl/worksheets/sheet1.xml", lines)
	sheet("xl/worksheets/sheet2.xml", []string{fmt.Sprintf("<row><c><v>%d</v></c></row>", head)})
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckInstant(t *testing.T) {
	t.Parallel()
	whole := func() [][2]int {
		rows := make([][2]int, movingSum/100)
		for i := range rows {
			rows[i] = [2]int{7, 100 + 5*(i%2*2-1)}
		}
		return rows
	}
	torn, lost, short := whole(), whole(), whole()
	torn[3][0], lost[3][1], short = 6, 0, short[1:]
	for _, c := range []struct {
		name string
		rows [][2]int
		head int
		want string // in the error; "" means none
	}{
		{"one instant", whole(), 7, ""},
		{"a row of an older version", torn, 7, "row 5 is"},
		{"a head of another version", whole(), 8, "row 2 is"},
		{"an amount of another version", lost, 7, "add up to"},
		{"a row less", short, 7, "39 rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := checkInstant(movingBook(t, c.rows, c.head))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
