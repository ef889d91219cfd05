package reference_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// copies is that many copies without blocks of their own.
func copies(n int) []reference.Copy { return make([]reference.Copy, n) }

func block(first, last, n int) reference.Block {
	return reference.Block{First: first, Last: last, Copies: copies(n)}
}

// moves is a workbook of the sheet Form with those blocks, and the sheet 集計 without any.
func moves(t *testing.T, blocks ...reference.Block) *reference.Moves {
	t.Helper()
	return newMoves(t,
		reference.Sheet{Name: "Form", Pages: []reference.Page{{Name: "Form", Blocks: blocks}}},
		reference.Sheet{Name: "集計", Pages: []reference.Page{{Name: "集計"}}},
	)
}

func newMoves(t *testing.T, sheets ...reference.Sheet) *reference.Moves {
	t.Helper()
	m, err := reference.New(sheets)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func parse(t *testing.T, text string) *reference.Formula {
	t.Helper()
	f, err := reference.Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return f
}

func check(t *testing.T, at reference.Place, formula, want string) {
	t.Helper()
	if got := string(parse(t, formula).Append(nil, at)); got != want {
		t.Errorf("%s became %s, want %s", formula, got, want)
	}
}

func TestReferencesFromOutsideABlockGrowAndFollow(t *testing.T) {
	t.Parallel()
	// Rows 7 and 8 three times: 7 to 12, so that row 9 lies in 13.
	at := moves(t, block(7, 8, 3)).Grid(0, 0).At(13)
	for _, c := range []struct{ formula, want string }{
		{"SUM(D7:D8)", "SUM(D7:D12)"},
		{"SUM(D7:D7)", "SUM(D7,D9,D11)"},
		{"SUM(D8:D8)", "SUM(D8,D10,D12)"},
		{"SUM(D7)", "SUM(D7,D9,D11)"},
		{"SUM( D7 , $E$8 )", "SUM( D7,D9,D11 , $E$8,$E$10,$E$12 )"},
		{"SUM((D7,D9))", "SUM((D7,D9,D11,D13))"},
		{"STDEV.S(D7)+_xlfn.CONCAT(D7)", "STDEV.S(D7,D9,D11)+_xlfn.CONCAT(D7,D9,D11)"},
		{"SUM(D7*2)", "SUM(D7*2)"},
		{"ROUND(D7,1)", "ROUND(D7,1)"},
		{"IF(D7>D8,D9,D8)", "IF(D7>D8,D13,D8)"},
		{"D6+D9", "D6+D13"},
		{"SUM(D6:D9)", "SUM(D6:D13)"},
		{"SUMPRODUCT(D7,E7:E8)+ROWS(D8)", "SUMPRODUCT(D7:D11,E7:E12)+ROWS(D8:D12)"},
		{"COUNTIF(D7:D7,D8)", "COUNTIF(D7:D11,D8)"},
		{"COUNTIF(D7,D8)+VLOOKUP(A7,D8,1)", "COUNTIF(D7:D11,D8)+VLOOKUP(A7,D8:D12,1)"},
		{"SUMIF(A7,\"a,b\",B7)+SUMIF((A7),A7,B7)", "SUMIF(A7:A11,\"a,b\",B7:B11)+SUMIF((A7:A11),A7,B7:B11)"},
		{"_xlfn.MAXIFS(C7,A7,A8,B7,B8)", "_xlfn.MAXIFS(C7:C11,A7:A11,A8,B7:B11,B8)"},
		{"COUNTIFS(A7,MAX({1,2},0),B7,\"x\",C7,1)", "COUNTIFS(A7:A11,MAX({1,2},0),B7:B11,\"x\",C7:C11,1)"},
		{"RANK(10,D7)+INDEX(D7,D8)+LARGE(D7,D8)", "RANK(10,D7:D11)+INDEX(D7:D11,D8)+LARGE(D7:D11,D8)"},
		{"SUM(Form!D7)", "SUM(Form!D7,Form!D9,Form!D11)"},
		{"SUM(Form!D7:Form!D7)", "SUM(Form!D7,Form!D9,Form!D11)"},
		{"SUM('Form'!D7:'Form'!D8)", "SUM('Form'!D7:D12)"},
		{"SUM(Form!D6:Form!D9)-SUM(Form!D3:Form!D5)", "SUM(Form!D6:D13)-SUM(Form!D3:Form!D5)"},
		{"SUM(Form!D7:集計!D8)", "SUM(Form!D7:集計!D8)"},
		{"SUM(D8:D9)", "SUM(D8,D10,D12:D13)"},
		{"SUM(D6:D7)", "SUM(D6:D7,D9,D11)"},
		{"SUM($D$7:$D$8)/$D$9", "SUM($D$7:$D$12)/$D$13"},
		{"SUM(D8:D7)", "SUM(D7:D12)"},
		{"SUM(7:8)+SUM($7:$8)+SUM(9:9)", "SUM(7:12)+SUM($7:$12)+SUM(13:13)"},
		{"SUM(A:A)+SUM($B:XFD)", "SUM(A:A)+SUM($B:XFD)"},
		{"SUM(D9:D1048576)", "SUM(D13:D1048576)"},
		{"D1048576", "#REF!"},
		{"sum(d9)", "sum(D13)"},
		{"a1+$a$1", "a1+$a$1"},
		{"Form!D9+'Form'!D9+form!D9", "Form!D13+'Form'!D13+form!D13"},
		{"集計!D9+'集計'!D9", "集計!D9+'集計'!D9"},
		{"Other!D9", "Other!D9"},
		{"[1]Form!D9+'[Book 1.xlsx]Form'!D9:D10", "[1]Form!D9+'[Book 1.xlsx]Form'!D9:D10"},
		{"[1]!Name+D9", "[1]!Name+D13"},
		{"LOG10(D9)+LOG10", "LOG10(D13)+LOG14"},
		{"ATAN2(D9,D10)", "ATAN2(D13,D14)"},
		{"Q1_total+売上D9+D9.x+_D9+\\D9", "Q1_total+売上D9+D9.x+_D9+\\D9"},
		{`"D9"&D9&"say ""D9"""`, `"D9"&D13&"say ""D9"""`},
		{"{1,2;3,\"D9}\"}+D9", "{1,2;3,\"D9}\"}+D13"},
		{"1E5+1.5E+9+D9%", "1E5+1.5E+9+D13%"},
		{"#REF!+Form!#REF!+#N/A+D9", "#REF!+Form!#REF!+#N/A+D13"},
		{"D9#", "D13#"},
		{"@D9", "@D13"},
		{"Table1[[#This Row],[D9]]+D9", "Table1[[#This Row],[D9]]+D13"},
		{"Table1['[D9'] x]+[@D9]+[@[a b]]", "Table1['[D9'] x]+[@D9]+[@[a b]]"},
		{"D9:INDEX(D:D,9)", "D13:INDEX(D:D,9)"},
		{"Form!D9:Form!D10", "Form!D13:D14"},
		{"Form!local_name", "Form!local_name"},
		{"ZZZ9+XFE9", "ZZZ9+XFE9"}, // no columns
		{"D1048577", "D1048577"},
		{"Form:集計!D6", "Form:集計!D6"},
		{"Form:集計!D9", "#REF!"},
		{"", ""},
	} {
		check(t, at, c.formula, c.want)
	}
}

func TestReferencesFromWithinACopy(t *testing.T) {
	t.Parallel()
	// Row 7 four times, 7 to 10; row 8 lies in 11.
	g := moves(t, block(7, 7, 4)).Grid(0, 0)
	first, third := g.At(7), g.At(9)
	for _, c := range []struct{ formula, first, third string }{
		{"D7*E7", "D7*E7", "D9*E9"},
		{"SUM(D7:F7)", "SUM(D7:F7)", "SUM(D9:F9)"},
		{"SUM(D$7:D7)", "SUM(D$7:D7)", "SUM(D$7:D9)"},
		{"SUM(D7:D$7)", "SUM(D7:D$10)", "SUM(D9:D$10)"},
		{"D7/SUM(D$7:D$7)", "D7/SUM(D$7:D$10)", "D9/SUM(D$7:D$10)"},
		{"D7/SUM(D$7)", "D7/SUM(D$7:D$10)", "D9/SUM(D$7:D$10)"},
		{"D7-D$7", "D7-D$7", "D9-D$7"},
		{"E6+D7", "E6+D7", "E8+D9"},
		{"SUM(D$6:D6)", "SUM(D$6:D6)", "SUM(D$6:D8)"},
		{"SUM(D6:D7)", "SUM(D6:D7)", "SUM(D8:D9)"},
		{"E$6+C5", "E$6+C5", "E$6+C5"},
		{"RANK(D7,D$7)", "RANK(D7,D$7:D$10)", "RANK(D9,D$7:D$10)"},
		{"COUNTIF(D7,D8)", "COUNTIF(D7,D11)", "COUNTIF(D9,D11)"},
		{"VLOOKUP(A7,A5:D6,2)", "VLOOKUP(A7,A5:D6,2)", "VLOOKUP(A9,A5:D6,2)"},
		{"D8+D$9", "D11+D$12", "D11+D$12"},
		{"Form!D7+集計!D7", "Form!D7+集計!D7", "Form!D9+集計!D7"},
		{"SUM(7:7)", "SUM(7:7)", "SUM(9:9)"},
		{"ROW()-ROW($A$6)", "ROW()-ROW($A$6)", "ROW()-ROW($A$6)"},
	} {
		check(t, first, c.formula, c.first)
		check(t, third, c.formula, c.third)
	}
	check(t, moves(t, block(7, 8, 2)).Grid(0, 0).At(9), "D6+D7+D8", "D6+D9+D10")
}

func TestReferencesInNestedBlocks(t *testing.T) {
	t.Parallel()
	// Invoices: head 5, items 6, foot 7. Two items, none, one:
	// 5 head, 6–7 items, 8 foot; 9 head, 10 foot; 11 head, 12 item, 13 foot; row 8 lies in 14.
	invoice := func(items int) reference.Copy {
		return reference.Copy{Blocks: []reference.Block{block(6, 6, items)}}
	}
	g := moves(t, reference.Block{First: 5, Last: 7, Copies: []reference.Copy{invoice(2), invoice(0), invoice(1)}}).Grid(0, 0)
	for _, c := range []struct {
		row           int
		formula, want string
	}{
		{7, "D6*$B$5", "D7*$B$5"},
		{12, "D6*$B$5", "D12*$B$11"},
		{12, "D6/SUM(D$6:D$6)", "D12/SUM(D$12:D$12)"},
		{7, "SUM(D$6:D6)", "SUM(D$6:D7)"},
		{7, "E5+D6", "E6+D7"},
		{8, "SUM(D6)", "SUM(D6:D7)"},
		{10, "SUM(D6)", "SUM(#REF!)"},
		{10, "SUM(D5:D6)", "SUM(D9:D9)"},
		{13, "SUM(D6:D6)", "SUM(D12:D12)"},
		{13, "SUM(D$7:D7)", "SUM(D$8,D$10,D$13)"},
		{14, "SUM(D6)+SUM(D7)+D8", "SUM(D6:D7,D12)+SUM(D8,D10,D13)+D14"},
		{14, "SUM(D5:D7)", "SUM(D5:D13)"},
	} {
		check(t, g.At(c.row), c.formula, c.want)
	}
}

func TestReferencesToABlockWithoutCopies(t *testing.T) {
	t.Parallel()
	g := moves(t, block(7, 8, 0)).Grid(0, 0)
	for formula, want := range map[string]string{
		"SUM(D7:D8)":  "SUM(#REF!)",
		"D7+1":        "#REF!+1",
		"Form!$D$7":   "Form!#REF!",
		"SUM(D6:D8)":  "SUM(D6:D6)",
		"SUM(D7:D9)":  "SUM(D7:D7)",
		"SUM(D6:D10)": "SUM(D6:D8)",
		"SUM(7:8)":    "SUM(#REF!)",
		"D9":          "D7",
	} {
		check(t, g.At(7), formula, want)
	}
}

func TestReferencesToRepeatedSheets(t *testing.T) {
	t.Parallel()
	m := newMoves(t,
		reference.Sheet{Name: "Store", Pages: []reference.Page{
			{Name: "It's", Blocks: []reference.Block{block(3, 3, 2)}},
			{Name: "東京", Blocks: []reference.Block{block(3, 3, 2)}},
		}},
		reference.Sheet{Name: "Left", Pages: nil},
		reference.Sheet{Name: "Shop", Pages: []reference.Page{
			{Name: "A", Blocks: []reference.Block{block(3, 4, 2)}},
			{Name: "B", Blocks: []reference.Block{block(3, 4, 0)}},
			{Name: "C", Blocks: []reference.Block{block(3, 4, 1)}},
		}},
		reference.Sheet{Name: "Sum", Pages: []reference.Page{{Name: "Sum"}}},
	)
	for formula, want := range map[string]string{
		"SUM(Store!D3)":            "SUM('It''s'!D3:D4,'東京'!D3:D4)",
		"SUM(Store!D3:D4)":         "SUM('It''s'!D3:D5,'東京'!D3:D5)",
		"SUM(Store!D:D,Store!3:4)": "SUM('It''s'!D:D,'東京'!D:D,'It''s'!3:5,'東京'!3:5)",
		"Store!D4":                 "'It''s'!D5",
		"'Store'!name":             "'It''s'!name",
		"Left!D4":                  "#REF!",
		"Sum!D4":                   "Sum!D4",
		"SUM(Store:Store!D4)":      "SUM('It''s:東京'!D5)",
		"SUM(Store:Left!D2)":       "SUM('It''s:東京'!D2)",
		"SUM('Left:Left'!D4)":      "SUM(#REF!)",
		// Some functions take no range of several sheets.
		"MEDIAN(Store!D3:D4,1)":     "MEDIAN('It''s'!D3:D5,'東京'!D3:D5,1)",
		"AND(Store!D:D)":            "AND('It''s'!D:D,'東京'!D:D)",
		"SUBTOTAL(9,Store!D3)":      "SUBTOTAL(9,'It''s'!D3:D4,'東京'!D3:D4)",
		"COUNTIF(Store!D3:D4,1)":    "COUNTIF(#REF!,1)",
		"COUNTIF(Store!D:D,1)":      "COUNTIF(#REF!,1)",
		"VLOOKUP(1,Store!A1:B9,2)":  "VLOOKUP(1,#REF!,2)",
		"VLOOKUP(Store!D3,A1:B9,2)": "VLOOKUP('It''s'!D3,A1:B9,2)",
		// The rows may be other ones on each sheet, or gone.
		"SUM(Shop!D3)+SUM(Shop!D9)": "SUM('A'!D3,'A'!D5,'C'!D3)+SUM('A'!D11,'B'!D7,'C'!D9)",
		"SUM(Shop!D3:D5)":           "SUM('A'!D3:D7,'B'!D3:D3,'C'!D3:D5)",
		"SUM(Shop!D1)":              "SUM('A'!D1,'B'!D1,'C'!D1)",
		"SUM((Shop!D9,Shop!D1))":    "SUM((#REF!,'A:C'!D1))",
		"SUM(Store:Shop!D4)":        "SUM('It''s'!D5,'東京'!D5,'A'!D4,'A'!D6,'C'!D4)",
		"Store:Shop!D4":             "#REF!",
	} {
		check(t, m.Grid(3, 0).At(1), formula, want)
	}
	check(t, m.Grid(0, 1).At(5), "Store!D3+D4+Sum!D4+COUNTIF(Store!D3,1)", "'東京'!D3+D5+Sum!D4+COUNTIF('東京'!D3:D4,1)")
	f := parse(t, "SUM(Store!D3)+COUNTIF(Store!D3:D4,Store!D9)+MEDIAN(Shop!D1)+COUNTIF(Store:Shop!D3,1)+MATCH(1,Sum!D1)+RANK(Store!A1,'Shop'!A:A)")
	if got, want := f.Apart(m.Grid(3, 0).At(1)), []string{"Store!D3:D4", "'Shop'!A:A"}; !slices.Equal(got, want) {
		t.Errorf("apart are %q, want %q", got, want)
	}
	if got := f.Apart(m.Grid(0, 0).At(1)); !slices.Equal(got, []string{"'Shop'!A:A"}) {
		t.Errorf("apart on a page of the sheet itself are %q", got)
	}
}

func TestAListOfTooManySheetsIsGone(t *testing.T) {
	t.Parallel()
	shops := reference.Sheet{Name: "Shop"}
	for i := range 201 {
		shops.Pages = append(shops.Pages, reference.Page{Name: strconv.Itoa(i), Blocks: []reference.Block{block(3, 3, i%2)}})
	}
	sum := reference.Sheet{Name: "Sum", Pages: []reference.Page{{Name: "Sum"}}}
	at := newMoves(t, shops, sum).Grid(1, 0).At(1)
	check(t, at, "SUM(Shop!D1)", "SUM('0:200'!D1)")
	check(t, at, "SUM(Shop!D1)+SUM(Shop!D9)", "#REF!")
	check(t, at, "MEDIAN(Shop!D1)", "#REF!")
	shops.Pages = shops.Pages[:200]
	got := string(parse(t, "SUM(Shop!D9)").Append(nil, newMoves(t, shops, sum).Grid(1, 0).At(1)))
	if strings.Count(got, ",") != 199 || !strings.HasSuffix(got, ",'198'!D8,'199'!D9)") {
		t.Errorf("200 sheets: got %s", got)
	}
}

// Excel takes 255 arguments, whichever references they come from.
func TestTheListsOfOneCallShareItsArguments(t *testing.T) {
	t.Parallel()
	shops := reference.Sheet{Name: "Shop", Pages: make([]reference.Page, 150)}
	for i := range shops.Pages {
		shops.Pages[i].Name = strconv.Itoa(i)
	}
	m := newMoves(t, shops, reference.Sheet{Name: "Sum", Pages: []reference.Page{{Name: "Sum", Blocks: []reference.Block{block(7, 8, 150)}}}})
	for formula, want := range map[string]string{
		"SUM(Shop!D1,Shop!D2)":          "SUM('0:149'!D1,'0:149'!D2)",
		"MEDIAN(Shop!D1,Shop!D2)":       "#REF!",
		"MAX(SUM(Shop!D1),Shop:Sum!A1)": "MAX(SUM('0'!D1,",
		"SUM(D7,E7)":                    "SUM((D7,D9,",
		"SUM(D7,1)":                     "SUM(D7,D9,",
	} {
		if got := string(parse(t, formula).Append(nil, m.Grid(1, 0).Page())); !strings.HasPrefix(got, want) {
			t.Errorf("%s became %.60s, want %s", formula, got, want)
		}
	}
}

// Excel counts them from the cell that the name is used in: C1048576 is the cell above it.
func TestRowsOfNamesWithoutDollarsStay(t *testing.T) {
	t.Parallel()
	m := moves(t, block(2, 2, 0), block(7, 7, 3))
	for formula, want := range map[string]string{
		"Form!C1048576":          "Form!C1048576",
		"Form!$B7*2":             "Form!$B7*2",
		"Form!7:8":               "Form!7:8",
		"SUM(Form!$B$9:$B1)":     "SUM(Form!$B1:$B$10)",
		"SUM(Form!B1:B$2)":       "SUM(Form!#REF!)",
		"Form!$B$7+Form!B7":      "Form!$B$6+Form!B7",
		"Form!$B$1:$B1,Form!$B7": "Form!$B$1:$B1,Form!$B7",
	} {
		f, err := reference.ParseName(formula)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(f.Append(nil, m.Workbook())); got != want {
			t.Errorf("%s became %s, want %s", formula, got, want)
		}
	}
}

func TestNamesAndChartsGrowWithTheirCells(t *testing.T) {
	t.Parallel()
	m := moves(t, block(7, 7, 3), block(20, 21, 2))
	for _, c := range []struct{ formula, name, chart, area string }{
		{"Form!$D$7", "Form!$D$7:$D$9", "Form!$D$7:$D$9", "Form!$D$7:$D$9"},
		{"Form!$A$1:$F$20,Form!$A:$B", "Form!$A$1:$F$22,Form!$A$24:$F$24,Form!$A:$B", "(Form!$A$1:$F$22,Form!$A$24:$F$24),Form!$A:$B", "Form!$A$1:$F$24,Form!$A:$B"},
		{"(Form!$D$20,Form!$D$7)", "(Form!$D$22,Form!$D$24,Form!$D$7:$D$9)", "(Form!$D$22,Form!$D$24,Form!$D$7:$D$9)", "(Form!$D$22:$D$24,Form!$D$7:$D$9)"},
		{"OFFSET(Form!$D$9,0,0,COUNT(Form!$D$7))", "OFFSET(Form!$D$11,0,0,COUNT(Form!$D$7:$D$9))", "OFFSET(Form!$D$11,0,0,COUNT(Form!$D$7:$D$9))", "OFFSET(Form!$D$11,0,0,COUNT(Form!$D$7:$D$9))"},
		{"$D$7", "$D$7", "$D$7", "$D$7"},
	} {
		for _, way := range []struct {
			parse func(string) (*reference.Formula, error)
			want  string
		}{{reference.ParseName, c.name}, {reference.ParseChart, c.chart}, {reference.ParseArea, c.area}} {
			f, err := way.parse(c.formula)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(f.Append(nil, m.Workbook())); got != way.want {
				t.Errorf("%s became %s, want %s", c.formula, got, way.want)
			}
		}
	}
}

// Excel takes 8,192 characters, whatever they are of.
func TestAFormulaThatBecomesTooLongDoesNotFit(t *testing.T) {
	t.Parallel()
	page := reference.Page{Name: strings.Repeat("集", 12), Blocks: []reference.Block{block(7, 8, 150)}}
	named := newMoves(t, reference.Sheet{Name: "Form", Pages: []reference.Page{page}})
	for _, c := range []struct {
		formula string
		moves   *reference.Moves
		want    string // how it begins
		fits    bool
	}{
		{"SUM(D7)+SUM(E7)", moves(t, block(7, 8, 700)), "SUM((D7,D9,", true},
		{"SUM(D7)+SUM(E7)", moves(t, block(7, 8, 900)), "#REF!", false},
		{"IFERROR(SUM(D7)+SUM(E7)+SUM(F7),0)", moves(t, block(7, 8, 100_000)), "#REF!", false},
		{"SUM(Form!D7)+SUM(Form!E7)", named, "SUM('" + page.Name + "'!D7,", true}, // twice as many bytes as characters
		{"SUM(Form!D7)+SUM(Form!E7)+SUM(Form!F7)", named, "#REF!", false},
		{strings.Repeat("D7+", 2700) + "1", moves(t, block(1, 1, 100)), "#REF!", false},
		{"SUM(D7)+SUM(D9)", moves(t, block(7, 7, 0)), "SUM(#REF!)+SUM(D8)", true},
	} {
		got, fits := parse(t, c.formula).Fit(nil, c.moves.Grid(0, 0).At(1))
		if !strings.HasPrefix(string(got), c.want) || fits != c.fits || utf8.RuneCount(got) > 8192 {
			t.Errorf("%.40s became %.60s of %d characters, fits %t; want %s, %t", c.formula, got, utf8.RuneCount(got), fits, c.want, c.fits)
		}
	}
}

// Excel takes 255 arguments and 8,192 characters.
func TestListsOfRangesKeepToExcelsLimits(t *testing.T) {
	t.Parallel()
	for copies, want := range map[int]string{
		200:  "SUM(D7,D9,D11,",
		201:  "SUM((D7,D9,D11,",
		1300: "SUM((D7,D9,D11,",
		1500: "#REF!",
	} {
		got := string(parse(t, "SUM(D7)+1").Append(nil, moves(t, block(7, 8, copies)).Grid(0, 0).At(1)))
		if !strings.HasPrefix(got, want) || len(got) > 8192 || strings.Count(got, "(") != strings.Count(got, ")") {
			t.Errorf("%d copies: got %d characters that begin with %.20s, want %s", copies, len(got), got, want)
		}
	}
}

func TestFormulasThatAreRefused(t *testing.T) {
	t.Parallel()
	for formula, want := range map[string]error{
		"R1C1": reference.ErrR1C1, "SUM(R1C1:R2C2)": reference.ErrR1C1, "RC[-1]*2": reference.ErrR1C1, "R[1]C": reference.ErrR1C1, "R2C": reference.ErrR1C1,
		`"open`: reference.ErrMalformed, "'open!A1": reference.ErrMalformed, "Table1[open": reference.ErrMalformed, "{1,2": reference.ErrMalformed, `{"`: reference.ErrMalformed,
		"RC1+R1": nil, "Table1[2024]": nil, "RATE(1)": nil,
	} {
		if _, err := reference.Parse(formula); !errors.Is(err, want) {
			t.Errorf("Parse(%q): %v, want %v", formula, err, want)
		}
	}
}

func TestSharedFormulasAreReadWithTheirOffset(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		formula       string
		rows, columns int
		want          string
	}{
		{"SUM(B3:B9)", 0, 1, "SUM(C3:C9)"},
		{"$B3*B$1+Form!B3&\"B3\"", 2, 1, "$B5*C$1+Form!C5&\"B3\""},
		{"SUM(3:3)+SUM(B:B)", 1, 1, "SUM(4:4)+SUM(C:C)"},
		{"A1", -1, -1, "XFD1048576"},
		{"LOG10(name)", 1, 1, "LOG10(name)"},
	} {
		if got := parse(t, c.formula).Offset(c.rows, c.columns); got != c.want {
			t.Errorf("%s by %d, %d: %s, want %s", c.formula, c.rows, c.columns, got, c.want)
		}
	}
}
