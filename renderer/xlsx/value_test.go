package xlsx_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

func TestValueBecomesCell(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.October, 31, 20, 15, 59, 0, time.FixedZone("JST", 9*3600))
	tests := []struct {
		format, locale string
		value          xlsx.Value
		kind           cells.Kind
		text, code     string
		change         xlsx.SubstitutionKind
	}{
		{"", "", xlsx.Int(12), cells.Number, "12", "General", ""},
		{"", "", xlsx.Int(-1 << 53), cells.Text, "-9007199254740992", "General", xlsx.InexactNumber},
		{"", "", xlsx.Int(123456789012345), cells.Number, "123456789012345", "General", ""},
		{"", "", xlsx.Int(1234567890123450), cells.Number, "1234567890123450", "General", ""},
		{"", "", xlsx.Int(1234567890123456), cells.Text, "1234567890123456", "General", xlsx.InexactNumber},
		{"", "", xlsx.Int(9_100_000_000_000_000_000), cells.Text, "9100000000000000000", "General", xlsx.InexactNumber},
		{"", "", xlsx.Int(-9_100_000_000_000_000_000), cells.Text, "-9100000000000000000", "General", xlsx.InexactNumber},
		{"", "", xlsx.Int(math.MinInt64), cells.Text, "-9223372036854775808", "General", xlsx.InexactNumber},
		{"", "", xlsx.Decimal("12.50"), cells.Number, "12.5", "General", ""},
		{"", "", xlsx.Decimal("-0"), cells.Number, "0", "General", ""},
		{"", "", xlsx.Decimal("0.1234567890123456"), cells.Text, "0.1234567890123456", "General", xlsx.InexactNumber},
		{"", "", xlsx.Decimal("NaN"), cells.Text, "NaN", "General", xlsx.NotANumber},
		{"", "", xlsx.Decimal("1e-400"), cells.Text, "1e-400", "General", xlsx.InexactNumber},
		{"", "", xlsx.Decimal("1e400"), cells.Text, "1e400", "General", xlsx.InexactNumber},
		{"", "", xlsx.Decimal("1e20"), cells.Text, "1e20", "General", xlsx.InexactNumber},
		{"", "", xlsx.Decimal("-9100000000000000000"), cells.Text, "-9100000000000000000", "General", xlsx.InexactNumber},
		{"", "", xlsx.Decimal("0x10"), cells.Text, "0x10", "General", xlsx.FormatMismatch},
		{"", "", xlsx.Float(math.Inf(-1)), cells.Text, "-Infinity", "General", xlsx.NotANumber},
		{"", "", xlsx.Float(math.NaN()), cells.Text, "NaN", "General", xlsx.NotANumber},
		{"", "", xlsx.Float(5e-324), cells.Text, "5e-324", "General", xlsx.InexactNumber},
		{"", "", xlsx.Bool(true), cells.Bool, "TRUE", "General", ""},
		{"", "ja", xlsx.Date(2026, time.October, 31), cells.Number, "46326", "yyyy/mm/dd", ""},
		{"", "en", xlsx.Date(1900, time.January, 1), cells.Number, "1", "yyyy-mm-dd", ""},
		{"", "en", xlsx.Date(1900, time.February, 28), cells.Number, "59", "yyyy-mm-dd", ""},
		{"", "en", xlsx.Date(1900, time.March, 1), cells.Number, "61", "yyyy-mm-dd", ""},
		{"", "en", xlsx.Date(9999, time.December, 31), cells.Number, "2958465", "yyyy-mm-dd", ""},
		{"", "en", xlsx.Date(1899, time.December, 31), cells.Text, "1899-12-31", "General", xlsx.TimeOutOfRange},
		{"date", "en", xlsx.Date(10000, time.January, 1), cells.Text, "10000-01-01", "General", xlsx.TimeOutOfRange},
		{"text", "en", xlsx.DateTime(at), cells.Text, "2026-10-31 20:15:59", "@", ""},
		{"text", "en", xlsx.Decimal("1.10"), cells.Text, "1.10", "@", ""},
		{"", "en", xlsx.TimeOfDay(18 * time.Hour), cells.Number, "0.75", "hh:mm:ss", ""},
		{"time", "en", xlsx.DateTime(at.Truncate(time.Hour)), cells.Number, "46326.833333333336", "hh:mm:ss", ""},
		{"duration", "en", xlsx.TimeOfDay(18 * time.Hour), cells.Number, "0.75", "[h]:mm:ss", ""},
		{"", "en", xlsx.TimeOfDay(24 * time.Hour), cells.Text, "24:00:00", "General", xlsx.TimeOutOfRange},
		{"", "en", xlsx.Duration(36 * time.Hour), cells.Number, "1.5", "[h]:mm:ss", ""},
		{"", "en", xlsx.Duration(-90 * time.Millisecond), cells.Text, "-00:00:00.09", "General", xlsx.TimeOutOfRange},
		{"", "en", xlsx.OddTime("infinity"), cells.Text, "infinity", "General", xlsx.TimeOutOfRange},
		{"date", "en", xlsx.OddTime("0044-03-15 BC"), cells.Text, "0044-03-15 BC", "General", xlsx.TimeOutOfRange},
		{"duration", "en", xlsx.OddTime("1 mon"), cells.Text, "1 mon", "General", xlsx.TimeOutOfRange},
		{"decimal:1", "en", xlsx.OddTime("1 mon"), cells.Text, "1 mon", "General", xlsx.TimeOutOfRange},
		{"text", "en", xlsx.OddTime("1 mon"), cells.Text, "1 mon", "@", ""},
		{"decimal:2", "", xlsx.Decimal("NaN"), cells.Text, "NaN", "General", xlsx.NotANumber},
		{"decimal:1", "", xlsx.Text(" 3.50 "), cells.Number, "3.5", "#,##0.0", ""},
		{"decimal:1", "", xlsx.Text("欠測"), cells.Text, "欠測", "General", xlsx.FormatMismatch},
		{"decimal:1", "", xlsx.Text(""), cells.Text, "", "#,##0.0", ""},
		{"integer", "", xlsx.Text("12345678901234567"), cells.Text, "12345678901234567", "General", xlsx.InexactNumber},
		{"integer", "", xlsx.Bool(false), cells.Bool, "FALSE", "General", xlsx.FormatMismatch},
		{"percent:1", "", xlsx.Text("35.7%"), cells.Number, "0.357", "0.0%", ""},
		{"percent", "", xlsx.Text("0.35"), cells.Number, "0.35", "0%", ""},
		{"date", "ja", xlsx.Text("2026-10-31"), cells.Number, "46326", "yyyy/mm/dd", ""},
		{"datetime", "ja", xlsx.Text("2026-10-31T12:00:00"), cells.Number, "46326.5", "yyyy/mm/dd hh:mm", ""},
		{"datetime", "", xlsx.Text("2026-10-31T12:00:00Z"), cells.Text, "2026-10-31T12:00:00Z", "General", xlsx.FormatMismatch},
		{"date", "", xlsx.Text("2026-02-30"), cells.Text, "2026-02-30", "General", xlsx.FormatMismatch},
		{"date", "", xlsx.Int(5), cells.Number, "5", "General", xlsx.FormatMismatch},
		{"time", "ja", xlsx.Text("06:00"), cells.Number, "0.25", "hh:mm", ""},
		{"duration", "", xlsx.Text("36:00:00"), cells.Number, "1.5", "[h]:mm:ss", ""},
		{"duration", "", xlsx.Text("1:60"), cells.Text, "1:60", "General", xlsx.FormatMismatch},
		{"boolean", "", xlsx.Text("t"), cells.Bool, "TRUE", "General", ""},
		{"boolean:適/否", "", xlsx.Bool(false), cells.Text, "否", "General", ""},
		{"boolean:適/否", "", xlsx.Text("適"), cells.Text, "適", "General", ""},
		{"boolean:適/否", "", xlsx.Text("true"), cells.Text, "適", "General", ""},
		{"boolean:適/否", "", xlsx.Int(2), cells.Number, "2", "General", xlsx.FormatMismatch},
		{"excel:0.0℃", "", xlsx.Text("3.5"), cells.Number, "3.5", `0.0"℃"`, ""},
		{"excel:h:mm", "", xlsx.Text("06:00"), cells.Number, "0.25", "h:mm", ""},
		{"", "", xlsx.Text("=1+1"), cells.Text, "=1+1", "General", ""},
		{"", "", xlsx.Text("_x0041_"), cells.Text, "_x0041_", "General", ""},
		{"", "", xlsx.Text(" _x0041_x0042_ "), cells.Text, " _x0041_x0042_ ", "General", ""},
		{"", "", xlsx.Text("_xD83D_ _x005F_x0041_"), cells.Text, "_xD83D_ _x005F_x0041_", "General", ""},
		{"", "", xlsx.Text("a\x00b"), cells.Text, "a\uFFFDb", "General", xlsx.IllegalCharacter},
		{"", "", xlsx.Text("a\xffb"), cells.Text, "a\uFFFDb", "General", xlsx.InvalidUTF8},
		{"", "", xlsx.Text("a\r\nb\t"), cells.Text, "a\r\nb\t", "General", ""},
	}
	for _, test := range tests {
		t.Run(test.format+" "+test.value.String(), func(t *testing.T) {
			t.Parallel()
			got, changes := writeOne(t, test.format, test.locale, test.value)
			if got.Kind != test.kind || got.Text != test.text || got.Format != test.code {
				t.Errorf("%q under %q: got %v %q as %q, want %v %q as %q", test.value, test.format,
					got.Kind, got.Text, got.Format, test.kind, test.text, test.code)
			}
			want := int64(1)
			if test.change == "" {
				want = 0
			}
			if changes.Total() != want || changes.Counts[test.change] != want {
				t.Errorf("%q under %q: substitutions %v, want %d %q", test.value, test.format, changes, want, test.change)
			}
		})
	}
}

