package template_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// mistakesOf are the mistakes that a template is refused for.
func mistakesOf(t *testing.T, file []byte) *template.MistakesError {
	t.Helper()
	_, err := template.Compile(file, template.Options{})
	var mistakes *template.MistakesError
	if !errors.As(err, &mistakes) {
		t.Fatalf("got %v, want mistakes", err)
	}
	return mistakes
}

func wantMistakes(t *testing.T, file []byte, want ...string) {
	t.Helper()
	var got []string
	for _, err := range mistakesOf(t, file).Mistakes {
		got = append(got, err.Error())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

const (
	notClosed = `"{{" is opened and not closed; a marker is written as {{name}}`
	fullWidth = `"｛｛" is of full-width characters; a marker is written as {{name}}`
)

func TestAllMistakesInMarkersAreTold(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{
		"A1": "{{a", "B1": "{{b {{}} {{c", "A2": "｛｛d｝｝ ｛｛e｝｝", "A3": "{{f | link}} more", "A4": "{{g}}", "A5": "{{h}}{{/h}}",
	}, formulas(map[string]string{"C2": `"{{i}}"`, "C3": `"{{j}}"`}), names("jetsheet.fild.k", "Sheet1!$A$9"), func(f *excelize.File) error {
		return errors.Join(f.SetHeaderFooter(sheet1, &excelize.HeaderFooterOptions{OddHeader: "{{l}}"}), ignoreIndex(f.NewSheet("{{m")), f.SetCellValue("{{m", "A1", "{{n"))
	})
	wantMistakes(t, file,
		`sheet "{{m": `+notClosed,
		`the name jetsheet.fild.k: names of markers begin with jetsheet.field., jetsheet.image., jetsheet.imageKey. or jetsheet.rows.`,
		`sheet "Sheet1", cell A1: `+notClosed,
		`sheet "Sheet1", cell B1: `+notClosed,
		`sheet "Sheet1", cell B1: marker {{}}: nothing is named; write {{name}}`,
		`sheet "Sheet1", cell B1: `+notClosed,
		`sheet "Sheet1", cell A2: `+fullWidth,
		`sheet "Sheet1", cell C2: a marker in a formula is not filled; give it a cell of its own, and let the formula refer to the cell`,
		`sheet "Sheet1", cell A3: {{f}} is a picture or has the format "link", which text cannot show; give the marker a cell of its own`,
		`sheet "Sheet1", cell C3: a marker in a formula is not filled; give it a cell of its own, and let the formula refer to the cell`,
		`sheet "Sheet1", cell A5: marker {{/h}}: it ends a block that does not begin`,
		`sheet "Sheet1": a marker in a header or footer of the page is not filled; give it a cell, in rows that are printed on every page if need be`,
		`sheet "{{m", cell A1: `+notClosed,
	)
}

func ignoreIndex(_ int, err error) error { return err }

// One slip is told once, whatever blocks are around it and behind.
func TestASlipInABlockIsToldOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cells map[string]any
		want  []string
	}{
		"the end has another name": {
			map[string]any{"A1": "{{#a}}", "A2": "{{#b}}x{{/B}}", "A3": "{{/a}}"},
			[]string{`sheet "Sheet1", cell A2: marker {{/B}}: the block in hand is {{#b}} and ends with {{/b}}`},
		},
		"the inner end is missing": {
			map[string]any{"A1": "{{#a}}", "A2": "{{#b}}x", "A3": "{{/a}}", "A5": "{{#c}}x{{/c}}"},
			[]string{`sheet "Sheet1", cell A3: marker {{/a}}: the block in hand is {{#b}} and ends with {{/b}}`},
		},
		"the begin is missing": {
			map[string]any{"A1": "{{/a}}", "A2": "{{#b}}x{{/b}}"},
			[]string{`sheet "Sheet1", cell A1: marker {{/a}}: it ends a block that does not begin`},
		},
		"both ends are missing": {
			map[string]any{"A1": "{{#a}}x", "A2": "{{?b}}x"},
			[]string{`sheet "Sheet1", cell A2: marker {{?b}}: its block has no end; write {{/?}} in its last row`, `sheet "Sheet1", cell A1: marker {{#a}}: its block has no end; write {{/a}} in its last row`},
		},
		"several": {
			map[string]any{"A1": "{{#a on id}}x{{/a}}", "B1": "{{#b}}x{{/b}}", "A3": "{{#c}}", "A4": "{{/c}}", "A5": "{{#d}}x{{/d}}"},
			[]string{
				`sheet "Sheet1", cell A1: marker {{#a on id}}: "on" names a column of the block around it, and there is none`,
				`sheet "Sheet1", cell B1: marker {{#b}}: a block ends in row 1 already; a block has whole rows of its own`,
				`sheet "Sheet1", cell A4: marker {{/c}}: nothing is between {{#c}} and its end`,
			},
		},
		"a marker that cannot be read": {
			map[string]any{"A1": "{{#a", "A2": "{{b:c}}{{/a}}", "A3": "{{ / }}"},
			[]string{
				`sheet "Sheet1", cell A1: ` + notClosed,
				`sheet "Sheet1", cell A2: marker {{b:c}}: "b:c" is no name; a name has none of {}|:#/?^`,
				`sheet "Sheet1", cell A3: marker {{ / }}: the name is missing`,
			},
		},
		"nested too deep": {
			map[string]any{"A1": "{{#a}}{{#b}}{{#c}}{{#d}}{{#e}}{{#f}}{{#g}}{{#h}}{{#i}}{{#j}}x", "A2": "{{/x}}"},
			[]string{`sheet "Sheet1", cell A1: marker {{#i}}: blocks are nested more than 8 deep`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantMistakes(t, draw(t, c.cells), c.want...)
		})
	}
}

func TestAllThatWantsOneRangeIsTold(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "x"}, rename("{{#sites}}{{site}}"), func(f *excelize.File) error {
		return errors.Join(ignoreIndex(f.NewSheet("Sums")), f.SetCellFormula("Sums", "A1", "COUNTIF('{{#sites}}{{site}}'!A1:A2,1)"), f.SetCellFormula("Sums", "A2", "MATCH(1,'{{#sites}}{{site}}'!A1:A2)"))
	})
	var cells []string
	for _, err := range mistakesOf(t, file).Mistakes {
		var place *template.PlaceError
		if errors.As(err, &place) {
			cells = append(cells, place.Cell)
		}
	}
	if want := []string{"A1", "A2"}; !slices.Equal(cells, want) {
		t.Errorf("got mistakes in %q, want them in %q", cells, want)
	}
}

func TestAHundredMistakesAreListedAndTheOthersCounted(t *testing.T) {
	t.Parallel()
	cells := make(map[string]any)
	for i := range 150 {
		cells[fmt.Sprintf("A%d", i+1)] = "{{}}"
	}
	mistakes := mistakesOf(t, draw(t, cells))
	if len(mistakes.Mistakes) != 100 || mistakes.More != 50 {
		t.Errorf("got %d mistakes and %d more, want 100 and 50", len(mistakes.Mistakes), mistakes.More)
	}
	if want := `sheet "Sheet1", cell A1: marker {{}}: nothing is named; write {{name}} (and 149 more)`; mistakes.Error() != want {
		t.Errorf("got %q, want %q", mistakes, want)
	}
}
