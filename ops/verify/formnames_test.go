package verify

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
)

// Cells with names are filled in like those with markers.
func TestNamesOfCellsAreRead(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]formField{
		"jetsheet.field.note":    {name: "note"},
		"jetsheet.image.photo":   {name: "photo", image: true},
		"jetsheet.imageKey.site": {name: "site", format: "imageKey"},
	} {
		f := excelize.NewFile()
		var b bytes.Buffer
		if err := f.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: "Sheet1!$B$2"}); err != nil {
			t.Fatal(err)
		}
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		form, err := readForm(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		row := form.sheets[0].rows[2]
		if len(row) != 1 || row[0].drawn.Col != 2 || row[0].only() == nil || *row[0].only() != want {
			t.Errorf("%s: row 2 is %+v, want %+v in B2", name, row, want)
		}
	}
}
