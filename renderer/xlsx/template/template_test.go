package template_test

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

const sheet1 = "Sheet1"

// draw makes a template in the way people do: with a program for workbooks.
func draw(t *testing.T, values map[string]any, more ...func(*excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	for cell, v := range values {
		if err := f.SetCellValue(sheet1, cell, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, change := range more {
		if err := change(f); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compile(t *testing.T, file []byte, o template.Options) *template.Template {
	t.Helper()
	tpl, err := template.Compile(file, o)
	if err != nil {
		t.Fatal(err)
	}
	if reasons := tpl.Unsupported(); len(reasons) > 0 {
		t.Fatalf("not compiled: %v", reasons)
	}
	return tpl
}

// fill fills a template, and sees that it gives the same bytes twice.
func fill(t *testing.T, file []byte, d template.Data) ([]byte, template.Summary) {
	t.Helper()
	tpl := compile(t, file, template.Options{Locale: "ja"})
	var first, second bytes.Buffer
	summary, err := tpl.Fill(t.Context(), &first, d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tpl.Fill(t.Context(), &second, d); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same data gives other bytes")
	}
	keep(t, t.Name(), "template", file)
	keep(t, t.Name(), "filled", first.Bytes())
	return first.Bytes(), summary
}

// read gives the cells that are not empty, by their references.
func read(t *testing.T, workbook []byte, sheet string) map[string]cells.Cell {
	t.Helper()
	book, err := cells.Open(bytes.NewReader(workbook), int64(len(workbook)), cells.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s := book.Sheet(sheet)
	if s == nil {
		t.Fatalf("there is no sheet %q", sheet)
	}
	all := make(map[string]cells.Cell)
	last := 0
	err = s.Rows(func(row int, in []cells.Cell) error {
		if row <= last {
			t.Errorf("row %d is after row %d", row, last)
		}
		last = row
		for _, c := range in {
			all[c.Ref()] = c
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantTexts compares what cells hold.
func wantTexts(t *testing.T, got map[string]cells.Cell, want map[string]string) {
	t.Helper()
	for ref, text := range want {
		if got[ref].Text != text {
			t.Errorf("%s: got %q, want %q", ref, got[ref].Text, text)
		}
	}
}

func fields(of map[string]xlsx.Value) template.Data { return template.Data{Fields: of} }
