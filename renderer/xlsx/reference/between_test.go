package reference_test

import (
	"slices"
	"testing"
)

func TestRowsBetweenThoseThatAreNamed(t *testing.T) {
	t.Parallel()
	// Rows 7 and 8 twice: 7 to 10, so that row 9 lies in 11.
	g := moves(t, block(7, 8, 2)).Grid(0, 0)
	for formula, want := range map[string][]string{
		`COUNTIF(D7,1)+COUNTIF($D$8:D9,1)`:        {"D7", "$D$8:D9"},
		`VLOOKUP(A7,Form!A7:D7,2)`:                {"Form!A7:D7"},
		`SUMIF(A7:A8,1,D7:D8)+COUNTIF(D6:D9,1)`:   nil,
		`SUM(D7)+D7+COUNTIF(D:D,1)+COUNTIF(D9,1)`: nil,
		`COUNTIF(Form!local,1)+COUNTIF(集計!D7,1)`:  nil,
	} {
		if got := parse(t, formula).Between(g.At(11)); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", formula, got, want)
		}
	}
	if got := parse(t, "COUNTIF(D7:D7,1)").Between(g.At(8)); got != nil {
		t.Errorf("within a copy: got %q, want none", got)
	}
}
