package report

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

const laidOut = `report: r
title: Temperatures
period: month
targets: select tenant, target, company from t
queries: {records: select 1 where tenant = @tenant}
workbook:
  properties: {subject: "{company}", keywords: "cold, {period}"}
  sheets:
    - name: "{site}"
      rows: records
      sheetBy: site
      title: ["{title}", "{company} {site}, {dataAsOf}"]
      columns:
        - {name: at, format: datetime}
        - {name: degrees, total: average}
        - {name: note, total: count}
      totalsLabel: All of {company}
      banding: true
      rules:
        - {column: degrees, above: 10.5, fill: "ffc7ce", color: "#9C0006", bold: true}
        - {column: degrees, between: [-1, 20.5], fill: "C6EFCE"}
        - {column: note, equals: ng, bold: true, wholeRow: true}
        - {column: note, blank: true, fill: "FFEB9C"}
        - {column: degrees, scale: ["FFFFFF", "F8696B"]}
        - {column: degrees, bar: "5B9BD5"}
      page:
        paper: A3
        orientation: landscape
        margins: {left: 10mm, top: 1in, footer: 1.5cm}
        header: "{company}"
        footer: {left: "{sheet}", right: "{page} / {pages}"}
      footer: "{rows} rows of {period}"
      protect: {allow: [filter, formatRows]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`

func TestLayout(t *testing.T) {
	t.Parallel()
	d := mustParse(t, laidOut)
	sheet := d.Workbook.Sheets[0]
	check := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", what, got, want)
		}
	}
	check("totals", []Total{sheet.Columns[0].Total, sheet.Columns[1].Total, sheet.Columns[2].Total}, []Total{TotalNone, TotalAverage, TotalCount})
	check("banding", sheet.Banding, DefaultBanding)
	number := func(text string) Operand { return Operand{Text: text, Number: true} }
	check("rules", sheet.Rules, []Rule{
		{Column: "degrees", Condition: ConditionAbove, Operands: []Operand{number("10.5")}, Fill: "FFC7CE", Color: "9C0006", Bold: true},
		{Column: "degrees", Condition: ConditionBetween, Operands: []Operand{number("-1"), number("20.5")}, Fill: "C6EFCE"},
		{Column: "note", Condition: ConditionEquals, Operands: []Operand{{Text: "ng"}}, Bold: true, WholeRow: true},
		{Column: "note", Condition: ConditionBlank, Fill: "FFEB9C"},
		{Column: "degrees", Condition: ConditionScale, Colors: []string{"FFFFFF", "F8696B"}},
		{Column: "degrees", Condition: ConditionBar, Colors: []string{"5B9BD5"}},
	})
	check("margins", *sheet.Page.Margins, Margins{Left: 10, Right: 17.78, Top: 25.4, Bottom: 19.05, Header: 7.62, Footer: 15})
	check("page", []any{sheet.Page.Paper, sheet.Page.Orientation, sheet.Page.FitToWidth, sheet.Page.RepeatHeader}, []any{Paper("A3"), Landscape, true, true})
	check("protection", sheet.Protection, &Protection{Allow: []Action{ActionFilter, ActionFormatRows}})
	check("placeholders", d.Placeholders(), []string{"company"})
	check("MinReader", []int{d.MinReader, MinReader(d.Source)}, []int{2, 2})
}

func TestLayoutTexts(t *testing.T) {
	t.Parallel()
	d := mustParse(t, laidOut)
	sheet := d.Workbook.Sheets[0]
	texts, err := d.Texts(&jetsheet.Target{
		TimeZone: "Asia/Tokyo", Period: jetsheet.Period{Label: "2026-10"}, Values: map[string]string{"company": "Aoba", "site": "not this one"},
	})
	if err != nil {
		t.Fatal(err)
	}
	more := map[string]string{
		"site": "North", HolderRows: "3", HolderPage: "<n>", HolderPages: "<all>", HolderSheet: "<name>",
		HolderDataAsOf: texts.DataAsOf(time.Date(2026, 10, 31, 20, 0, 1, 5e8, time.UTC)),
	}
	for _, test := range []struct {
		pattern Pattern
		want    string
	}{
		{sheet.Name, "North"},
		{sheet.Title[0], "Temperatures"},
		{sheet.Title[1], "Aoba North, 2026-11-01 05:00:01"},
		{sheet.TotalsLabel, "All of Aoba"},
		{sheet.Page.Header.Center, "Aoba"},
		{sheet.Page.Footer.Left, "<name>"},
		{sheet.Page.Footer.Right, "<n> / <all>"},
		{sheet.Footer[0], "3 rows of 2026-10"},
		{d.Workbook.Properties.Title, "Temperatures"},
		{d.Workbook.Properties.Creator, "jetsheet"},
		{d.Workbook.Properties.Subject, "Aoba"},
		{d.Workbook.Properties.Keywords, "cold, 2026-10"},
		{d.Workbook.Properties.Description, ""},
	} {
		if got := texts.Text(test.pattern, more); got != test.want {
			t.Errorf("%q gives %q, want %q", test.pattern, got, test.want)
		}
	}
}

