package xlsx_test

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

func TestParseFormatRefuses(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"decimel:1":                         "known are general",
		"Integer":                           "known are general",
		"decimal":                           "decimal:1",
		"decimal:":                          `not ""`,
		"decimal:16":                        "0 to 15",
		"decimal:-1":                        "0 to 15",
		"percent:x":                         "0 to 15",
		"currency":                          "currency:JPY",
		"currency:yen":                      `"yen" is no currency`,
		"currency:JYP":                      "ISO 4217",
		"date:iso":                          "nothing after a colon",
		"boolean:":                          "two different words",
		"boolean:yes":                       "two different words",
		"boolean:yes/":                      "two different words",
		"boolean:yes/yes":                   "two different words",
		"excel":                             "excel:0.0",
		"excel:":                            "must follow",
		`excel:0"℃`:                         "not closed",
		"excel:0[Red":                       "not closed",
		"excel:0]":                          "not opened",
		`excel:0\`:                          "must follow",
		"excel:[Rouge]0":                    "means nothing",
		"excel:0 kg":                        "double quotes",
		"excel:0;0;0;0;0":                   "4 sections",
		"excel:0\n":                         "control",
		"excel:\"\x01\"":                    "visible",
		"excel:0\xff":                       "visible",
		"excel:" + strings.Repeat("0", 256): "255",
	} {
		f, err := xlsx.ParseFormat(format, "ja")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseFormat(%.20q) is %+v, %v; want an error with %q", format, f, err, want)
		}
	}
}

func TestExcelCodesAreTakenOver(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`0.0"℃"`:                        `0.0"℃"`,
		`0.0℃`:                          `0.0"℃"`,
		`yyyy年m月d日`:                     `yyyy"年"m"月"d"日"`,
		`[Red][<0]-#,##0;[Blue]General`: `[Red][<0]-#,##0;[Blue]General`,
		`[$-411]ggge"年"m"月"d"日"`:        `[$-411]ggge"年"m"月"d"日"`,
		`[$¥-411]#,##0_ ;\-0`:           `[$¥-411]#,##0_ ;\-0`,
		`0.00E+00`:                      `0.00E+00`,
		`[h]:mm`:                        `[h]:mm`,
		`h:mm AM/PM`:                    `h:mm AM/PM`,
		`[DBNum1]0`:                     `[DBNum1]0`,
		`# ?/?`:                         `# ?/?`,
	} {
		got, _ := writeOne(t, "excel:"+code, "ja", xlsx.Float(1.5))
		if f := parseFormat(t, "excel:"+code, "ja"); f == (xlsx.Format{}) {
			t.Errorf("%q is read as general", code)
		}
		// A number under a code for dates keeps General, and is recorded.
		if got.Format != want && got.Format != "General" {
			t.Errorf("excel:%s: format %q, want %q", code, got.Format, want)
		}
	}
	for code, text := range map[string]string{`yyyy年m月d日`: "2026-10-31", `h:mm AM/PM`: "06:00", `[h]:mm`: "36:00", `0.0℃`: "1.5"} {
		got, changes := writeOne(t, "excel:"+code, "ja", xlsx.Text(text))
		if got.Format == "General" || changes.Total() != 0 {
			t.Errorf("%q under excel:%s: format %q and %v, want its own format and no substitution", text, code, got.Format, changes)
		}
	}
}

func TestFormatNamesAreKnown(t *testing.T) {
	t.Parallel()
	example := strings.NewReplacer("decimal:N", "decimal:2", "percent:N", "percent:2", "CODE", "0.0", "YES/NO", "yes/no", "WIDTHxHEIGHT", "64x48", "XXX", "EUR")
	for _, name := range xlsx.FormatNames() {
		parseFormat(t, example.Replace(name), "en")
	}
}

// FuzzParseFormat holds that what is accepted is written and read back.
func FuzzParseFormat(f *testing.F) {
	for _, seed := range []string{"decimal:1", "boolean:適/否", `excel:[$-411]ggge"年"`, `excel:0.0_);[Red]\(0\)`, "percent:2"} {
		f.Add(seed, "3.5")
	}
	f.Fuzz(func(t *testing.T, format, text string) {
		if _, err := xlsx.ParseFormat(format, "ja"); err != nil {
			return
		}
		if got, _ := writeOne(t, format, "ja", xlsx.Text(text)); got.Ref() != "A2" {
			t.Errorf("%q under %q was not written: %+v", text, format, got)
		}
	})
}
