package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// markedDir is a directory as a demo leaves it.
func markedDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range []string{"report.yaml", "workbooks/10000/a.xlsx", "workbooks/10000/b.xlsx", ".nats/jetstream/1.blk"} {
		path := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, file)
	}
	if err := markDemoDir(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDemoDirIsUsedAgain(t *testing.T) {
	t.Parallel()
	dir := markedDir(t)
	// One that is gone is no harm.
	if err := os.Remove(filepath.Join(dir, "workbooks", "10000", "a.xlsx")); err != nil {
		t.Fatal(err)
	}
	got, made, err := demoDir(dir, time.Now())
	if got != dir || made || err != nil {
		t.Fatalf("demoDir = %q, %v, %v, want the same directory, not made", got, made, err)
	}
	entries, err := os.ReadDir(dir)
	if len(entries) > 0 || err != nil {
		t.Errorf("it holds %v (%v), want nothing", entries, err)
	}
}

func TestDemoDirKeepsWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(dir string) error
		want   string
	}{
		{"added", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "workbooks", "10000", "notes.txt"), nil, 0o600)
		}, filepath.Join("workbooks", "10000", "notes.txt")},
		{"longer", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "report.yaml"), []byte("report: mine"), 0o600)
		}, "report.yaml"},
		{"same length", func(dir string) error {
			return os.Chtimes(filepath.Join(dir, "report.yaml"), time.Time{}, time.Now().Add(time.Minute))
		}, "report.yaml"},
		{"link", func(dir string) error { return os.Symlink(t.TempDir(), filepath.Join(dir, "link")) }, "link"},
		{"no marker", func(dir string) error { return os.Remove(filepath.Join(dir, demoMarker)) }, "is not empty"},
		{"damaged marker", func(dir string) error { return os.WriteFile(filepath.Join(dir, demoMarker), nil, 0o600) }, "is not empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := markedDir(t)
			if err := test.change(dir); err != nil {
				t.Fatal(err)
			}
			_, _, err := demoDir(dir, time.Now())
			var exit *exitError
			if !errors.As(err, &exit) || exit.Code != exitUsage || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "--dir") {
				t.Errorf("demoDir: %v, want exit code %d, %q and --dir", err, exitUsage, test.want)
			}
			for _, file := range []string{"workbooks/10000/a.xlsx", ".nats/jetstream/1.blk", "report.yaml"} {
				if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(file))); err != nil {
					t.Errorf("%s: %v, want everything kept", file, err)
				}
			}
		})
	}
}