func TestNullIsNoCell(t *testing.T) {
	t.Parallel()
	got, changes := writeOne(t, "decimal:2", "", xlsx.Null())
	if got != (cells.Cell{}) || changes.Total() != 0 {
		t.Errorf("null: got %+v and %v, want no cell and no substitution", got, changes)
	}
}

func TestTextIsCutBetweenCharacters(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("a", 32767), strings.Repeat("漢", 32767), strings.Repeat("😀", 16383)} {
		got, changes := writeOne(t, "", "", xlsx.Text(text))
		if got.Text != text || changes.Total() != 0 {
			t.Errorf("%d units: got %d bytes and %v, want all %d", len(utf16.Encode([]rune(text))), len(got.Text), changes, len(text))
		}
		got, changes = writeOne(t, "", "", xlsx.Text(text+"😀"))
		if got.Text != text || changes.Counts[xlsx.TextTooLong] != 1 {
			t.Errorf("%d bytes too long: got %d bytes and %v, want %d", len(text)+4, len(got.Text), changes, len(text))
		}
	}
}

func TestFormulaLikeTextIsMarked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"=A1": true, "+1": true, "-": true, "@x": true, "\t=1": true, "\r=1": true, "a=1": false, "": false} {
		got, _ := writeOne(t, "", "", xlsx.Text(text))
		if got.QuotePrefix != want || got.Formula != "" || got.Text != text {
			t.Errorf("%q: got text %q, quote prefix %v, formula %q, want prefix %v", text, got.Text, got.QuotePrefix, got.Formula, want)
		}
	}
}

