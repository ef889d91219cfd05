package reference_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// origin is what a new row was made of: the old row, and the numbers of the
// copies that it stands in, outermost first.
type origin struct {
	old  int
	path string
}

// lay gives the origin of every new row that comes from the old rows first to
// last: what Moves says, said by doing it.
func lay(first, last int, path string, blocks []reference.Block) []origin {
	var rows []origin
	for old := first; old <= last; old++ {
		if len(blocks) > 0 && blocks[0].First == old {
			for k, c := range blocks[0].Copies {
				rows = append(rows, lay(old, blocks[0].Last, fmt.Sprintf("%s/%d-%d", path, old, k), c.Blocks)...)
			}
			old, blocks = blocks[0].Last, blocks[1:]
			continue
		}
		rows = append(rows, origin{old, path})
	}
	return rows
}

// drawBlocks draws blocks within the rows first to last, nested so many levels deep.
func drawBlocks(t *rapid.T, first, last, depth int) []reference.Block {
	var blocks []reference.Block
	for row := first; row <= last; {
		from := row + rapid.IntRange(0, 3).Draw(t, "gap")
		to := from + rapid.IntRange(0, 3).Draw(t, "height")
		if row = to + 1; to > last {
			break
		}
		b := reference.Block{First: from, Last: to}
		for range rapid.IntRange(0, 3).Draw(t, "copies") {
			var c reference.Copy
			if depth > 1 {
				c.Blocks = drawBlocks(t, from, to, depth-1)
			}
			b.Copies = append(b.Copies, c)
		}
		blocks = append(blocks, b)
	}
	return blocks
}

const drawnRows = 14

func drawGrid(t *rapid.T) (*reference.Grid, []origin) {
	blocks := drawBlocks(t, 1, drawnRows, 3)
	m, err := reference.New([]reference.Sheet{{Name: "S", Pages: []reference.Page{{Name: "S", Blocks: blocks}}}})
	if err != nil {
		t.Fatal(err)
	}
	return m.Grid(0, 0), lay(1, drawnRows, "", blocks)
}

func TestRowsLieWhereCopyingPutsThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, rows := drawGrid(t)
		first := rapid.IntRange(1, drawnRows).Draw(t, "first")
		last := rapid.IntRange(first, drawnRows).Draw(t, "last")
		var want []reference.Span
		for i, o := range rows {
			switch n := len(want); {
			case o.old < first || o.old > last:
			case n > 0 && want[n-1].Last == i:
				want[n-1].Last = i + 1
			default:
				want = append(want, reference.Span{First: i + 1, Last: i + 1})
			}
		}
		if got := g.Spans(first, last); !slices.Equal(got, want) {
			t.Errorf("spans of %d to %d: got %v, want %v in %v", first, last, got, want, rows)
		}
		from, to, ok := g.Cover(first, last)
		if ok != (len(want) > 0) || ok && (from != want[0].First || to != want[len(want)-1].Last) {
			t.Errorf("cover of %d to %d: got %d to %d, %v, want all of %v", first, last, from, to, ok, want)
		}
	})
}

func TestMergedRowsAreCopiedWithTheirBlock(t *testing.T) {
	t.Parallel()
	g := moves(t, reference.Block{First: 5, Last: 8, Copies: []reference.Copy{
		{Blocks: []reference.Block{block(6, 7, 2)}},
		{Blocks: []reference.Block{block(6, 7, 0)}},
	}}, block(10, 10, 0)).Grid(0, 0)
	// 5 6 7 6 7 8, 5 8: new rows 5 to 12; 9 lies in 13, 11 in 14.
	for ref, want := range map[string][]string{
		"A1:B3":       {"A1:B3"},
		"A6:B7":       {"A6:B7", "A8:B9"},
		"A7":          {"A7", "A9"},
		"A5:B5":       {"A5:B5", "A11:B11"},
		"A5:B6":       {"A5:B8", "A11:B11"},
		"A6:B8":       {"A6:B10", "A12:B12"},
		"A4:B8":       {"A4:B12"},
		"$A$10":       nil,
		"A9:B10":      {"A13:B13"},
		"A11:XFD11":   {"A14:XFD14"},
		"A:B":         {"A:B"},
		"not a range": {"not a range"},
	} {
		if got := g.Ranges(ref); !slices.Equal(got, want) {
			t.Errorf("copies of %s: got %q, want %q", ref, got, want)
		}
	}
}

func TestListsOfRangesHoldTheSameCells(t *testing.T) {
	t.Parallel()
	g := moves(t, block(7, 8, 3), block(10, 10, 0)).Grid(0, 0)
	for list, want := range map[string]string{
		"A1":               "A1",
		"D7:D8":            "D7:D12",
		"D7:E7":            "D7:E7 D9:E9 D11:E11",
		"D8":               "D8 D10 D12",
		"D8:D9":            "D8 D10 D12:D13",
		"D6:D9 F9":         "D6:D13 F13",
		"A10":              "",
		"A10 $B$9:$B$11":   "$B$13:$B$14",
		"A:A 9:9":          "A:A 13:13",
		" A1  B2:b3 ":      "A1 B2:b3",
		"what ever":        "what ever",
		"A1:A1048576":      "A1:A1048576",
		"A1:B2 C3:D4 9:10": "A1:B2 C3:D4 13:13",
	} {
		if got := g.Sqref(list); got != want {
			t.Errorf("%q: got %q, want %q", list, got, want)
		}
	}
}

func TestOneRangeStaysOne(t *testing.T) {
	t.Parallel()
	g := moves(t, block(7, 8, 3), block(10, 10, 0)).Grid(0, 0)
	for ref, want := range map[string]string{"A6:D8": "A6:D12", "A8": "A8:A12", "A10:B10": "", "A9:A10": "A13", "B:B": "B:B", "": ""} {
		if got := g.Range(ref); got != want {
			t.Errorf("%s: got %q, want %q", ref, got, want)
		}
	}
}

func TestBlocksOutOfPlaceAreRefused(t *testing.T) {
	t.Parallel()
	for _, blocks := range [][]reference.Block{
		{block(0, 1, 1)},
		{block(3, 2, 1)},
		{block(3, 4, 1), block(4, 5, 1)},
		{block(3, reference.MaxRow+1, 1)},
		{block(1, 1<<19, 3)},
		{{First: 3, Last: 4, Copies: []reference.Copy{{Blocks: []reference.Block{block(4, 5, 1)}}}}},
	} {
		if _, err := reference.New([]reference.Sheet{{Name: "S", Pages: []reference.Page{{Name: "S", Blocks: blocks}}}}); err == nil {
			t.Errorf("blocks %v: no error", blocks)
		}
	}
}
