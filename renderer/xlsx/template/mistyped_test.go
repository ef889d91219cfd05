package template_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

func TestMistypedMarkersAreWarnedOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"{tenant}":                            {"{{tenant}}"},
		"{tenant}}":                           {"{{tenant}}"},
		"tenant}}":                            {"{{tenant}}"},
		"No. {tenant}, {{period}}: {site_2}}": {"{{tenant}}", "{{site_2}}"},
		"{#records}":                          {"{{#records}}"},
		"{/records}}":                         {"{{/records}}"},
		"{image:photo}":                       {"{{image:photo}}"},
		"{day | date}":                        {"{{day | date}}"},
		"{{period}}様{店名}":                     {"{{店名}}"},
		"{{period}} day}}":                    {"{{day}}"},

		"":                                       nil,
		"{{period}}":                             nil,
		"{1, 2}":                                 nil,
		"{x}":                                    nil,
		"{   }":                                  nil,
		"{年}":                                    nil,
		`{"a": {"b": {"c": true}}}`:              nil,
		"{a, b, c}":                              nil,
		"{3F2504E0-4F89-11D3-9A0C-0305E82C3301}": nil,
		"{first name}":                           nil,
		"${HOME}":                                nil,
		"if (a) { b(); }":                        nil,
		"[tenant] (tenant) <tenant>":             nil,
	} {
		file := draw(t, map[string]any{"B2": text, "A1": "{{period}}"})
		var got []string
		for _, w := range compile(t, file, template.Options{}).Warnings() {
			if w.Sheet != sheet1 || w.Cell != "B2" {
				t.Errorf("%q: a warning of %s", text, w)
			}
			got = append(got, w.Why[strings.LastIndex(w.Why, "write ")+len("write "):])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestMistypedMarkersAreWarnedOfWhereThereAreNoOthers(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{"A1": "{tenant}"}, rename("{site}}"), func(f *excelize.File) error {
		return f.SetCellRichText("{site}}", "A2", []excelize.RichTextRun{{Text: "{ten", Font: &excelize.Font{Bold: true}}, {Text: "ant}"}})
	})
	var got []string
	for _, w := range compile(t, file, template.Options{}).Warnings() {
		got = append(got, w.String())
	}
	want := []string{
		`sheet "{site}}": "{site}}" stays as it is written; if it is meant as a marker, write {{site}}`,
		`sheet "{site}}", cell A1: "{tenant}" stays as it is written; if it is meant as a marker, write {{tenant}}`,
		`sheet "{site}}", cell A2: "{tenant}" stays as it is written; if it is meant as a marker, write {{tenant}}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
