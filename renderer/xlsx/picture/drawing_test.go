package picture_test

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"slices"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
)

type cornerXML struct {
	Column int `xml:"col"`
	Row    int `xml:"row"`
}

type drawingXML struct {
	Anchors []struct {
		From    cornerXML `xml:"from"`
		To      cornerXML `xml:"to"`
		Picture struct {
			About struct {
				ID          int    `xml:"id,attr"`
				Description string `xml:"descr,attr"`
			} `xml:"nvPicPr>cNvPr"`
			Blip struct {
				Relation string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships embed,attr"`
			} `xml:"blipFill>blip"`
			Transform struct {
				Turn     int  `xml:"rot,attr"`
				Mirrored bool `xml:"flipH,attr"`
				Size     struct {
					Width  picture.EMU `xml:"cx,attr"`
					Height picture.EMU `xml:"cy,attr"`
				} `xml:"ext"`
			} `xml:"spPr>xfrm"`
		} `xml:"pic"`
	} `xml:"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing twoCellAnchor"`
}

type relationsXML struct {
	Relations []struct {
		ID     string `xml:"Id,attr"`
		Target string `xml:",attr"`
	} `xml:"Relationship"`
}

func decode(t *testing.T, pieces [][]byte, into any) {
	t.Helper()
	part := bytes.Join(pieces, nil)
	if err := xml.Unmarshal(part, into); err != nil {
		t.Fatalf("%v in %s", err, part)
	}
}

// What the drawing does to a stored picture undoes what the camera did. The corners are
// those of what is seen; the size is that of what is stored.
func TestDrawingTurnsPictures(t *testing.T) {
	t.Parallel()
	wants := map[uint16]struct {
		turn     int
		mirrored bool
	}{1: {0, false}, 2: {0, true}, 3: {180, false}, 4: {180, true}, 5: {270, true}, 6: {90, false}, 7: {90, true}, 8: {270, false}}
	cell := picture.Area{Widths: []picture.EMU{picture.Pixels(104)}, Heights: []picture.EMU{picture.Pixels(104)}}
	for value, want := range wants {
		var d picture.Drawing
		p := read(t, picturetest.Turned(t, 400, 100, binary.LittleEndian, value))
		d.Add(p, "xl/media/a.jpeg", cell.Fit(p, picture.Size{}), "")
		var got drawingXML
		decode(t, d.Part(), &got)
		transform := got.Anchors[0].Picture.Transform
		if transform.Turn != want.turn*60000 || transform.Mirrored != want.mirrored {
			t.Errorf("orientation %d: got %+v, want %+v", value, transform, want)
		}
		if transform.Size.Width != picture.Pixels(100) || transform.Size.Height != picture.Pixels(25) {
			t.Errorf("orientation %d: stored size %+v, want 100 × 25 pixels", value, transform.Size)
		}
	}
}

func TestDrawingNamesEachPartOnce(t *testing.T) {
	t.Parallel()
	var d picture.Drawing
	p := read(t, picturetest.PNG(t, 4, 4))
	for i, part := range []string{"xl/media/a.png", "xl/media/b.png", "xl/media/a.png"} {
		d.Add(p, part, picture.Anchor{From: picture.Corner{Column: i, Row: 2 * i}, To: picture.Corner{Column: i + 1, Row: 2*i + 1}}, `"厨房" <&>`)
	}
	var got drawingXML
	decode(t, d.Part(), &got)
	var relations relationsXML
	decode(t, d.Relations(), &relations)
	targets := map[string]string{}
	for _, r := range relations.Relations {
		targets[r.ID] = r.Target
	}
	var shown []string
	ids := map[int]bool{}
	for i, a := range got.Anchors {
		shown = append(shown, targets[a.Picture.Blip.Relation])
		ids[a.Picture.About.ID] = true
		if a.Picture.About.Description != `"厨房" <&>` {
			t.Errorf("description %q", a.Picture.About.Description)
		}
		if a.From.Column != i || a.From.Row != 2*i || a.To.Column != i+1 || a.To.Row != 2*i+1 {
			t.Errorf("picture %d lies at %+v", i, a)
		}
	}
	if want := []string{"../media/a.png", "../media/b.png", "../media/a.png"}; !slices.Equal(shown, want) || len(relations.Relations) != 2 {
		t.Errorf("got %v by %d relations, want %v by 2", shown, len(relations.Relations), want)
	}
	if len(ids) != 3 {
		t.Errorf("%d different ids, want 3", len(ids))
	}
}
