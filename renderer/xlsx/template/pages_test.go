package template_test

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// rename gives the first sheet a name with markers.
func rename(name string) func(*excelize.File) error {
	return func(f *excelize.File) error { return f.SetSheetName(sheet1, name) }
}

func sheetNames(t *testing.T, workbook []byte) []string {
	t.Helper()
	return reopen(t, workbook).GetSheetList()
}

func TestASheetForEachRow(t *testing.T) {
	t.Parallel()
	const name = "{{#sites}}{{site}}"
	file := draw(t, map[string]any{"A1": "{{site}}", "A2": "{{#items on id}}{{item}}", "B2": "{{n}}{{/items}}", "A3": "end"},
		func(f *excelize.File) error {
			_, err := f.NewSheet("Sum")
			return errors.Join(err,
				f.SetSheetProps(sheet1, &excelize.SheetPropsOptions{CodeName: ptr("Sites")}),
				f.SetCellFormula(sheet1, "B3", "SUM(B2:B2)"), f.MergeCell(sheet1, "A3", "A4"),
				f.AddComment(sheet1, excelize.Comment{Cell: "C3", Author: "x", Text: "note"}),
				f.AddPictureFromBytes(sheet1, "E3", &excelize.Picture{Extension: ".png", File: picturetest.PNG(t, 4, 4)}),
				f.SetCellFormula("Sum", "A1", "SUM('"+name+"'!A1)"), f.SetCellFormula("Sum", "A2", "'"+name+"'!A1"),
				f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: sheet1 + "!$A$1:$C$3", Scope: sheet1}),
				rename(name)(f),
			)
		})
	data := tables(map[string]*template.Table{
		"sites": query("id site", "1 Tokyo", "2 Osaka", "3 tokyo"),
		"items": query("id item n", "1 a 10", "3 c 30", "1 b 20"),
	})
	workbook, summary := fill(t, file, data)
	if got, want := sheetNames(t, workbook), []string{"Tokyo", "Osaka", "tokyo (2)", "Sum"}; !slices.Equal(got, want) {
		t.Fatalf("got the sheets %q, want %q", got, want)
	}
	wantTexts(t, read(t, workbook, "Tokyo"), map[string]string{"A1": "Tokyo", "A2": "a", "A3": "b", "B3": "20", "A4": "end"})
	wantTexts(t, read(t, workbook, "Osaka"), map[string]string{"A1": "Osaka", "A2": "", "A3": "end"})
	wantTexts(t, read(t, workbook, "tokyo (2)"), map[string]string{"A1": "tokyo", "A2": "c", "B2": "30", "A3": "end"})
	book := reopen(t, workbook)
	for _, c := range []struct{ sheet, formula, end string }{{"Tokyo", "SUM(B2:B3)", "B4"}, {"Osaka", "SUM(B2:B2)", "B3"}, {"tokyo (2)", "SUM(B2:B2)", "B3"}} {
		if got, err := book.GetCellFormula(c.sheet, c.end); err != nil || got != c.formula {
			t.Errorf("%s: got %q, %v, want %q", c.sheet, got, err, c.formula)
		}
	}
	for sheet, ref := range map[string]string{"Tokyo": "C4", "Osaka": "C3", "tokyo (2)": "C3"} {
		comments, err := book.GetComments(sheet)
		if err != nil || len(comments) != 1 || comments[0].Cell != ref {
			t.Errorf("%s: got the comments %+v, %v, want one of %s", sheet, comments, err, ref)
		}
		pictures, err := book.GetPictures(sheet, strings.Replace(ref, "C", "E", 1))
		if err != nil || len(pictures) != 1 {
			t.Errorf("%s: got %d pictures, %v", sheet, len(pictures), err)
		}
	}
	var areas []string
	for _, n := range book.GetDefinedName() {
		areas = append(areas, n.Scope+" "+n.RefersTo)
	}
	if want := []string{"Tokyo 'Tokyo'!$A$1:$C$4", "Osaka 'Osaka'!$A$1:$C$3", "tokyo (2) 'tokyo (2)'!$A$1:$C$3"}; !slices.Equal(areas, want) {
		t.Errorf("got the print areas %q, want %q", areas, want)
	}
	sums := read(t, workbook, "Sum")
	if a, b := sums["A1"].Formula, sums["A2"].Formula; a != "SUM('Tokyo'!A1,'Osaka'!A1,'tokyo (2)'!A1)" || b != "'Tokyo'!A1" {
		t.Errorf("formulas of other sheets are %q and %q", a, b)
	}
	if summary.Sheets != 4 || summary.Rows != 6 || summary.Substitutions.Counts[xlsx.SheetRenamed] != 1 {
		t.Errorf("got %+v", summary)
	}
	for part, want := range map[string]int{"xl/worksheets/sheet1.xml": 1, "xl/worksheets/sheet1-2.xml": 0, "xl/worksheets/sheet1-3.xml": 0} {
		content := unzipped(t, workbook, part)
		for _, once := range []string{`tabSelected="true"`, `codeName="Sites"`} {
			if got := strings.Count(content, once); got != want {
				t.Errorf("%s has %s %d times, want %d: no two sheets may be in front together, or have one name in macros", part, once, got, want)
			}
		}
	}

	data.Tables["sites"] = query("id site")
	unread := replacePart(t, file, "xl/worksheets/sheet2.xml", func(s string) string { return regexp.MustCompile(`<f>.*?</f>`).ReplaceAllString(s, "") })
	workbook, _ = fill(t, unread, data)
	if got := sheetNames(t, workbook); !slices.Equal(got, []string{"Sum"}) {
		t.Errorf("without rows: got the sheets %q", got)
	}
	names, _ := rawParts(t, workbook)
	for _, name := range names {
		if strings.Contains(name, "sheet1") || strings.Contains(name, "drawing") || strings.Contains(name, "comments") {
			t.Errorf("without rows: part %s is still there", name)
		}
	}
}

