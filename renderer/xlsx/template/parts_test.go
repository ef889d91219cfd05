package template_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// rawPart is a part's bytes as they lie in the archive.
func rawParts(t *testing.T, workbook []byte) (names []string, raw map[string]string) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	raw = make(map[string]string)
	for _, f := range r.File {
		in, err := f.OpenRaw()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, f.Name)
		raw[f.Name] = string(b)
	}
	return names, raw
}

// replacePart is the workbook with a part changed; a part without content is left out.
func replacePart(t *testing.T, workbook []byte, name string, change func(string) string) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	found := false
	write := func(name, content string) {
		out, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(out, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		text := string(content)
		if f.Name == name {
			found = true
			text = change(text)
		}
		write(f.Name, text)
	}
	if !found {
		write(name, change(""))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func replace(old, with string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, with, 1) }
}

func TestPartsThatNothingChangesStayByteForByte(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{#records}}{{n}}{{/records}}", "A3": "static"}, func(f *excelize.File) error {
		for _, name := range []string{"Own", "Other"} {
			if _, err := f.NewSheet(name); err != nil {
				return err
			}
		}
		return errors.Join(
			f.SetCellValue("Own", "A1", 1), f.SetCellFormula("Own", "A2", "A1*2"),
			f.SetCellFormula("Other", "A1", "Sheet1!A3"),
			f.AddComment("Own", excelize.Comment{Cell: "B2", Author: "x", Text: "y"}),
		)
	})
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"records": query("n", "1", "2", "3")}))
	_, before := rawParts(t, file)
	names, after := rawParts(t, workbook)
	changed := map[string]bool{"xl/workbook.xml": true, "xl/worksheets/sheet1.xml": true, "xl/worksheets/sheet3.xml": true}
	if len(names) != len(before) {
		t.Errorf("got the parts %v, want those of the template", names)
	}
	for _, name := range names {
		if same := before[name] == after[name]; same == changed[name] {
			t.Errorf("part %s: the same is %v", name, same)
		}
	}
	if got, err := reopen(t, workbook).GetCellFormula("Other", "A1"); err != nil || got != "Sheet1!A5" {
		t.Errorf("a formula on another sheet is %q, %v", got, err)
	}
}

func TestATemplateWithoutMarkersStaysAsItIs(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "x"}, formulas(map[string]string{"A2": "A1"}))
	workbook, _ := fill(t, file, template.Data{})
	_, before := rawParts(t, file)
	_, after := rawParts(t, workbook)
	for name := range before {
		if before[name] != after[name] {
			t.Errorf("part %s is another", name)
		}
	}
}

func TestResultsOfFormulasAreComputedAnew(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{n}}"}, formulas(map[string]string{"A2": "A1*2"}))
	file = replacePart(t, file, "xl/worksheets/sheet1.xml", replace(`<f>A1*2</f>`, `<f>A1*2</f><v>84</v>`))
	file = replacePart(t, file, "xl/calcChain.xml", func(string) string {
		return `<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="A2" i="1"/></calcChain>`
	})
	file = replacePart(t, file, "[Content_Types].xml", replace(`</Types>`,
		`<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>`))
	file = replacePart(t, file, "xl/_rels/workbook.xml.rels", replace(`</Relationships>`,
		`<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain" Target="calcChain.xml"/></Relationships>`))
	workbook, _ := fill(t, file, fields(map[string]xlsx.Value{"n": xlsx.Int(1)}))
	if c := read(t, workbook, sheet1)["A2"]; c.Formula != "A1*2" || c.Text != "" {
		t.Errorf("A2 is %q with the result %q", c.Formula, c.Text)
	}
	names, _ := rawParts(t, workbook)
	if strings.Contains(strings.Join(names, " "), "calcChain") {
		t.Errorf("the old order of calculation is still there: %v", names)
	}
	for _, part := range []string{"[Content_Types].xml", "xl/_rels/workbook.xml.rels"} {
		if content := unzipped(t, workbook, part); strings.Contains(content, "calcChain") {
			t.Errorf("%s names it: %s", part, content)
		}
	}
	if content := unzipped(t, workbook, "xl/workbook.xml"); strings.Count(content, `fullCalcOnLoad="1"`) != 1 {
		t.Errorf("nobody is told to compute: %s", content)
	}
}

// A sheet without markers shows what a table of another one adds up to.
func TestResultsOfTablesAreComputedAnew(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "Item", "B1": "Amount", "A2": "{{#records}}{{name}}", "B2": "{{qty}}{{/records}}"}, func(f *excelize.File) error {
		_, err := f.NewSheet("Sums")
		return errors.Join(err, f.AddTable(sheet1, &excelize.Table{Range: "A1:B2", Name: "Items"}), f.SetCellFormula("Sums", "A1", "SUM(Items[Amount])"))
	})
	file = replacePart(t, file, "xl/worksheets/sheet2.xml", replace(`</f>`, `</f><v>84</v>`))
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"records": query("name qty", "a 1", "b 2")}))
	if c := read(t, workbook, "Sums")["A1"]; c.Formula != "SUM(Items[Amount])" || c.Text != "" {
		t.Errorf("A1 is %q with the result %q, want none: the table has grown", c.Formula, c.Text)
	}
}

