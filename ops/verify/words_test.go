package verify

import (
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// Words and amounts are worked out here and by the writer alike, each by its own rules.
func TestWordsAndCodesAreThoseOfTheWriter(t *testing.T) {
	t.Parallel()
	wall := time.Date(2026, 2, 3, 4, 5, 6, 789000000, time.UTC)
	values := map[string]struct {
		ours   value
		theirs xlsx.Value
	}{
		"nothing": {value{}, xlsx.Null()}, "true": {value{is: truth, yes: true}, xlsx.Bool(true)}, "float": {value{is: double, real: -1234567.125}, xlsx.Float(-1234567.125)},
		"day": {value{is: day, wall: wall}, xlsx.Date(2026, 2, 3)}, "moment": {value{is: moment, wall: wall}, xlsx.DateTime(wall)},
		"clock":   {value{is: clock, span: 3*time.Hour + time.Second}, xlsx.TimeOfDay(3*time.Hour + time.Second)},
		"elapsed": {value{is: elapsed, span: 30 * time.Hour}, xlsx.Duration(30 * time.Hour)},
	}
	for _, digits := range []string{"0", "-0.0001", "0.5", "-0.005", "2.5", "999.995", "12345678901234567890.125", "1e21", "1e-40", "NaN", "1234", "-1234567.5"} {
		pair := values["nothing"]
		pair.ours, pair.theirs = value{is: decimal, text: digits}, xlsx.Decimal(digits)
		values[digits] = pair
		pair.ours, pair.theirs = value{is: textual, text: digits}, xlsx.Text(digits)
		values["text "+digits] = pair
	}
	for _, text := range []string{"", " 1,5", "2026-02-03", "2026/02/03 10:11", "10:11", "100:00:01", "35%", "yes", "off", "No"} {
		pair := values["nothing"]
		pair.ours, pair.theirs = value{is: textual, text: text}, xlsx.Text(text)
		values["text "+text] = pair
	}
	for _, name := range []string{
		"", "text", "integer", "number", "decimal:0", "decimal:2", "percent", "percent:1", "date", "datetime", "time", "duration", "boolean", "boolean:Yes/No",
		"currency:JPY", "currency:EUR", "currency:KWD", "currency:CHF",
	} {
		for _, locale := range []string{"", "ja", "en-GB", "de_DE"} {
			ours, err := readFormat(name, locale)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := xlsx.ParseFormat(name, locale)
			if err != nil {
				t.Fatal(err)
			}
			for what, v := range values {
				want, ok := theirs.Words(&v.theirs)
				if got := ours.words(v.ours); !ok || got != want {
					t.Errorf("%s as %q in %q: got %q, want %q", what, name, locale, got, want)
				}
				content := theirs.Content(&v.theirs)
				if got := ours.cell(v.ours); orGeneral(content.Code()) != orGeneral(got.format) {
					t.Errorf("%s as %q in %q: the code is %q, want %q", what, name, locale, got.format, content.Code())
				}
			}
		}
	}
}
