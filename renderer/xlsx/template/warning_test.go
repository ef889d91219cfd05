package template_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

func TestFormulasOverSomeRowsOfABlockAreWarnedOf(t *testing.T) {
	t.Parallel()
	cells := map[string]any{
		"A1": "{{#orders}}", "A2": "{{item}}", "B2": "{{amount}}", "A3": "{{?note}}{{note}}{{/?}}", "A4": "paid", "B4": 50, "A5": "{{/orders}}",
		"A7": "{{#list}}{{n}}{{/list}}",
	}
	file := draw(t, cells, formulas(map[string]string{
		"C4": "SUMIF(B2:B2,1)", // of its own copy
		"C8": "COUNTIF(B2:B2,50)", "C9": "SUM(B2)+COUNTIF(B2:B4,50)+COUNTIF(A7,1)+VLOOKUP(1,A1:B5,2)", "C10": `SUMIF(A3:A4,"paid",B2:B4)`,
	}))
	var got []string
	for _, w := range compile(t, file, template.Options{}).Warnings() {
		ref, _, _ := strings.Cut(w.Why, " ")
		got = append(got, w.Cell+" "+ref)
	}
	if want := []string{"C8 B2:B2", "C10 A3:A4"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
