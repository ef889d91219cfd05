package xlsx_test

import (
	"math"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

func a4() xlsx.Page {
	return xlsx.Page{
		Paper: xlsx.PaperA4, Landscape: true, FitWidth: true, RepeatHeader: true, PrintArea: true,
		Margins: &xlsx.Margins{Left: 10, Right: 12.7, Top: 25.4, Header: 5},
		Header:  xlsx.PageText{Left: "A&B <店>", Right: "_x0041_"},
		Footer:  xlsx.PageText{Left: xlsx.PageSheet, Center: xlsx.PageNumber + "-1 / " + xlsx.PageCount},
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	content, _ := writeBook(t, xlsx.Sheet{
		Name: "A's", Columns: []xlsx.Column{{Title: "a"}, {Title: "b", Total: xlsx.TotalCount}}, Title: xlsx.Title{Lines: []string{"title"}}, Filter: true, Page: a4(),
	}, [][]xlsx.Value{{xlsx.Int(1), xlsx.Int(2)}})
	f := openExcelize(t, content)
	layout, err := f.GetPageLayout("A's")
	if err != nil || *layout.Size != 9 || *layout.Orientation != "landscape" || *layout.FitToHeight != 0 {
		t.Errorf("page %+v, %v, want A4 landscape, of any height", layout, err)
	}
	if properties, err := f.GetSheetProps("A's"); err != nil || !*properties.FitToPage {
		t.Errorf("the sheet is fitted %v, %v, want it to be", properties.FitToPage, err)
	}
	margins, err := f.GetPageMargins("A's")
	if err != nil || *margins.Right != 0.5 || *margins.Top != 1 || *margins.Bottom != 0 || math.Abs(*margins.Left*25.4-10) > 0.01 {
		t.Errorf("margins %+v, %v, want the given ones in inches", margins, err)
	}
	texts, err := f.GetHeaderFooter("A's")
	if err != nil || texts.OddHeader != "&LA&&B <店>&R_x005F_x0041_" || texts.OddFooter != "&L&A&C&P -1 / &N" {
		t.Errorf("texts %+v, %v", texts, err)
	}
	want := map[string]string{
		"_xlnm._FilterDatabase": "'A''s'!$A$2:$B$3", "_xlnm.Print_Area": "'A''s'!$A$1:$B$4", "_xlnm.Print_Titles": "'A''s'!$2:$2",
	}
	for _, name := range f.GetDefinedName() {
		if name.RefersTo != want[name.Name] || name.Scope != "A's" {
			t.Errorf("name %+v, want %q", name, want[name.Name])
		}
		delete(want, name.Name)
	}
	if len(want) != 0 {
		t.Errorf("names %v are missing", want)
	}
}

func TestPageOfPaperAlone(t *testing.T) {
	t.Parallel()
	numbers := map[string]int{"letter": 1, "legal": 5, "A3": 8, "A4": 9, "A5": 11, "B4": 12, "B5": 13} // ISO/IEC 29500, 18.3.1.63
	for _, paper := range xlsx.PaperNames() {
		content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1), Page: xlsx.Page{Paper: xlsx.Paper(paper)}}, nil)
		f := openExcelize(t, content)
		if layout, err := f.GetPageLayout("s"); err != nil || layout.Size == nil || *layout.Size != numbers[paper] {
			t.Errorf("paper %s: %+v, %v", paper, layout, err)
		}
		if names := f.GetDefinedName(); len(names) != 0 {
			t.Errorf("paper %s: names %+v", paper, names)
		}
	}
}

func TestDefaultMarginsAreThoseOfExcel(t *testing.T) {
	t.Parallel()
	margins := xlsx.DefaultMargins()
	content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1), Page: xlsx.Page{Margins: &margins}}, nil)
	got, err := openExcelize(t, content).GetPageMargins("s")
	if err != nil {
		t.Fatal(err)
	}
	fresh := excelize.NewFile()
	defer func() {
		if err := fresh.Close(); err != nil {
			t.Error(err)
		}
	}()
	want, err := fresh.GetPageMargins("Sheet1")
	if err != nil || *got.Left != *want.Left || *got.Top != *want.Top || *got.Footer != *want.Footer {
		t.Errorf("margins %v %v %v, want %v %v %v, %v", *got.Left, *got.Top, *got.Footer, *want.Left, *want.Top, *want.Footer, err)
	}
}

