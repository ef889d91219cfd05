package report

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

const testTick = "2026-10-31T20:00:00Z"

// row gives values for column names; the text NULL is NULL.
func row(pairs ...string) (names []string, values []Value) {
	for i := 0; i < len(pairs); i += 2 {
		names = append(names, pairs[i])
		values = append(values, Value{Text: pairs[i+1], Null: pairs[i+1] == "NULL"})
		if pairs[i+1] == "NULL" {
			values[len(values)-1].Text = ""
		}
	}
	return names, values
}

// resolve resolves one row whose fields are a good row's with the given ones
// instead.
func resolve(t *testing.T, d *Definition, pairs ...string) (jetsheet.Target, error) {
	t.Helper()
	all := append([]string{"tenant", "101", "target", "s/1", "site_name", "第一 店", "kind", "k"}, pairs...)
	seen := map[string]int{}
	var merged []string
	for i := 0; i < len(all); i += 2 {
		if at, ok := seen[all[i]]; ok {
			merged[at] = all[i+1]
			continue
		}
		seen[all[i]] = len(merged) + 1
		merged = append(merged, all[i], all[i+1])
	}
	names, values := row(merged...)
	r, err := d.NewResolver(instant(t, testTick), names)
	if err != nil {
		t.Fatal(err)
	}
	return r.Resolve(values)
}

func TestResolve(t *testing.T) {
	t.Parallel()
	d := mustParse(t, sample(t))
	for _, tc := range []struct {
		name  string
		pairs []string
		want  string // period, zone, locale, lane, weight, key
	}{
		{"as the report says", nil, "2026-10 Asia/Tokyo ja small 1 101/2026-10/temperature-monthly/s=2F1.xlsx"},
		{"empty overrides", []string{"time_zone", "", "locale", "NULL", "template", "NULL", "weight", "NULL", "period_from", "NULL"}, "2026-10 Asia/Tokyo ja small 1 101/2026-10/temperature-monthly/s=2F1.xlsx"},
		{"weight", []string{"weight", "200000"}, "2026-10 Asia/Tokyo ja large 200000 101/2026-10/temperature-monthly/s=2F1.xlsx"},
		{"below the limit", []string{"weight", "199999"}, "2026-10 Asia/Tokyo ja small 199999 101/2026-10/temperature-monthly/s=2F1.xlsx"},
		{"negative weight", []string{"weight", "-5"}, "2026-10 Asia/Tokyo ja small 0 101/2026-10/temperature-monthly/s=2F1.xlsx"},
		{"numeric weight", []string{"WEIGHT", "12.75"}, "2026-10 Asia/Tokyo ja small 12 101/2026-10/temperature-monthly/s=2F1.xlsx"},
		{"endless weight", []string{"weight", "99999999999999999999999"}, "2026-10 Asia/Tokyo ja large 1000000000000 101/2026-10/temperature-monthly/s=2F1.xlsx"},
		{"zone and locale", []string{"time_zone", "America/New_York", "locale", "en-GB"}, "2026-09 America/New_York en-GB small 1 101/2026-09/temperature-monthly/s=2F1.xlsx"},
		{"dates", []string{"period_from", "2026-09-21", "period_until", "2026-10-21"}, "2026-09-21_2026-10-20 Asia/Tokyo ja small 1 101/2026-09-21_2026-10-20/temperature-monthly/s=2F1.xlsx"},
		{"timestamps", []string{"period_from", "2026-09-21 00:00:00", "period_until", "2026-10-20 15:00:00+00"}, "2026-09-21_2026-10-20 Asia/Tokyo ja small 1 101/2026-09-21_2026-10-20/temperature-monthly/s=2F1.xlsx"},
		{"only the beginning", []string{"period_from", "2026-09-21"}, "2026-09-21_2026-10-31 Asia/Tokyo ja small 1 101/2026-09-21_2026-10-31/temperature-monthly/s=2F1.xlsx"},
		{"within days", []string{"period_from", "2026-10-01 12:00:00.5", "period_until", "2026-10-02 12:00:00+09:00"}, "20261001T030000500000000Z_20261002T030000Z Asia/Tokyo ja small 1 101/20261001T030000500000000Z_20261002T030000Z/temperature-monthly/s=2F1.xlsx"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := resolve(t, d, tc.pairs...)
			if err != nil {
				t.Fatalf("row %q: %v", tc.pairs, err)
			}
			if text := fmt.Sprint(got.Period.Label, " ", got.TimeZone, " ", got.Locale, " ", got.Lane, " ", got.Weight, " ", got.Key); text != tc.want {
				t.Errorf("row %q:\ngot  %s\nwant %s", tc.pairs, text, tc.want)
			}
		})
	}
}

