package archive

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestSharedPart reads shared parts back, with the standard library's checks of sizes
// and sums, also when they were kept and when the cache was emptied meanwhile.
func TestSharedPart(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "a", strings.Repeat("<xf/>", 1000), strings.Repeat("long", sharedMaxBytes)} {
		for range 2 {
			var file bytes.Buffer
			a := New(&file)
			defer a.Release()
			if err := a.AddShared("part.xml", []byte(content)); err != nil {
				t.Fatalf("add %d bytes: %v", len(content), err)
			}
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			r, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
			if err != nil || len(r.File) != 1 {
				t.Fatalf("archive with a part of %d bytes: %d files, %v", len(content), len(r.File), err)
			}
			if h := r.File[0].FileHeader; h.ReaderVersion != versionDeflate || h.Modified.Year() != 1980 || h.Modified.YearDay() != 1 {
				t.Errorf("header says version %d and %s, want %d and the first day of 1980", h.ReaderVersion, h.Modified, versionDeflate)
			}
			part, err := r.Open("part.xml")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(part); err != nil || string(got) != content {
				t.Errorf("part of %d bytes reads back with %d, %v", len(content), len(got), err)
			}
		}
	}
}

func TestSharedCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := sharedCache{parts: map[string]*sharedPart{}}
	for i := range 3 * sharedMax {
		content := fmt.Appendf(nil, "part %d", i)
		if part, err := c.get(content); err != nil || part.entry.size != int64(len(content)) {
			t.Fatalf("part %d: %+v, %v", i, part, err)
		}
	}
	if _, err := c.get(make([]byte, sharedMaxBytes+1)); err != nil {
		t.Fatal(err)
	}
	for content := range c.parts {
		if len(content) > sharedMaxBytes {
			t.Errorf("a part of %d bytes is kept, the most is %d", len(content), sharedMaxBytes)
		}
	}
	if len(c.parts) > sharedMax {
		t.Errorf("%d parts are kept, the most is %d", len(c.parts), sharedMax)
	}
}
