package template

import (
	"bytes"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// Parts come from programs of any kind: what is wrong in one is an error, what is
// right stays in one piece, and nothing changes if nothing moved.
func FuzzFollow(f *testing.F) {
	for _, seed := range []string{
		`<c:chart><c:f>Form!$A$7</c:f><c:strCache><c:pt/></c:strCache></c:chart>`,
		`<table displayName="T" ref="A6:B8"><autoFilter ref="A6:B7"/></table>`,
		`<definedName name="_xlnm.Print_Area" localSheetId="0">Form!$A$1:$F$9</definedName>`,
		twoCells("", "6", "7", "0", `<xdr:pic><xdr:cNvPr id="2"/></xdr:pic>`),
		`<commentList><comment ref="B7"><t/></comment></commentList>`,
		`<v:shape id="_x0000_s1025"><x:Anchor>2,15,7,2,4,31,9,1</x:Anchor><x:Row>6</x:Row></v:shape>`,
		`<xdr:oneCellAnchor><xdr:pic><xdr:cNvPr id="1"/></xdr:pic><xdr:from><xdr:row>6</xdr:row></xdr:from></xdr:oneCellAnchor>`,
	} {
		f.Add([]byte(seed))
	}
	still, moved := fuzzMoves(f), fuzzMoves(f, reference.Block{First: 7, Last: 7, Copies: make([]reference.Copy, 3)}, reference.Block{First: 10, Last: 10})
	follow := []func([]byte, *reference.Moves) ([]byte, error){followNames}
	for _, move := range followers {
		follow = append(follow, func(content []byte, m *reference.Moves) ([]byte, error) { return move(content, m.Grid(0, 0)) })
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, move := range follow {
			if same, err := move(content, still); err == nil && !bytes.Equal(same, content) {
				t.Errorf("nothing moved, but %q became %q", content, same)
			}
			got, err := move(content, moved)
			if err != nil {
				continue
			}
			if err := eachTag(got, func(*tag) {}); err != nil {
				t.Errorf("%q became %q: %v", content, got, err)
			}
		}
	})
}

func fuzzMoves(f *testing.F, blocks ...reference.Block) *reference.Moves {
	f.Helper()
	m, err := reference.New([]reference.Sheet{{Name: "Form", Pages: []reference.Page{{Name: "Form", Blocks: blocks}}}})
	if err != nil {
		f.Fatal(err)
	}
	return m
}
