package intake_test

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
	"github.com/jetsheet/jetsheet/renderer/xlsx/intake/intaketest"
)

// A form with all that customers put into one is accepted.
func TestRichFormIsAccepted(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	const sheet = "Sheet1"
	steps := []error{
		f.SetSheetRow(sheet, "A1", &[]any{"日付", "温度", "担当"}),
		f.SetSheetRow(sheet, "A2", &[]any{"{{date}}", "{{temperature}}", "{{person}}"}),
		f.SetCellFormula(sheet, "B9", "SUM(B2:B8)"),
		f.MergeCell(sheet, "A5", "C6"),
		f.AddTable(sheet, &excelize.Table{Range: "A1:C2", Name: "records"}),
		f.AddComment(sheet, excelize.Comment{Cell: "A3", Author: "a", Text: "note"}),
		f.SetCellHyperLink(sheet, "A4", "https://example.com/?a=b", "External"),
		f.SetCellHyperLink(sheet, "B4", "Sheet1!A1", "Location"),
		f.SetCellHyperLink(sheet, "C4", "#Sheet1!A1", "External"),
		f.AddChart(sheet, "E1", &excelize.Chart{Type: excelize.Line, Series: []excelize.ChartSeries{{Values: "Sheet1!$B$2:$B$8"}}}),
		f.AddShape(sheet, &excelize.Shape{Cell: "E20", Type: "rect", Paragraph: []excelize.RichTextRun{{Text: "確認"}}}),
		f.AddFormControl(sheet, excelize.FormControl{Cell: "H1", Type: excelize.FormControlCheckBox, Text: "済"}),
		f.SetConditionalFormat(sheet, "B2:B8", []excelize.ConditionalFormatOptions{{Type: "data_bar", Criteria: "=", MinType: "min", MaxType: "max", BarColor: "#638EC6"}}),
		f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "Sheet1!$1:$1", Scope: sheet}),
		f.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddFooter: "&P / &N"}),
		f.SetAppProps(&excelize.AppProperties{Company: "a"}),
		f.ProtectSheet(sheet, &excelize.SheetProtectionOptions{Password: "secret"}),
	}
	dv := excelize.NewDataValidation(true)
	dv.Sqref = "C2:C8"
	steps = append(steps, dv.SetDropList([]string{"可", "否"}), f.AddDataValidation(sheet, dv))
	_, err := f.NewSheet("集計")
	steps = append(steps, err, f.AddPivotTable(&excelize.PivotTableOptions{
		DataRange: "Sheet1!A1:C2", PivotTableRange: "集計!A1:C9", Rows: []excelize.PivotTableField{{Data: "担当"}}, Data: []excelize.PivotTableField{{Data: "温度"}},
	}))
	var b bytes.Buffer
	for i, err := range append(steps, f.Write(&b)) {
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	report, err := intake.Check(b.Bytes(), intake.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Sheets) != 2 || report.Sheets[0].Rows != 9 || report.Sheets[0].Merges != 1 || report.Sheets[1].Name != "集計" {
		t.Errorf("sheets %+v", report.Sheets)
	}
}

// What Excel encrypts is told as protected with a password, not as damaged.
func TestPasswordIsNamed(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := excelize.NewFile().Write(&b, excelize.Options{Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	wantCause(t, b.Bytes(), intake.CausePassword)
}

// A drawing as Excel keeps it beside a picture of points: gradients, reuse, texts and points within.
func TestDrawingIsAccepted(t *testing.T) {
	t.Parallel()
	const drawing = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="10" height="10">
<style>.a { fill: url( '#g' ); font-family: "\6E38" } /* a */</style>
<defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient></defs>
<rect id="r" class="a" fill="url(#g)" transform="rotate(45)"/><use xlink:href="#r"/>
<image href="data:image/png;base64,iVBORw0KGgo="/><text>onload, href="http://example.com" と url(</text></svg>`
	file := replacePart(t, intaketest.Form(), "xl/media/image1.svg", []byte(drawing))
	if _, err := intake.Check(file, intake.Limits{}); err != nil {
		t.Error(err)
	}
}