// A report that says nothing of its layout has none, and is read by older builds.
func TestNoLayout(t *testing.T) {
	t.Parallel()
	d := mustParse(t, minimal)
	sheet := d.Workbook.Sheets[0]
	if sheet.Title != nil || sheet.Footer != nil || sheet.Banding != "" || sheet.Rules != nil || sheet.Page != nil || sheet.Protection != nil || d.MinReader != 1 {
		t.Errorf("got %+v with MinReader %d, want no layout and 1", sheet, d.MinReader)
	}
	for _, off := range []string{"banding: false", "protect: false", `banding: none`} {
		d := mustParse(t, strings.Replace(minimal, "rows: records}", "rows: records, "+off+"}", 1))
		if sheet := d.Workbook.Sheets[0]; sheet.Banding != "" || sheet.Protection != nil {
			t.Errorf("%s: got %+v, want none", off, sheet)
		}
	}
}

func TestPageOfNoKeys(t *testing.T) {
	t.Parallel()
	d := mustParse(t, strings.Replace(minimal, "rows: records}", "rows: records, page: {}}", 1))
	want := &Page{Paper: PaperA4, Orientation: Portrait, FitToWidth: true, RepeatHeader: true}
	if got := d.Workbook.Sheets[0].Page; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFooterOfTooManyLines(t *testing.T) {
	t.Parallel()
	footer := func(lines int) string { return "footer: [" + strings.Repeat("a, ", lines) + "]}" }
	mustParse(t, strings.Replace(minimal, "rows: records}", "rows: records, "+footer(20), 1))
	_, err := Parse("r", []byte(strings.Replace(minimal, "rows: records}", "rows: records, "+footer(21), 1)))
	if err == nil || !strings.Contains(err.Error(), "workbook.sheets[0].footer has 21 lines; 20 are allowed") {
		t.Errorf("21 lines: got %v", err)
	}
}

func TestTooManyRules(t *testing.T) {
	t.Parallel()
	rules := func(n int) string {
		return "columns: [{name: a}], rules: [" + strings.Repeat("{column: a, above: 1, bold: true}, ", n) + "]}"
	}
	mustParse(t, strings.Replace(minimal, "rows: records}", "rows: records, "+rules(1000), 1))
	_, err := Parse("r", []byte(strings.Replace(minimal, "rows: records}", "rows: records, "+rules(1001), 1)))
	if err == nil || !strings.Contains(err.Error(), "the sheet has 1001 rules; 1000 are the limit") {
		t.Errorf("1,001 rules: got %v", err)
	}
}

func TestLayoutProblems(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ old, new, want string }{
		{"total: average", "total: avrage", `:15:34: unknown total "avrage"; did you mean "average"?`},
		{"total: average", "totals: sum", `:15:27: unknown key "totals"; did you mean "total"?`},
		{"banding: true", "bandig: true", `:18:7: unknown key "bandig"; did you mean "banding"?`},
		{"banding: true", "banding: grey", `:18:16: workbook.sheets[0].banding must be true, false or a colour of six hex digits as in "DDEBF7", not "grey"`},
		{"banding: true", "banding: [a]", `:18:16: workbook.sheets[0].banding must be text`},
		{"title: [", "title: [1, 2, 3, 4, 5, 6, 7, 8, 9, ", `:12:14: workbook.sheets[0].title has 11 lines; 10 are allowed`},
		{`"{title}",`, `"{title",`, `:12:15: workbook.sheets[0].title[0]: "{title" has a { without a } after it`},
		{`title: ["{title}", "{company} {site}, {dataAsOf}"]`, `title: ""`, `:12:14: workbook.sheets[0].title is empty`},
		{`title: ["{title}", "{company} {site}, {dataAsOf}"]`, "title: |\n        a\n        b", `:12:14: workbook.sheets[0].title has several lines; write them as a list, as in ["first", "second"]`},
		{`"{title}",`, `null,`, `:12:15: workbook.sheets[0].title[0] has no value; give it one or remove it`},
		{`name: "{site}"`, `name: "Data"`, `:9:13: workbook.sheets[0].name must contain {site}: each value of that column gets a sheet (workbook.sheets[0].sheetBy)`},
		{"{column: degrees, above: 10.5,", "{above: 10.5,", `:20:11: "workbook.sheets[0].rules[0].column" is missing; write for example column: temperature`},
		{"column: degrees, above", "column: degres, above", `:20:20: the sheet has no column "degres"; did you mean "degrees"?`},
		{"above: 10.5", "abov: 10.5", `:20:29: unknown key "abov"; did you mean "above"?` + "\n" + `:20:11: workbook.sheets[0].rules[0] has no condition; write for example "above: 10"`},
		{"above: 10.5", "above: [1]", `:20:36: workbook.sheets[0].rules[0].above must be a number or a text; quote true and false`},
		{"above: 10.5", "above: 1, below: 2", `:20:46: a rule has one condition, and this one has above and below; write a rule for each`},
		{", fill: \"ffc7ce\", color: \"#9C0006\", bold: true", "", `:20:11: workbook.sheets[0].rules[0] changes nothing; give it fill, color or bold`},
		{`fill: "ffc7ce"`, "fill: red", `:20:48: "red" is not a colour; write six hex digits as in "DDEBF7", or "none"`},
		{"- {name: degrees,", "- {title: Degrees,", `:15:11: "workbook.sheets[0].columns[1].name" is missing; write for example name: recorded_at`},
		{"[-1, 20.5]", "8", `:21:38: workbook.sheets[0].rules[1].between must be a list; write each element after "- "`},
		{"[-1, 20.5]", "[20]", `:21:38: workbook.sheets[0].rules[1].between must have two ends, the lower one first, as in [2, 8]`},
		{"[-1, 20.5]", "[1, 2, 3]", `:21:38: workbook.sheets[0].rules[1].between must have two ends, the lower one first, as in [2, 8]`},
		{"[-1, 20.5]", "[true, 1]", `:21:39: workbook.sheets[0].rules[1].between[0] must be a number or a text; quote true and false`},
		{"equals: ng", "equals: true", `:22:34: workbook.sheets[0].rules[2].equals must be a number or a text; quote true and false`},
		{"blank: true", "blank: false", `:23:33: workbook.sheets[0].rules[3].blank must be true; the opposite of "blank" is "filled"`},
		{`["FFFFFF", "F8696B"]`, `["FFFFFF"]`, `:24:36: workbook.sheets[0].rules[4].scale must have two or three colours from low to high, as in ["FFFFFF", "F8696B"]`},
		{`["FFFFFF", "F8696B"]`, `["FFFFFF", none]`, `:24:47: workbook.sheets[0].rules[4].scale[1] must be a colour`},
		{`bar: "5B9BD5"`, `bar: none`, `:25:34: workbook.sheets[0].rules[5].bar must be a colour`},
		{`bar: "5B9BD5"`, `bar: "5B9BD5", bold: true`, `:25:11: workbook.sheets[0].rules[5] has bar, which has colours of its own; leave fill, color, bold and wholeRow out`},
		{`bar: "5B9BD5"`, `bar: "5B9BD5", wholeRow: true`, `:25:11: workbook.sheets[0].rules[5] has bar, which has colours of its own; leave fill, color, bold and wholeRow out`},
		{"paper: A3", "paper: a4", `:27:16: unknown paper "a4"; did you mean "A4"?`},
		{"landscape", "sideways", `:28:22: unknown orientation "sideways"; known: portrait, landscape`},
		{"10mm", "10px", `:29:25: workbook.sheets[0].page.margins.left must be a length from 0 to 297 mm, written like "12mm", "1.5cm" or "0.5in"`},
		{"10mm", "30cm", `:29:25: workbook.sheets[0].page.margins.left must be a length from 0 to 297 mm, written like "12mm", "1.5cm" or "0.5in"`},
		{"total: average", "width: 0", `:15:34: workbook.sheets[0].columns[1].width must be a number of characters above 0, at most 255`},
		{"10mm", "300.1mm", `:29:25: workbook.sheets[0].page.margins.left must be a length from 0 to 297 mm, written like "12mm", "1.5cm" or "0.5in"`},
		{`left: "{sheet}"`, `links: "{sheet}"`, `:31:18: unknown key "links"; known: left, center, right`},
		{"protect: {allow: [filter, formatRows]}", "protect: secret", `:33:16: workbook.sheets[0].protect must be true, false, or a map of allow`},
		{"[filter, formatRows]", "[filter, filter]", `:33:33: filter stands twice in workbook.sheets[0].protect.allow`},
		{"[filter, formatRows]", "[fitler]", `:33:25: unknown allow[0] "fitler"; did you mean "filter"?`},
		{"subject:", "subjekt:", `:7:16: unknown key "subjekt"; did you mean "subject"?`},
	} {
		if !strings.Contains(laidOut, tc.old) {
			t.Fatalf("the definition has no %q", tc.old)
		}
		_, err := Parse("r", []byte(strings.Replace(laidOut, tc.old, tc.new, 1)))
		var want []string
		for line := range strings.SplitSeq(tc.want, "\n") {
			want = append(want, "r"+line)
		}
		got := []string{}
		for _, e := range unjoin(err) {
			got = append(got, e.Error())
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("with %q for %q:\ngot  %q\nwant %q", tc.new, tc.old, got, want)
		}
	}
}

