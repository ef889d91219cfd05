package archive

import (
	"io"
	"strings"
	"testing"
)

func TestArchiveBeyondItsFormIsAnError(t *testing.T) {
	t.Parallel()
	a := New(io.Discard)
	defer a.Release()
	a.flushed = 1<<32 - 100
	if err := a.Add("xl/workbook.xml", make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err == nil || !strings.Contains(err.Error(), "4 GiB") {
		t.Errorf("closing an archive of 4 GiB: %v, want an error that says so", err)
	}
}

func TestReleasedArchiveTakesNothing(t *testing.T) {
	t.Parallel()
	a := New(io.Discard)
	a.Release()
	a.Release()
	if err := a.Add("xl/workbook.xml", []byte("x")); err == nil {
		t.Error("a part was added after the release")
	}
}
