package main

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// TestTemplates holds that the report names the template, and that it is compiled.
func TestTemplates(t *testing.T) {
	t.Parallel()
	definition := withTemplates(tableReport("pipeline", 3))
	if want := "'" + templateName + "' end as template,"; !strings.Contains(definition, want) {
		t.Errorf("the report has no column %q:\n%s", want, definition)
	}
	file, err := drawForm(pipelineForm())
	if err != nil {
		t.Fatal(err)
	}
	form, err := template.Compile(file, template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if reasons := form.Unsupported(); len(reasons) > 0 || len(form.Markers()) < 7 {
		t.Errorf("%d markers, not compiled: %v; want a block of 6 columns and a field, compiled", len(form.Markers()), reasons)
	}
}
