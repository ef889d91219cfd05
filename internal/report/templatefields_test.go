package report

import (
	"slices"
	"testing"

	"github.com/jetsheet/jetsheet"
)

// What a template may name is what travels with a target, and the texts of its patterns.
func TestTemplateFields(t *testing.T) {
	t.Parallel()
	columns := []string{"tenant", "target", "Weight", "template", "time_zone", "Site", "note"}
	d := mustParse(t, minimal)
	r, err := d.NewResolver(instant(t, testTick), columns)
	if err != nil {
		t.Fatal(err)
	}
	row := []Value{{Text: "a"}, {Text: "x"}, {Text: "7"}, {Text: "form"}, {Null: true}, {Text: "North"}, {Text: "n"}}
	target, err := r.Resolve(row)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := d.Texts(&jetsheet.Target{TimeZone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{HolderDataAsOf}
	for name := range target.Values {
		want = append(want, name)
	}
	for name := range texts.Own() {
		want = append(want, name)
	}
	got := TemplateFields(columns)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