func TestTotalsLabelNeedsTotals(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{
		"columns: [{name: a}], totalsLabel: All":                                   `workbook.sheets[0].totalsLabel needs a column with "total"`,
		"columns: [{name: a, total: sum}], totalsLabel: All":                       `workbook.sheets[0].totalsLabel stands in a column without "total", and each has one`,
		"columnsFrom: records, totalsLabel: All":                                   "", // it may give totals
		"columns: [{name: a, total: sum}, {name: b}], totalsLabel: All":            "",
		"columns: [{name: a, total: sum}], columnsFrom: records, totalsLabel: All": "",
	} {
		_, err := Parse("r", []byte(strings.Replace(minimal, "rows: records}", "rows: records, "+keys+"}", 1)))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", keys, err, want)
		}
	}
}

// A text's column that targets lacks is named at its place, with what the place knows.
func TestLayoutNamesColumnsOfTargets(t *testing.T) {
	t.Parallel()
	d := mustParse(t, strings.Replace(laidOut, "{rows} rows", "{row} rows", 1))
	_, err := d.NewResolver(time.Time{}, []string{"tenant", "target", "company"})
	const want = `workbook.sheets[0].footer[0] uses {row}, but targets gives no column "row"; did you mean "rows"?`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// What the form does not show is asked of who writes sheets, once the form is right.
func TestCheckSheet(t *testing.T) {
	t.Parallel()
	asked := 0
	options := Options{CheckSheet: func(sheet *Sheet, problem func(string, error)) {
		asked++
		problem("columns[1].total", fmt.Errorf("%s of %s is odd", sheet.Columns[1].Total, sheet.Columns[1].Name))
		problem("rules[1].between[0]", errors.New("too low"))
		problem("rules[1].nothing", errors.New("not there"))
	}}
	_, err := options.Parse("r", []byte(laidOut))
	const want = "r:15:34: workbook.sheets[0].columns[1].total: average of degrees is odd\n" +
		"r:21:11: workbook.sheets[0].rules[1].nothing: not there\n" +
		"r:21:39: workbook.sheets[0].rules[1].between[0]: too low"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := options.Parse("r", []byte(strings.Replace(laidOut, "total: average", "total: mean", 1))); asked != 1 || len(unjoin(err)) != 1 {
		t.Errorf("asked %d times, got %v, want no question about a sheet of the wrong form", asked, err)
	}
}
