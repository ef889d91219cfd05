package template_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// A marker of the format imageKey asks for the picture; any other marker shows the key.
func TestPicturesByKey(t *testing.T) {
	t.Parallel()
	photo := picturetest.PNG(t, 400, 300)
	file := draw(t, map[string]any{
		"A1": "{{stamp | imageKey:80x60}}", "A2": "{{stamp}}", "A3": "{{#records}}{{name | imageKey}}", "B3": "{{name}}{{/records}}", "C3": "an example",
	}, names("jetsheet.imageKey.name", "Sheet1!$C$3"))
	if !slices.ContainsFunc(compile(t, file, template.Options{}).Markers(), func(m template.Marker) bool {
		return m.Cell == "C3" && m.Name == "name" && m.Format == "imageKey" && slices.Equal(m.Blocks, []string{"records"})
	}) {
		t.Error("the name of C3 is not among the markers")
	}
	var asked []string
	d := template.Data{
		Fields: map[string]xlsx.Value{"stamp": xlsx.Text("1.png")}, Tables: map[string]*template.Table{"records": query("name", "1.png", "", "gone")},
		Picture: func(key string) (xlsx.Value, error) {
			asked = append(asked, key)
			if key == "gone" {
				return xlsx.MissingImage(), nil
			}
			return xlsx.Image(string(photo)), nil
		},
	}
	workbook, summary := fill(t, file, d)
	book := reopen(t, workbook)
	for ref, want := range map[string]bool{"A1": true, "A2": false, "A3": true, "A4": false, "A5": false, "B3": false, "C3": true, "C4": false} {
		pictures, err := book.GetPictures(sheet1, ref)
		if err != nil || (len(pictures) == 1 && bytes.Equal(pictures[0].File, photo)) != want || len(pictures) > 1 {
			t.Errorf("%s: %d pictures, %v, want one: %v", ref, len(pictures), err, want)
		}
	}
	got := read(t, workbook, sheet1)
	if got["A2"].Text != "1.png" || got["B3"].Text != "1.png" || got["A5"].Text != "（画像が見つかりません）" || got["C5"].Text != got["A5"].Text || summary.Substitutions.Counts[xlsx.PictureMissing] != 2 {
		t.Errorf("cells %+v and %+v, want the keys, and a picture that is missing, twice", got, summary.Substitutions)
	}
	if slices.Sort(asked); !slices.Equal(slices.Compact(asked), []string{"1.png", "gone"}) {
		t.Errorf("asked for %q, want the keys that are not empty", asked)
	}
	d.Picture = func(string) (xlsx.Value, error) { return xlsx.Value{}, errors.ErrUnsupported }
	_, err := compile(t, file, template.Options{}).Fill(t.Context(), &bytes.Buffer{}, d)
	var place *template.PlaceError
	if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &place) || place.Cell != "A1" {
		t.Errorf("got %v, want the error of the one who finds pictures, and where it was met", err)
	}
}

// A format with a size limits the picture, as in columns.
func TestPicturesOfASize(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"image:8x6":     `<a:ext cx="76200" cy="57150"/>`, // 8 × 6 pixels
		"imageKey:16x6": `<a:ext cx="76200" cy="57150"/>`,
		"image:200x9":   `<a:ext cx="114300" cy="85725"/>`,
	} {
		photo := xlsx.Image(string(picturetest.PNG(t, 400, 300)))
		workbook, _ := fill(t, draw(t, map[string]any{"A1": "{{photo | " + format + "}}"}), template.Data{
			Fields:  map[string]xlsx.Value{"photo": photo},
			Picture: func(string) (xlsx.Value, error) { return photo, nil },
		})
		if drawing := unzipped(t, workbook, "xl/drawings/drawing1.xml"); !strings.Contains(drawing, want) {
			t.Errorf("format %s: the drawing is %s, want %s in it", format, drawing, want)
		}
	}
}

// excelize would lose the pictures: the template is refused, whatever spells them.
func TestPicturesAreRefusedByExcelize(t *testing.T) {
	t.Parallel()
	for _, marker := range []string{"{{image:photo}}", "{{photo | image}}", "{{photo | imageKey:80x60}}"} {
		file := replacePart(t, draw(t, map[string]any{"A1": "{{#records}}" + marker, "B1": "{{name}}{{/records}}"}),
			"xl/worksheets/sheet1.xml", replace(`</sheetData>`, `</sheetData><scenarios/>`))
		_, err := template.Compile(file, template.Options{})
		if err == nil || !strings.Contains(err.Error(), "scenarios") || !strings.Contains(err.Error(), "not in a template with pictures") {
			t.Errorf("%s: got %v, want an error that names both", marker, err)
		}
	}
}

// What is held of pictures has a limit, whatever their number; one that comes again counts
// once.
func TestPicturesHaveALimitOfBytes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("272 MB of pictures: run without -short")
	}
	large := append(picturetest.PNG(t, 4, 4), make([]byte, 15<<20)...)
	d := template.Data{Tables: map[string]*template.Table{"records": query("key", slices.Repeat([]string{"a"}, 18)...)}}
	tpl := compile(t, draw(t, map[string]any{"A1": "{{#records}}{{key | imageKey}}{{/records}}"}), template.Options{})
	d.Picture = func(string) (xlsx.Value, error) { return xlsx.Image(string(large)), nil }
	if _, err := tpl.Fill(t.Context(), io.Discard, d); err != nil {
		t.Errorf("one picture 18 times: %v", err)
	}
	d.Picture = func(string) (xlsx.Value, error) {
		large[len(large)-1]++
		return xlsx.Image(string(large)), nil
	}
	if _, err := tpl.Fill(t.Context(), io.Discard, d); err == nil || !strings.Contains(err.Error(), "256 MiB of pictures") {
		t.Errorf("18 pictures of 15 MiB: got %v, want the limit", err)
	}
}
