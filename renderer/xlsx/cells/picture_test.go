package cells_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

const drawingNamespaces = `xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="` + relType + `"`

// pictured puts pictures over cells of column A to Z: places and contents in turn.
func pictured(p parts, pairs ...string) parts {
	var anchors, images strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		place, id := pairs[i], fmt.Sprintf("rId%d", i+1)
		fmt.Fprintf(&anchors, `<d:twoCellAnchor><d:from><d:col>%d</d:col><d:colOff>9</d:colOff><d:row>%c</d:row><d:rowOff>0</d:rowOff></d:from>`+
			`<d:to><d:col>7</d:col><d:colOff>0</d:colOff><d:row>7</d:row><d:rowOff>0</d:rowOff></d:to>`+
			`<d:pic><d:blipFill><a:blip r:embed="%s"/></d:blipFill></d:pic></d:twoCellAnchor>`, place[0]-'A', place[1]-1, id)
		media := fmt.Sprintf("media/%d.png", i)
		fmt.Fprintf(&images, `<Relationship Id="%s" Type="%s/image" Target="../%s"/>`, id, relType, media)
		p = p.with("xl/"+media, pairs[i+1])
	}
	p = p.with("xl/worksheets/_rels/sheet1.xml.rels", relsStart+`<Relationship Id="x" Type="`+relType+`/drawing" Target="../drawings/d.xml"/></Relationships>`)
	p = p.with("xl/drawings/_rels/d.xml.rels", relsStart+images.String()+`</Relationships>`)
	return p.with("xl/drawings/d.xml", `<d:wsDr `+drawingNamespaces+`>`+anchors.String()+`</d:wsDr>`)
}

func TestPictures(t *testing.T) {
	t.Parallel()
	picture := func(row, col int, content string) cells.Picture {
		sum := sha256.Sum256([]byte(content))
		return cells.Picture{Row: row, Col: col, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(content))}
	}
	nowhere := pictured(plain(""), "A1", "one").replace(t, "xl/drawings/d.xml", `<d:from>`, `<d:pos/><d:other>`).replace(t, "xl/drawings/d.xml", `</d:from>`, `</d:other>`)
	for name, test := range map[string]struct {
		parts parts
		want  []cells.Picture
	}{
		"none":      {plain(""), nil},
		"no images": {pictured(plain("")).with("xl/drawings/_rels/d.xml.rels", ""), nil},
		"linked":    {pictured(plain(""), "A1", "one").replace(t, "xl/drawings/d.xml", "r:embed", "r:link"), nil},
		"several": {
			pictured(plain(""), "C3", "one", "A2", "two", "B2", "one", "B2", "zero"),
			[]cells.Picture{picture(2, 1, "two"), picture(2, 2, "one"), picture(2, 2, "zero"), picture(3, 3, "one")},
		},
		"nowhere": {nowhere, []cells.Picture{picture(0, 0, "one")}},
	} {
		got, err := mustOpen(t, test.parts).Sheets()[0].Pictures()
		slices.SortFunc(test.want, func(a, b cells.Picture) int { return strings.Compare(a.Ref()+a.SHA256, b.Ref()+b.SHA256) })
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, %v\nwant %v", name, got, err, test.want)
		}
	}
}

func TestPicturesRefuseDamage(t *testing.T) {
	t.Parallel()
	whole := pictured(plain(""), "A1", "one")
	for name, p := range map[string]parts{
		"no drawing":  whole.with("xl/drawings/d.xml", ""),
		"no picture":  whole.with("xl/media/0.png", ""),
		"no relation": whole.replace(t, "xl/drawings/d.xml", "rId1", "rId9"),
		"no place":    whole.replace(t, "xl/drawings/d.xml", "<d:row>0", "<d:row>x"),
		"far away":    whole.replace(t, "xl/drawings/d.xml", "<d:row>0", "<d:row>1048576"),
	} {
		if got, err := mustOpen(t, p).Sheets()[0].Pictures(); !errors.Is(err, cells.ErrMalformed) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, cells.ErrMalformed)
		}
	}
}

func TestDiffOfPictures(t *testing.T) {
	t.Parallel()
	titled := plain(`<row r="1"><c r="B1" t="s"><v>0</v></c></row>`)
	a := pictured(titled, "B2", "one", "B3", "two", "B4", "three", "C9", "four")
	for name, test := range map[string]struct {
		other parts
		want  []string
	}{
		"the same in another order": {pictured(titled, "C9", "four", "B4", "three", "B3", "two", "B2", "one"), nil},
		"another picture":           {pictured(titled, "B2", "one", "B3", "2", "B4", "three", "C9", "four"), []string{"B3 plain"}},
		"moved":                     {pictured(titled, "B2", "one", "B3", "two", "B5", "three", "C9", "four"), []string{"B4 plain", "B5 plain"}},
		"none":                      {titled, []string{"B2 plain", "B3 plain", "B4 plain", "C9 "}},
		"one more":                  {pictured(titled, "B2", "one", "B2", "one", "B3", "two", "B4", "three", "C9", "four"), []string{"B2 plain"}},
	} {
		for _, report := range []cells.Report{diff(t, a, test.other, cells.Options{}), diff(t, test.other, a, cells.Options{})} {
			var got []string
			for _, d := range report.Differences {
				if d.What != cells.DiffPicture || d.A == d.B {
					t.Errorf("%s: difference %+v, want one of pictures", name, d)
				}
				got = append(got, d.Cell+" "+d.Column)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s: differences at %q, want %q", name, got, test.want)
			}
		}
	}
}
