package forms

import (
	"archive/zip"
	"bytes"
	"io"
	"regexp"
	"slices"
	"testing"
)

// Programs that check files by the schema report fonts in excelize's order.
func TestFontsAreInOrder(t *testing.T) {
	t.Parallel()
	templates, err := Templates()
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range templates {
		archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		part, err := archive.Open(stylesPart)
		if err != nil {
			t.Fatal(err)
		}
		styles, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		bold := 0
		for _, font := range fonts.FindAll(styles, -1) {
			var order []int
			for _, tag := range regexp.MustCompile(`<(\w+)[^>]*></`).FindAllSubmatch(font, -1) {
				order = append(order, slices.Index(fontOrder, string(tag[1])))
			}
			if !slices.IsSorted(order) {
				t.Errorf("%s: font %s is not in order", name, font)
			}
			bold += bytes.Count(font, []byte(`<b val="1">`))
		}
		if bold == 0 {
			t.Errorf("%s: no font is bold any more", name)
		}
	}
}