// randomText mixes what is easy to get wrong.
func randomText(r *rand.Rand) string {
	pieces := []string{
		"_x0041_", "_x", "x0042_", "_x005F_", "_xD83D_", "_", "]]>", "<a>", "&amp;", "&#10;", " ", "\n", "\r", "\t", "\x00", "\x0b", "\x1f",
		"\uFFFE", "\uFEFF", "\xff", "\xed\xa0\x80", "=SUM(A1)", "漢字", "ｶﾅ", "😀", "é", "'", "\"", "\u200b", "\u2028", "\u0085",
	}
	var b strings.Builder
	for range r.IntN(8) {
		if r.IntN(3) == 0 {
			b.WriteRune(rune(r.IntN(0x3000)))
			continue
		}
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

// legalText says independently of the writer what text must be read back.
func legalText(s string) string {
	return strings.Map(func(r rune) rune {
		if (r < ' ' && r != '\t' && r != '\n' && r != '\r') || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, s)
}

// randomRow makes row i: the same whenever it is asked for. want is what its text and
// its two numbers must be read as.
func randomRow(i int) (row []xlsx.Value, want [3]string, at time.Time) {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	text := randomText(r)
	float := math.Float64frombits(r.Uint64())
	if math.IsNaN(float) || math.IsInf(float, 0) || math.Abs(float) < 1e-300 {
		float = r.NormFloat64()
	}
	decimal := strconv.FormatFloat(float64(r.Int64N(1e15))/math.Pow10(r.IntN(16)), "gf"[i%2], 15, 64)
	if i%2 == 1 && len(decimal) > 16 {
		decimal = decimal[:16]
	}
	at = time.Unix(r.Int64N(253402300800+2203891200)-2203891200, r.Int64N(1000)*1e6).UTC()
	return []xlsx.Value{xlsx.Text(text), xlsx.Float(float), xlsx.Decimal(decimal), xlsx.DateTime(at)},
		[3]string{legalText(text), strconv.FormatFloat(float, 'g', -1, 64), decimal}, at
}

// TestRandomValuesReadBack has more than a million texts and numbers without -short.
func TestRandomValuesReadBack(t *testing.T) {
	t.Parallel()
	rows := 300_000
	if testing.Short() {
		rows = 10_000
	}
	columns := make([]xlsx.Column, 4)
	columns[3].Format = mustFormat(t, "excel:yyyy-mm-dd hh:mm:ss.000")
	content := writeRows(t, xlsx.Sheet{Name: "s", Columns: columns}, rows, func(i int) []xlsx.Value { row, _, _ := randomRow(i); return row })
	seen := 0
	err := openBook(t, content).Sheets()[0].Rows(func(row int, got []cells.Cell) error {
		if row == 1 {
			return nil
		}
		_, want, at := randomRow(row - 2)
		seen++
		if got[0].Kind != cells.Text || got[0].Text != want[0] {
			t.Errorf("row %d: text %q, want %q", row, got[0].Text, want[0])
		}
		for j := 1; j <= 2; j++ {
			number, ok := got[j].Float()
			if wanted, err := strconv.ParseFloat(want[j], 64); err != nil || !ok || number != wanted {
				t.Errorf("row %d: number %s, want %s", row, got[j].Text, want[j])
			}
		}
		if moment, ok := got[3].Time(); !ok || !moment.Equal(at) {
			t.Errorf("row %d: time %v from %q, want %v", row, moment, got[3].Text, at)
		}
		return nil
	})
	if err != nil || seen != rows {
		t.Fatalf("read %d rows, %v, want %d", seen, err, rows)
	}
}

// FuzzReadBack writes values of any bytes and reads them with the reader of cells.
func FuzzReadBack(f *testing.F) {
	f.Add("_x0041_x0042_", uint64(0), "12.50", int64(0))
	f.Add(" a\r\n\t<&>", math.Float64bits(0.1), "-0.00", int64(1)<<53)
	f.Add("\x00\xff\uFFFE", math.Float64bits(math.Inf(1)), "1e400", int64(math.MinInt64))
	f.Fuzz(func(t *testing.T, text string, bits uint64, decimal string, whole int64) {
		float := math.Float64frombits(bits)
		content, summary := writeBook(t, xlsx.Sheet{Name: "s", Columns: make([]xlsx.Column, 4)},
			[][]xlsx.Value{{xlsx.Text(text), xlsx.Float(float), xlsx.Decimal(decimal), xlsx.Int(whole)}})
		got := readSheet(t, openBook(t, content).Sheets()[0])
		if want := legalText(text); len(text) < 32767 && got["A2"].Text != want {
			t.Errorf("text %q reads %q, want %q", text, got["A2"].Text, want)
		}
		if number, ok := got["B2"].Float(); ok && number != float || !ok && summary.Substitutions.Total() == 0 {
			t.Errorf("number %v reads %q, %v", float, got["B2"].Text, summary.Substitutions)
		}
		if number, ok := got["C2"].Float(); ok {
			if want, err := strconv.ParseFloat(decimal, 64); err != nil || number != want {
				t.Errorf("decimal %q reads %q, %v", decimal, got["C2"].Text, err)
			}
		} else if len(decimal) < 32767 && got["C2"].Text != legalText(decimal) {
			t.Errorf("decimal %q reads %q", decimal, got["C2"].Text)
		}
		if want := strconv.FormatInt(whole, 10); got["D2"].Text != want {
			t.Errorf("%s reads %q", want, got["D2"].Text)
		}
	})
}

func TestTimesAreCutToWhatTheirFormatShows(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 10, 31, 23, 59, 59, 999_999_999, time.UTC)
	values := []xlsx.Value{
		xlsx.DateTime(last), xlsx.DateTime(last), xlsx.DateTime(last), xlsx.TimeOfDay(24*time.Hour - 1), xlsx.Duration(time.Hour - 1),
	}
	columns := make([]xlsx.Column, len(values))
	columns[1].Format = mustFormat(t, "datetime")
	columns[2].Format = mustFormat(t, "excel:yyyy-mm-dd hh:mm:ss.000")
	content, _ := writeBook(t, xlsx.Sheet{Name: "s", Columns: columns}, [][]xlsx.Value{values})
	want := []string{
		strconv.FormatFloat(46326+float64(86399)/86400, 'f', 9, 64), strconv.FormatFloat(46326+float64(86399)/86400, 'f', 9, 64),
		strconv.FormatFloat(46326+86399.999/86400, 'f', 9, 64), strconv.FormatFloat(float64(86399)/86400, 'f', 9, 64),
		strconv.FormatFloat(float64(3599)/86400, 'f', 9, 64),
	}
	err := openBook(t, content).Sheets()[0].Rows(func(row int, got []cells.Cell) error {
		for i := range want {
			if number, ok := got[i].Float(); row == 2 && (!ok || strconv.FormatFloat(number, 'f', 9, 64) != want[i]) {
				t.Errorf("column %d: %s, want %s", i+1, got[i].Text, want[i])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func mustFormat(t *testing.T, text string) xlsx.Format {
	t.Helper()
	f, err := xlsx.ParseFormat(text, "en")
	if err != nil {
		t.Fatal(err)
	}
	return f
}
