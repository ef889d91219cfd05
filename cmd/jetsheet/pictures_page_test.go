package main

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// The report on the page about pictures is right, and the page names every note.
func TestPicturesPage(t *testing.T) {
	t.Parallel()
	page := readPage(t, "pictures")
	_, block, _ := strings.Cut(page, "```yaml\n")
	text, table, found := strings.Cut(block, "```\n")
	if !found {
		t.Fatal("the page has no report")
	}
	if d, err := parseReport("pictures.md", []byte(text)); err != nil || d.MinReader != 2 {
		t.Errorf("the report on the page: %+v, %v", d, err)
	}
	for _, kind := range []xlsx.SubstitutionKind{xlsx.PictureUnreadable, xlsx.PictureTooLarge, xlsx.PictureMissing, xlsx.TooManyPictures} {
		if !strings.Contains(table, "`"+string(kind)+"`") {
			t.Errorf("the page does not name %q", kind)
		}
	}
}
