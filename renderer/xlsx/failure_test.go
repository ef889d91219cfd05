package xlsx_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

var errFull = errors.New("disk full")

// fullDisk takes so many bytes and then fails.
type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestDestinationErrorIsReturned(t *testing.T) {
	t.Parallel()
	whole, _ := sampleBook(t)
	for left := 0; left < len(whole); left += 1500 {
		err := writeTo(t.Context(), &fullDisk{left: left})
		if !errors.Is(err, errFull) {
			t.Errorf("destination of %d bytes: error %v, want %v", left, err, errFull)
		}
	}
}

func writeTo(ctx context.Context, dst *fullDisk) error {
	w, err := xlsx.New(ctx, dst, xlsx.Book{})
	if err != nil {
		return err
	}
	defer w.Discard()
	for i := range 3 {
		s, err := w.Sheet(xlsx.Sheet{Name: strconv.Itoa(i), Columns: []xlsx.Column{{Title: "x"}}})
		if err != nil {
			return err
		}
		for n := range 2000 {
			if err := s.Row([]xlsx.Value{xlsx.Float(math.Sqrt(float64(n + i)))}); err != nil {
				return err
			}
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
	_, err = w.Close()
	return err
}

// TestNoTemporaryFile is not parallel: it moves the directory for temporary files.
func TestNoTemporaryFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	for _, test := range []struct {
		name string
		dst  *fullDisk
		end  func(*xlsx.Writer, *xlsx.SheetWriter) error
		want error
	}{
		{"closed", &fullDisk{left: math.MaxInt}, func(w *xlsx.Writer, s *xlsx.SheetWriter) error {
			err := s.Close()
			_, closeErr := w.Close()
			return errors.Join(err, closeErr)
		}, nil},
		{"destination fails", &fullDisk{left: 5000}, func(_ *xlsx.Writer, s *xlsx.SheetWriter) error { return s.Close() }, errFull},
		{"discarded", &fullDisk{left: math.MaxInt}, func(w *xlsx.Writer, _ *xlsx.SheetWriter) error {
			w.Discard()
			return nil
		}, nil},
	} {
		w, err := xlsx.New(t.Context(), test.dst, xlsx.Book{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Sheet(xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{Title: "x"}}})
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Repeat("x", 30_000)
		for range 700 { // 21 MB
			if err := s.Row([]xlsx.Value{xlsx.Text(text)}); err != nil {
				break // and so will the end
			}
		}
		if files := temporary(t, dir); len(files) != 0 {
			t.Errorf("%s: temporary files while writing: %v", test.name, files)
		}
		if err := test.end(w, s); !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", test.name, err, test.want)
		}
		if files := temporary(t, dir); len(files) != 0 {
			t.Errorf("%s: temporary files stay: %v", test.name, files)
		}
	}
}

func temporary(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	w, err := xlsx.New(t.Context(), &fullDisk{left: math.MaxInt}, xlsx.Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for _, sheet := range []xlsx.Sheet{
		{Name: "none"},
		{Name: "many", Columns: make([]xlsx.Column, xlsx.MaxColumns+1)},
		{Name: "wide", Columns: []xlsx.Column{{Width: 256}}},
		{Name: "fill", Columns: make([]xlsx.Column, 1), Header: xlsx.Header{Fill: "blue"}},
	} {
		if _, err := w.Sheet(sheet); err == nil || !strings.Contains(err.Error(), sheet.Name) {
			t.Errorf("sheet %q: error %v, want one that names it", sheet.Name, err)
		}
	}
	s, err := w.Sheet(xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, xlsx.MaxColumns)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Sheet(xlsx.Sheet{Name: "t", Columns: make([]xlsx.Column, 1)}); !errors.Is(err, xlsx.ErrSheetOpen) {
		t.Errorf("a second open sheet: error %v, want %v", err, xlsx.ErrSheetOpen)
	}
	if err := s.Row(make([]xlsx.Value, xlsx.MaxColumns+1)); err == nil {
		t.Error("a row longer than the columns was accepted")
	}
	if _, err := w.Close(); err == nil {
		t.Error("the workbook was closed without the row's error")
	}
}
