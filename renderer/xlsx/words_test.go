package xlsx_test

import (
	"math"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

func TestWordsAreWhatPeopleRead(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 4, 15, 6, 7, 0, time.UTC)
	for _, c := range []struct {
		format, locale string
		value          xlsx.Value
		want           string
	}{
		{"", "ja", xlsx.Date(2026, time.March, 4), "2026/03/04"},
		{"", "en", xlsx.Date(2026, time.March, 4), "2026-03-04"},
		{"date", "ja", xlsx.DateTime(at), "2026/03/04"},
		{"datetime", "ja", xlsx.DateTime(at), "2026/03/04 15:06"},
		{"time", "en", xlsx.DateTime(at), "15:06:07"},
		{"time", "ja", xlsx.TimeOfDay(9*time.Hour + 5*time.Minute), "09:05"},
		{"date", "ja", xlsx.Text("2026-03-04"), "2026/03/04"},
		{"date", "ja", xlsx.Text("soon"), "soon"},
		{"integer", "", xlsx.Int(-1234567), "-1,234,567"},
		{"integer", "", xlsx.Int(12), "12"},
		{"decimal:1", "", xlsx.Decimal("0.25"), "0.3"},
		{"decimal:2", "", xlsx.Decimal("-0.001"), "0.00"},
		{"decimal:1", "", xlsx.Float(1234.5), "1,234.5"},
		{"decimal:1", "", xlsx.Text("3.55"), "3.6"},
		{"decimal:1", "", xlsx.Decimal("1e-999999999"), "0.0"},
		{"decimal:1", "", xlsx.Decimal("1e999999999"), "1e999999999"},
		{"decimal:1", "", xlsx.Float(math.NaN()), "NaN"},
		{"number", "", xlsx.Float(1234.5), "1,234.5"},
		{"number", "", xlsx.Int(5), "5"},
		{"percent:1", "", xlsx.Float(0.125), "12.5%"},
		{"currency:JPY", "ja", xlsx.Int(-1234567), "-¥1,234,567"},
		{"currency:EUR", "de-DE", xlsx.Decimal("1234.5"), "1,234.50\u00a0€"},
		{"currency:CHF", "en", xlsx.Int(5), "CHF\u00a05.00"},
		{"currency:KWD", "fr", xlsx.Decimal("-0.0004"), "0.000\u00a0KWD"},
		{"percent", "", xlsx.Text("35%"), "35%"},
		{"boolean:可/否", "ja", xlsx.Bool(true), "可"},
		{"boolean", "", xlsx.Bool(true), "true"},
		{"text", "", xlsx.Int(1000), "1000"},
		{"", "", xlsx.Int(1000), "1000"},
		{"", "", xlsx.Null(), ""},
	} {
		f, err := xlsx.ParseFormat(c.format, c.locale)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := f.Words(&c.value); got != c.want || !ok {
			t.Errorf("format %q of %v in %q: got %q, %v, want %q", c.format, c.value, c.locale, got, ok, c.want)
		}
	}
}

func TestWordsLeavesToCellsWhatOnlyTheyShow(t *testing.T) {
	t.Parallel()
	v := xlsx.Int(1)
	for _, name := range []string{"excel:0.0", "link", "image"} {
		f, err := xlsx.ParseFormat(name, "")
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := f.Words(&v); ok {
			t.Errorf("format %q has the words %q, want none", name, got)
		}
	}
}
