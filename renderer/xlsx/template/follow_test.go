package template

import (
	"errors"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// formMoves is a workbook whose sheet Form has row 7 three times and no row
// 10, whose sheet Shop became two, and whose sheet Sum is as it was.
func formMoves(t *testing.T) *reference.Moves {
	t.Helper()
	blocks := []reference.Block{
		{First: 7, Last: 7, Copies: make([]reference.Copy, 3)},
		{First: 10, Last: 10},
	}
	m, err := reference.New([]reference.Sheet{
		{Name: "Form", Pages: []reference.Page{{Name: "Form", Blocks: blocks}}},
		{Name: "Shop", Pages: []reference.Page{{Name: "A"}, {Name: "B"}}},
		{Name: "Sum", Pages: []reference.Page{{Name: "Sum"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func formGrid(t *testing.T) *reference.Grid { t.Helper(); return formMoves(t).Grid(0, 0) }

func checkPart(t *testing.T, follow func([]byte) ([]byte, error), part, want string) {
	t.Helper()
	got, err := follow([]byte(part))
	if err != nil {
		t.Errorf("%s: %v", part, err)
	} else if string(got) != want {
		t.Errorf("%s\nbecame %s\nwant   %s", part, got, want)
	}
}

func TestChartsShowTheCellsThatMoved(t *testing.T) {
	t.Parallel()
	g := formGrid(t)
	follow := func(b []byte) ([]byte, error) { return followChart(b, g) }
	same := `<?xml version="1.0"?><c:chart><c:f>Sum!$A$1</c:f><c:numCache><c:pt/></c:numCache><!-- <c:f>Form!$A$7</c:f> --></c:chart>`
	checkPart(t, follow, same, same)
	checkPart(t, follow,
		`<c:chart><c:ser><c:cat><c:strRef><c:f>'Form'!$A$7</c:f><c:strCache><c:ptCount val="1"/></c:strCache></c:strRef></c:cat><c:f>Form!$B$1</c:f><c:numCache/></c:ser></c:chart>`,
		`<c:chart><c:ser><c:cat><c:strRef><c:f>'Form'!$A$7:$A$9</c:f></c:strRef></c:cat><c:f>Form!$B$1</c:f><c:numCache/></c:ser></c:chart>`)
	checkPart(t, follow, `<c:f>Form!$B$8&amp;"&lt;"</c:f>`, `<c:f>Form!$B$10&amp;&quot;&lt;&quot;</c:f>`)
}

func TestTablesGrowWithTheirRows(t *testing.T) {
	t.Parallel()
	g := formGrid(t)
	follow := func(b []byte) ([]byte, error) { return followTable(b, g) }
	checkPart(t, follow,
		`<table id="1" displayName="T" ref="A6:B8" totalsRowCount="1"><autoFilter ref="A6:B7"/><sortState ref="A7:B7"><sortCondition ref="B7:B7"/></sortState>`+
			`<tableColumn><calculatedColumnFormula>T[[#This Row],[a]]*$D$8</calculatedColumnFormula><totalsRowFormula>SUM(B7)</totalsRowFormula></tableColumn></table>`,
		`<table id="1" displayName="T" ref="A6:B10" totalsRowCount="1"><autoFilter ref="A6:B9"/><sortState ref="A7:B9"><sortCondition ref="B7:B9"/></sortState>`+
			`<tableColumn><calculatedColumnFormula>T[[#This Row],[a]]*$D$10</calculatedColumnFormula><totalsRowFormula>SUM(B7:B9)</totalsRowFormula></tableColumn></table>`)
	same := `<table displayName="T" ref='A1:B3'/>`
	checkPart(t, follow, same, same)
	for _, ref := range []string{"A9:C10", "A10:B10"} {
		if _, err := followTable([]byte(`<table displayName="T" ref="`+ref+`"/>`), g); !errors.Is(err, errGone) {
			t.Errorf("table in %s: %v, want %v", ref, err, errGone)
		}
	}
}

func TestNamesFollowTheirCells(t *testing.T) {
	t.Parallel()
	m := formMoves(t)
	follow := func(b []byte) ([]byte, error) { return followNames(b, m) }
	for name, want := range map[string]string{
		`<definedName name="x">Sum!$A$1</definedName>`:                                                        `<definedName name="x">Sum!$A$1</definedName>`,
		`<definedName name="total">Form!$D$8</definedName>`:                                                   `<definedName name="total">Form!$D$10</definedName>`,
		`<definedName name="all" hidden="1">SUM(Form!$D$7)</definedName>`:                                     `<definedName name="all" hidden="1">SUM(Form!$D$7:$D$9)</definedName>`,
		`<definedName name="gone">Form!$D$10</definedName>`:                                                   `<definedName name="gone">Form!#REF!</definedName>`,
		`<definedName name="_xlnm.Print_Area" localSheetId="0">Form!$A$1:$F$9</definedName>`:                  `<definedName name="_xlnm.Print_Area" localSheetId="0">Form!$A$1:$F$11</definedName>`,
		`<definedName name="_xlnm.Print_Area" localSheetId="0">Form!$A$10:$F$10,Form!$A$1:$B$2</definedName>`: `<definedName name="_xlnm.Print_Area" localSheetId="0">Form!$A$1:$B$2</definedName>`,
		`<definedName name="_xlnm.Print_Area" localSheetId="0">Form!$A$10:$F$10</definedName>`:                ``,
		`<definedName name="_xlnm.Print_Titles" localSheetId="1">Shop!$A:$A,Shop!$1:$2</definedName>`: `<definedName name="_xlnm.Print_Titles" localSheetId="1">'A'!$A:$A,'A'!$1:$2</definedName>` +
			`<definedName name="_xlnm.Print_Titles" localSheetId="2">'B'!$A:$A,'B'!$1:$2</definedName>`,
		`<definedName name="own" localSheetId="2">"&lt;'"&amp;Sum!$A$1</definedName>`: `<definedName name="own" localSheetId="3">"&lt;'"&amp;Sum!$A$1</definedName>`,
	} {
		checkPart(t, follow, "<workbook><definedNames>"+name+"</definedNames></workbook>", "<workbook><definedNames>"+want+"</definedNames></workbook>")
	}
}

// A list of areas is printed on as many pages.
func TestAPrintAreaStaysOneRange(t *testing.T) {
	t.Parallel()
	m, err := reference.New([]reference.Sheet{{Name: "Form", Pages: []reference.Page{{Name: "Form", Blocks: []reference.Block{
		{First: 3, Last: 4, Copies: make([]reference.Copy, 3)},
	}}}}})
	if err != nil {
		t.Fatal(err)
	}
	checkPart(t, func(b []byte) ([]byte, error) { return followNames(b, m) },
		`<x><definedName name="_xlnm.Print_Area" localSheetId="0">Form!$A$1:$F$3</definedName><definedName name="own">Form!$A$3</definedName></x>`,
		`<x><definedName name="_xlnm.Print_Area" localSheetId="0">Form!$A$1:$F$7</definedName><definedName name="own">Form!$A$3,Form!$A$5,Form!$A$7</definedName></x>`)
}

// twoCells is an object from the old rows from to to, counted from 0.
func twoCells(edit, from, to, toOff, content string) string {
	return `<xdr:twoCellAnchor` + edit + `><xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>` + from + `</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>` +
		`<xdr:to><xdr:col>2</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>` + to + `</xdr:row><xdr:rowOff>` + toOff + `</xdr:rowOff></xdr:to>` + content + `</xdr:twoCellAnchor>`
}

func TestDrawingsFollowTheirRows(t *testing.T) {
	t.Parallel()
	g := formGrid(t)
	follow := func(b []byte) ([]byte, error) { return followDrawing(b, g) }
	pic := func(id string) string {
		return `<xdr:pic><xdr:cNvPr id="` + id + `" name="p"/><a:blip r:embed="rId1"/></xdr:pic>`
	}
	chart := `<xdr:graphicFrame><xdr:cNvPr id="4" name="c"/></xdr:graphicFrame>`
	one := func(row, id string) string {
		return `<xdr:oneCellAnchor><xdr:from><xdr:row>` + row + `</xdr:row><xdr:rowOff>9</xdr:rowOff></xdr:from>` + pic(id) + `</xdr:oneCellAnchor>`
	}
	for object, want := range map[string]string{
		twoCells("", "0", "2", "0", pic("2")):                       twoCells("", "0", "2", "0", pic("2")),
		twoCells("", "7", "8", "5", pic("2")):                       twoCells("", "9", "10", "5", pic("2")),
		twoCells("", "5", "8", "5", pic("2")):                       twoCells("", "5", "10", "5", pic("2")),
		twoCells(` editAs="oneCell"`, "5", "8", "5", pic("2")):      twoCells(` editAs="oneCell"`, "5", "8", "5", pic("2")),
		twoCells(` editAs="absolute"`, "7", "8", "5", pic("2")):     twoCells(` editAs="absolute"`, "7", "8", "5", pic("2")),
		twoCells("", "6", "7", "0", pic("2")):                       twoCells("", "6", "7", "0", pic("2")) + twoCells("", "7", "8", "0", pic("3")) + twoCells("", "8", "9", "0", pic("4")),
		twoCells("", "6", "6", "9", chart):                          twoCells("", "6", "6", "9", chart),
		twoCells("", "9", "9", "9", pic("2")) + one("9", "7"):       "",
		one("6", "2") + one("7", "9"):                               one("6", "2") + one("7", "10") + one("8", "11") + one("9", "9"),
		`<xdr:absoluteAnchor>` + pic("2") + `</xdr:absoluteAnchor>`: `<xdr:absoluteAnchor>` + pic("2") + `</xdr:absoluteAnchor>`,
	} {
		checkPart(t, follow, "<xdr:wsDr>"+object+"</xdr:wsDr>", "<xdr:wsDr>"+want+"</xdr:wsDr>")
	}
}

func TestCommentsFollowTheirCells(t *testing.T) {
	t.Parallel()
	g := formGrid(t)
	follow := func(b []byte) ([]byte, error) { return followComments(b, g) }
	for comment, want := range map[string]string{
		`<comment ref="A1" authorId="0"><text><t>x</t></text></comment>`: `<comment ref="A1" authorId="0"><text><t>x</t></text></comment>`,
		`<comment ref="B8" authorId="0"/>`:                               `<comment ref="B10" authorId="0"/>`,
		`<comment authorId="0" ref="B7"><t/></comment>`:                  `<comment authorId="0" ref="B7"><t/></comment><comment authorId="0" ref="B8"><t/></comment><comment authorId="0" ref="B9"><t/></comment>`,
		`<comment ref="B10"/>`:                                           ``,
	} {
		checkPart(t, follow, "<commentList>"+comment+"</commentList>", "<commentList>"+want+"</commentList>")
	}
}

// A comment that stands for a thread stands for the copy of the thread in each copy.
func TestThreadsFollowTheirCells(t *testing.T) {
	t.Parallel()
	g := formGrid(t)
	const id, reply = "{00000000-0000-0000-0000-00000000000A}", "{00000000-0000-0000-0000-00000000000B}"
	thread := func(ref string) string {
		return `<threadedComment ref="` + ref + `" personId="{P}" id="` + id + `"><text>x</text></threadedComment>` +
			`<threadedComment ref="` + ref + `" personId="{P}" id="` + reply + `" parentId="` + id + `"><text>y</text></threadedComment>`
	}
	same := "<ThreadedComments>" + thread("A1") + "</ThreadedComments>"
	checkPart(t, func(b []byte) ([]byte, error) { return followThreads(b, g) }, same, same)
	threads, err := followThreads([]byte("<ThreadedComments>"+thread("B7")+thread("B10")+"</ThreadedComments>"), g)
	if err != nil {
		t.Fatal(err)
	}
	ids := threadIDs(t, threads)
	if len(ids) != 3 || ids["B7"] != id || ids["B8"] == id || ids["B9"] == ids["B8"] {
		t.Errorf("got threads %v, want three in B7 to B9", ids)
	}
	comments, err := followComments([]byte(`<comments><authors><author>A</author><author>tc=`+id+`</author></authors><commentList>`+
		`<comment ref="B7" authorId="1" xr:uid="`+id+`"><text/></comment><comment ref="A7" authorId="0"/></commentList></comments>`), g)
	if err != nil {
		t.Fatal(err)
	}
	want := `<comments><authors><author>A</author><author>tc=` + id + `</author><author>tc=` + ids["B8"] + `</author><author>tc=` + ids["B9"] + `</author></authors><commentList>` +
		`<comment ref="B7" authorId="1" xr:uid="` + id + `"><text/></comment><comment ref="B8" authorId="2" xr:uid="` + ids["B8"] + `"><text/></comment>` +
		`<comment ref="B9" authorId="3" xr:uid="` + ids["B9"] + `"><text/></comment>` +
		`<comment ref="A7" authorId="0"/><comment ref="A8" authorId="0"/><comment ref="A9" authorId="0"/></commentList></comments>`
	if string(comments) != want {
		t.Errorf("got comments %s\nwant %s", comments, want)
	}
}

// threadIDs gives the threads' ids by their cells, and sees that replies are to theirs.
func threadIDs(t *testing.T, threads []byte) map[string]string {
	t.Helper()
	ids := make(map[string]string)
	err := newEdit(threads).each(func(tag *tag) error {
		parent := tag.get("parentId")
		switch {
		case !tag.is("threadedComment"):
		case parent == "":
			ids[tag.get("ref")] = tag.get("id")
		case parent != ids[tag.get("ref")]:
			t.Errorf("the reply in %s is to %s, not to %s", tag.get("ref"), parent, ids[tag.get("ref")])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestNotesFollowTheirCells(t *testing.T) {
	t.Parallel()
	g := formGrid(t)
	follow := func(b []byte) ([]byte, error) { return followNotes(b, g) }
	note := func(id, anchor, row string) string {
		return `<v:shape id="_x0000_s` + id + `" type="#t"><x:ClientData ObjectType="Note"><x:Anchor>` + anchor + `</x:Anchor><x:Row>` + row + `</x:Row><x:Column>1</x:Column></x:ClientData></v:shape>`
	}
	button := func(anchor string) string {
		return `<v:shape id="Button 1"><x:ClientData ObjectType="Button"><x:Anchor>` + anchor + `</x:Anchor></x:ClientData></v:shape>`
	}
	header := `<v:shapetype id="_x0000_t75"/><v:shape id="LH" style="width:1pt"/>`
	for drawn, want := range map[string]string{
		note("1025", "2,15,0,2,4,31,4,1", "0") + header: note("1025", "2,15,0,2,4,31,4,1", "0") + header,
		note("1025", "\n 2,15, 7,2, 4,31, 9,1", "7"):    note("1025", "2, 15, 9, 2, 4, 31, 11, 1", "9"),
		note("1030", "2,15,5,2,4,31,9,1", "6") + note("1026", "0,0,0,0,1,1,1,1", "0"): note("1030", "2,15,5,2,4,31,9,1", "6") +
			note("1031", "2, 15, 6, 2, 4, 31, 10, 1", "7") + note("1032", "2, 15, 7, 2, 4, 31, 11, 1", "8") + note("1026", "0,0,0,0,1,1,1,1", "0"),
		note("1025", "2,15,5,2,4,31,9,1", "9"): "",
		button("1,2,10,4,5,6,12,8"):            button("1, 2, 11, 4, 5, 6, 13, 8"),
	} {
		checkPart(t, follow, "<xml>"+drawn+"</xml>", "<xml>"+want+"</xml>")
	}
}

func TestNotesBeyondAThousandHaveTheirNumbersListed(t *testing.T) {
	t.Parallel()
	m, err := reference.New([]reference.Sheet{{Name: "Form", Pages: []reference.Page{{Name: "Form", Blocks: []reference.Block{
		{First: 7, Last: 7, Copies: make([]reference.Copy, 2500)},
	}}}}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := followNotes([]byte(`<xml><o:shapelayout><o:idmap v:ext="edit" data="1"/></o:shapelayout>`+
		`<v:shape id="_x0000_s1025"><x:Row>6</x:Row></v:shape></xml>`), m.Grid(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(got), `data="1,2,3"`) || !strings.Contains(string(got), `id="_x0000_s3524"><x:Row>2505</x:Row>`) {
		t.Errorf("got %.120s…, want numbers up to 3524 listed as of 1, 2 and 3", got)
	}
}

// What is wrong in a part is an error that says where, never a panic or a guess.
func TestDamagedPartsAreErrors(t *testing.T) {
	t.Parallel()
	m := formMoves(t)
	g := m.Grid(0, 0)
	for name, c := range map[string]struct {
		follow func([]byte) ([]byte, error)
		part   string
	}{
		"chart that ends":         {func(b []byte) ([]byte, error) { return followChart(b, g) }, "<c:f>Form!$A$1"},
		"chart in R1C1":           {func(b []byte) ([]byte, error) { return followChart(b, g) }, "<c:f>R1C1</c:f>"},
		"name with an open quote": {func(b []byte) ([]byte, error) { return followNames(b, m) }, `<definedName name="x">'A</definedName>`},
		"anchor without a row":    {func(b []byte) ([]byte, error) { return followDrawing(b, g) }, "<twoCellAnchor></twoCellAnchor>"},
		"anchor beyond the sheet": {func(b []byte) ([]byte, error) { return followDrawing(b, g) }, twoCells("", "9999999", "1", "0", "")},
		"anchor with a text":      {func(b []byte) ([]byte, error) { return followDrawing(b, g) }, twoCells("", "x", "1", "0", "")},
		"note with few numbers":   {func(b []byte) ([]byte, error) { return followNotes(b, g) }, "<shape><Anchor>1,2</Anchor></shape>"},
		"note with a word":        {func(b []byte) ([]byte, error) { return followNotes(b, g) }, "<shape><Anchor>1,2,x,4,5,6,7,8</Anchor></shape>"},
		"row that holds tags":     {func(b []byte) ([]byte, error) { return followNotes(b, g) }, "<shape><Row><b/></Row></shape>"},
		"comment that ends":       {func(b []byte) ([]byte, error) { return followComments(b, g) }, `<comment ref="A7">`},
	} {
		if got, err := c.follow([]byte(c.part)); err == nil {
			t.Errorf("%s: %s became %s, want an error", name, c.part, strings.TrimSpace(string(got)))
		}
	}
}
