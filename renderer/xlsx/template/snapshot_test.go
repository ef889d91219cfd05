package template_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// facts are what a reader of a workbook sees, by where it is seen: "Form!B7" is
// a cell's value, "Form!B7 formula" its formula, "Form!B7 rule" what formats it
// on a condition, and so on.
type facts map[string]string

func (f facts) add(value string, where ...any) {
	key := strings.TrimSpace(fmt.Sprintln(where...))
	if old := f[key]; old != "" {
		value = old + "; " + value
	}
	f[key] = value
}

// look reads a workbook.
func look(t *testing.T, workbook []byte) facts {
	t.Helper()
	f := make(facts)
	f.cells(t, workbook)
	f.parts(t, workbook)
	file, err := excelize.OpenReader(bytes.NewReader(workbook))
	noError(t, err)
	defer func() { noError(t, file.Close()) }()
	for _, sheet := range file.GetSheetList() {
		f.areas(t, file, sheet)
		f.objects(t, file, sheet)
	}
	for _, n := range file.GetDefinedName() {
		f.add(n.RefersTo, "name", n.Name, "of", n.Scope)
	}
	return f
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// calculate adds the results of the formulas that are asked for as "Form!B7 result".
func (f facts) calculate(t *testing.T, workbook []byte, want map[string]string) {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(workbook))
	noError(t, err)
	defer func() { noError(t, file.Close()) }()
	for where := range want {
		if place, ok := strings.CutSuffix(where, " result"); ok {
			sheet, cell, _ := strings.Cut(place, "!")
			result, err := file.CalcCellValue(sheet, cell)
			noError(t, err)
			f.add(result, where)
		}
	}
}

func (f facts) cells(t *testing.T, workbook []byte) {
	t.Helper()
	book, err := cells.Open(bytes.NewReader(workbook), int64(len(workbook)), cells.Limits{})
	noError(t, err)
	for _, sheet := range book.Sheets() {
		noError(t, sheet.Rows(func(_ int, row []cells.Cell) error {
			for _, c := range row {
				at := sheet.Name + "!" + c.Ref()
				switch {
				case c.Formula != "":
					f.add(c.Formula, at, "formula")
				case c.Kind != cells.Empty:
					f.add(c.Text, at)
					f.add(c.Kind.String(), at, "kind")
				}
				if c.Format != "General" {
					f.add(c.Format, at, "format")
				}
			}
			return nil
		}))
	}
}

// areas are what a sheet has for ranges of its cells.
func (f facts) areas(t *testing.T, file *excelize.File, sheet string) {
	t.Helper()
	merges, err := file.GetMergeCells(sheet)
	noError(t, err)
	for _, m := range merges {
		f.add("merged to "+m.GetEndAxis(), sheet+"!"+m.GetStartAxis(), "merge")
	}
	rules, err := file.GetConditionalFormats(sheet)
	noError(t, err)
	for _, area := range slices.Sorted(maps.Keys(rules)) {
		for _, r := range rules[area] {
			f.each(t, sheet, area, "rule", fmt.Sprint(r.Type, " ", r.Criteria, " ", r.Value))
		}
	}
	validations, err := file.GetDataValidations(sheet)
	noError(t, err)
	for _, v := range validations {
		f.each(t, sheet, v.Sqref, "validation", fmt.Sprint(v.Type, " ", v.Formula1, " ", v.Formula2))
	}
	for kind, target := range map[string]string{"External": "External", "Location": "Location"} {
		links, err := file.GetHyperLinkCells(sheet, kind)
		noError(t, err)
		for _, cell := range links {
			_, to, err := file.GetCellHyperLink(sheet, cell)
			noError(t, err)
			f[sheet+"!"+cell+" link"] = target + " " + to
		}
	}
	tables, err := file.GetTables(sheet)
	noError(t, err)
	for _, table := range tables {
		f.add(table.Range, sheet, "table", table.Name)
	}
}