func TestASheetsNameIsFilled(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "x"}, rename("{{day | date}} {{site}}"))
	workbook, summary := fill(t, file, fields(map[string]xlsx.Value{"day": xlsx.Date(2026, 3, 4), "site": xlsx.Text("東京")}))
	if got, want := sheetNames(t, workbook), []string{"2026_03_04 東京"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if summary.Substitutions.Counts[xlsx.SheetRenamed] != 1 {
		t.Errorf("got %+v", summary.Substitutions)
	}
}

func TestMistakesInSheetsNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"{{#sites}}":   "the sheets need names",
		"x {{a":        "opened and not closed",
		"{{a|link}}":   "text cannot show",
		"a{{#b}}{{c}}": "at its begin",
	} {
		_, err := template.Compile(draw(t, map[string]any{"A1": "x"}, rename(name)), template.Options{})
		var mistake *template.PlaceError
		if !errors.As(err, &mistake) || mistake.Cell != "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
	tpl := compile(t, draw(t, map[string]any{"A1": "x"}, rename("{{#a}}{{b}}")), template.Options{})
	_, err := tpl.Fill(t.Context(), discard{}, tables(map[string]*template.Table{"a": query("b")}))
	if err == nil || !strings.Contains(err.Error(), "no sheets") {
		t.Errorf("got %v, want an error of a workbook without sheets", err)
	}
	markers := tpl.Markers()
	if len(markers) != 2 || markers[0].Kind != template.Rows || markers[1].Name != "b" || !slices.Equal(markers[1].Blocks, []string{"a"}) {
		t.Errorf("got the markers %+v", markers)
	}
}

