package legacy

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/xuri/excelize/v2"
)

// drawn is a form for the temperatures; the first record's degrees have a number format.
func drawn(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	code := `0.0"℃"`
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
	var file bytes.Buffer
	err = errors.Join(
		err, f.SetCellValue("Sheet1", "A1", "site"), f.SetCellValue("Sheet1", "A3", "at"), f.SetCellValue("Sheet1", "A4", "marker"),
		f.SetCellStyle("Sheet1", "C4", "C4", style), f.SetCellFormula("Sheet1", "C5", "AVERAGE(C4:C4)"), f.Write(&file), f.Close(),
	)
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestFillsForms has the temperatures in the customers' form, and the other reports in tables.
func TestFillsForms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "temperature-monthly.xlsx"), drawn(t), 0o600); err != nil {
		t.Fatal(err)
	}
	r := setup(t)
	r.fill(t, 4)
	var err error
	if r.Forms, err = readForms(dir); err != nil {
		t.Fatal(err)
	}
	r.answer = func(_ int, q question) string { return routed(q, func(string) bool { return true }) }
	r.listen(t)
	made, err := Run(t.Context(), r.Config, "2026-10")
	if err != nil {
		t.Fatal(err)
	}
	forms := 0
	for _, e := range made {
		if e.Report == "temperature-monthly" && e.Key != "" {
			forms++
			r.checkForm(t, e)
		}
	}
	if forms == 0 {
		t.Errorf("made %+v, want forms among them", made)
	}
}

// checkForm reads a filled form: its title, its last record and what stands below it.
func (r *rig) checkForm(t *testing.T, e Export) {
	t.Helper()
	object, err := r.S3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(r.Bucket), Key: aws.String(e.Key)})
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(object.Body)
	if err = errors.Join(err, object.Body.Close()); err != nil {
		t.Fatal(err)
	}
	last := 3 + e.Rows
	style := func(row int) int {
		id, err := f.GetCellStyle("Sheet1", fmt.Sprint("C", row))
		if err != nil {
			t.Error(err)
		}
		return id
	}
	title, errTitle := f.GetCellValue("Sheet1", "A1")
	by, errBy := f.GetCellValue("Sheet1", fmt.Sprint("E", last))
	formula, errFormula := f.GetCellFormula("Sheet1", fmt.Sprint("C", last+1))
	if err := errors.Join(errTitle, errBy, errFormula, f.Close()); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("AVERAGE(C4:C%d)", last); title == "site" || by == "" || formula != want || style(last) == 0 || style(last) != style(4) {
		t.Errorf("%+v: title %q, last record by %q, formula %q, style %d of %d; want the site, somebody, %q and one style",
			e, title, by, formula, style(last), style(4), want)
	}
}
