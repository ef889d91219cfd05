package main

import (
	"testing"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// What a report has instead of an unknown name is told once each, whoever has it.
func TestUnknownMarkerTellsEachNameOnce(t *testing.T) {
	t.Parallel()
	columns := func(names ...string) query.Checked {
		var c query.Checked
		for _, name := range names {
			c.Columns = append(c.Columns, query.Column{Name: name, TypeName: "text"})
		}
		return c
	}
	names := &markerNames{definition: &report.Definition{}, checked: &queryCheck{
		targets: columns("tenant", "target", "site_name", "time_zone"),
		queries: map[string]query.Checked{"items": columns("result", "site_name")},
	}}
	_, err := names.meaning(&templateMarker{Kind: template.Field, Name: "zzzzzzzz", Blocks: []string{"items"}})
	want := "the report has nothing of this name here; it has dataAsOf, from, period, report, result, site_name, target, tenant, title, until"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
