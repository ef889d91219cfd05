package verify

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

const (
	drawnForms = 80
	drawnRows  = 14
)

// What is expected of formulas and merged cells must be what the renderer writes, of forms
// that nobody would draw, too.
func TestFormulasAndMergesAreThoseOfTheRenderer(t *testing.T) {
	t.Parallel()
	for seed := range uint64(drawnForms) {
		random := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // a test wants the same each time
		file := drawForm(t, random)
		rows := []int{random.IntN(4), random.IntN(4)}
		made := fillForm(t, file, rows)
		form, err := readForm(file)
		if err != nil {
			t.Fatal(err)
		}
		data := formDataOf(rows)
		all := map[string][]*formPage{}
		for _, s := range form.sheets {
			all[strings.ToLower(s.name)] = []*formPage{data.layOut(s, s.name, nil)}
		}
		for _, sheet := range made.Sheets() {
			f := &formRows{page: all[strings.ToLower(sheet.Name)][0], pages: all}
			what := fmt.Sprintf("seed %d, %d and %d rows, sheet %s", seed, rows[0], rows[1], sheet.Name)
			sameFormulas(t, what, sheet, f)
			layout, err := sheet.Layout()
			if err != nil {
				t.Fatal(err)
			}
			want := f.page.merges()
			slices.Sort(want)
			slices.Sort(layout.Merges)
			if !slices.Equal(layout.Merges, want) {
				t.Errorf("%s: merged are %q, want %q", what, layout.Merges, want)
			}
		}
	}
}

func sameFormulas(t *testing.T, what string, sheet *cells.Sheet, f *formRows) {
	t.Helper()
	var places []placedFormRow
	places = f.placed(places, f.page.root)
	err := sheet.Rows(func(number int, row []cells.Cell) error {
		for _, got := range row {
			if got.Formula == "" {
				continue
			}
			at := places[number-1]
			for _, c := range f.page.drawn.rows[at.row] {
				if want, ok := formulaOf(c.drawn, formPlace{all: f.pages, page: f.page, copy: at.in}); c.drawn.Col == got.Col && (!ok || !want.is(got.Formula)) {
					t.Errorf("%s, cell %s: %s became %s, want %s (%v)", what, got.Ref(), c.drawn.Formula, got.Formula, want, ok)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// placedFormRow is a row of a form in a copy.
type placedFormRow struct {
	row int
	in  *formCopy
}

// placed gives the rows of the form in the order of the sheet.
func (f *formRows) placed(into []placedFormRow, c *formCopy) []placedFormRow {
	for _, s := range c.stretches {
		for row := s.first; s.block == nil && row <= min(s.last, drawnRows+1); row++ {
			into = append(into, placedFormRow{row, c})
		}
		for _, inner := range s.copies {
			into = f.placed(into, inner)
		}
	}
	return into
}

// drawForm draws a form of two lists, with a block within one of them, whose formulas name any cells.
func drawForm(t *testing.T, random *rand.Rand) []byte {
	t.Helper()
	f := excelize.NewFile()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.NewSheet("Other one")
	must(err)
	first := 2 + random.IntN(2)
	last := first + random.IntN(4)
	second := last + 1 + random.IntN(2)
	for cell, text := range map[string]string{
		fmt.Sprint("A", first): "{{#one}}", fmt.Sprint("B", last): "{{/one}}",
		fmt.Sprint("A", second): "{{#two}}", fmt.Sprint("B", second+random.IntN(3)): "{{/two}}",
	} {
		must(f.SetCellStr("Sheet1", cell, text))
	}
	if last > first+1 {
		must(f.SetCellStr("Sheet1", fmt.Sprint("C", first+1), "{{#two}}{{/two}}"))
	}
	for row := 1; row <= drawnRows; row++ {
		must(f.SetCellInt("Sheet1", fmt.Sprint("D", row), int64(row)))
		must(f.SetCellFormula("Sheet1", fmt.Sprint("E", row), anyFormula(random)))
		must(f.SetCellFormula("Other one", fmt.Sprint("E", row), anyFormula(random)))
	}
	must(f.SetDefinedName(&excelize.DefinedName{Name: "named", RefersTo: "Sheet1!$D$" + strconv.Itoa(1+random.IntN(drawnRows))}))
	must(f.AddChart("Other one", "K1", &excelize.Chart{Series: []excelize.ChartSeries{{Values: "Sheet1!$D$" + strconv.Itoa(1+random.IntN(drawnRows))}}}))
	for _, columns := range []string{"GH", "JK", "MM"} {
		from := 1 + random.IntN(drawnRows)
		must(f.MergeCell("Sheet1", fmt.Sprint(columns[:1], from), fmt.Sprint(columns[1:], min(from+random.IntN(4), drawnRows))))
	}
	var b bytes.Buffer
	must(f.Write(&b))
	must(f.Close())
	return b.Bytes()
}

// anyFormula is one of several references, in all ways in which they are used.
func anyFormula(random *rand.Rand) string {
	corner := func() string {
		return []string{"D", "$D", "D$", "$D$"}[random.IntN(4)] + strconv.Itoa(1+random.IntN(drawnRows))
	}
	area := func() string {
		sheet := []string{"", "", "Sheet1!", "'Other one'!"}[random.IntN(4)]
		if random.IntN(4) == 0 {
			return sheet + corner() + ":" + sheet + corner()
		}
		return sheet + []string{corner(), corner() + ":" + corner(), "D:E", "$3:4", "D1:D1048576"}[min(random.IntN(10), 4)]
	}
	pattern := []string{
		"SUM(@)", "SUM(@,@)+@", "@*2", `COUNTIF(@,">D5")`, `IF(@>0,SUM(@),"D4")`, "MIN((@,@))", "SUMPRODUCT(@)-LOG10(@)",
		"_xlfn.STDEV.S(@)&@", "SUM(IF(@,@))", "VLOOKUP(@,@,2,FALSE)", "-SUM( @ )/{1,2}",
	}[random.IntN(11)]
	for strings.Contains(pattern, "@") {
		pattern = strings.Replace(pattern, "@", area(), 1)
	}
	return pattern
}

func fillForm(t *testing.T, file []byte, rows []int) *cells.Book {
	t.Helper()
	tpl, err := template.Compile(file, template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	data := template.Data{Tables: map[string]*template.Table{"one": {}, "two": {}}}
	for range rows[0] {
		data.Tables["one"].Rows = append(data.Tables["one"].Rows, []xlsx.Value{})
	}
	for range rows[1] {
		data.Tables["two"].Rows = append(data.Tables["two"].Rows, []xlsx.Value{})
	}
	var b bytes.Buffer
	if _, err := tpl.Fill(t.Context(), &b, data); err != nil {
		t.Fatal(err)
	}
	book, err := cells.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), cells.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func formDataOf(rows []int) *formData {
	one, two := newFormTable(nil, nil, nil), newFormTable(nil, nil, nil)
	one.rows, two.rows = make([]formRow, rows[0]), make([]formRow, rows[1])
	return &formData{tables: map[string]*formTable{"one": one, "two": two}}
}