// each says something of every cell of a list of ranges, whose rows are few.
func (f facts) each(t *testing.T, sheet, sqref, what, value string) {
	t.Helper()
	for area := range strings.FieldsSeq(sqref) {
		first, last, isRange := strings.Cut(area, ":")
		if !isRange {
			last = first
		}
		left, top, err := excelize.CellNameToCoordinates(first)
		noError(t, err)
		right, bottom, err := excelize.CellNameToCoordinates(last)
		noError(t, err)
		for row := top; row <= bottom; row++ {
			for column := left; column <= right; column++ {
				cell, err := excelize.CoordinatesToCellName(column, row)
				noError(t, err)
				f.add(value, sheet+"!"+cell, what)
			}
		}
	}
}

// objects are what lies over a sheet's cells, and its rows.
func (f facts) objects(t *testing.T, file *excelize.File, sheet string) {
	t.Helper()
	pictures, err := file.GetPictureCells(sheet)
	noError(t, err)
	for _, cell := range pictures {
		f[sheet+"!"+cell+" picture"] = "yes"
	}
	comments, err := file.GetComments(sheet)
	noError(t, err)
	for _, c := range comments {
		f.add(c.Text, sheet+"!"+c.Cell, "comment")
	}
	controls, err := file.GetFormControls(sheet)
	noError(t, err)
	for _, c := range controls {
		f.add(c.Text, sheet+"!"+c.Cell, "control")
	}
	rows, err := file.GetRows(sheet)
	noError(t, err)
	for row := 1; row <= len(rows); row++ {
		height, err := file.GetRowHeight(sheet, row)
		noError(t, err)
		if height != 15 {
			f.add(fmt.Sprint(height), sheet, "height", row)
		}
	}
}

var (
	chartFormulas = regexp.MustCompile(`<(?:c:)?f>([^<]*)</(?:c:)?f>`)
	rowBreaks     = regexp.MustCompile(`(?s)<rowBreaks.*?</rowBreaks>`)
	breakIDs      = regexp.MustCompile(`<brk[^>]* id="(\d+)"|<brk id="(\d+)"`)
	autoFilters   = regexp.MustCompile(`<autoFilter ref="([^"]*)"`)
	pivotCells    = regexp.MustCompile(`<(?:worksheetSource|location) ref="([^"]*)"`)
	noteRows      = regexp.MustCompile(`<x:Row>(\d+)</x:Row>`)
)

// parts are what excelize does not read.
func (f facts) parts(t *testing.T, workbook []byte) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	noError(t, err)
	for _, part := range r.File {
		content := string(readPart(t, part))
		switch {
		case strings.HasPrefix(part.Name, "xl/charts/chart"):
			for _, m := range chartFormulas.FindAllStringSubmatch(content, -1) {
				f.add(m[1], part.Name)
			}
		case strings.HasPrefix(part.Name, "xl/worksheets/sheet"):
			for _, m := range breakIDs.FindAllStringSubmatch(rowBreaks.FindString(content), -1) {
				f.add(m[1]+m[2], part.Name, "breaks")
			}
			if m := autoFilters.FindStringSubmatch(content); m != nil {
				f.add(m[1], part.Name, "filter")
			}
		case strings.HasPrefix(part.Name, "xl/pivotCache/pivotCacheDefinition"):
			refreshed := map[bool]string{true: "refreshed", false: "stale"}[strings.Contains(content, `refreshOnLoad="1"`)]
			f.add(pivotCells.FindStringSubmatch(content)[1]+" "+refreshed, part.Name)
		case strings.HasPrefix(part.Name, "xl/pivotTables/pivotTable"):
			f.add(pivotCells.FindStringSubmatch(content)[1], part.Name)
		case strings.HasPrefix(part.Name, "xl/drawings/vmlDrawing"):
			for _, m := range noteRows.FindAllStringSubmatch(content, -1) {
				f.add(m[1], part.Name, "rows")
			}
		}
	}
}

func readPart(t *testing.T, part *zip.File) []byte {
	t.Helper()
	r, err := part.Open()
	noError(t, err)
	content, err := io.ReadAll(r)
	noError(t, err)
	return content
}

// same reports every place at which two workbooks look different.
func same(t *testing.T, got, want facts, names string) {
	t.Helper()
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s: %s is %q, want %q", names, key, got[key], value)
		}
	}
	for key, value := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("%s: %s is %q, want nothing", names, key, value)
		}
	}
}
