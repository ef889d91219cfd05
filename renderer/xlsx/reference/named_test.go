package reference_test

import (
	"slices"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

func TestSheetsThatReferencesName(t *testing.T) {
	t.Parallel()
	at := moves(t).Grid(0, 0).Page()
	for formula, want := range map[string][]int{
		`SUM(集計!D:D,'form'!D7)+'集計'!total`:         {1, 0, 1},
		`D7+SUM(Form:集計!D7,Other!D7)+rate+"集計!D7"`: nil,
	} {
		if got := parse(t, formula).Sheets(at); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", formula, got, want)
		}
	}
}

func TestRowsThatReferencesName(t *testing.T) {
	t.Parallel()
	g := moves(t, block(7, 8, 2)).Grid(0, 0)
	for formula, want := range map[string][]reference.Named{
		`SUM(D$9:D7)+集計!A2`:                      {{Sheet: 0, First: 7, Last: 9, Text: "D$9:D7"}, {Sheet: 1, First: 2, Last: 2, Text: "集計!A2"}},
		`form!$3:$4&"D7"`:                        {{Sheet: 0, First: 3, Last: 4, Text: "form!$3:$4"}},
		`SUM(D:D,Form:集計!D7,Other!D7)+rate+T[a]`: nil,
	} {
		if got := parse(t, formula).Rows(g.Page()); !slices.Equal(got, want) {
			t.Errorf("%s: got %+v, want %+v", formula, got, want)
		}
	}
	if got := parse(t, "D7+Form!D8").Rows(moves(t).Workbook()); len(got) != 1 || got[0].First != 8 {
		t.Errorf("on no sheet: got %+v, want row 8 of Form", got)
	}
}
