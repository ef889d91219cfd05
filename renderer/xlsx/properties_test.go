package xlsx_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

func TestDocumentProperties(t *testing.T) {
	t.Parallel()
	var dst bytes.Buffer
	w, err := xlsx.New(t.Context(), &dst, xlsx.Book{
		Title: "温度 & 湿度", Subject: "<2026-10>", Creator: "c", Keywords: "a, b", Description: "two\nlines", Identifier: "run-1",
		Created: time.Date(2026, time.November, 1, 9, 0, 0, 0, time.FixedZone("JST", 9*3600)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	writeSheet(t, w, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1)}, nil)
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := openExcelize(t, dst.Bytes()).GetDocProps()
	want := excelize.DocProperties{
		Title: "温度 & 湿度", Subject: "<2026-10>", Creator: "c", Keywords: "a, b", Description: "two\nlines", Identifier: "run-1",
		Created: "2026-11-01T00:00:00Z",
	}
	if err != nil || *got != want {
		t.Errorf("properties %+v, %v, want %+v", got, err, want)
	}
}
