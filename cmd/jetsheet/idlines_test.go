package main

import (
	"slices"
	"strings"
	"testing"
)

// TestIDLines: an id that is read otherwise than it is written is another tenant, whom the
// default routes.
func TestIDLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                       nil,
		"1":                      {"1"},
		"1\n\n2\n":               {"1", "2"},
		"1\r\n2\r\n":             {"1", "2"},
		"\ufeff1\r\n2":           {"1", "2"},
		"\ufeff\n1":              {"1"},
		" a \n\ufeffb\nc, \"d\"": {" a ", "\ufeffb", `c, "d"`},
	} {
		a := &app{stdin: strings.NewReader(text)}
		if got, err := a.idLines("-"); err != nil || !slices.Equal(got, want) {
			t.Errorf("idLines of %q = %q, %v, want %q", text, got, err, want)
		}
	}
}
