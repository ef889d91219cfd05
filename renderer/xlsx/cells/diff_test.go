package cells_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

func diff(t testing.TB, a, b parts, options cells.Options) cells.Report {
	t.Helper()
	report, err := cells.Diff(mustOpen(t, a), mustOpen(t, b), options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestDiff(t *testing.T) {
	t.Parallel()
	row := func(cells string) parts { return plain(`<row r="1">` + cells + `</row>`) }
	merged := func(refs ...string) parts {
		var list strings.Builder
		for _, ref := range refs {
			list.WriteString(`<mergeCell ref="` + ref + `"/>`)
		}
		return plain("").with("xl/worksheets/sheet1.xml", `<worksheet `+namespace+`><sheetData/><mergeCells>`+list.String()+`</mergeCells></worksheet>`)
	}
	tests := []struct {
		name  string
		a, b  parts
		cells int64
		want  string
	}{
		{"shared and inline", row(`<c r="A1" t="s"><v>0</v></c>`), row(`<c r="A1" t="inlineStr"><is><t>plain</t></is></c>`), 1, ""},
		{"stated and implied places", row(`<c r="A1"><v>1</v></c>`), plain(`<row><c><v>1</v></c></row>`), 1, ""},
		{"spelling of a number", row(`<c r="A1"><v>1500</v></c>`), row(`<c r="A1"><v>1.5E3</v></c>`), 1, ""},
		{"digits behind the 15th", row(`<c r="A1"><v>45000.001388888886</v></c>`), row(`<c r="A1"><v>45000.0013888889</v></c>`), 1, ""},
		{"the 15th digit", row(`<c r="A1"><v>45000.0013888889</v></c>`), row(`<c r="A1"><v>45000.0013888888</v></c>`), 1, "Data A1 value 45000.0013888889 | 45000.0013888888"},
		{"empty cells and rows", row(`<c r="A1" s="1"/>`), plain(`<row r="1"/><row r="9"/>`), 0, ""},
		{"value", row(`<c r="B1"><v>1</v></c>`), row(`<c r="B1"><v>2</v></c>`), 1, "Data B1 value 1 | 2"},
		{"kind", row(`<c r="A1"><v>1</v></c>`), row(`<c r="A1" t="str"><v>1</v></c>`), 1, "Data A1 kind number 1 | text 1"},
		{"format", row(`<c r="A1"><v>1</v></c>`), row(`<c r="A1" s="1"><v>1</v></c>`), 1, "Data A1 format General | yyyy/mm/dd hh:mm"},
		{"formula", row(`<c r="A1"><f>B1</f><v>1</v></c>`), row(`<c r="A1"><v>1</v></c>`), 1, "Data A1 formula B1 | "},
		{
			"cell missing", row(`<c r="A1"><v>1</v></c><c r="C1"><v>3</v></c>`), row(`<c r="B1"><v>2</v></c><c r="C1"><v>3</v></c>`), 3,
			"Data A1 kind number 1 | empty ; Data B1 kind empty  | number 2",
		},
		{
			"row missing", plain(`<row r="1"><c><v>1</v></c></row><row r="3"><c><v>3</v></c></row>`), plain(`<row r="2"><c><v>2</v></c></row><row r="3"><c><v>3</v></c></row>`), 3,
			"Data A1 kind number 1 | empty ; Data A2 kind empty  | number 2",
		},
		{"empty text is not nothing", row(`<c r="A1" t="str"><v></v></c>`), row(``), 1, "Data A1 kind text  | empty "},
		{"order of merges", merged("A1:B1", "A2:B2"), merged("A2:B2", "A1:B1"), 0, ""},
		{"merges", merged("A1:B1"), merged("A2:B2"), 0, "Data A1:B1 merge A1:B1 | ; Data A2:B2 merge  | A2:B2"},
		{"visibility", row(``), row(``).replace(t, "xl/workbook.xml", `sheetId`, `state="hidden" sheetId`), 0, "Data  visibility visible | hidden"},
		{
			"dates", row(`<c r="A1" s="1"><v>46326</v></c><c r="B1" s="1"><v>0.25</v></c><c r="C1" s="1"><v>46326.000000011574</v></c>`),
			row(`<c r="A1" s="1"><v>46327</v></c><c r="B1" s="1"><v>0</v></c><c r="C1" s="1" t="str"><v>46326</v></c>`), 3,
			"Data A1 value 2026-10-31 (46326) | 2026-11-01 (46327); Data B1 value 06:00:00 (0.25) | 00:00:00 (0); " +
				"Data C1 kind number 2026-10-31 00:00:00.001 (46326.000000011574) | text 46326",
		},
		{
			"durations", row(`<c r="A1" s="1"><v>1.5</v></c>`).replace(t, "xl/styles.xml", "yyyy/mm/dd hh:mm", "[h]:mm"),
			row(`<c r="A1" s="1"><v>0.5</v></c>`).replace(t, "xl/styles.xml", "yyyy/mm/dd hh:mm", "[h]:mm"), 1,
			"Data A1 value 36h0m0s (1.5) | 12h0m0s (0.5)",
		},
		{
			"date systems", row(`<c r="A1" s="1"><v>46326.5</v></c>`),
			row(`<c r="A1" s="1"><v>44864.5</v></c>`).replace(t, "xl/workbook.xml", "<sheets>", `<workbookPr date1904="1"/><sheets>`), 1, "",
		},
		{
			"date systems apart", row(`<c r="A1" s="1"><v>46326.5</v></c>`),
			row(`<c r="A1" s="1"><v>46326.5</v></c>`).replace(t, "xl/workbook.xml", "<sheets>", `<workbookPr date1904="1"/><sheets>`), 1,
			"Data A1 value 2026-10-31 12:00:00 (46326.5) | 2030-11-01 12:00:00 (46326.5)",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			report := diff(t, test.a, test.b, cells.Options{})
			if got := list(report); got != test.want || report.Cells != test.cells || report.Sheets != 1 {
				t.Errorf("got %q over %d cells of %d sheets, want %q over %d cells of 1", got, report.Cells, report.Sheets, test.want, test.cells)
			}
			if report.Equal() != (test.want == "") {
				t.Errorf("Equal is %v with %d differences", report.Equal(), report.Total)
			}
		})
	}
}

func list(report cells.Report) string {
	var all []string
	for _, d := range report.Differences {
		all = append(all, fmt.Sprintf("%s %s %s %s | %s", d.Sheet, d.Cell, d.What, d.A, d.B))
	}
	return strings.Join(all, "; ")
}

// twoSheets is a workbook of two empty sheets with these names.
func twoSheets(t testing.TB, first, second string) parts {
	t.Helper()
	return plain("").with("xl/worksheets/sheet2.xml", sheetXML("")).
		replace(t, "xl/workbook.xml", `<sheet name="Data" sheetId="1" r:id="rId1"/>`,
			`<sheet name="`+first+`" sheetId="1" r:id="rId1"/><sheet name="`+second+`" sheetId="2" r:id="rId9"/>`).
		replace(t, "xl/_rels/workbook.xml.rels", "</Relationships>",
			`<Relationship Id="rId9" Type="`+relType+`/worksheet" Target="worksheets/sheet2.xml"/></Relationships>`)
}

func TestDiffOfSheets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ b, want string }{
		{"X Y", ""},
		{"Y X", "  order X, Y | Y, X"},
		{"X Z", "Y  sheet Y | ; Z  sheet  | Z"},
		{"x Y", "X  sheet X | x"},
	} {
		first, second, _ := strings.Cut(test.b, " ")
		if got := list(diff(t, twoSheets(t, "X", "Y"), twoSheets(t, first, second), cells.Options{})); got != test.want {
			t.Errorf("sheets X Y against %s: got %q, want %q", test.b, got, test.want)
		}
	}
}