func TestResolveRest(t *testing.T) {
	t.Parallel()
	d := mustParse(t, sample(t))
	got, err := resolve(t, d)
	if err != nil {
		t.Fatal(err)
	}
	if want := "冷蔵庫温度記録_第一 店_2026-10.xlsx"; got.Filename != want {
		t.Errorf("file name: got %s, want %s", got.Filename, want)
	}
	if want := "old/101-s=2F1-2026-10.xlsx"; got.Previous != want {
		t.Errorf("previous: got %s, want %s", got.Previous, want)
	}
	if want := "map[kind:k site_name:第一 店]"; fmt.Sprint(got.Values) != want {
		t.Errorf("values: got %v, want %s", got.Values, want)
	}
	texts, err := d.Texts(&got)
	if err != nil {
		t.Fatal(err)
	}
	if name := texts.Text(d.Workbook.Sheets[0].Name, nil); name != "第一 店" {
		t.Errorf("sheet name: got %q, want 第一 店", name)
	}
	args := d.Arguments(&got, instant(t, testTick))
	for name, want := range map[string]string{
		"tenant": "101", "target": "s/1", "from": "2026-09-30 15:00:00+00", "until": "2026-10-31 15:00:00+00",
		"tick": "2026-10-31 20:00:00+00", "report": "temperature-monthly", "row_kind": "k",
	} {
		if args[name] == nil || *args[name] != want {
			t.Errorf("@%s: got %v, want %s", name, args[name], want)
		}
	}
}

func TestResolveNull(t *testing.T) {
	t.Parallel()
	d := mustParse(t, sample(t))
	got, err := resolve(t, d, "kind", "NULL", "site_name", "NULL")
	if err != nil {
		t.Fatal(err)
	}
	if value, ok := d.Arguments(&got, instant(t, testTick))["row_kind"]; value != nil || !ok {
		t.Errorf("@row_kind: got %v, %v, want NULL", value, ok)
	}
	if want := "冷蔵庫温度記録__2026-10.xlsx"; got.Filename != want {
		t.Errorf("file name: got %s, want %s", got.Filename, want)
	}
}

