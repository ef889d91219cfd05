package cells_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

func TestCellsAreReadAsStored(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, rows, want string }{
		{"number", `<row r="1"><c r="A1"><v>1.50</v></c></row>`, `A1 number "1.50"`},
		{"shared string", `<row r="1"><c r="A1" t="s"><v>0</v></c></row>`, `A1 text "plain"`},
		{"rich shared string without its reading", `<row r="1"><c r="A1" t="s"><v>1</v></c></row>`, `A1 text "rich "`},
		{"blanks that are not marked", `<row r="1"><c r="A1" t="s"><v>2</v></c></row>`, `A1 text "trimmed"`},
		{"inline string", `<row r="1"><c r="A1" t="inlineStr"><is><t xml:space="preserve"> a&amp;b
</t></is></c></row>`, `A1 text " a&b\n"`},
		{"inline runs", `<row r="1"><c r="A1" t="inlineStr"><is><r><t>_x00</t></r><r><t>41_</t></r></is></c></row>`, `A1 text "_x0041_"`},
		{"empty inline string", `<row r="1"><c r="A1" t="inlineStr"><is><t></t></is></c></row>`, `A1 text ""`},
		{
			"escapes", `<row r="1"><c r="A1" t="inlineStr"><is><t>_x000D__x005F_x0041_ _xD83D__xDE00_ _xD83D_ _x00g0_ _x0041_x</t></is></c></row>`,
			`A1 text "\r_x0041_ 😀 � _x00g0_ Ax"`,
		},
		{"boolean", `<row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="b"><v>false</v></c></row>`, `A1 bool "TRUE", B1 bool "FALSE"`},
		{"error", `<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>`, `A1 error "#N/A"`},
		{"ISO date", `<row r="1"><c r="A1" t="d"><v>2026-10-31</v></c></row>`, `A1 date "2026-10-31"`},
		{"formula", `<row r="1"><c r="A1" t="str"><f>B1&amp;"x"</f><v> y</v></c></row>`, `A1 text " y" =B1&"x"`},
		{"formula without a result", `<row r="1"><c r="A1"><f>B1</f></c></row>`, `A1 empty "" =B1`},
		{
			"shared formula", `<row r="1"><c r="A1"><f t="shared" si="0" ref="A1:B1">C1</f><v>1</v></c><c r="B1"><f t="shared" si="0"/><v>2</v></c></row>`,
			`A1 number "1" =C1, B1 number "2" =[shared from A1] C1`,
		},
		{"style without value", `<row r="1"><c r="A1" s="1"/></row>`, `A1 empty "" as yyyy/mm/dd hh:mm`},
		{"built-in formats", `<row r="1"><c r="A1" s="2"><v>1</v></c><c r="B1" s="3"><v>1</v></c></row>`, `A1 number "1" as [h]:mm:ss, B1 number "1" as @`},
		{
			"no references", `<row><c><v>1</v></c><c/><c><v>3</v></c></row><row><c><v>4</v></c></row>`,
			`A1 number "1", B1 empty "", C1 number "3", A2 number "4"`,
		},
		{
			"some references", `<row r="5"><c r="B5"><v>1</v></c><c><v>2</v></c></row><row><c r="$AA$6"><v>3</v></c></row>`,
			`B5 number "1", C5 number "2", AA6 number "3"`,
		},
		{"prefixes, comments, CDATA", `<x:row r="1"><!-- no --><x:c r="A1" t="str"><x:v><![CDATA[<b>]]></x:v></x:c></x:row>`, `A1 text "<b>"`},
		{"last cell", `<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`, `XFD1048576 number "1"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(read(t, mustOpen(t, plain(test.rows)).Sheets()[0]), ", "); got != test.want {
				t.Errorf("%s\ngot  %s\nwant %s", test.rows, got, test.want)
			}
		})
	}
}

func TestMalformedRowsAreRefused(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string]string{
		"row twice":              `<row r="2"/><row r="2"/>`,
		"rows backwards":         `<row r="2"/><row r="1"/>`,
		"row 0":                  `<row r="0"/>`,
		"row too far":            `<row r="1048577"/>`,
		"column too far":         `<row r="1"><c r="XFE1"/></row>`,
		"endless column":         `<row r="1"><c r="ZZZZZZZZZZZZZZZZZZZZ1"/></row>`,
		"cell twice":             `<row r="1"><c r="A1"/><c r="A1"/></row>`,
		"cells backwards":        `<row r="1"><c r="B1"/><c r="A1"/></row>`,
		"cell of another row":    `<row r="1"><c r="A2"/></row>`,
		"bad reference":          `<row r="1"><c r="1A"/></row>`,
		"no such string":         `<row r="1"><c r="A1" t="s"><v>3</v></c></row>`,
		"negative string":        `<row r="1"><c r="A1" t="s"><v>-1</v></c></row>`,
		"no such style":          `<row r="1"><c r="A1" s="9"/></row>`,
		"no such type":           `<row r="1"><c r="A1" t="x"><v>1</v></c></row>`,
		"no number":              `<row r="1"><c r="A1"><v>1,5</v></c></row>`,
		"NaN":                    `<row r="1"><c r="A1"><v>NaN</v></c></row>`,
		"hexadecimal":            `<row r="1"><c r="A1"><v>0x1p4</v></c></row>`,
		"unstated shared":        `<row r="1"><c r="A1"><f t="shared" si="7"/></c></row>`,
		"tags do not match":      `<row r="1"></c></row>`,
		"unknown entity":         `<row r="1"><c r="A1" t="str"><v>&foo;</v></c></row>`,
		"control character":      "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>\x01</v></c></row>",
		"invalid UTF-8":          "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>\xff</v></c></row>",
		"deep":                   strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200),
		"text beyond the limit":  `<row r="1"><c r="A1" t="str"><v>` + strings.Repeat("x", 2<<20) + `</v></c></row>`,
		"second root":            `</sheetData></worksheet><worksheet><sheetData>`,
		"merge without a corner": `</sheetData><mergeCells><mergeCell ref="A1"/></mergeCells><sheetData>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := mustOpen(t, plain(rows)).Sheets()[0].Rows(func(int, []cells.Cell) error { return nil })
			if !errors.Is(err, cells.ErrMalformed) || !strings.Contains(err.Error(), "Data") && !strings.Contains(err.Error(), "sheet1.xml") {
				t.Errorf("%.200s: error %v, want a malformed workbook that names the sheet", rows, err)
			}
		})
	}
}

