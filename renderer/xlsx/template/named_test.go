package template_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// names gives cells names, as name and place in turn.
func names(of ...string) func(*excelize.File) error {
	return func(f *excelize.File) error {
		var err error
		for i := 0; i < len(of); i += 2 {
			err = errors.Join(err, f.SetDefinedName(&excelize.DefinedName{Name: of[i], RefersTo: of[i+1]}))
		}
		return err
	}
}

func TestNamesOfCellsAreMarkers(t *testing.T) {
	t.Parallel()
	photo := picturetest.PNG(t, 4, 4)
	file := draw(t, map[string]any{"A1": "head", "A3": "an example", "C4": "note", "A6": "end"}, formulas(map[string]string{"B6": "SUM(B3:B4)+kept"}), names(
		"jetsheet.field.title", "Sheet1!$A$1,Sheet1!$D$9", "jetsheet.rows.records", "Sheet1!$A$3:$C$5", "jetsheet.field.name", "Sheet1!$A$3",
		"jetsheet.rows.items.on.id", "Sheet1!$4:$4", "jetsheet.field.item", "Sheet1!$B$4:$B$4", "jetsheet.image.photo", "Sheet1!$A$8", "kept", "Sheet1!$A$6",
	))
	workbook, _ := fill(t, file, template.Data{
		Fields: map[string]xlsx.Value{"title": xlsx.Text("日報"), "photo": xlsx.Image(string(photo))},
		Tables: map[string]*template.Table{"records": query("id name", "1 a", "2 b"), "items": query("id item", "2 20", "1 10", "2 21")},
	})
	wantTexts(t, read(t, workbook, sheet1), map[string]string{
		"A1": "日報", "A3": "a", "B4": "10", "C4": "note", "A5": "", "A6": "b", "B7": "20", "B8": "21", "C8": "note", "A10": "end", "D13": "日報",
	})
	book := reopen(t, workbook)
	if pictures, err := book.GetPictures(sheet1, "A12"); err != nil || len(pictures) != 1 {
		t.Errorf("got %d pictures, %v", len(pictures), err)
	}
	left := book.GetDefinedName()
	if len(left) != 1 || left[0].Name != "kept" || left[0].RefersTo != "Sheet1!$A$10" {
		t.Errorf("got the names %+v", left)
	}
	var texts []string
	for _, m := range compile(t, file, template.Options{}).Markers() {
		texts = append(texts, m.Cell+" "+m.Text+" "+strings.Join(m.Blocks, ">"))
	}
	all := strings.Join(texts, "\n")
	for _, want := range []string{"A1 jetsheet.field.title ", "A3 jetsheet.field.name records", "B4 jetsheet.field.item records>items", "A4 jetsheet.rows.items.on.id records"} {
		if !strings.Contains(all, want) {
			t.Errorf("there is no marker %q in\n%s", want, all)
		}
	}
}

func TestNamesThatAreNoMarkers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, place, want string }{
		{"jetsheet.fields.a", "Sheet1!$A$1", "begin with jetsheet.field."},
		{"jetsheet.rows.a", "Sheet1!$A:$B", "has no rows"},
		{"jetsheet.field.a", "Gone!$A$1", "no sheet"},
		{"jetsheet.field.a", "12", "no place of a sheet"},
	} {
		_, err := template.Compile(draw(t, map[string]any{"A1": "x"}, names(c.name, c.place)), template.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s of %s: got %v, want %q", c.name, c.place, err, c.want)
		}
	}
}
