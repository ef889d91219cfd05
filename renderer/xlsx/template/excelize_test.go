package template_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// uncompiled is a template that excelize must fill.
func uncompiled(t *testing.T, draw func(*drawer)) *template.Template {
	t.Helper()
	s := sample{draw: draw}
	tpl, err := template.Compile(s.template(t), template.Options{})
	noError(t, err)
	tpl.ByExcelize()
	return tpl
}

func TestFillingByExcelizeIsCounted(t *testing.T) {
	t.Parallel()
	tpl := uncompiled(t, (*drawer).putItems)
	summary, err := tpl.Fill(t.Context(), &bytes.Buffer{}, records(3))
	noError(t, err)
	if !summary.Excelize || summary.Rows != 3 || summary.Sheets != 1 {
		t.Errorf("got %+v, want 3 rows on 1 sheet by excelize", summary)
	}
}

func TestFillingByExcelizeIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	tpl := uncompiled(t, func(d *drawer) {
		d.putItems()
		d.picture("D4", "oneCell")
		d.comment("B4", "each")
		d.rule("B4:B4", ">", "2")
		d.rule("A5:A5", ">", "2")
		noError(d.T, d.file.AddTable("Form", &excelize.Table{Range: "A3:B4", Name: "Items"}))
	})
	first := filled(t, tpl, records(5))
	for range 20 {
		if again := filled(t, tpl, records(5)); !bytes.Equal(again, first) {
			t.Fatalf("%d bytes became %d other ones", len(first), len(again))
		}
	}
}

func TestFillingByExcelizeAtOnce(t *testing.T) {
	t.Parallel()
	tpl := uncompiled(t, func(d *drawer) {
		d.putItems()
		d.comment("B4", "each")
		d.picture("D4", "oneCell")
	})
	want := filled(t, tpl, records(3))
	var group errgroup.Group
	for range 8 {
		group.Go(func() error {
			var b bytes.Buffer
			_, err := tpl.Fill(t.Context(), &b, records(3))
			if err == nil && !bytes.Equal(b.Bytes(), want) {
				err = errors.New("other bytes than alone")
			}
			return err
		})
	}
	noError(t, group.Wait())
}

func TestFillingByExcelizeIsLimited(t *testing.T) {
	t.Parallel()
	tpl := uncompiled(t, (*drawer).putItems)
	_, err := tpl.Fill(t.Context(), &bytes.Buffer{}, records(5001))
	var place *template.PlaceError
	if !errors.As(err, &place) || !strings.Contains(err.Error(), "a test asks for it") || !strings.Contains(err.Error(), "5001") {
		t.Errorf("5,001 rows: %v, want an error with the reason and the number", err)
	}
}

// excelize takes what a sheet's protection says nothing of for allowed.
func TestFillingByExcelizeKeepsProtection(t *testing.T) {
	t.Parallel()
	s := sample{draw: (*drawer).putItems}
	const part, protection = "xl/worksheets/sheet1.xml", `<sheetProtection sheet="1" objects="1" scenarios="1"/>`
	tpl, err := template.Compile(replacePart(t, s.template(t), part, func(content string) string {
		return strings.Replace(content, "</sheetData>", "</sheetData>"+protection, 1)
	}), template.Options{})
	noError(t, err)
	tpl.ByExcelize()
	replacePart(t, filled(t, tpl, records(2)), part, func(content string) string {
		if !strings.Contains(content, protection) {
			t.Errorf("the sheet is protected in another way: %s", content)
		}
		return content
	})
}

// openpyxl writes a workbook's first fill without naming its pattern.
func TestFillingByExcelizeTakesFillsOfOpenpyxl(t *testing.T) {
	t.Parallel()
	s := sample{draw: (*drawer).putItems}
	unnamed := replacePart(t, s.template(t), "xl/styles.xml", func(part string) string {
		return strings.Replace(part, `<patternFill patternType="none"`, "<patternFill", 1)
	})
	tpl, err := template.Compile(unnamed, template.Options{})
	noError(t, err)
	tpl.ByExcelize()
	_, err = tpl.Fill(t.Context(), &bytes.Buffer{}, template.Data{Tables: map[string]*template.Table{
		"records": result([]string{"item", "amount"}, []any{"a", xlsx.Date(2026, 10, 2)}),
	}})
	noError(t, err)
}

func TestFillingByExcelizeTellsWhatItMeets(t *testing.T) {
	t.Parallel()
	tpl := uncompiled(t, (*drawer).putItems)
	_, err := tpl.Fill(t.Context(), &bytes.Buffer{}, template.Data{})
	var unknown *template.UnknownError
	if !errors.As(err, &unknown) || unknown.Name != "records" {
		t.Errorf("without the query: %v, want an error that names it", err)
	}
	_, err = tpl.Fill(t.Context(), &bytes.Buffer{}, template.Data{Tables: map[string]*template.Table{"records": result([]string{"item"}, []any{"a"})}})
	if !errors.As(err, &unknown) || unknown.Name != "amount" {
		t.Errorf("without a column: %v, want an error that names it", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("the shift is over")
	cancel(reason)
	if _, err := tpl.Fill(ctx, &bytes.Buffer{}, records(3)); !errors.Is(err, reason) {
		t.Errorf("in a context that ended: %v, want %v", err, reason)
	}
	summary, err := tpl.Fill(t.Context(), &bytes.Buffer{}, template.Data{Tables: map[string]*template.Table{
		"records": result([]string{"item", "amount"}, []any{strings.Repeat("x", 40000), xlsx.Decimal("12345678901234567890")}),
	}})
	noError(t, err)
	if n := summary.Substitutions.Total(); n != 2 {
		t.Errorf("got %d substitutions, want one for a text too long and one for a number", n)
	}
}

// What is not compiled must be right by excelize.
func TestWhatIsNotCompiledIsFilledByExcelize(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]sample{
		"formulas of another notation": {
			draw: func(d *drawer) {
				d.putItems()
				d.put("C5", "=SUM(R1C1:R2C2)", "D5", "=B5")
			},
			data: records(3),
			want: map[string]string{"Form!D7 formula": "B7", "Form!B7 formula": "SUM(B4:B6)"},
		},
		"merged cells beside a list, and a rule of another notation": {
			draw: func(d *drawer) {
				d.putItems()
				d.put("D4", "Items")
				d.merge("D4", "D6")
				d.rule("A1:A2", "R1C1:R2C2>3", "")
			},
			data: records(3),
			want: map[string]string{"Form!D4": "Items", "Form!D4 merge": "merged to D8", "Form!D5": "", "Form!D6": "", "Form!B7 formula": "SUM(B4:B6)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := s.template(t)
			keep(t, name, "template", file)
			tpl, err := template.Compile(file, template.Options{})
			noError(t, err)
			if len(tpl.Unsupported()) == 0 {
				t.Fatal("the template is compiled")
			}
			workbook := filled(t, tpl, s.data)
			keep(t, name, "filled", workbook)
			got := look(t, workbook)
			for where, want := range s.want {
				if got[where] != want {
					t.Errorf("%s is %q, want %q", where, got[where], want)
				}
			}
		})
	}
}
