package main

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// The report on the page about pictures is right, and the page names every note.
func TestPicturesPage(t *testing.T) {
	t.Parallel()
	table := behindReport(t, "pictures")
	for _, kind := range []xlsx.SubstitutionKind{xlsx.PictureUnreadable, xlsx.PictureTooLarge, xlsx.PictureMissing, xlsx.TooManyPictures} {
		if !strings.Contains(table, "`"+string(kind)+"`") {
			t.Errorf("the page does not name %q", kind)
		}
	}
}
