package verify

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.999999", text)
	if err != nil {
		panic(err)
	}
	return t
}

// TestCells holds the rules against cells whose numbers were taken from Excel's
// documentation and from spreadsheets, not from the writer.
func TestCells(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		format, locale string
		value          value
		want           string
	}{
		{"", "en", value{}, "nothing"},
		{"", "en", value{is: decimal, text: "12.50"}, `number "12.5"`},
		{"integer", "en", value{is: decimal, text: "9007199254740992"}, `text "9007199254740992"`}, // 16 digits
		{"integer", "en", value{is: decimal, text: "900719925474099"}, `number "9.00719925474099e+14" as #,##0`},
		{"decimal:2", "en", value{is: textual, text: " 3.5 "}, `number "3.5" as #,##0.00`},
		{"decimal:0", "en", value{is: textual, text: "3,5"}, `text "3,5"`},
		{"number", "en", value{is: decimal, text: "NaN"}, `text "NaN"`},
		{"number", "en", value{is: double, real: 0.1}, `number "0.1" as #,##0.###`},
		{"number", "en", value{is: double, real: 5e-324}, `text "5e-324"`},
		{"percent", "en", value{is: textual, text: "35%"}, `number "0.35" as 0%`},
		{"percent:1", "en", value{is: textual, text: "0.7%"}, `number "0.007" as 0.0%`},
		{"date", "en", value{is: day, wall: at("2026-10-31 00:00:00")}, `number "46326" as yyyy-mm-dd`},
		{"date", "ja-JP", value{is: day, wall: at("1900-01-01 00:00:00")}, `number "1" as yyyy/mm/dd`},
		{"date", "en", value{is: day, wall: at("1900-02-28 00:00:00")}, `number "59" as yyyy-mm-dd`},
		{"date", "en", value{is: day, wall: at("1900-03-01 00:00:00")}, `number "61" as yyyy-mm-dd`},
		{"date", "en", value{is: day, wall: at("1899-12-31 00:00:00")}, `text "1899-12-31"`},
		{"date", "en", value{is: textual, text: "2026/10/31 06:00"}, `number "46326.25" as yyyy-mm-dd`},
		{"date", "en", value{is: textual, text: "2026-10-31T06:00:00Z"}, `text "2026-10-31T06:00:00Z"`},
		{"datetime", "en", value{is: moment, wall: at("2026-10-31 23:59:59.999999")}, `number "46326.99998842592" as yyyy-mm-dd hh:mm:ss`},
		{"time", "ja", value{is: clock, span: 6 * time.Hour}, `number "0.25" as hh:mm`},
		{"time", "en", value{is: clock, span: 24 * time.Hour}, `text "24:00:00"`},
		{"duration", "en", value{is: textual, text: "36:00"}, `number "1.5" as [h]:mm:ss`},
		{"duration", "en", value{is: elapsed, span: -time.Hour}, `text "-01:00:00" marked as text`},
		{"integer", "en", value{is: day, wall: at("2026-10-31 00:00:00")}, `number "46326" as yyyy-mm-dd`},
		{"boolean", "en", value{is: textual, text: "Yes"}, `bool "TRUE"`},
		{"boolean:適/否", "ja", value{is: truth}, `text "否"`},
		{"boolean:適/否", "ja", value{is: textual, text: "?"}, `text "?"`},
		{"text", "en", value{is: decimal, text: "007"}, `text "007" as @`},
		{"text", "en", value{is: textual, text: "=1"}, `text "=1" as @ marked as text`},
		{"date", "en", value{is: textual, text: " "}, `text " " as yyyy-mm-dd`},
		{"excel:0.0度", "en", value{is: decimal, text: "1"}, `number "1" as 0.0"度"`},
		{`excel:[Red]0;"a;b"@`, "en", value{is: decimal, text: "1"}, `number "1" as [Red]0;"a;b"@`},
		{"excel:[mm]:ss", "en", value{is: textual, text: "1:30"}, `number "0.0625" as [mm]:ss`},
		{"excel:hh:mm:ss.000", "en", value{is: clock, span: 1500*time.Millisecond + 999*time.Microsecond}, `number "1.736111111111111e-05" as hh:mm:ss.000`},
		{`excel:@"様"`, "ja", value{is: decimal, text: "1"}, `text "1" as @"様"`},
	} {
		f, err := readFormat(test.format, test.locale)
		if err != nil {
			t.Errorf("format %q: %v", test.format, err)
			continue
		}
		if got := f.cell(test.value).String(); got != test.want {
			t.Errorf("%q (%s) of %+v: got %s, want %s", test.format, test.locale, test.value, got, test.want)
		}
	}
}

func TestUnknownFormats(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dates", "decimal:x", "decimal:16", "percent:-1"} {
		if f, err := readFormat(name, "en"); err == nil {
			t.Errorf("format %q is read as %+v, want an error", name, f)
		}
	}
}

func TestHoldableText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"a\x01b\xffc\uFFFE", "a\uFFFDb\uFFFDc\uFFFD"},
		{"tab\tline\r\n", "tab\tline\r\n"},
		{strings.Repeat("a", maxUnits+1), strings.Repeat("a", maxUnits)},
		{strings.Repeat("a", maxUnits-1) + "😀", strings.Repeat("a", maxUnits-1)},
	} {
		if got := holdable(test.text); got != test.want {
			t.Errorf("%.40q: got %.40q, want %.40q", test.text, got, test.want)
		}
	}
}

func TestSheetNames(t *testing.T) {
	t.Parallel()
	var taken []string
	for _, test := range []struct{ title, want string }{
		{"拠点/2: [x]", "拠点_2_ _x_"},
		{"１階／厨房［北］", "１階_厨房_北_"},
		{"＇履歴’", "履歴_"},
		{"'history'", "history_"},
		{"  ", "Sheet"},
		{"sheet", "sheet (2)"},
		{strings.Repeat("x", 40), strings.Repeat("x", 31)},
		{strings.Repeat("x", 40), strings.Repeat("x", 27) + " (2)"},
		{strings.Repeat("X", 40), strings.Repeat("X", 27) + " (3)"},
		{strings.Repeat("😀", 16), strings.Repeat("😀", 15)},
	} {
		got := legalName(test.title, taken)
		if got != test.want {
			t.Errorf("%q beside %q: got %q, want %q", test.title, taken, got, test.want)
		}
		taken = append(taken, got)
	}
}

func TestExactNumbers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want float64
		ok   bool
	}{
		{"0.1", 0.1, true},
		{"-1e3", -1000, true},
		{".5", 0.5, true},
		{"5.", 5, true},
		{"0e99999999999", 0, true},
		{"123456789012345", 123456789012345, true},
		{"1234567890123456", 0, false},
		{"1e400", 0, false},
		{"1e-400", 0, false},
		{"1e99999999999", 0, false},
		{"", 0, false},
		{".", 0, false},
		{"0x10", 0, false},
		{"1_000", 0, false},
	} {
		if got, ok := exactly(test.text); ok != test.ok || ok && math.Float64bits(got) != math.Float64bits(test.want) {
			t.Errorf("%q: got %v, %v, want %v, %v", test.text, got, ok, test.want, test.ok)
		}
	}
}

func TestKindsAreListedOnce(t *testing.T) {
	t.Parallel()
	kinds := Kinds()
	slices.Sort(kinds)
	if len(slices.Compact(kinds)) != len(Kinds()) || len(kinds) != 20 {
		t.Errorf("got %d kinds %v, want 20, each once", len(Kinds()), Kinds())
	}
}
