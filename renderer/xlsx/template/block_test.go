package template_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// query makes a query's result of words: whole numbers are numbers, "-" is NULL.
func query(columns string, rows ...string) *template.Table {
	t := &template.Table{Columns: strings.Fields(columns)}
	for _, r := range rows {
		var row []xlsx.Value
		for _, word := range strings.Fields(r) {
			n, err := strconv.ParseInt(word, 10, 64)
			switch {
			case word == "-":
				row = append(row, xlsx.Null())
			case err == nil:
				row = append(row, xlsx.Int(n))
			default:
				row = append(row, xlsx.Text(word))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func tables(of map[string]*template.Table) template.Data { return template.Data{Tables: of} }

func TestABlockOfOneRowIsRepeated(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{
		"A1": "品名", "B1": "数量", "A2": "{{#records}}{{name}}", "B2": "{{qty}}", "C2": "{{unit}}{{/records}}", "D2": "static", "A4": "計", "A5": "{{title}}",
	}, formulas(map[string]string{"B4": "SUM(B2:B2)", "D4": "B4*2", "E2": "B2*10", "B6": "=SUM(B$2:B2)"}),
		func(f *excelize.File) error { return f.SetRowHeight(sheet1, 2, 33) })
	for _, c := range []struct {
		rows []string
		want map[string]string
		sums map[string]string
	}{
		{
			[]string{"りんご 3 個", "みかん 5 箱", "桃 - 個"},
			map[string]string{"A1": "品名", "A2": "りんご", "B2": "3", "C2": "個", "D2": "static", "A3": "みかん", "B3": "5", "A4": "桃", "B4": "", "D4": "static", "A6": "計", "A7": "日報"},
			map[string]string{"E2": "B2*10", "E3": "B3*10", "E4": "B4*10", "B6": "SUM(B2:B4)", "D6": "B6*2"},
		},
		{nil, map[string]string{"A1": "品名", "A2": "", "C2": "", "D2": "static", "A3": "", "A4": "計", "A5": "日報"}, map[string]string{"E2": "B2*10", "B4": "SUM(B2:B2)", "D4": "B4*2"}},
		{[]string{"桃 1 個"}, map[string]string{"A2": "桃", "A4": "計"}, map[string]string{"B4": "SUM(B2:B2)", "E2": "B2*10"}},
	} {
		workbook, summary := fill(t, file, template.Data{
			Fields: map[string]xlsx.Value{"title": xlsx.Text("日報")},
			Tables: map[string]*template.Table{"records": query("name qty unit", c.rows...)},
		})
		wantTexts(t, read(t, workbook, sheet1), c.want)
		book := reopen(t, workbook)
		for ref, want := range c.sums {
			if got, err := book.GetCellFormula(sheet1, ref); err != nil || got != want {
				t.Errorf("%d rows: %s is %q, %v, want %q", len(c.rows), ref, got, err, want)
			}
		}
		for i := range max(1, len(c.rows)) {
			if h, err := book.GetRowHeight(sheet1, 2+i); err != nil || h != 33 {
				t.Errorf("row %d is %v high, %v, want 33", 2+i, h, err)
			}
		}
		if summary.Rows != int64(len(c.rows)) {
			t.Errorf("got %d rows, want %d", summary.Rows, len(c.rows))
		}
	}
}

func formulas(of map[string]string) func(*excelize.File) error {
	return func(f *excelize.File) error {
		for ref, formula := range of {
			if err := f.SetCellFormula(sheet1, ref, formula); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestABlockOfSeveralRowsLeavesItsMarkersRowsOut(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{
		"A1": "before", "A2": "{{#records}}", "A3": "{{name}}", "A5": "{{qty}}", "A6": "{{/records}}", "A7": "after",
	}, formulas(map[string]string{"B5": "A5+B3", "B7": "SUM(A3:A5)"}))
	workbook, _ := fill(t, file, tables(map[string]*template.Table{"records": query("name qty", "a 1", "b 2")}))
	wantTexts(t, read(t, workbook, sheet1), map[string]string{
		"A1": "before", "A2": "a", "A3": "", "A4": "1", "A5": "b", "A7": "2", "A8": "after",
	})
	wantFormulas(t, workbook, map[string]string{"B4": "A4+B2", "B7": "A7+B5", "B8": "SUM(A2:A7)"})
}

func wantFormulas(t *testing.T, workbook []byte, want map[string]string) {
	t.Helper()
	book := reopen(t, workbook)
	for ref, formula := range want {
		if got, err := book.GetCellFormula(sheet1, ref); err != nil || got != formula {
			t.Errorf("%s is %q, %v, want %q", ref, got, err, formula)
		}
	}
}

func TestBlocksWithinBlocks(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{
		"A1": "{{#orders}}{{customer}}", "A2": "{{#items}}{{customer}}-{{item}}", "B2": "{{price}}{{/items}}", "A3": "小計", "A4": "{{/orders}}", "A5": "end",
	}, formulas(map[string]string{"B3": "SUM(B2)", "B5": "SUM(B1:B3)"}))
	want := map[string]string{
		"A1": "Sato", "A2": "Sato-pen", "B2": "100", "A3": "Sato-ink", "B3": "200", "A4": "小計",
		"A5": "Ito", "A6": "", "A7": "小計", "A8": "Abe", "A9": "Abe-cap", "A10": "小計", "A11": "end",
	}
	sums := map[string]string{"B4": "SUM(B2:B3)", "B7": "SUM(B6)", "B10": "SUM(B9)", "B11": "SUM(B1:B10)"}
	orders := query("id customer", "1 Sato", "2 Ito", "3 Abe")
	orders.Nested = map[string][]*template.Table{"items": {query("item price", "pen 100", "ink 200"), nil, query("price item", "300 cap")}}
	workbook, summary := fill(t, file, tables(map[string]*template.Table{"orders": orders}))
	wantTexts(t, read(t, workbook, sheet1), want)
	wantFormulas(t, workbook, sums)
	if summary.Rows != 6 {
		t.Errorf("got %d rows, want 6", summary.Rows)
	}

	joined := draw(t, map[string]any{
		"A1": "{{#orders}}{{customer}}", "A2": "{{#items on id}}{{customer}}-{{item}}", "B2": "{{price}}{{/items}}", "A3": "小計", "A4": "{{/orders}}", "A5": "end",
	})
	workbook, _ = fill(t, joined, tables(map[string]*template.Table{
		"orders": query("id customer", "1 Sato", "2 Ito", "3 Abe", "- Ono"),
		"items":  query("item price id", "pen 100 1", "cap 300 3", "ink 200 1", "lost 1 -"),
	}))
	wantTexts(t, read(t, workbook, sheet1), map[string]string{
		"A3": "Sato-ink", "A4": "小計", "A5": "Ito", "A6": "小計", "A7": "Abe", "A8": "Abe-cap", "A9": "小計", "A10": "Ono", "A11": "小計", "A12": "end",
	})
}

func TestConditionalRows(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{
		"A1": "{{?note}}{{note}}{{/?}}", "A2": "{{^note}}none{{/^}}", "A3": "{{?records}}", "A4": "some", "A5": "{{/?}}",
		"A6": "{{#records}}{{name}}", "A7": "{{?late}}late{{/?}}", "A8": "{{/records}}", "A9": "end",
	})
	for _, c := range []struct {
		note xlsx.Value
		rows []string
		want string
	}{
		{xlsx.Text("n"), []string{"a 1", "b -"}, "n some a late b end"},
		{xlsx.Text(""), nil, "none end"},
		{xlsx.Null(), nil, "none end"},
		{xlsx.Bool(false), nil, "none end"},
		{xlsx.Int(0), nil, "0 end"},
	} {
		workbook, _ := fill(t, file, template.Data{
			Fields: map[string]xlsx.Value{"note": c.note},
			Tables: map[string]*template.Table{"records": query("name late", c.rows...)},
		})
		got := read(t, workbook, sheet1)
		for i, text := range strings.Fields(c.want) {
			if ref := "A" + strconv.Itoa(i+1); got[ref].Text != text {
				t.Errorf("note %v, %d rows: %s is %q, want %q", c.note, len(c.rows), ref, got[ref].Text, text)
			}
		}
	}
}

func TestMistakesInMarkersNameTheirCell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cells      map[string]any
		cell, want string
	}{
		{map[string]any{"B2": "{{name"}, "B2", "opened and not closed"},
		{map[string]any{"B2": "{{}}"}, "B2", "nothing is named"},
		{map[string]any{"B2": "日付｛｛day｝｝"}, "B2", "full-width"},
		{map[string]any{"B2": "x {{n | excel:0.0}}"}, "B2", "text cannot show"},
		{map[string]any{"B2": "x {{image:n}}"}, "B2", "text cannot show"},
		{map[string]any{"B2": "{{a|bold}}"}, "B2", "unknown format"},
		{map[string]any{"B2": "{{a|}}"}, "B2", "no format follows"},
		{map[string]any{"B2": "{{#}}"}, "B2", "the name is missing"},
		{map[string]any{"B2": "{{a#b}}"}, "B2", "is no name"},
		{map[string]any{"B2": "{{#a}}x"}, "B2", "has no end"},
		{map[string]any{"B2": "x{{/a}}"}, "B2", "does not begin"},
		{map[string]any{"B2": "{{#a}}x", "B3": "{{/b}}"}, "B3", "ends with {{/a}}"},
		{map[string]any{"B2": "{{?a}}x", "B3": "{{/^}}"}, "B3", "ends with {{/?}}"},
		{map[string]any{"B2": "{{#a}}{{/a}}"}, "B2", "nothing is between"},
		{map[string]any{"B2": "{{#a}}x{{/a}}", "C2": "{{#b}}x{{/b}}"}, "C2", "whole rows of its own"},
		{map[string]any{"B2": "{{#a on b}}x{{/a}}"}, "B2", "there is none"},
	} {
		_, err := template.Compile(draw(t, c.cells), template.Options{})
		var mistake *template.PlaceError
		if !errors.As(err, &mistake) || mistake.Sheet != sheet1 || mistake.Cell != c.cell || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want an error of %s with %q", c.cells, err, c.cell, c.want)
		}
	}
}

