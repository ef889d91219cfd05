package xlsx_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// digestVariable names the file into which a test process writes the digest of its
// sample book.
const digestVariable = "JETSHEET_TEST_XLSX_DIGEST"

// TestDigest is what the processes of TestEveryProcessGivesTheSameBytes run.
func TestDigest(t *testing.T) {
	t.Parallel()
	file := os.Getenv(digestVariable)
	if file == "" {
		t.Skip("part of TestEveryProcessGivesTheSameBytes")
	}
	if err := os.WriteFile(file, sampleDigest(t), 0o600); err != nil {
		t.Fatal(err)
	}
}

func sampleDigest(t *testing.T) []byte {
	t.Helper()
	content, _ := sampleBook(t)
	sum := sha256.Sum256(append(content, picturesBook(t)...))
	return sum[:]
}

func TestEveryProcessGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	processes := 100
	if testing.Short() {
		processes = 10
	}
	want := sampleDigest(t)
	file := filepath.Join(t.TempDir(), "digest")
	for i := range processes {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDigest$")
		command.Env = append(os.Environ(), digestVariable+"="+file)
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("process %d: %v: %s", i, err, output)
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("process %d gave the digest %x, %v, want %x", i, got, err, want)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
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