func TestPicturesAreFittedIntoTheirCells(t *testing.T) {
	t.Parallel()
	logo, photo, wide := picturetest.PNG(t, 3, 3), picturetest.PNG(t, 20, 40), picturetest.PNG(t, 50, 10)
	for _, hasDrawing := range []bool{false, true} {
		file := draw(t, map[string]any{"A1": "{{image:stamp}}", "B3": "{{#records}}{{image:photo}}", "C3": "{{name}}{{/records}}", "B4": "{{image:stamp}}"},
			func(f *excelize.File) error {
				err := errors.Join(f.MergeCell(sheet1, "B4", "C6"), f.SetRowHeight(sheet1, 3, 60), f.SetColWidth(sheet1, "B", "B", 20))
				if hasDrawing {
					err = errors.Join(err, f.AddPictureFromBytes(sheet1, "F4", &excelize.Picture{Extension: ".png", File: logo}))
				}
				return err
			})
		records := query("name", "a", "b", "c", "d")
		records.Columns = append(records.Columns, "photo")
		for i, v := range []xlsx.Value{xlsx.Image(string(photo)), xlsx.Null(), xlsx.Image("no picture"), xlsx.Image(string(photo))} {
			records.Rows[i] = append(records.Rows[i], v)
		}
		workbook, summary := fill(t, file, template.Data{
			Fields: map[string]xlsx.Value{"stamp": xlsx.Image(string(wide))}, Tables: map[string]*template.Table{"records": records},
		})
		book := reopen(t, workbook)
		want := map[string][]byte{"A1": wide, "B3": photo, "B4": nil, "B5": nil, "B6": photo, "B7": wide, "F7": nil}
		if hasDrawing {
			want["F7"] = logo
		}
		for ref, file := range want {
			pictures, err := book.GetPictures(sheet1, ref)
			if err != nil || len(pictures) != min(len(file), 1) || len(pictures) > 0 && string(pictures[0].File) != string(file) {
				t.Errorf("%s: got %d pictures, %v, want %v", ref, len(pictures), err, file != nil)
			}
		}
		got := read(t, workbook, sheet1)
		if c := got["B5"]; c.Kind != cells.Text || summary.Substitutions.Total() != 1 {
			t.Errorf("in the place of what is no picture: %+v, %+v", c, summary.Substitutions)
		}
		names, _ := rawParts(t, workbook)
		media := slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, "xl/media/") })
		if count := 2 + min(1, len(want["F7"])); len(media) != count {
			t.Errorf("got the files %q, want %d", media, count)
		}
	}
}

func TestPicturesOnASheetForEachRow(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{image:photo}}"}, rename("{{#sites}}{{site}}"))
	one, two := picturetest.PNG(t, 20, 40), picturetest.PNG(t, 50, 10)
	sites := &template.Table{Columns: []string{"site", "photo"}, Rows: [][]xlsx.Value{
		{xlsx.Text("a"), xlsx.Image(string(one))}, {xlsx.Text("b"), xlsx.Image(string(two))},
	}}
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"sites": sites}))
	book := reopen(t, workbook)
	for sheet, want := range map[string][]byte{"a": one, "b": two} {
		pictures, err := book.GetPictures(sheet, "A1")
		if err != nil || len(pictures) != 1 || string(pictures[0].File) != string(want) {
			t.Errorf("%s: got %d pictures, %v", sheet, len(pictures), err)
		}
	}
}

func TestATemplateIsFilledBySeveralAtOnce(t *testing.T) {
	t.Parallel()
	logo := picturetest.PNG(t, 4, 4)
	tpl := compile(t, draw(t, map[string]any{"A1": "{{#items on id}}{{name}}{{/items}}", "A3": "{{url | link}}"}, func(f *excelize.File) error {
		return errors.Join(f.AddComment(sheet1, excelize.Comment{Cell: "C3", Author: "x", Text: "note"}),
			f.AddPictureFromBytes(sheet1, "E3", &excelize.Picture{Extension: ".png", File: logo}), rename("{{#sites}}{{site}}")(f))
	}), template.Options{})
	data := template.Data{
		Fields: map[string]xlsx.Value{"url": xlsx.Text("https://example.com/")},
		Tables: map[string]*template.Table{"sites": query("id site", "1 a", "2 b"), "items": query("id name", "1 x", "2 y", "1 z")},
	}
	workbooks := make([]bytes.Buffer, 4)
	var wait sync.WaitGroup
	for i := range workbooks {
		wait.Go(func() {
			if _, err := tpl.Fill(t.Context(), &workbooks[i], data); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for i := range workbooks {
		if !bytes.Equal(workbooks[0].Bytes(), workbooks[i].Bytes()) {
			t.Errorf("workbook %d is another", i)
		}
	}
}