func TestRowsReturnsTheCallersError(t *testing.T) {
	t.Parallel()
	want := errors.New("enough")
	calls := 0
	err := mustOpen(t, plain(`<row r="1"/><row r="2"/>`)).Sheets()[0].Rows(func(int, []cells.Cell) error {
		calls++
		return want
	})
	if err != want || calls != 1 { //nolint:errorlint // it must be the same error, not one around it
		t.Errorf("got %v after %d calls, want %v after 1", err, calls, want)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	const style = `<row r="1"><c r="A1" s="1"><v>%</v></c></row>`
	tests := []struct {
		serial string
		is1904 bool
		want   string
	}{
		{"46326.5", false, "2026-10-31 12:00:00"},
		{"45000.0013888888", false, "2023-03-15 00:02:00"},
		{"1", false, "1900-01-01 00:00:00"},
		{"59.25", false, "1900-02-28 06:00:00"},
		{"60", false, ""},
		{"61", false, "1900-03-01 00:00:00"},
		{"0", true, "1904-01-01 00:00:00"},
		{"44864.5", true, "2026-10-31 12:00:00"},
		{"2958466", false, ""},
		{"-1", false, ""},
	}
	for _, test := range tests {
		p := plain(strings.Replace(style, "%", test.serial, 1))
		if test.is1904 {
			p = p.replace(t, "xl/workbook.xml", "<sheets>", `<workbookPr date1904="1"/><sheets>`)
		}
		book := mustOpen(t, p)
		err := book.Sheets()[0].Rows(func(_ int, row []cells.Cell) error {
			got := ""
			if at, ok := row[0].Time(); ok {
				got = at.Format(time.DateTime)
			}
			if got != test.want {
				t.Errorf("serial %s, 1904 %v: got %q, want %q", test.serial, test.is1904, got, test.want)
			}
			return nil
		})
		if err != nil || book.Date1904() != test.is1904 {
			t.Errorf("serial %s: %v, 1904 %v, want %v", test.serial, err, book.Date1904(), test.is1904)
		}
	}
}

func TestElapsed(t *testing.T) {
	t.Parallel()
	err := mustOpen(t, plain(`<row r="1"><c s="2"><v>1.5</v></c><c><v>1.5</v></c><c s="1"><v>1.5</v></c></row>`)).Sheets()[0].
		Rows(func(_ int, row []cells.Cell) error {
			for i, want := range []bool{true, false, false} {
				if d, ok := row[i].Elapsed(); ok != want || ok && d != 36*time.Hour {
					t.Errorf("cell %s: got %v, %v, want 36h, %v", row[i].Ref(), d, ok, want)
				}
			}
			if _, ok := row[0].Time(); ok {
				t.Error("an elapsed time was given as a date")
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLayout(t *testing.T) {
	t.Parallel()
	p := plain("").with("xl/worksheets/sheet1.xml", `<worksheet `+namespace+`><dimension ref="A1:C9"/><sheetViews><sheetView workbookViewId="0">`+
		`<pane xSplit="1" ySplit="2" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="3" width="12.5"/></cols><sheetData/>`+
		`<autoFilter ref="$A$1:$C$9"/><mergeCells count="2"><mergeCell ref="A1:B1"/><mergeCell ref="C2:C3"/></mergeCells>`+
		`<customSheetViews><customSheetView><pane ySplit="9" state="frozen"/></customSheetView></customSheetViews></worksheet>`)
	got, err := mustOpen(t, p).Sheets()[0].Layout()
	if err != nil {
		t.Fatal(err)
	}
	want := cells.Layout{
		Dimension: "A1:C9", AutoFilter: "A1:C9", Merges: []string{"A1:B1", "C2:C3"},
		Widths: []cells.Width{{First: 1, Last: 3, Width: 12.5}}, FrozenRows: 2, FrozenColumns: 1,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestOpenFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "book.xlsx")
	if _, err := cells.OpenFile(name, cells.Limits{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: error %v, want %v", err, os.ErrNotExist)
	}
	if err := os.WriteFile(name, plain(`<row r="1"><c r="A1"><v>7</v></c></row>`).zip(t), 0o600); err != nil {
		t.Fatal(err)
	}
	book, err := cells.OpenFile(name, cells.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, book.Sheet("data")), []string{`A1 number "7"`}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := errors.Join(book.Close(), book.Close()); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}
