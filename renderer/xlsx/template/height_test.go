package template_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// Nothing of a value is to be cut, where a program does not fit the row to its texts by itself.
func TestRowsGrowWithWrappedTexts(t *testing.T) {
	t.Parallel()
	const byHand, fitted = ` ht="20" customHeight="1"`, ` ht="20"`
	wraps := &excelize.Style{Alignment: &excelize.Alignment{WrapText: true}}
	large := &excelize.Style{Alignment: &excelize.Alignment{WrapText: true}, Font: &excelize.Font{Size: 22}}
	for name, c := range map[string]struct {
		row   string // attributes of the row of the block
		text  string // in A2, and in C2 that is merged with D2
		style *excelize.Style
		value string
		merge string   // the last cell of C2
		want  []string // attributes of the row
	}{
		"two lines in a row by hand":            {row: byHand, text: "A2", style: wraps, value: "one\ntwo", want: []string{`ht="30"`, `customHeight="1"`}},
		"words of two lines":                    {row: byHand, text: "A2 words", style: wraps, value: "one\ntwo", want: []string{`ht="30"`, `customHeight="1"`}},
		"one line":                              {row: byHand, text: "A2", style: wraps, value: "one", want: []string{`ht="20"`, `customHeight="1"`}},
		"no value":                              {row: byHand, text: "A2", style: wraps, want: []string{`ht="20"`, `customHeight="1"`}},
		"a long line":                           {row: byHand, text: "A2", style: wraps, value: strings.Repeat("word ", 7), want: []string{`ht="75"`}},
		"Japanese lines in a Latin font":        {row: byHand, text: "A2", style: wraps, value: "一\n二", want: []string{`ht="37.5"`}},
		"large letters":                         {row: byHand, text: "A2", style: large, value: "one\ntwo", want: []string{`ht="60"`}},
		"a cell that does not wrap":             {row: byHand, text: "A2", style: &excelize.Style{}, value: "one\ntwo", want: []string{`ht="20"`}},
		"more lines than a row may have":        {row: byHand, text: "A2", style: wraps, value: strings.Repeat("x\n", 90), want: []string{`ht="409.5"`}},
		"a row that Excel fits":                 {row: fitted, text: "A2", style: wraps, value: "one\ntwo", want: []string{`ht="30"`}},
		"a row without height":                  {text: "A2", style: wraps, value: "one\ntwo", want: []string{`ht="30"`}},
		"merged cells in a row that Excel fits": {row: fitted, text: "C2", merge: "D2", style: wraps, value: "one\ntwo", want: []string{`ht="30"`, `customHeight="1"`}},
		"merged cells in a row without height":  {text: "C2", merge: "D2", style: wraps, value: "one\ntwo", want: []string{`ht="30"`, `customHeight="1"`}},
		"merged cells that are wide enough":     {row: byHand, text: "C2", merge: "F2", style: wraps, value: strings.Repeat("word ", 6), want: []string{`ht="20"`}},
		"merged cells that are high enough":     {row: byHand, text: "C2", merge: "C3", style: wraps, value: "one\ntwo", want: []string{`ht="20"`}},
		"merged cells that are too low":         {row: byHand, text: "C2", merge: "C3", style: wraps, value: "one\ntwo\n3", want: []string{`ht="30"`}},
	} {
		cell, words, _ := strings.Cut(c.text, " ")
		marker := "{{note}}"
		if words != "" {
			marker = "n {{note}}"
		}
		file := draw(t, map[string]any{"B2": "{{#records}}{{n}}", cell: marker, "B3": "{{/records}}x"}, func(f *excelize.File) error {
			style, err := f.NewStyle(c.style)
			if c.merge != "" {
				err = errors.Join(err, f.MergeCell(sheet1, cell, c.merge))
			}
			return errors.Join(err, f.SetCellStyle(sheet1, cell, cell, style))
		})
		file = replacePart(t, file, "xl/worksheets/sheet1.xml", replace(`<row r="2"`, `<row r="2"`+c.row+` spans="1:6"`))
		data := template.Data{Tables: map[string]*template.Table{"records": {
			Columns: []string{"n", "note"}, Rows: [][]xlsx.Value{{xlsx.Int(1), xlsx.Text(c.value)}, {xlsx.Int(2), xlsx.Text("ok")}},
		}}}
		workbook, _ := fill(t, file, data)
		part := unzipped(t, workbook, "xl/worksheets/sheet1.xml")
		got := rowTag(part, "2")
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the row is %s, want %s", name, got, want)
			}
		}
		if c.row != byHand && c.merge == "" && strings.Contains(got, "customHeight") {
			t.Errorf("%s: the row is %s, want one that Excel fits when it is edited", name, got)
		}
		if short := rowTag(part, "4"); !strings.Contains(short, c.row) {
			t.Errorf("%s: the row of a short text is %s, want%s", name, short, c.row)
		}
	}
}

// TestRowsGrowWithTheHighestText has merged cells beside one that needs more lines than they do.
func TestRowsGrowWithTheHighestText(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A2": "{{#records}}{{note}}", "C2": "{{site}}{{/records}}"}, func(f *excelize.File) error {
		style, err := f.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true}})
		return errors.Join(err, f.MergeCell(sheet1, "C2", "D2"), f.SetCellStyle(sheet1, "A2", "D2", style))
	})
	workbook, _ := fill(t, file, template.Data{Tables: map[string]*template.Table{"records": {
		Columns: []string{"note", "site"}, Rows: [][]xlsx.Value{{xlsx.Text("one\ntwo\nthree"), xlsx.Text("one\ntwo")}},
	}}})
	got := rowTag(unzipped(t, workbook, "xl/worksheets/sheet1.xml"), "2")
	if !strings.Contains(got, `ht="45"`) || !strings.Contains(got, `customHeight="1"`) {
		t.Errorf("the row is %s, want it as high as three lines, by hand", got)
	}
}

// rowTag is the opening tag of a row.
func rowTag(part, number string) string {
	for piece := range strings.SplitSeq(part, "<row ") {
		tag, _, _ := strings.Cut(piece, ">")
		if strings.Contains(tag, ` r="`+number+`"`) || strings.HasPrefix(tag, `r="`+number+`"`) {
			return tag
		}
	}
	return ""
}