func unzipped(t *testing.T, workbook []byte, name string) string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	in, err := r.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWhatIsNotCompiledIsNamed(t *testing.T) {
	t.Parallel()
	block := map[string]any{"A1": "{{#records}}{{n}}{{/records}}", "B5": 111}
	for _, c := range []struct {
		name, want string
		file       []byte
	}{
		{"data table", "cell B5: a data table", replacePart(t, draw(t, block), "xl/worksheets/sheet1.xml", replace(`<v>111</v>`, `<f t="dataTable" ref="B5:B6" r1="A1"/><v>1</v>`))},
		{"array", "cell B5: an array formula across", replacePart(t, draw(t, block), "xl/worksheets/sheet1.xml", replace(`<v>111</v>`, `<f t="array" ref="B1:B5">A1:A5</f><v>1</v>`))},
		{"scenarios", "scenarios", replacePart(t, draw(t, block), "xl/worksheets/sheet1.xml", replace(`</sheetData>`, `</sheetData><scenarios/>`))},
		{"unknown part", "slicerOfSomeKind", replacePart(t, draw(t, block), "xl/worksheets/_rels/sheet1.xml.rels", func(string) string {
			return `<Relationships><Relationship Id="rId1" Type="x/slicerOfSomeKind" Target="../t.xml"/></Relationships>`
		})},
	} {
		tpl, err := template.Compile(c.file, template.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		reasons := tpl.Unsupported()
		if len(reasons) != 1 || !strings.Contains(reasons[0].String(), c.want) || reasons[0].Sheet != sheet1 {
			t.Errorf("%s: got %v, want %q", c.name, reasons, c.want)
		}
	}
}

func TestFillEndsWithItsContext(t *testing.T) {
	t.Parallel()
	tpl := compile(t, draw(t, map[string]any{"A1": "{{#records}}{{n}}{{/records}}"}), template.Options{})
	records := &template.Table{Columns: []string{"n"}, Rows: make([][]xlsx.Value, 50_000)}
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	dst := writerFunc(func(p []byte) (int, error) {
		cancel(cause)
		return len(p), nil
	})
	if _, err := tpl.Fill(ctx, dst, tables(map[string]*template.Table{"records": records})); !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause", err)
	}
	full := errors.New("full")
	dst = func([]byte) (int, error) { return 0, full }
	if _, err := tpl.Fill(t.Context(), dst, tables(map[string]*template.Table{"records": query("n", "1")})); !errors.Is(err, full) {
		t.Errorf("got %v, want the destination's error", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestManyRowsAreStreamed(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{#records}}{{n}}", "B1": "x{{/records}}", "A2": "end"}, formulas(map[string]string{"C2": "SUM(A1:A1)"}))
	records := &template.Table{Columns: []string{"n"}}
	for i := range 30_000 {
		records.Rows = append(records.Rows, []xlsx.Value{xlsx.Int(int64(i))})
	}
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"records": records}))
	got := read(t, workbook, sheet1)
	wantTexts(t, got, map[string]string{"A1": "0", "A20000": "19999", "B30000": "x", "A30001": "end"})
	if f := got["C30001"].Formula; f != "SUM(A1:A30000)" {
		t.Errorf("got %q", f)
	}
}

func TestFormulasOfSeveralCellsStayTogether(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{#records}}{{n}}", "A2": "{{/records}}x", "B1": 111, "B4": 222})
	file = replacePart(t, file, "xl/worksheets/sheet1.xml", func(s string) string {
		s = strings.Replace(s, `<v>111</v>`, `<f t="array" ref="B1:B2">A1:A2*2</f><v>1</v>`, 1)
		return strings.Replace(s, `<v>222</v>`, `<f t="array" ref="B4:C4">A4:B4</f><v>1</v>`, 1)
	})
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"records": query("n", "1", "2")}))
	content := unzipped(t, workbook, "xl/worksheets/sheet1.xml")
	for _, want := range []string{`ref="B1:B2">A1:A2*2<`, `ref="B3:B4">A3:A4*2<`, `ref="B6:C6">A6:B6<`} {
		if strings.Count(content, want) != 1 {
			t.Errorf("there is no %s in %s", want, content)
		}
	}
}

func TestATablesHeaderIsNotFilled(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{n}}", "B1": "b", "A2": 1}, func(f *excelize.File) error {
		return f.AddTable(sheet1, &excelize.Table{Range: "A1:B2", Name: "Items"})
	})
	_, err := template.Compile(file, template.Options{})
	var mistake *template.PlaceError
	if !errors.As(err, &mistake) || mistake.Cell != "A1" || !strings.Contains(err.Error(), "header of a table") {
		t.Errorf("got %v, want an error of A1", err)
	}
}

