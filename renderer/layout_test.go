package renderer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

const readings = `records: "select i as no, case i when 3 then null else 2.5 * i end as degrees, case when i > 2 then '否' else '適' end as ok from generate_series(1, 4) i where @tenant = 'a'"`

const laidOut = `
properties: {subject: "{site_name}", keywords: "{period}", description: cold}
sheets:
  - name: "{site_name}"
    rows: records
    title: ["{title}", "{site_name} {until}"]
    columns:
      - {name: no, title: No.}
      - {name: degrees, title: 温度, format: "decimal:1", total: average}
      - {name: ok, title: 適否, total: count}
    banding: true
    rules:
      - {column: degrees, above: 8, fill: "FFC7CE"}
      - {column: degrees, between: [2, 6], bold: true}
      - {column: ok, equals: 否, color: "9C0006", wholeRow: true}
    page: {orientation: landscape, margins: {left: 12.7mm}, header: "{site_name}", footer: {left: "{sheet}", right: "{page} / {pages}"}}
    footer: ["{period}", "{rows} 件"]
    protect: {allow: [filter]}
`

// The whole layout as another program reads it.
func TestLayout(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	r := request("x")
	r.Values = map[string]string{"site_name": "第一"}
	data, result, err := d.render(definition(readings, laidOut), r)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "cells", grid(t, open(t, data), "第一"), [][]string{
		{"記録"},
		{"第一 2026-10-31"},
		{"No.", "温度", "適否"},
		{"1", "2.5", "適"},
		{"2", "5", "適"},
		{"3", "", "否"},
		{"4", "10", "否"},
		{"合計", "5.83333333333333", "4"},
		{"2026-10"},
		{"4 件"},
	})
	if result.Notes != nil || result.Rows != 4 {
		t.Errorf("result %+v, want 4 rows and nothing to note", result)
	}
	f, err := excelize.OpenReader(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, got any, err error, want string) {
		t.Helper()
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: got %v (%v), want %s", what, got, err, want)
		}
	}
	formula, err := f.GetCellFormula("第一", "C8")
	check("total", formula, err, "SUBTOTAL(103,C4:C7)")
	properties, err := f.GetDocProps()
	check("properties", []string{properties.Title, properties.Creator, properties.Subject, properties.Keywords, properties.Description, properties.Created}, err,
		"[記録 jetsheet 第一 2026-10 cold 2026-10-31T15:00:00Z]")
	layout, err := f.GetPageLayout("第一")
	check("page", fmt.Sprint(*layout.Size, " ", *layout.Orientation, *layout.FitToHeight), err, "9 landscape0")
	margins, err := f.GetPageMargins("第一")
	check("margins", fmt.Sprint(*margins.Left, *margins.Right), err, "0.5 0.7")
	texts, err := f.GetHeaderFooter("第一")
	check("page texts", []string{texts.OddHeader, texts.OddFooter}, err, "[&C第一 &L&A&R&P / &N]")
	var names []string
	for _, n := range f.GetDefinedName() {
		names = append(names, n.Name+n.RefersTo)
	}
	check("repeated rows", names, nil, "[_xlnm._FilterDatabase'第一'!$A$3:$C$7 _xlnm.Print_Titles'第一'!$3:$3]")
	formats, err := f.GetConditionalFormats("第一")
	check("rules", slices.Sorted(maps.Keys(formats)), err, "[A4:C7 B4:B7]")
	var fills []string
	for row := 4; row <= 7; row++ {
		id, err := f.GetCellStyle("第一", fmt.Sprint("A", row))
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		fills = append(fills, strconv.Itoa(style.Fill.Pattern))
	}
	check("banding", fills, nil, "[0 1 0 1]")
}