func TestDiffNamesTheFirst(t *testing.T) {
	t.Parallel()
	rows := func(value string) parts {
		var b strings.Builder
		for range 300 {
			b.WriteString(`<row><c t="str"><v>` + value + `</v></c></row>`)
		}
		return plain(b.String())
	}
	for limit, want := range map[int]int{0: 100, 5: 5, -1: 0} {
		report := diff(t, rows("a"), rows(strings.Repeat("漢", 100)), cells.Options{Max: limit})
		if len(report.Differences) != want || report.Total != 300 || report.Cells != 300 {
			t.Errorf("at most %d: got %d of %d over %d cells, want %d of 300 over 300", limit, len(report.Differences), report.Total, report.Cells, want)
		}
		for _, d := range report.Differences {
			if shown := strings.Repeat("漢", 66) + "…"; d.B != shown {
				t.Fatalf("shown as %q, want %q", d.B, shown)
			}
		}
	}
}

func TestDiffReportsDamage(t *testing.T) {
	t.Parallel()
	good, bad := mustOpen(t, plain(`<row r="1"/>`)), mustOpen(t, plain(`<row r="0"/>`))
	if _, err := cells.Diff(good, bad, cells.Options{}); err == nil || !strings.Contains(err.Error(), "second workbook") {
		t.Errorf("error %v, want one about the second workbook", err)
	}
	if _, err := cells.Diff(bad, good, cells.Options{}); err == nil || !strings.Contains(err.Error(), "first workbook") {
		t.Errorf("error %v, want one about the first workbook", err)
	}
}