func TestLinksDoNotSayWhatTheirMarkersWere(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{n}}"}, func(f *excelize.File) error {
		display := "{{n}}"
		return f.SetCellHyperLink(sheet1, "A1", "https://example.com/", "External", excelize.HyperlinkOpts{Display: &display})
	})
	workbook, _ := fill(t, file, fields(map[string]xlsx.Value{"n": xlsx.Int(1)}))
	if content := unzipped(t, workbook, "xl/worksheets/sheet1.xml"); strings.Contains(content, "{{") || !strings.Contains(content, `<hyperlink ref="A1"`) {
		t.Errorf("got %s", content)
	}
}

func TestATableWithMarkersInRowsOfTheirOwnKeepsARow(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "n", "A2": "{{#records}}", "A3": "{{n}}", "A4": "{{/records}}"}, func(f *excelize.File) error {
		return f.AddTable(sheet1, &excelize.Table{Range: "A1:B4", Name: "Items"})
	})
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"records": query("n")}))
	all, err := reopen(t, workbook).GetTables(sheet1)
	if err != nil || len(all) != 1 || all[0].Range != "A1:B2" {
		t.Errorf("got the tables %+v, %v", all, err)
	}
}

func TestATableKeepsARow(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "n", "A2": "{{#records}}{{n}}{{/records}}", "A3": "end"}, func(f *excelize.File) error {
		return f.AddTable(sheet1, &excelize.Table{Range: "A1:B2", Name: "Items"})
	})
	workbook, summary := fill(t, file, tables(map[string]*template.Table{"records": query("n")}))
	wantTexts(t, read(t, workbook, sheet1), map[string]string{"A1": "n", "A2": "", "A3": "end"})
	all, err := reopen(t, workbook).GetTables(sheet1)
	if err != nil || len(all) != 1 || all[0].Range != "A1:B2" {
		t.Errorf("got the tables %+v, %v", all, err)
	}
	if summary.Rows != 0 {
		t.Errorf("got %d rows, want none", summary.Rows)
	}
}

func TestMarkersThatNobodyFillsAreMistakes(t *testing.T) {
	t.Parallel()
	cells := map[string]any{"A1": "{{n}}"}
	box := func(f *excelize.File) error {
		return f.AddShape(sheet1, &excelize.Shape{Cell: "C3", Type: "rect", Paragraph: []excelize.RichTextRun{{Text: "{{n}}"}}})
	}
	header := func(f *excelize.File) error {
		return f.SetHeaderFooter(sheet1, &excelize.HeaderFooterOptions{OddHeader: "&L{{n}}"})
	}
	chart := func(title string) func(*excelize.File) error {
		return func(f *excelize.File) error {
			return f.AddChart(sheet1, "C3", &excelize.Chart{
				Type: excelize.Col, Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: title}}}, Series: []excelize.ChartSeries{{Name: "Sheet1!$A$1", Values: "Sheet1!$A$1"}},
			})
		}
	}
	validation := func(f *excelize.File) error {
		v := excelize.NewDataValidation(true)
		v.Sqref = "B2"
		v.SetInput("{{n}}", "choose")
		return errors.Join(v.SetDropList([]string{"a", "b"}), f.AddDataValidation(sheet1, v))
	}
	rule := func(f *excelize.File) error {
		return f.SetConditionalFormat(sheet1, "B3", []excelize.ConditionalFormatOptions{{Type: "formula", Criteria: `$B$3="{{n}}"`}})
	}
	linked := replacePart(t, draw(t, cells, box), "xl/drawings/drawing1.xml", replace(`textlink=""`, `textlink="$A$1"`))
	for _, c := range []struct {
		file []byte
		want string
	}{
		{draw(t, cells, box), "in a text box"},
		{linked, ""},
		{draw(t, cells, chart("{{n}} a month")), "in a chart's title"},
		{draw(t, cells, chart("a month")), ""},
		{draw(t, cells, validation), "cell B2: a marker in a data validation"},
		{draw(t, cells, rule), "cell B3: a marker in a data validation or a conditional format"},
		{draw(t, cells, header), "in a header"},
		{draw(t, cells, formulas(map[string]string{"B1": `"{{n}}"&A1`})), "cell B1: a marker in a formula"},
	} {
		_, err := template.Compile(c.file, template.Options{})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestWorkbooksOfAnotherKindAreRefused(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{n}}"})
	for want, file := range map[string][]byte{
		"counted from 1904": replacePart(t, file, "xl/workbook.xml", replace(`<workbookPr`, `<workbookPr date1904="1"`)),
		"strict form":       replacePart(t, file, "xl/workbook.xml", replace("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")),
		"open the archive":  []byte("not a workbook"),
		"is missing":        replacePart(t, file, "_rels/.rels", replace("xl/workbook.xml", "xl/nothing.xml")),
	} {
		if _, err := template.Compile(file, template.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