// Totals, like other things of a column, may come from the form.
func TestColumnsFromGivesTotals(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	text := func(total string) string {
		return definition(readings+"\nfields: \"select * from (values ('degrees', 'decimal:1', '"+total+"'), ('ok', '', '')) v (name, format, total) where @tenant = 'a'\"",
			`sheets: [{name: S, rows: records, columnsFrom: fields, totalsLabel: "{title}計", rules: [{column: gone, blank: true, bold: true}]}]`)
	}
	book, result := d.workbook(text("max"), request("x"))
	rows := grid(t, book, "S")
	same(t, "totals", rows[len(rows)-1], []string{"10", "記録計"})
	same(t, "rules for columns that are not there", result.Notes.MissingColumns, []string{"gone"})
	_, _, err := d.render(text("median"), request("x"))
	if !errors.As(err, new(*WorkbookError)) || !strings.Contains(err.Error(), `the total "median" of column "degrees" is none of sum, average, count, min, max`) {
		t.Errorf("error %v, want one that names the total", err)
	}
}

func TestTotalLabelIsOfTheTargetsLanguage(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for locale, want := range map[string]string{"ja": "合計", "ja_JP": "合計", "en": "Total", "jav": "Total"} {
		r := request("x")
		r.Locale = locale
		book, _ := d.workbook(definition(readings, `sheets: [{name: S, rows: records, columns: [{name: ok}, {name: no, total: sum}]}]`), r)
		rows := grid(t, book, "S")
		same(t, locale, rows[len(rows)-1], []string{want, "10"})
	}
	// Where every column has one, there is no place for it.
	book, _ := d.workbook(definition(readings, `sheets: [{name: S, rows: records, columns: [{name: no, total: sum}]}]`), request("x"))
	same(t, "all totals", grid(t, book, "S")[5], []string{"10"})
}

// What can be known before a workbook is made is said when the definition is read, at its place.
func TestCheckSheet(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{
		`columns: [{name: a, format: text, total: sum}]`:                                                                                                `sheets[0].columns[0].total: a column of text or truth values has no sum`,
		`columns: [{name: a, format: "decimal:1"}], rules: [{column: a, above: hot, bold: true}]`:                                                       `sheets[0].rules[0].above: no cell of the column's format can hold "hot"`,
		`columns: [{name: a}], rules: [{column: a, above: hot, bold: true}]`:                                                                            `sheets[0].rules[0].above: "above" compares numbers and dates, and "hot" is none; write "equals" or "not", or give the column a format of numbers or dates`,
		`columns: [{name: a}], rules: [{column: a, between: [8, 2], bold: true}]`:                                                                       `sheets[0].rules[0].between: "between" has the lower end first, and 8 is not below 2`,
		`columns: [{name: a, format: date}], rules: [{column: a, above: "2026-10-05", bold: true}]`:                                                     "",
		`columns: [{name: b}, {name: a, format: text}], rules: [{column: b, blank: true, bold: true}, {column: a, bar: "638EC6"}]`:                      `sheets[0].rules[1].bar: "bar" is for numbers`,
		`rules: [{column: a, above: hot, bold: true}]`:                                                                                                  "", // its columns come from the database
		`columns: [{name: a, total: sum}, {name: b}], totalsLabel: All, page: {footer: "{page}"}, protect: true`:                                        "",
		`page: {header: "` + strings.Repeat("あ", 253) + `{site_name}", footer: {left: "` + strings.Repeat("x", 247) + `{site_name}", right: "{page}"}}`: "",
		`page: {header: "` + strings.Repeat("あ", 254) + `"}`:                                                                                            `sheets[0].page.header: the texts of left, center and right have 256 characters`,
		`page: {footer: {left: "` + strings.Repeat("&", 125) + `", right: "{page}"}}`:                                                                   `sheets[0].page.footer: the texts of left, center and right have 256 characters`,
		`columns: [{name: a}], rules: [{column: a, scale: ["FFFFFF", "F8696B"]}, {column: a, contains: x, bold: true}]`:                                 "",
	} {
		_, err := report.Options{CheckSheet: CheckSheet}.Parse("r.yaml", []byte(definition(readings, `sheets: [{name: S, rows: records, `+keys+`}]`)))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s:\ngot  %v\nwant %q", keys, err, want)
		}
	}
}

