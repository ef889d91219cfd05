package report

import (
	"os"
	"strings"
	"testing"
	"time"
)

// sample returns a definition's text with replacements (old, new pairs) made.
func sample(t testing.TB, replace ...string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/temperature.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the sample has no %q", replace[i])
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	return text
}

func mustParse(t testing.TB, text string) *Definition {
	t.Helper()
	d, err := Parse("sample.yaml", []byte(text))
	if err != nil {
		t.Fatalf("parse:\n%s\nerror: %v", text, err)
	}
	return d
}

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func mustCalendar(t testing.TB, expr, zone string) *Calendar {
	t.Helper()
	c, err := NewCalendar(expr, zone)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}