// No margin is a margin: some printers need none.
func TestMarginsOfNothing(t *testing.T) {
	t.Parallel()
	content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1), Page: xlsx.Page{Margins: &xlsx.Margins{}}}, nil)
	got, err := openExcelize(t, content).GetPageMargins("s")
	if err != nil || *got.Left != 0 || *got.Top != 0 || *got.Footer != 0 {
		t.Errorf("margins %+v, %v; want 0 all around", got, err)
	}
}

func TestPageThatCannotBe(t *testing.T) {
	t.Parallel()
	sheet := func(name string, page xlsx.Page) xlsx.Sheet {
		return xlsx.Sheet{Name: name, Columns: make([]xlsx.Column, 1), Page: page}
	}
	refuses(t, sheet("paper", xlsx.Page{Paper: "A44"}), `"A44"`, "A4,")
	refuses(t, sheet("wide", xlsx.Page{Margins: &xlsx.Margins{Top: 298}}), "top margin", "298")
	refuses(t, sheet("less", xlsx.Page{Margins: &xlsx.Margins{Left: -1}}), "left margin")
	_, summary := writeBook(t, sheet("illegal", xlsx.Page{Header: xlsx.PageText{Left: "a\x00"}}), nil)
	want := xlsx.Substitution{Sheet: "illegal", Kind: xlsx.IllegalCharacter}
	if got := summary.Substitutions.Samples; len(got) != 1 || got[0] != want {
		t.Errorf("substitutions %+v, want %+v", got, want)
	}
}

// A text that comes from data is cut and recorded, and the others stay as they are.
func TestPageTextsAreCut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text xlsx.PageText
		want string
		cut  int64
	}{
		"as long as may be":   {xlsx.PageText{Right: strings.Repeat("あ", 253)}, "&R" + strings.Repeat("あ", 253), 0},
		"one too long":        {xlsx.PageText{Right: strings.Repeat("あ", 254)}, "&R" + strings.Repeat("あ", 253), 1},
		"very long":           {xlsx.PageText{Left: strings.Repeat("x", 1_000_000)}, "&L" + strings.Repeat("x", 253), 1},
		"no half of a code":   {xlsx.PageText{Right: strings.Repeat("&", 127)}, "&R" + strings.Repeat("&&", 126), 1},
		"no half of a letter": {xlsx.PageText{Center: strings.Repeat("😀", 127)}, "&C" + strings.Repeat("😀", 126), 1},
		"the longest one": {
			xlsx.PageText{Left: strings.Repeat("x", 300), Center: "short", Right: xlsx.PageNumber + " / " + xlsx.PageCount},
			"&L" + strings.Repeat("x", 255-len("&L")-len("&Cshort")-len("&R&P / &N")) + "&Cshort&R&P / &N", 1,
		},
		"all of them": {
			xlsx.PageText{Left: strings.Repeat("x", 90), Center: strings.Repeat("y", 300), Right: strings.Repeat("z", 80)},
			"&L" + strings.Repeat("x", 84) + "&C" + strings.Repeat("y", 85) + "&R" + strings.Repeat("z", 80), 1,
		},
	} {
		content, summary := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 1), Page: xlsx.Page{Footer: c.text}}, nil)
		footer, err := openExcelize(t, content).GetHeaderFooter("s")
		if err != nil {
			t.Fatal(err)
		}
		if footer.OddFooter != c.want || summary.Substitutions.Counts[xlsx.TextTooLong] != c.cut {
			t.Errorf("%s: the footer is %q, %v recorded; want %q, %d cut", name, footer.OddFooter, summary.Substitutions.Counts, c.want, c.cut)
		}
	}
}
