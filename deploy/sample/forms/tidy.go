package forms

import (
	"archive/zip"
	"bytes"
	"io"
	"regexp"
	"slices"

	"github.com/xuri/excelize/v2"
)

// tidyWriter puts what fonts are made of into the order in which Excel writes it, and the
// format's schema has it. excelize has an order of its own, which Excel bears and other
// programs report as an error.
type tidyWriter struct {
	*zip.Writer
	styles bytes.Buffer
}

const stylesPart = "xl/styles.xml"

func newTidyWriter(dst io.Writer) excelize.ZipWriter { return &tidyWriter{Writer: zip.NewWriter(dst)} }

// Create holds the styles back.
func (w *tidyWriter) Create(name string) (io.Writer, error) {
	if name == stylesPart {
		return &w.styles, nil
	}
	return w.Writer.Create(name)
}

// Close writes the styles and completes the archive.
func (w *tidyWriter) Close() error {
	part, err := w.Writer.Create(stylesPart)
	if err != nil {
		return err
	}
	if _, err := part.Write(tidyFonts(w.styles.Bytes())); err != nil {
		return err
	}
	return w.Writer.Close()
}

var (
	fonts     = regexp.MustCompile(`<font>(.*?)</font>`)
	fontParts = regexp.MustCompile(`<(\w+)[^>]*></\w+>`)
	fontOrder = []string{"b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name", "family", "charset", "scheme"}
)

func tidyFonts(styles []byte) []byte {
	return fonts.ReplaceAllFunc(styles, func(font []byte) []byte {
		parts := fontParts.FindAllSubmatch(font, -1)
		slices.SortStableFunc(parts, func(a, b [][]byte) int {
			return slices.Index(fontOrder, string(a[1])) - slices.Index(fontOrder, string(b[1]))
		})
		tidy := []byte("<font>")
		for _, part := range parts {
			if string(part[0]) != "<color></color>" { // says nothing
				tidy = append(tidy, part[0]...)
			}
		}
		return append(tidy, "</font>"...)
	})
}
