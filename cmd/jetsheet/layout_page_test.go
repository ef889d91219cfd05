package main

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// The report on the page about layout is right, and its table names every condition,
// total, paper and action.
func TestLayoutPage(t *testing.T) {
	t.Parallel()
	table := behindReport(t, "layout")
	for _, names := range [][]string{xlsx.ConditionNames(), xlsx.TotalNames(), xlsx.PaperNames(), xlsx.ActionNames()} {
		for _, name := range names {
			if !strings.Contains(table, name) {
				t.Errorf("the page does not name %q", name)
			}
		}
	}
}

// behindReport reads the report on a page, and gives what follows it.
func behindReport(t *testing.T, page string) string {
	t.Helper()
	_, block, _ := strings.Cut(readPage(t, page), "```yaml\n")
	text, rest, found := strings.Cut(block, "```\n")
	if !found {
		t.Fatalf("the page %s has no report", page)
	}
	if d, err := parseReport(page+".md", []byte(text)); err != nil || d.MinReader != 2 {
		t.Errorf("the report on the page %s: %+v, %v", page, d, err)
	}
	return rest
}
