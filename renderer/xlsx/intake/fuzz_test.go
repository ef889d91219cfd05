package intake_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
	"github.com/jetsheet/jetsheet/renderer/xlsx/intake/intaketest"
)

// smallLimits keep a fuzzer's executions short.
func smallLimits() intake.Limits {
	return intake.Limits{FileBytes: 1 << 20, PartBytes: 1 << 20, TotalBytes: 4 << 20, MarkupBytes: 2 << 20, Cells: 10_000}
}

// holds checks a file: it is refused for a reason, or an independent reader opens it.
func holds(t *testing.T, file []byte) {
	t.Helper()
	report, err := intake.Check(file, smallLimits())
	var refused *intake.RefusedError
	switch {
	case err != nil && (!errors.As(err, &refused) || len(refused.Refusals) == 0 || report != nil):
		t.Errorf("got %+v and the error %v, want a refusal with its reason alone", report, err)
	case err == nil:
		book, err := cells.Open(bytes.NewReader(file), int64(len(file)), cells.Limits{})
		if err != nil {
			t.Fatalf("accepted, and not opened: %v", err)
		}
		if len(book.Sheets()) != len(report.Sheets) {
			t.Errorf("%d sheets, reported are %+v", len(book.Sheets()), report.Sheets)
		}
	}
}

// FuzzCheck checks any bytes.
func FuzzCheck(f *testing.F) {
	f.Add(intaketest.Form())
	for _, file := range intaketest.Hostile() {
		if costly(file) {
			continue
		}
		if content := file.Make(); len(content) < 10_000 {
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) { holds(t, file) })
}

// costly tells files of the hostile corpus that are large before they are packed. Each of the fuzzer's
// processes makes the seeds anew: with these, ten seconds were over before the first try.
func costly(file intaketest.File) bool {
	switch file.Cause {
	case intake.CauseTooLarge, intake.CauseTooMany, intake.CauseRatio, intake.CauseLongTag, intake.CauseSheets,
		intake.CauseCells, intake.CauseMerges, intake.CauseDefinedNames, intake.CauseFormats, intake.CauseSharedStrings:
		return true
	}
	return strings.HasPrefix(file.Name, "a bomb")
}

// FuzzPart checks any bytes as one part of a form: the archive around it is sound.
func FuzzPart(f *testing.F) {
	names := []string{"xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels", "xl/theme/theme1.xml", "xl/styles.xml", "xl/sharedStrings.xml"}
	for i := range names {
		f.Add(uint8(i), partOf(f, intaketest.Form(), names[i])) //nolint:gosec // a few
	}
	f.Fuzz(func(t *testing.T, which uint8, content []byte) {
		holds(t, replacePart(t, intaketest.Form(), names[int(which)%len(names)], content))
	})
}

func partOf(t testing.TB, file []byte, name string) []byte {
	t.Helper()
	var content []byte
	eachPart(t, file, func(f *zip.File, part []byte) {
		if f.Name == name {
			content = part
		}
	})
	return content
}

// replacePart writes the archive again with another content of one part.
func replacePart(t testing.TB, file []byte, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(name string, content []byte) {
		part, err := w.Create(name)
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add(name, content)
	eachPart(t, file, func(f *zip.File, part []byte) {
		if f.Name != name {
			add(f.Name, part)
		}
	})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func eachPart(t testing.TB, file []byte, do func(f *zip.File, part []byte)) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		part, err := r.Open(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		_, err = b.ReadFrom(part)
		if err = errors.Join(err, part.Close()); err != nil {
			t.Fatal(err)
		}
		do(f, b.Bytes())
	}
}
