package template_test

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

func TestAWrongDimensionIsLeftOut(t *testing.T) {
	t.Parallel()
	for dimension, want := range map[string]string{
		"A1":    "",                        // what excelize writes of its own
		"A1:C2": "",                        // one row short
		"A1:B9": "",                        // one column short
		"A1:C3": `<dimension ref="A1:C6">`, // it grows with the block
		"B1:D9": `<dimension ref="B1:D12">`,
	} {
		t.Run(dimension, func(t *testing.T) {
			t.Parallel()
			f := excelize.NewFile()
			for cell, text := range map[string]string{"A1": "title", "B2": "{{#rows}}{{n}}{{/rows}}", "C3": "end"} {
				noError(t, f.SetCellStr("Sheet1", cell, text))
			}
			noError(t, f.SetSheetDimension("Sheet1", dimension))
			b, err := f.WriteToBuffer()
			noError(t, err)
			rows := &template.Table{Columns: []string{"n"}}
			for n := range int64(4) {
				rows.Rows = append(rows.Rows, []xlsx.Value{xlsx.Int(n)})
			}
			for _, byExcelize := range []bool{false, true} {
				compiled, err := template.Compile(b.Bytes(), template.Options{})
				noError(t, err)
				if byExcelize {
					compiled.ByExcelize()
				}
				workbook := filled(t, compiled, tables(map[string]*template.Table{"rows": rows}))
				got := unzipped(t, workbook, "xl/worksheets/sheet1.xml")
				if want == "" && strings.Contains(got, "<dimension") || !strings.Contains(got, want) {
					t.Errorf("dimension %s became %.300s, want %q; by excelize: %v", dimension, got, want, byExcelize)
				}
			}
		})
	}
}
