package template_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

func merge(ranges ...[2]string) func(*excelize.File) error {
	return func(f *excelize.File) (err error) {
		for _, r := range ranges {
			err = errors.Join(err, f.MergeCell(sheet1, r[0], r[1]))
		}
		return err
	}
}

func mergedRanges(t *testing.T, workbook []byte) []string {
	t.Helper()
	merged, err := reopen(t, workbook).GetMergeCells(sheet1)
	noError(t, err)
	var ranges []string
	for _, m := range merged {
		ranges = append(ranges, m.GetStartAxis()+":"+m.GetEndAxis())
	}
	slices.Sort(ranges)
	return ranges
}

func TestABlockHasAllOfTheMergedCellsOfItsMarkers(t *testing.T) {
	t.Parallel()
	records := tables(map[string]*template.Table{"records": query("name qty", "a 1", "b 2")})
	filled := map[string]string{"A2": "a", "B2": "1", "B3": "half", "A4": "b", "B4": "2", "B5": "half", "A6": "sum"}
	for name, c := range map[string]struct {
		cells  map[string]any
		ranges [][2]string
		want   map[string]string
		merged []string
	}{
		"the end": {
			map[string]any{"A2": "{{#records}}{{name}}", "B2": "{{qty}}", "B3": "half", "C2": "{{/records}}", "A4": "sum"},
			[][2]string{{"C2", "C3"}},
			filled,
			[]string{"C2:C3", "C4:C5"},
		},
		"a field": {
			map[string]any{"A2": "{{#records}}{{name}}", "B2": "{{qty}}", "B3": "half", "C2": "{{/records}}", "A4": "sum"},
			[][2]string{{"A2", "A3"}},
			filled,
			[]string{"A2:A3", "A4:A5"},
		},
		"an end alone in the last row of a field": {
			map[string]any{"A2": "{{#records}}{{name}}", "B2": "{{qty}}", "B3": "{{/records}}", "A4": "sum"},
			[][2]string{{"A2", "A3"}},
			map[string]string{"A2": "a", "B2": "1", "A4": "b", "B4": "2", "A6": "sum"},
			[]string{"A2:A3", "A4:A5"},
		},
		"two ends alone in the last row of a field": {
			map[string]any{"A2": "{{#records}}{{name}}", "B2": "{{qty}}", "C2": "{{?qty}}", "C3": "half", "C4": "{{/?}}{{/records}}", "A5": "sum"},
			[][2]string{{"A2", "A4"}},
			map[string]string{"A2": "a", "B2": "1", "C3": "half", "A5": "b", "B5": "2", "C6": "half", "A8": "sum"},
			[]string{"A2:A4", "A5:A7"},
		},
		"markers alone in their rows": {
			map[string]any{"A2": "{{#records}}", "A4": "{{name}}", "B4": "{{qty}}", "B5": "half", "A6": "{{/records}}", "A8": "sum"},
			[][2]string{{"A2", "C3"}, {"A6", "C7"}},
			filled, nil,
		},
		"an end, and more in its rows": {
			map[string]any{"A2": "{{#records}}{{name}}", "B2": "{{qty}}", "A3": "{{/records}}", "B4": "half", "A5": "sum"},
			[][2]string{{"A3", "A4"}},
			map[string]string{"A2": "a", "B4": "half", "A5": "b", "B7": "half", "A8": "sum"},
			[]string{"A3:A4", "A6:A7"},
		},
		"the end of a block within": {
			map[string]any{"A2": "{{#records}}{{?qty}}{{name}}", "B2": "{{/?}}", "C2": "x{{/records}}", "C3": "half", "A4": "sum"},
			[][2]string{{"B2", "B3"}},
			map[string]string{"A2": "a", "C3": "half", "A4": "b", "C5": "half", "A6": "sum"},
			[]string{"B2:B3", "B4:B5"},
		},
		"a text beside a list grows with it": {
			map[string]any{"A2": "{{#records}}{{name}}{{/records}}", "B2": "Items", "B3": "", "A4": "sum"},
			[][2]string{{"B2", "B3"}},
			map[string]string{"A2": "a", "A3": "b", "B2": "Items", "A5": "sum"},
			[]string{"B2:B4"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			workbook, _ := fill(t, draw(t, c.cells, merge(c.ranges...)), records)
			wantTexts(t, read(t, workbook, sheet1), c.want)
			if got := mergedRanges(t, workbook); !slices.Equal(got, c.merged) {
				t.Errorf("merged are %q, want %q", got, c.merged)
			}
		})
	}
}

func TestABlockMayNotBeginWithinTheMergedCellsOfAnother(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A2": "{{#a}}{{x}}{{/a}}", "B3": "{{#b}}{{x}}{{/b}}"}, merge([2]string{"A2", "A3"}))
	_, err := template.Compile(file, template.Options{})
	var mistake *template.PlaceError
	if !errors.As(err, &mistake) || mistake.Cell != "B3" {
		t.Errorf("got %v, want a mistake in B3: the block of A2 ends in row 3", err)
	}
}
