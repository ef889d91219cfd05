package xlsx

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

// TestNumbersAreShortest compares with the standard library's shortest text.
func TestNumbersAreShortest(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 300_000 {
		f := math.Float64frombits(r.Uint64())
		switch i % 4 {
		case 1:
			f = float64(r.Int64N(1e13)-5e12) / 100
		case 2:
			f = float64(r.Int64N(1e6)) / math.Pow10(r.IntN(12))
		case 3:
			f = float64(r.Int64() >> r.IntN(63))
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		got := string(appendNumber(nil, f))
		if back, err := strconv.ParseFloat(got, 64); err != nil || back != f {
			t.Fatalf("%v is written %q, which reads %v, %v", f, got, back, err)
		}
		if want := strconv.FormatFloat(f, 'f', -1, 64); len(got) > len(want) {
			t.Errorf("%v is written %q, %q is shorter", f, got, want)
		}
	}
}

// TestPlainNumbersAreWhatTheyWere holds that a number taken over as text is the one
// that a double would be written as.
func TestPlainNumbersAreWhatTheyWere(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"1", "-1", "10", "1.50", "1.00", "0.5", "-0.50", "100.0", "123456789012345", "12345678901.50", "0.001", "00.5", "01", "+1", ".5", "5.", "0", "-0", "0.00",
		"", "-", ".", "1.2.3", "1e3", "1 ", "--1", "12345678901234567", "0.00000000000001",
	} {
		text, ok := plainNumber(s)
		if !ok {
			continue
		}
		f, exact, number := parseNumber(s)
		if want := strconv.FormatFloat(f, 'f', -1, 64); !exact || !number || text != want {
			t.Errorf("%q is taken as %q, want %q (%v, %v)", s, text, want, exact, number)
		}
	}
	for _, s := range []string{"12.50", "-3", "0.25"} {
		if _, ok := plainNumber(s); !ok {
			t.Errorf("%q is not taken", s)
		}
	}
}

// TestPutAgreesWithCell holds the short way to what the long one says.
func TestPutAgreesWithCell(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.October, 31, 5, 0, 0, 0, time.UTC)
	values := []Value{
		Null(), Text(""), Text("x"), Text(" 12 "), Text("a\x00"), Text("=1\n"), Int(0), Int(-7), Int(1e15 - 1), Int(1e15), Int(1<<53 + 1), Int(math.MinInt64),
		Float(0), Float(math.Copysign(0, -1)), Float(1.5), Float(smallest), Float(smallest / 2), Float(math.MaxFloat64), Float(math.Inf(1)), Float(math.NaN()),
		Decimal("1.50"), Decimal("x"), Bool(true), Date(2026, 1, 2), DateTime(at), TimeOfDay(time.Hour), Duration(time.Minute), OddTime("infinity"),
		Image("GIF"), MissingImage(),
	}
	for _, name := range []string{"general", "text", "integer", "decimal:2", "percent", "date", "datetime", "time", "duration", "boolean", "boolean:適/否", "image", "excel:0.0℃"} {
		format, err := ParseFormat(name, "ja")
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			got := cell{text: "left over", code: "@", number: 1, traits: hasBreaks, changes: changedUTF8}
			format.put(&got, &v)
			want := format.cell(&v)
			if v.kind == KindNull {
				want = cell{}
			}
			if got != want {
				t.Errorf("%s: %v (kind %d): got %+v, want %+v", name, v, v.Kind(), got, want)
			}
		}
	}
}

// FuzzText holds that what is written of any text can be read as what is meant.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "_x0041_x0042_", "_x005F_x005f_", "a\x00\r\n<&>", "\xff\uFFFE\U0010FFFF", " _x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean, traits, changes := cleanText(s)
		again, sameTraits, none := cleanText(clean)
		if again != clean || sameTraits != traits || none != 0 {
			t.Errorf("%q is cleaned to %q, and that to %q (%v)", s, clean, again, none)
		}
		if changes == 0 && clean != s {
			t.Errorf("%q became %q without a word", s, clean)
		}
	})
}