func TestCheckTotal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format, total string
		kind          query.Kind
		want          string
	}{
		{"", "sum", query.KindText, "a column of text or truth values has no sum"},
		{"general", "min", query.KindBytes, "a column of text or truth values has no min"},
		{"", "average", query.KindBool, "a column of text or truth values has no average"},
		{"", "sum", query.KindTimestampTZ, "dates have no sum"},
		{"", "max", query.KindDate, ""},
		{"", "count", query.KindText, ""},
		{"", "", query.KindText, ""},
		{"", "sum", query.KindNumeric, ""},
		{"", "sum", query.KindInterval, ""},
		{"", "sum", query.KindJSON, ""}, // its values may be numbers
		{"", "sum", query.KindOther, "a column of text or truth values has no sum"},
		{"number", "sum", query.KindText, ""}, // "1.5" becomes a number
	} {
		err := CheckTotal(&report.Column{Name: "a", Format: c.format, Total: report.Total(c.total)}, c.kind)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s of %s in the format %q: got %v, want %q", c.total, c.kind, c.format, err, c.want)
		}
	}
}

// The first of a definition's rules counts, whatever the order of the columns.
func TestRulesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	d := parse(t, definition(readings, `sheets: [{name: s, rows: records, columns: [{name: a}, {name: b}, {name: a}],
  rules: [{column: b, equals: x, bold: true, wholeRow: true}, {column: a, filled: true, bold: true}]}]`))
	layout, err := newLayout(&d.Workbook.Sheets[0], d.Workbook.Sheets[0].Columns, "ja")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, rule := range layout.Rules {
		got = append(got, fmt.Sprintf("%d %s", rule.Column, rule.When))
	}
	same(t, "rules", got, []string{"1 equals", "0 filled", "2 filled"})
}

func TestHeaderIsFrozenAndFilteredUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string][2]bool{"": {true, true}, "freezeHeader: false": {false, true}, "filter: false": {true, false}} {
		d := parse(t, definition(readings, `sheets: [{name: s, rows: records, `+keys+`}]`))
		layout, err := newLayout(&d.Workbook.Sheets[0], nil, "ja")
		if got := [2]bool{layout.FreezeHeader, layout.Filter}; err != nil || got != want {
			t.Errorf("%q: frozen and filtered %v, %v, want %v", keys, got, err, want)
		}
	}
}

// A definition's words go to the writer as they are.
func TestWordsOfLayoutsAreTheWriters(t *testing.T) {
	t.Parallel()
	sorted := func(names []string) []string { return slices.Sorted(slices.Values(names)) }
	same(t, "conditions", sorted(namesOf(report.Conditions())), sorted(xlsx.ConditionNames()))
	same(t, "totals", sorted(namesOf(report.Totals())), sorted(xlsx.TotalNames()))
	same(t, "papers", sorted(namesOf(report.Papers())), sorted(xlsx.PaperNames()))
	same(t, "actions", sorted(namesOf(report.Actions())), sorted(xlsx.ActionNames()))
}

func namesOf[T ~string](words []T) []string {
	names := make([]string, len(words))
	for i, word := range words {
		names[i] = string(word)
	}
	return names
}

const bySite = `sheets: [{name: "{site} {title}", rows: records, sheetBy: site, title: "{site}", footer: "{rows}", columns: [{name: n, total: sum}]}]`