func TestNamesThatTheDataHasNot(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]template.UnknownError{
		"{{nome}}": {Kind: template.Field, Name: "nome"}, "x {{nome}}": {Kind: template.Field, Name: "nome"},
		"{{#recs}}x{{/recs}}": {Kind: template.Rows, Name: "recs"}, "{{?nome}}x{{/?}}": {Kind: template.If, Name: "nome"},
	} {
		tpl := compile(t, draw(t, map[string]any{"B2": cell}), template.Options{})
		_, err := tpl.Fill(t.Context(), discard{}, fields(map[string]xlsx.Value{"name": xlsx.Int(1)}))
		var at *template.PlaceError
		var unknown *template.UnknownError
		if !errors.As(err, &at) || !errors.As(err, &unknown) || at.Cell != "B2" || *unknown != want {
			t.Errorf("%s: got %v, want %v in B2", cell, err, &want)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func TestRowsAreLimited(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{{#records}}{{n}}{{/records}}"})
	tpl := compile(t, file, template.Options{MaxRows: 2})
	data := tables(map[string]*template.Table{"records": query("n", "1", "2")})
	if _, err := tpl.Fill(t.Context(), discard{}, data); err != nil {
		t.Errorf("two rows: %v", err)
	}
	data.Tables["records"] = query("n", "1", "2", "3")
	if _, err := tpl.Fill(t.Context(), discard{}, data); err == nil || !strings.Contains(err.Error(), "more than 2 rows") {
		t.Errorf("three rows: got %v, want the limit", err)
	}
}

func TestAConditionMeansTheInnermostOfItsName(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{
		"A1": "{{#rows}}{{n}}", "A2": "{{?x}}x of {{n}}{{/?}}", "A3": "{{/rows}}", "A4": "{{?q}}q{{/?}}", "A5": "{{^q}}no q{{/^}}", "A6": "end",
	})
	rows := query("n x", "1 yes", "2 -")
	workbook, _ := fill(t, file, template.Data{
		Fields: map[string]xlsx.Value{"q": xlsx.Null()},
		Tables: map[string]*template.Table{"rows": rows, "x": query("a", "1"), "q": query("a", "1")},
	})
	wantTexts(t, read(t, workbook, sheet1), map[string]string{"A1": "1", "A2": "x of 1", "A3": "2", "A4": "q", "A5": "end"})

	rows.Nested = map[string][]*template.Table{"x": {nil, query("a", "1")}}
	workbook, _ = fill(t, file, tables(map[string]*template.Table{"rows": rows, "q": query("a")}))
	wantTexts(t, read(t, workbook, sheet1), map[string]string{"A1": "1", "A2": "2", "A3": "x of 2", "A4": "no q", "A5": "end"})
}
