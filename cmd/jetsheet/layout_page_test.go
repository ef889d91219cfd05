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
	page := readPage(t, "layout")
	_, block, _ := strings.Cut(page, "```yaml\n")
	text, table, found := strings.Cut(block, "```\n")
	if !found {
		t.Fatal("the page has no report")
	}
	if d, err := parseReport("layout.md", []byte(text)); err != nil || d.MinReader != 2 {
		t.Errorf("the report on the page: %v", err)
	}
	for _, names := range [][]string{xlsx.TotalNames(), xlsx.PaperNames(), xlsx.ActionNames()} {
		for _, name := range names {
			if !strings.Contains(table, name) {
				t.Errorf("the page does not name %q", name)
			}
		}
	}
}
