package xlsx_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/corpustest"
)

// TestEveryProcessGivesTheSameBytes has several sheets with every feature.
func TestEveryProcessGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	corpustest.SameInEveryProcess(t, func() []string { return []string{"a", "it's", "a/b"} }, func(names []string) [][]byte {
		book := corpusBook{name: "all"}
		for _, name := range names {
			book.sheets = append(book.sheets, everything(t, name, -1))
		}
		content, _ := book.write(t)
		return [][]byte{content}
	})
}

func TestEndOfContextEndsTheWorkbook(t *testing.T) {
	t.Parallel()
	cause := errors.New("the lease is lost")
	steps := []func(*xlsx.Writer, *xlsx.SheetWriter) error{
		func(_ *xlsx.Writer, s *xlsx.SheetWriter) error { return s.Row([]xlsx.Value{xlsx.Int(1)}) },
		func(_ *xlsx.Writer, s *xlsx.SheetWriter) error { return s.Close() },
		func(w *xlsx.Writer, _ *xlsx.SheetWriter) error {
			_, err := w.Sheet(xlsx.Sheet{Name: "t", Columns: make([]xlsx.Column, 1)})
			return err
		},
		func(w *xlsx.Writer, _ *xlsx.SheetWriter) error { _, err := w.Close(); return err },
	}
	for i, step := range steps {
		ctx, cancel := context.WithCancelCause(t.Context())
		var dst bytes.Buffer
		w, err := xlsx.New(ctx, &dst, xlsx.Book{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Sheet(xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1)})
		if err != nil {
			t.Fatal(err)
		}
		if i >= 2 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		cancel(cause)
		if err := step(w, s); !errors.Is(err, cause) {
			t.Errorf("step %d: error %v, want %v", i, err, cause)
		}
		if _, err := w.Close(); err == nil {
			t.Errorf("step %d: the workbook was closed", i)
		}
		w.Discard()
	}
}