func TestSheetByColumn(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	records := func(rows string) string {
		return `records: "select * from (values ` + rows + `) v (site, n) where @tenant = 'a'"`
	}
	book, result := d.workbook(definition(records(`('North', 1), ('North', 2), ('a/b', 3), (null, 4)`), bySite), request("x"))
	if result.Rows != 4 || result.Sheets != 3 || result.Notes == nil {
		t.Errorf("result %+v, want 4 rows in 3 sheets, one of them with a changed name", result)
	}
	same(t, "first", grid(t, book, "North 記録"), [][]string{{"North"}, {"n"}, {"1"}, {"2"}, {"3"}, {"2"}})
	same(t, "second", grid(t, book, book.Sheets()[1].Name), [][]string{{"a/b"}, {"n"}, {"3"}, {"3"}, {"1"}})
	same(t, "NULL", grid(t, book, book.Sheets()[2].Name)[1:], [][]string{{"n"}, {"4"}, {"4"}, {"1"}})
	for rows, want := range map[string]string{
		`('a', 1), ('b', 2), ('a', 3)`: `row 3 of the query records has site "a" again after other ones; each value gets one sheet (sheetBy), so order the query by site first`,
		`(null, 1), ('b', 2), ('', 3)`: `row 3 of the query records has site "" again`,
	} {
		_, _, err := d.render(definition(records(rows), bySite), request("x"))
		if !errors.As(err, new(*WorkbookError)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want a WorkbookError with %q", rows, err, want)
		}
	}
	_, _, err := d.render(definition(`records: "select 'v' || i as site, i as n from generate_series(1, 1025) i where @tenant = 'a' order by i"`, bySite), request("x"))
	if !errors.As(err, new(*WorkbookError)) || !strings.Contains(err.Error(), "gives more than 1024 values of site") {
		t.Errorf("1025 values: error %v, want the limit", err)
	}
	_, _, err = d.render(definition(`records: "select 1 as n where @tenant = 'a'"`, bySite), request("x"))
	if !errors.As(err, new(*WorkbookError)) || !strings.Contains(err.Error(), `the query records gives no column "site"`) {
		t.Errorf("no such column: error %v, want a WorkbookError that names it", err)
	}
}

// Values that a sheet's name cannot tell apart have a sheet each.
func TestSheetByColumnOfLikeNames(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	long := strings.Repeat("長", 31)
	book, result := d.workbook(definition(`records: "select * from (values ('History', 1), ('north', 2), ('North', 3), ('`+long+`い', 4), ('`+long+`ろ', 5)) v (site, n) where @tenant = 'a'"`,
		`sheets: [{name: "{site}", rows: records, sheetBy: site, title: "{site}", columns: [{name: n}]}]`), request("x"))
	var names, titles []string
	for _, sheet := range book.Sheets() {
		names = append(names, sheet.Name)
		titles = append(titles, grid(t, book, sheet.Name)[0][0])
	}
	same(t, "names", names, []string{"History_", "north", "North (2)", long, strings.Repeat("長", 27) + " (2)"})
	same(t, "titles", titles, []string{"History", "north", "North", long + "い", long + "ろ"})
	if result.Notes == nil || len(result.Notes.Substitutions) != 1 || result.Notes.Substitutions[0].Count != 4 {
		t.Errorf("notes %+v, want 4 changed names", result.Notes)
	}
}

// Values without rows have no sheet; a workbook has one.
func TestSheetByColumnOfNoRows(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	const none = `records: "select 'x' as site, 1 as n where @tenant = 'b'"`
	book, result := d.workbook(definition(none, bySite, "empty: file"), request("x"))
	if result.Rows != 0 || result.Sheets != 1 {
		t.Errorf("result %+v, want one sheet without rows", result)
	}
	same(t, "cells", grid(t, book, book.Sheets()[0].Name)[:2], [][]string{{""}, {"n"}})
	two := strings.TrimSuffix(bySite, "]") + `, {name: other, rows: others}]`
	book, result = d.workbook(definition(none+"\nothers: \"select 1 as n where @tenant = 'a'\"", two), request("x"))
	if result.Sheets != 1 || book.Sheets()[0].Name != "other" {
		t.Errorf("result %+v with the sheet %s, want the one that has rows", result, book.Sheets()[0].Name)
	}
	first := strings.Replace(bySite, "[", `[{name: other, rows: others}, `, 1)
	book, result = d.workbook(definition(none+"\nothers: \"select 1 as n where @tenant = 'a'\"", first), request("x"))
	if result.Sheets != 1 || book.Sheets()[0].Name != "other" {
		t.Errorf("behind a sheet with rows: result %+v, want that sheet alone", result)
	}
}

// An older build gives a request of such a report back: it would make the workbook
// without its layout.
func TestLayoutNeedsANewerReader(t *testing.T) {
	t.Parallel()
	if d := parse(t, definition(readings, laidOut)); d.MinReader != jetsheet.SchemaVersion {
		t.Errorf("MinReader is %d, want %d", d.MinReader, jetsheet.SchemaVersion)
	}
}
