package cells_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

func TestNames(t *testing.T) {
	t.Parallel()
	p := plain("").replace(t, "xl/workbook.xml", `</sheets>`,
		`</sheets><definedNames><definedName name="a.b">'It''s'!$A$1:$B$2,Data!$C$3</definedName><definedName name="rate" localSheetId="0">1 &lt; 2</definedName><definedName name="lost" localSheetId="9">3</definedName></definedNames>`)
	want := []cells.Name{{Name: "a.b", RefersTo: "'It''s'!$A$1:$B$2,Data!$C$3"}, {Name: "rate", RefersTo: "1 < 2", Sheet: "Data"}, {Name: "lost", RefersTo: "3"}}
	if got := mustOpen(t, p).Names(); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := mustOpen(t, plain("")).Names(); len(got) != 0 {
		t.Errorf("got %+v, want none", got)
	}
}

// tabled gives the first sheet tables with those attributes.
func tabled(p parts, attributes ...string) parts {
	var relations strings.Builder
	relations.WriteString(relsStart)
	for i, a := range attributes {
		number := string(rune('1' + i))
		relations.WriteString(`<Relationship Id="r` + number + `" Type="` + relType + `/table" Target="../tables/table` + number + `.xml"/>`)
		p = p.with("xl/tables/table"+number+".xml", `<table `+namespace+` id="`+number+`" `+a+`><autoFilter ref="A1:B9"/></table>`)
	}
	return p.with("xl/worksheets/_rels/sheet1.xml.rels", relations.String()+`</Relationships>`)
}

func TestTables(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		parts parts
		want  []string
	}{
		"no relations": {plain(""), nil},
		"none":         {tabled(plain("")), nil},
		"header":       {tabled(plain(""), `ref="A1:C4"`), []string{"A2:C4"}},
		"no header":    {tabled(plain(""), `ref="A1:C4" headerRowCount="0"`), []string{"A1:C4"}},
		"totals":       {tabled(plain(""), `ref="A1:C4" totalsRowCount="1"`), []string{"A2:C3"}},
		"several":      {tabled(plain(""), `ref="A1:A2"`, `ref="D1:D9"`), []string{"A2:A2", "D2:D9"}},
	} {
		got, err := mustOpen(t, test.parts).Sheets()[0].Tables()
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, test.want)
		}
	}
	for name, p := range map[string]parts{
		"no range": tabled(plain(""), `name="x"`),
		"no part":  tabled(plain(""), `ref="A1:C4"`).with("xl/tables/table1.xml", ""),
	} {
		if got, err := mustOpen(t, p).Sheets()[0].Tables(); !errors.Is(err, cells.ErrMalformed) {
			t.Errorf("%s: got %q, %v, want %v", name, got, err, cells.ErrMalformed)
		}
	}
}

func TestCharts(t *testing.T) {
	t.Parallel()
	relation := func(kind, target string) string {
		return relsStart + `<Relationship Id="r1" Type="` + relType + `/` + kind + `" Target="` + target + `"/></Relationships>`
	}
	drawn := plain("").with("xl/worksheets/_rels/sheet1.xml.rels", relation("drawing", "../drawings/drawing1.xml")).with("xl/drawings/drawing1.xml", `<wsDr/>`)
	charted := drawn.with("xl/drawings/_rels/drawing1.xml.rels", relation("chart", "../charts/chart1.xml"))
	shown := charted.with("xl/charts/chart1.xml", `<chartSpace><ser><tx><f>Data!$A$1</f></tx><val><f>'a&amp;b'!$B$2:$B$3</f><numCache/></val></ser></chartSpace>`)
	for name, test := range map[string]struct {
		parts parts
		want  []string
	}{
		"no drawing": {plain(""), nil},
		"no chart":   {drawn, nil},
		"a chart":    {shown, []string{"Data!$A$1", "'a&b'!$B$2:$B$3"}},
	} {
		if got, err := mustOpen(t, test.parts).Sheets()[0].Charts(); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, test.want)
		}
	}
	if got, err := mustOpen(t, charted).Sheets()[0].Charts(); !errors.Is(err, cells.ErrMalformed) {
		t.Errorf("no part: got %q, %v, want %v", got, err, cells.ErrMalformed)
	}
}