// What is accepted is counted apart; a cell's column is known by the text in a's first row.
func TestDiffAccepts(t *testing.T) {
	t.Parallel()
	rows := func(value string) parts {
		return plain(`<row r="1"><c t="str"><v>Name</v></c><c t="str"><v>Size</v></c></row><row r="2"><c><v>` + value + `</v></c><c><v>` + value + `</v></c></row>`)
	}
	var seen []string
	report := diff(t, rows("1"), rows("2"), cells.Options{Accept: func(d *cells.Difference) bool {
		seen = append(seen, d.Cell+" "+d.Column)
		return d.Column == "Size"
	}})
	if got := fmt.Sprint(seen); got != "[A2 Name B2 Size]" {
		t.Errorf("asked about %s, want A2 Name and B2 Size", got)
	}
	if report.Total != 1 || report.Accepted != 1 || len(report.Differences) != 1 || report.Differences[0].Column != "Name" || report.Equal() {
		t.Errorf("report is %+v, want one difference in Name and one accepted", report)
	}
}

// Two workbooks have one digest when a reader sees the same in them.
func TestDigest(t *testing.T) {
	t.Parallel()
	digest := func(p parts) string {
		t.Helper()
		sum, err := cells.Digest(mustOpen(t, p))
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	row := func(cells string) parts { return plain(`<row r="1">` + cells + `</row>`) }
	base := row(`<c r="A1" t="s"><v>0</v></c><c r="B1"><v>7</v></c>`)
	if a, b := digest(base), digest(row(`<c r="A1" t="inlineStr"><is><t>plain</t></is></c><c r="B1"><v>7</v></c><c r="C1" s="1"/>`)); a != b {
		t.Errorf("digests of the same cells are %s and %s", a, b)
	}
	for name, other := range map[string]parts{
		"value":      row(`<c r="A1" t="s"><v>0</v></c><c r="B1"><v>8</v></c>`),
		"kind":       row(`<c r="A1" t="s"><v>0</v></c><c r="B1" t="str"><v>7</v></c>`),
		"format":     row(`<c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>7</v></c>`),
		"formula":    row(`<c r="A1" t="s"><v>0</v></c><c r="B1"><f>A1</f><v>7</v></c>`),
		"place":      row(`<c r="A1" t="s"><v>0</v></c><c r="C1"><v>7</v></c>`),
		"visibility": base.replace(t, "xl/workbook.xml", `sheetId`, `state="hidden" sheetId`),
		"name":       base.replace(t, "xl/workbook.xml", `"Data"`, `"Other"`),
		"picture":    pictured(base, "B1", "one"),
		"merge":      base.replace(t, "xl/worksheets/sheet1.xml", `</sheetData>`, `</sheetData><mergeCells><mergeCell ref="A2:B2"/></mergeCells>`),
	} {
		if digest(base) == digest(other) {
			t.Errorf("a workbook with another %s has the same digest", name)
		}
	}
}