// TestFilenameFromKey: without output.filename people see the values of the key's last
// segment, not how they are encoded there.
func TestFilenameFromKey(t *testing.T) {
	t.Parallel()
	const key = `"{tenant}/{period}/{target}.xlsx"`
	if !strings.Contains(minimal, key) {
		t.Fatalf("the minimal definition has no key %s:\n%s", key, minimal)
	}
	for _, tc := range []struct{ key, target, want string }{
		{"{tenant}/{period}/{target}.xlsx", "第一 店/冷蔵庫", "第一 店_冷蔵庫.xlsx"},
		{"{tenant}/{period}/{target}.xlsx", "../x", "_.._x.xlsx"},
		{"{tenant}/{period}/{target}.xlsx", "CON", "_CON.xlsx"},
		{"{tenant}/{period}/{target}.xlsx", strings.Repeat("冷", 80), strings.Repeat("冷", 65) + ".xlsx"},
		{"{tenant}/{target}/報告-{period}.xlsx", "s", "報告-2026-10-30.xlsx"},
		{"{tenant}/{target}/{period}/orders.xlsx", "s", "orders.xlsx"},
		{"{tenant}/{period}.{target}", "s/1", "2026-10-30.s_1.xlsx"},
	} {
		d := mustParse(t, strings.Replace(minimal, key, strconv.Quote(tc.key), 1))
		got, err := resolve(t, d, "target", tc.target)
		if err != nil || got.Filename != tc.want {
			t.Errorf("key %s, target %q: got %q, %v, want %q", tc.key, tc.target, got.Filename, err, tc.want)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	d := mustParse(t, sample(t, "{tenant}/{period}/{report}/{target}.xlsx", "{tenant}/{period}/{site_name}/{target}.xlsx"))
	for _, tc := range []struct {
		column, value string
		cause         jetsheet.Cause
		want          string
	}{
		{"tenant", "NULL", jetsheet.CauseTenantID, "tenant: the id is NULL"},
		{"tenant", "", jetsheet.CauseTenantID, "tenant: the id is empty"},
		{"target", strings.Repeat("x", 257), jetsheet.CauseTargetID, "target: the id has 257 bytes; 256 are allowed"},
		{"target", "a\x07", jetsheet.CauseTargetID, "target: the id has the control character U+0007 at byte 1"},
		{"target", "\xff", jetsheet.CauseTargetID, "target: the id is not UTF-8"},
		{"weight", "many", jetsheet.CauseTargetInvalid, `weight: "many" is not a number; count the expected records, for example count(r.id)`},
		{"weight", "NaN", jetsheet.CauseTargetInvalid, `weight: "NaN" is not a number; count the expected records, for example count(r.id)`},
		{"time_zone", "Tokyo", jetsheet.CauseTargetInvalid, `time_zone: unknown time zone "Tokyo"; write a name such as "Asia/Tokyo", "Europe/Berlin" or "UTC"`},
		{"locale", "日本", jetsheet.CauseTargetInvalid, `locale: "日本" is not a locale; give a language tag such as "ja" or "en-GB"`},
		{"template", "X.xlsx", jetsheet.CauseTargetInvalid, `template: the template "X.xlsx" must be 1 to 40 characters of a to z, 0 to 9 and -; jetsheet templates list shows them`},
		{"period_from", "infinity", jetsheet.CauseTargetInvalid, `period_from: "infinity" cannot be the end of a period: it must be a timestamptz, timestamp or date with a year from 1 to 9999`},
		{"period_from", "0044-03-15 BC", jetsheet.CauseTargetInvalid, `period_from: "0044-03-15 BC" cannot be the end of a period: it must be a timestamptz, timestamp or date with a year from 1 to 9999`},
		{"period_until", "2026-09-01", jetsheet.CauseTargetInvalid, "period_until: the period ends at 2026-09-01T00:00:00+09:00, not after its beginning at 2026-10-01T00:00:00+09:00"},
		{"site_name", "NULL", jetsheet.CauseTargetInvalid, "output.key: {site_name} is NULL; give it a value, for example with coalesce"},
		{"site_name", "", jetsheet.CauseTargetInvalid, `output.key: "101/2026-10//s=2F1.xlsx" has an empty segment: "//", or "/" at the end`},
		{"site_name", strings.Repeat("/", 400), jetsheet.CauseTargetInvalid, "output.key: has 1223 bytes; S3 takes 1024"},
		{"tenant", "_jetsheet", jetsheet.CauseTargetInvalid, `output.key: must not start with "_jetsheet/", where runs are recorded`},
	} {
		t.Run(tc.want, func(t *testing.T) {
			t.Parallel()
			target, err := resolve(t, d, tc.column, tc.value)
			var targetErr *TargetError
			if !errors.As(err, &targetErr) || err.Error() != tc.want || targetErr.Cause != tc.cause {
				t.Fatalf("%s = %q:\ngot  %v\nwant %s (%s)", tc.column, tc.value, err, tc.want, tc.cause)
			}
			if target.Problem == nil || target.Problem.Message != tc.want || target.Lane == "" {
				t.Errorf("%s = %q: got the target %+v, want one with the problem", tc.column, tc.value, target)
			}
		})
	}
}

// TestResolveNamesBothIDs: a row that tells NULL and empty apart in both.
func TestResolveNamesBothIDs(t *testing.T) {
	t.Parallel()
	r, err := mustParse(t, sample(t)).NewResolver(time.Time{}, []string{"tenant", "target", "kind", "site_name"})
	if err != nil {
		t.Fatal(err)
	}
	const want = "tenant: the id is NULL, and target: the id is empty"
	if target, err := r.Resolve([]Value{{Null: true}, {}, {}, {}}); err == nil || err.Error() != want || target.Problem.Cause != jetsheet.CauseTenantID {
		t.Errorf("got %v, %+v, want %s", err, target.Problem, want)
	}
}

func TestNewResolverRefuses(t *testing.T) {
	t.Parallel()
	d := mustParse(t, sample(t))
	for _, tc := range []struct{ columns, want string }{
		{"tenant target site_name", `queries.records uses @row_kind, but targets gives no column "kind"; known: tenant, target, site_name`},
		{"tenant target kind nm", `workbook.sheets[0].name uses {site_name}, but targets gives no column "site_name"; known: tenant, target, kind, nm, report, title, period, from, until` + "\n" +
			`output.filename uses {site_name}, but targets gives no column "site_name"; known: tenant, target, kind, nm, report, title, period, from, until`},
		{"tenant target kind sitename", `workbook.sheets[0].name uses {site_name}, but targets gives no column "site_name"; did you mean "sitename"?` + "\n" +
			`output.filename uses {site_name}, but targets gives no column "site_name"; did you mean "sitename"?`},
		{"tenant site_name kind", `targets gives no column "target"; it gives tenant, site_name, kind`},
		{"tenant target site_name kind Kind", `targets gives the column "Kind" twice; name one of them with AS`},
	} {
		_, err := d.NewResolver(instant(t, testTick), strings.Fields(tc.columns))
		if got := fmt.Sprint(err); got != tc.want {
			t.Errorf("columns %s:\ngot  %s\nwant %s", tc.columns, got, tc.want)
		}
	}
	if _, err := d.NewResolver(instant(t, testTick), strings.Fields("TENANT Target Site_Name KIND")); err != nil {
		t.Errorf("other case: got %v, want no error", err)
	}
}

func TestParseInstant(t *testing.T) {
	t.Parallel()
	berlin := mustZone(t, "Europe/Berlin")
	for text, want := range map[string]string{
		"2026-10-25":                     "2026-10-24T22:00:00Z",
		"2026-10-25 02:30:00":            "2026-10-25T00:30:00Z", // the first of two
		"2026-03-29 02:30:00":            "2026-03-29T01:00:00Z", // the gap's end
		"2026-10-25 02:30:00.25+01":      "2026-10-25T01:30:00.25Z",
		"2026-10-25T02:30:00Z":           "2026-10-25T02:30:00Z",
		"2026-10-25 02:30:00-03:30":      "2026-10-25T06:00:00Z",
		"1890-01-01 00:00:00+00:53:28":   "1889-12-31T23:06:32Z",
		"10000-01-01":                    "",
		"-infinity":                      "",
		"2026-02-30":                     "",
		"":                               "",
		"0001-01-01 00:00:00+09":         "",
		"2026-10-25 02:30:00 Asia/Tokyo": "",
	} {
		got, err := parseInstant(text, berlin)
		if want == "" {
			if err == nil {
				t.Errorf("%q: got %s, want an error", text, got)
			}
			continue
		}
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q: got %s, %v, want %s", text, got.Format(time.RFC3339Nano), err, want)
		}
	}
}

// A target's own template comes before the report's, and either gets every column that a
// marker could name.
func TestTemplateOfATarget(t *testing.T) {
	t.Parallel()
	withTemplate := strings.Replace(minimal, `workbook: {sheets: [{name: "{target}", rows: records}]}`, "workbook: {template: form}", 1)
	if d := mustParse(t, withTemplate); d.MinReader != 2 || MinReader(d.Source) != 2 || d.Workbook.Template != "form" || d.Workbook.Sheets != nil {
		t.Errorf("got %+v with MinReader %d and %d, want the template alone and 2", d.Workbook, d.MinReader, MinReader(d.Source))
	}
	null, own := Value{Null: true}, Value{Text: "own"}
	for _, test := range []struct {
		text   string
		column Value
		want   string
		values string
	}{
		{minimal, null, "", "map[]"},
		{minimal, own, "own", "map[Site:North]"},
		{withTemplate, null, "form", "map[Site:North]"},
		{withTemplate, Value{}, "form", "map[Site:North]"},
		{withTemplate, own, "own", "map[Site:North]"},
	} {
		r, err := mustParse(t, test.text).NewResolver(instant(t, testTick), []string{"tenant", "target", "Weight", "template", "Site", "note"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Resolve([]Value{{Text: "a"}, {Text: "x"}, {Text: "7"}, test.column, {Text: "North"}, null})
		if err != nil || got.Template != test.want || fmt.Sprint(got.Values) != test.values {
			t.Errorf("%v: got the template %q with %v (%v), want %q with %s", test.column, got.Template, got.Values, err, test.want, test.values)
		}
	}
}
