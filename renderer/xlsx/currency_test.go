package xlsx_test

import (
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// TestCurrency has excelize show amounts.
func TestCurrency(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ format, locale, amount, code, shown string }{
		{"currency:JPY", "ja-JP", "1234567", `"¥"#,##0`, "¥1,234,567"},
		{"currency:JPY", "ja", "-980", `"¥"#,##0`, "-¥980"},
		{"currency:USD", "en-US", "1234.5", `"$"#,##0.00`, "$1,234.50"},
		{"currency:EUR", "fr_FR", "-1234.5", "#,##0.00\"\u00a0€\"", "-1,234.50\u00a0€"},
		{"currency:KWD", "", "1.5", "\"KWD\u00a0\"#,##0.000", "KWD\u00a01.500"},
	} {
		sheet := xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{Format: parseFormat(t, c.format, c.locale), Total: xlsx.TotalSum}}}
		content, summary := writeBook(t, sheet, [][]xlsx.Value{{xlsx.Decimal(c.amount)}})
		if code := readSheet(t, openBook(t, content).Sheets()[0])["A2"].Format; code != c.code || summary.Substitutions.Total() != 0 {
			t.Errorf("%s %s has the code %q, want %q; %v", c.format, c.locale, code, c.code, summary.Substitutions)
		}
		f := openExcelize(t, content)
		for _, cell := range []string{"A2", "A3"} { // the amount, and the sum of it
			if got, err := f.GetCellValue("s", cell); err != nil || got != c.shown {
				t.Errorf("%s %s: %s is shown %q, %v, want %q", c.format, c.locale, cell, got, err, c.shown)
			}
		}
	}
}

func TestCurrencyHasRoomForItsSign(t *testing.T) {
	t.Parallel()
	width := func(format string) float64 {
		content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{Format: parseFormat(t, format, "en")}}}, [][]xlsx.Value{{xlsx.Int(123_456)}})
		return layoutOf(t, content).Widths[0].Width
	}
	if plain, signed := width("decimal:2"), width("currency:CHF"); signed < plain+float64(len("CHF ")) {
		t.Errorf("a column of francs is %v wide, one of numbers %v", signed, plain)
	}
}
