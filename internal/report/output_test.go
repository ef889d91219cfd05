package report

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/jetsheet/jetsheet"
)

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	p, err := ParsePattern("a{tenant}b{ 施設名 }{tenant}")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(p.Placeholders(), ","), "tenant,施設名"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := p.String(), "a{tenant}b{ 施設名 }{tenant}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestKeyPatternsThatAreAmbiguous(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"{tenant}/{period}/{report}/{target}.xlsx":       false,
		"{tenant}/{report}-{period}/{target}.xlsx":       false, // the report is always the same
		"{tenant}.{target}/{period}":                     false, // an id's token has no dot
		"{tenant}+{target}+{period}":                     false,
		"{tenant}-{target}/{period}":                     true,
		"{tenant}{target}/{period}":                      true,
		"{tenant}/{target}_{period}":                     true,
		"{tenant}/{period}-{target}":                     true,
		"{tenant}/{target}.{site_name}/{period}":         false,
		"{tenant}/{site_name}.{target}/{period}":         false, // read from the right
		"{tenant}/{site_name}.{place}/{target}/{period}": true,
		"{tenant}/{target}/{tenant}_{target}_{period}":   false, // known from before
		"{period}_{tenant}/{target}":                     true,
		"{tenant}=41{target}/{period}":                   true,
	} {
		p, err := ParsePattern(text)
		if err != nil {
			t.Fatal(err)
		}
		d := &Definition{Name: "r", Title: "t"}
		problems := d.keyProblems(p, true)
		if got := len(problems) > 0; got != want {
			t.Errorf("%s: ambiguous is %v (%v), want %v", text, got, problems, want)
		}
		if problems := d.keyProblems(p, false); len(problems) > 0 {
			t.Errorf("%s as the previous system's: got %v, want no problem", text, problems)
		}
	}
}

// TestDifferentValuesDifferentKeys holds for every pattern that is accepted.
func TestDifferentValuesDifferentKeys(t *testing.T) {
	t.Parallel()
	holders := []string{"{tenant}", "{target}", "{period}", "{site}", "{from}", "{report}"}
	value := rapid.OneOf(rapid.StringMatching(`[a-c._=%/{}-]{1,4}`), rapid.StringN(1, 6, 40), rapid.SampledFrom([]string{".", "..", "%2E", "=41", "A", "日本", "か\u3099"}))
	label := rapid.SampledFrom([]string{"2026-10", "2026-10-20", "2026-09-21_2026-10-20", "20260921T030000Z_2026-10-20", "2026-W44"})
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.Permutation(holders).Draw(t, "order")
		var text strings.Builder
		for i, h := range order {
			if i > 0 {
				text.WriteString(rapid.SampledFrom([]string{"/", "/", "/x", ".", "-", "_", "+", "", "a"}).Draw(t, "between"))
			}
			text.WriteString(h)
		}
		p, err := ParsePattern(text.String())
		if err != nil {
			t.Fatal(err)
		}
		d := &Definition{Name: "r", Title: "t"}
		if len(d.keyProblems(p, true)) > 0 {
			return
		}
		drawn := func() ([4]string, string) {
			v := [4]string{value.Draw(t, "tenant"), value.Draw(t, "target"), label.Draw(t, "period"), value.Draw(t, "site")}
			n := d.names(&jetsheet.Target{Tenant: v[0], Target: v[1], Period: jetsheet.Period{Label: v[2]}}, time.UTC,
				func(string) (string, error) { return v[3], nil })
			key, err := n.key(p)
			if err != nil {
				return v, ""
			}
			if len(key) > MaxKeyBytes || !utf8.ValidString(key) || strings.Contains("/"+key+"/", "/../") {
				t.Fatalf("%s with %q: key %q", text.String(), v, key)
			}
			return v, key
		}
		a, keyA := drawn()
		b, keyB := drawn()
		if a != b && keyA == keyB && keyA != "" {
			t.Fatalf("%s: %q and %q both have the key %s", text.String(), a, b, keyA)
		}
	})
}

func TestKeyValue(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"": "", "a.B_9-": "a.B_9-", "東京 支店/1": "東京%20支店%2F1", "50%": "50%25", ".": "%2E", "..": "%2E%2E", "...": "...",
		"\xff": "%FF", "\ufffd": "%EF%BF%BD", "a\x00": "a%00", "=": "%3D", "é": "é", "e\u0301": "e%CC%81", "😀": "%F0%9F%98%80",
	} {
		if got := keyValue(value); got != want {
			t.Errorf("keyValue(%q): got %s, want %s", value, got, want)
		}
	}
}

func TestSafeFilename(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("冷", 70) // 210 bytes
	for name, want := range map[string]string{
		"a.xlsx":                  "a.xlsx",
		"a.XLSX":                  "a.xlsx",
		"a":                       "a.xlsx",
		"冷蔵庫_第一 店_2026-10.xlsx":   "冷蔵庫_第一 店_2026-10.xlsx",
		`a<b>c:d"e/f\g|h?i*.xlsx`: "a_b_c_d_e_f_g_h_i_.xlsx",
		"a\x00b\nc\x7f.xlsx":      "a_b_c_.xlsx",
		"a\u202excod.xlsx":        "a_xcod.xlsx",
		"a\xffb.xlsx":             "a_b.xlsx",
		"con.xlsx":                "_con.xlsx",
		"COM1.report.xlsx":        "_COM1.report.xlsx",
		"lpt¹":                    "_lpt¹.xlsx",
		"com":                     "com.xlsx",
		"com10.xlsx":              "com10.xlsx",
		"console.xlsx":            "console.xlsx",
		"aux .xlsx":               "_aux.xlsx",
		"":                        "_.xlsx",
		".xlsx":                   "_.xlsx",
		"..":                      "_.xlsx",
		".hidden":                 "_.hidden.xlsx",
		"  a. . .xlsx":            "a.xlsx",
		long + ".xlsx":            strings.Repeat("冷", 65) + ".xlsx",
		strings.Repeat("a", 194) + "e\u0301x.xlsx": strings.Repeat("a", 194) + ".xlsx",
	} {
		if got := safeFilename(name); got != want {
			t.Errorf("safeFilename(%q): got %q, want %q", name, got, want)
		}
	}
}

func TestSafeFilenameAlwaysSafe(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[. ]{0,3}(con|COM1|a)?[. /:]{0,3}(\.xlsx)?`)).Draw(t, "name")
		got := safeFilename(name)
		stem := strings.TrimSuffix(got, ".xlsx")
		switch {
		case stem == got, stem == "", len(got) > MaxFilenameBytes, !utf8.ValidString(got):
			t.Fatalf("%q gives %q", name, got)
		case strings.ContainsAny(got, "<>:\"/\\|?*\x00\n"), strings.HasPrefix(got, "."), strings.TrimRight(stem, ". ") != stem:
			t.Fatalf("%q gives %q", name, got)
		}
		if again := safeFilename(got); again != got {
			t.Fatalf("%q gives %q and that gives %q", name, got, again)
		}
	})
}
