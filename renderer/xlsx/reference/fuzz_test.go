package reference_test

import (
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// What is not moved must keep its bytes, and what is moved must stay a formula.
func FuzzFormula(f *testing.F) {
	for _, seed := range []string{
		"SUM(D7:D8)", "'It''s'!A1+Form!$D$7", "Form:集計!7:8", `{1,"}"}&"D7"`, "Table1[[#This Row],['[x]]]", "[1]Form!D7", "LOG10(D7)", "#REF!+D7#", "R1C1", "1E5:7",
	} {
		f.Add(seed)
	}
	sheets := func(blocks ...reference.Block) *reference.Moves {
		m, err := reference.New([]reference.Sheet{
			{Name: "Form", Pages: []reference.Page{{Name: "Form", Blocks: blocks}}},
			{Name: "集計", Pages: []reference.Page{{Name: "集計"}}},
		})
		if err != nil {
			f.Fatal(err)
		}
		return m
	}
	still, moved := sheets(), sheets(block(3, 4, 0), block(7, 8, 3))
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (*reference.Formula, error){reference.Parse, reference.ParseName, reference.ParseChart} {
			formula, err := parse(text)
			if err != nil {
				continue
			}
			if got := string(formula.Append(nil, still.Grid(0, 0).At(1))); got != text {
				t.Errorf("nothing moved, but %q became %q", text, got)
			}
			for _, at := range []reference.Place{moved.Workbook(), moved.Grid(0, 0).At(7), moved.Grid(1, 0).At(7)} {
				if got := string(formula.Append(nil, at)); !parses(parse, got) {
					t.Errorf("%q became %q, which is no formula", text, got)
				}
			}
			if got := formula.Offset(0, 0); !parses(parse, got) {
				t.Errorf("%q not moved is %q, which is no formula", text, got)
			}
		}
	})
}

func parses(parse func(string) (*reference.Formula, error), text string) bool {
	_, err := parse(text)
	return err == nil
}
