package template_test

import (
	"reflect"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

func TestMarkersAreListedWithTheQueriesAroundThem(t *testing.T) {
	t.Parallel()
	file := draw(t, map[string]any{
		"A1": "{{ title }} of {{day | date}}", "A2": "{{#orders}}", "A3": "{{#items on id}}{{name}}", "B3": "{{image:photo}}", "C3": "{{?late}}!{{/?}}",
		"D3": "{{/items}}", "A4": "{{^paid}}due{{/^}}", "A5": "{{/orders}}",
	})
	tpl, err := template.Compile(file, template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	orders, both := []string{"orders"}, []string{"orders", "items"}
	want := []template.Marker{
		{Cell: "A1", Text: "{{ title }}", Kind: template.Field, Name: "title"},
		{Cell: "A1", Text: "{{day | date}}", Kind: template.Field, Name: "day", Format: "date"},
		{Cell: "A2", Text: "{{#orders}}", Kind: template.Rows, Name: "orders"},
		{Cell: "A3", Text: "{{#items on id}}", Kind: template.Rows, Name: "items", On: "id", Blocks: orders},
		{Cell: "A3", Text: "{{name}}", Kind: template.Field, Name: "name", Blocks: both},
		{Cell: "B3", Text: "{{image:photo}}", Kind: template.Image, Name: "photo", Blocks: both},
		{Cell: "C3", Text: "{{?late}}", Kind: template.If, Name: "late", Blocks: both},
		{Cell: "C3", Text: "{{/?}}", Kind: template.End, Blocks: both},
		{Cell: "D3", Text: "{{/items}}", Kind: template.End, Name: "items", Blocks: orders},
		{Cell: "A4", Text: "{{^paid}}", Kind: template.Unless, Name: "paid", Blocks: orders},
		{Cell: "A4", Text: "{{/^}}", Kind: template.End, Blocks: orders},
		{Cell: "A5", Text: "{{/orders}}", Kind: template.End, Name: "orders"},
	}
	got := tpl.Markers()
	if len(got) != len(want) {
		t.Fatalf("got %d markers, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		want[i].Sheet = sheet1
		if len(got[i].Blocks) == 0 {
			got[i].Blocks = nil
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("marker %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}
