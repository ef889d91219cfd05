package template_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/corpustest"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// keep leaves a sample's template, or what was filled from it.
func keep(t *testing.T, sample, name string, workbook []byte) {
	t.Helper()
	corpustest.Keep(t, "templates/"+strings.ReplaceAll(sample, "/", " ")+"/"+name, workbook)
}

func corpus() []sample {
	return slices.Concat(cellSamples(), blockSamples(), areaSamples(), objectSamples(), togetherSamples())
}

func TestTemplatesOfTheCorpusAreFilled(t *testing.T) {
	t.Parallel()
	for _, s := range corpus() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			file := s.template(t)
			keep(t, s.name, "template", file)
			compiled, err := template.Compile(file, template.Options{})
			noError(t, err)
			if reasons := compiled.Unsupported(); len(reasons) > 0 {
				t.Errorf("not compiled: %v", reasons)
			}
			workbook := filled(t, compiled, s.data)
			keep(t, s.name, "filled", workbook)
			got := look(t, workbook)
			got.calculate(t, workbook, s.want)
			for where, want := range s.want {
				if got[where] != want {
					t.Errorf("%s is %q, want %q", where, got[where], want)
				}
			}
		})
	}
}

func filled(t *testing.T, tpl *template.Template, d template.Data) []byte {
	t.Helper()
	var b bytes.Buffer
	_, err := tpl.Fill(t.Context(), &b, d)
	noError(t, err)
	return b.Bytes()
}

// Both ways of filling must show the same, but for what excelize is known to do otherwise.
func TestBothWaysOfFillingShowTheSame(t *testing.T) {
	t.Parallel()
	for _, s := range corpus() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			file := s.template(t)
			compiled, err := template.Compile(file, template.Options{})
			noError(t, err)
			other, err := template.Compile(file, template.Options{})
			noError(t, err)
			other.ByExcelize()
			workbook := filled(t, other, s.data)
			keep(t, s.name, "filled by excelize", workbook)
			same(t, look(t, workbook), look(t, filled(t, compiled, s.data)), "by excelize")
		})
	}
}

// What LibreOffice calculates is what the records add up to, whichever way filled them.
func TestLibreOfficeAddsUpWhatFollowsLists(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("LibreOffice: run without -short")
	}
	file := (&sample{draw: drawTogether}).template(t)
	for _, byExcelize := range []bool{false, true} {
		compiled, err := template.Compile(file, template.Options{})
		noError(t, err)
		if byExcelize {
			compiled.ByExcelize()
		}
		for _, c := range []struct {
			data template.Data
			rows []int
			want []string
		}{
			{togetherData(2, 2, 0, 1), []int{5, 8, 11, 12, 16, 19}, []string{"3", "0", "1", "4", "3", "7"}},
			{togetherData(0), []int{4, 5, 8, 11}, []string{"0", "0", "0", "0"}},
		} {
			rows := corpustest.LibreOffice(t, filled(t, compiled, c.data))
			var got []string
			for _, row := range c.rows {
				got = append(got, rows[row-1][1])
			}
			if last := c.rows[len(c.rows)-1]; !slices.Equal(got, c.want) || rows[last-1][2] != "2" {
				t.Errorf("by excelize %v: the sums are %q and %q, want %q and 2", byExcelize, got, rows[last-1][2], c.want)
			}
		}
	}
}
