package template_test

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// wantWarnings compares the places of a template's warnings, and how these begin.
func wantWarnings(t *testing.T, name string, file []byte, want ...string) {
	t.Helper()
	got := compile(t, file, template.Options{}).Warnings()
	matches := len(got) == len(want)
	for i := range want {
		matches = matches && strings.HasPrefix(got[i].Cell+": "+got[i].Why, want[i])
	}
	if !matches {
		t.Errorf("%s: got %q, want %q", name, got, want)
	}
}

func TestMergedCellsThatMoveABlocksEndAreWarnedOf(t *testing.T) {
	t.Parallel()
	list := map[string]any{"A2": "{{#records}}{{site}}", "B2": "{{n}}{{/records}}", "C3": "total", "A4": "end"}
	form := map[string]any{"A2": "Site", "B2": "{{#records}}{{site}}", "C4": "{{/records}}", "A5": "end"}
	nested := map[string]any{"A2": "{{#orders}}{{no}}", "B2": "{{#lines}}{{n}}{{/lines}}", "B3": "sum", "C3": "{{/orders}}"}
	const tooMany = "A2: its cells are merged down to A3, so all up to row 3 is in the block of {{#"
	const tooFew = "A2: its cells are merged down to A4, and there is nothing but {{/records}} in what is left out, so that each record has no more than the rows to 3;"
	for name, c := range map[string]struct {
		cells  map[string]any
		ranges [][2]string
		want   []string
	}{
		"none":                                   {list, nil, nil},
		"down to the total":                      {list, [][2]string{{"A2", "A3"}}, []string{tooMany + "records}}"}},
		"down to the total, as the end is":       {list, [][2]string{{"A2", "A3"}, {"B2", "B3"}}, nil},
		"beside each other":                      {list, [][2]string{{"B2", "C2"}}, nil},
		"a text down to the end":                 {form, [][2]string{{"A2", "A4"}}, []string{tooFew}},
		"a text down to the row before":          {form, [][2]string{{"A2", "A3"}}, nil},
		"a text down to the end, as a marker is": {form, [][2]string{{"A2", "A4"}, {"B2", "B4"}}, nil},
		"a field beside a list in its row":       {nested, [][2]string{{"A2", "A3"}}, []string{tooMany + "lines}}"}},
		"a list within it, down to the sum": {
			map[string]any{"A1": "{{#orders}}", "A2": "{{#lines}}{{n}}", "B2": "{{n}}{{/lines}}", "B3": "sum", "C3": "{{/orders}}"},
			[][2]string{{"A2", "A3"}},
			[]string{tooMany + "lines}}"},
		},
	} {
		wantWarnings(t, name, draw(t, c.cells, merge(c.ranges...)), c.want...)
	}
}

func TestReferencesMadeOfTextAreWarnedOf(t *testing.T) {
	t.Parallel()
	of := map[string]string{
		"C4": `IF(A1="INDIRECT(",INDIRECT("'Sheet1'!C"&6),1)`, "C5": `indirect("A1")`, "C6": "OFFSET(A1,1,0)", "C7": `"INDIRECT(A1)"`,
	}
	const why = ": INDIRECT makes a reference of text"
	wantWarnings(t, "a list", draw(t, map[string]any{"A2": "{{#records}}{{n}}{{/records}}"}, formulas(of)), "C4"+why, "C5"+why)
	wantWarnings(t, "nothing that moves", draw(t, map[string]any{"A2": "{{n}}"}, formulas(of)))
}
