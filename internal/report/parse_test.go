package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	t.Parallel()
	text := sample(t)
	d := mustParse(t, text)
	sum := sha256.Sum256([]byte(text))
	check := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, want %#v", what, got, want)
		}
	}
	check("name", d.Name, "temperature-monthly")
	check("title", d.Title, "冷蔵庫温度記録")
	check("description", d.Description, "One workbook per site.")
	check("zone", d.TimeZone, "Asia/Tokyo")
	check("locale", d.Locale, "ja")
	check("cron", d.Schedule.Calendar.String(), "0 5 1 * * Asia/Tokyo")
	check("catchUp", d.Schedule.CatchUp, CatchUpAll)
	check("period", d.Period, PeriodMonth)
	check("targets", d.Targets.Params, []string{"from", "until"})
	check("queries", []string{d.Queries[0].Name, d.Queries[1].Name}, []string{"records", "fields"})
	check("row params", d.RowParams(), []string{"kind"})
	check("placeholders", d.Placeholders(), []string{"site_name"})
	check("empty", d.Empty, EmptyFile)
	check("large", d.LargeWeight, int64(200000))
	check("limits", d.Limits, Limits{Statement: time.Minute, Rows: 5_000_000})
	sheet := d.Workbook.Sheets[0]
	check("columns", sheet.Columns, []Column{
		{Name: "recorded_at", Title: "記録日時", Format: "datetime", Width: 18},
		{Name: "in_range", Title: "in_range", Format: "boolean:適/否"},
	})
	check("header", sheet.Header, Header{Fill: "FFCC00"})
	check("sheet", []any{sheet.Name.String(), sheet.Rows, sheet.ColumnsFrom, sheet.FreezeHeader, sheet.Filter},
		[]any{"{site_name}", "records", "fields", false, false})
	check("source", d.Source, text)
	check("digest", d.Digest, hex.EncodeToString(sum[:]))
}

const minimal = `report: r
period: day
targets: select tenant, target from t
queries: {records: select 1 where tenant = @tenant}
workbook: {sheets: [{name: "{target}", rows: records}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`

func TestParseDefaults(t *testing.T) {
	t.Parallel()
	d := mustParse(t, minimal)
	sheet := d.Workbook.Sheets[0]
	got := fmt.Sprintln(d.Title, d.TimeZone, d.Locale, d.Schedule == nil, d.Empty, d.LargeWeight, d.Limits,
		sheet.FreezeHeader, sheet.Filter, sheet.Header, d.Output.Filename.IsZero(), d.Output.Previous.IsZero())
	want := "r UTC en true skip 50000 {5m0s 10000000} true true {true DDEBF7 true} true true\n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	d = mustParse(t, minimal+"schedule: {cron: '0 5 * * *', timeZone: Asia/Tokyo}\n")
	if d.TimeZone != "Asia/Tokyo" || d.Schedule.CatchUp != CatchUpLatest {
		t.Errorf("got zone %s, catchUp %s, want those of the schedule", d.TimeZone, d.Schedule.CatchUp)
	}
	d = mustParse(t, minimal+"timeZone: Asia/Tokyo\nschedule: {cron: '0 5 * * *'}\n")
	if d.Schedule.TimeZone != "Asia/Tokyo" {
		t.Errorf("got schedule zone %s, want the report's", d.Schedule.TimeZone)
	}
}

func TestParseWindowsText(t *testing.T) {
	t.Parallel()
	text := "\ufeff" + strings.ReplaceAll(sample(t), "\n", "\r\n")
	d := mustParse(t, text)
	if d.Source != text || strings.Contains(d.Targets.SQL, "\r") {
		t.Errorf("got targets %q, want them without carriage returns and the source as it is", d.Targets.SQL)
	}
}

// TestParseProblems changes one place of a right definition and expects exactly the
// given problems.
func TestParseProblems(t *testing.T) {
	t.Parallel()
	const s = "r.yaml"
	for _, tc := range []struct{ old, new, want string }{
		{"schedule:", "shedule:", s + `:6:1: unknown key "shedule"; did you mean "schedule"?`},
		{"timeZone: Asia/Tokyo\nl", "time_zone: Asia/Tokyo\nl", s + `:4:1: unknown key "time_zone"; did you mean "timeZone"?`},
		{"empty: file", "banana: file", s + `:30:1: unknown key "banana"; known: report, title, description, timeZone, locale, schedule, period, closingDay, targets, queries, workbook, empty, output, lanes, limits`},
		{"catchUp: all", "catchup: all", s + `:6:53: unknown key "catchup"; did you mean "catchUp"?`},
		{"catchUp: all", "catchUp: newest", s + `:6:62: unknown catchUp "newest"; known: all, latest, none`},
		{"catchUp: all", "catchUp: lastest", s + `:6:62: unknown catchUp "lastest"; did you mean "latest"?`},
		{`cron: "0 5 1 * *", `, "", s + `:6:11: "schedule.cron" is missing; write for example cron: "0 5 1 * *"`},
		{"0 5 1 * *", "0 5 32 * *", s + `:6:18: cron "0 5 32 * *": the day of month "32" is not understood; it is * or made of 1 to 31, as in 1-5, */2 or 1,3`},
		{"timeZone: Asia/Tokyo, ", "timeZone: JST, ", s + `:6:41: schedule.timeZone: unknown time zone "JST"; write a name such as "Asia/Tokyo", "Europe/Berlin" or "UTC"`},
		{"report: temperature-monthly\n", "", s + `:1:1: "report" is missing; write for example report: temperature-monthly`},
		{"report: temperature-monthly", "report: Temperature", s + `:1:9: report "Temperature" must have 1 to 40 characters of a to z, 0 to 9 and -`},
		{"report: temperature-monthly", "report: {a: b}", s + `:1:9: report must be text; quote text that begins with {`},
		{"locale: ja", "locale: 日本", s + `:5:9: "日本" is not a locale; write a language tag such as "ja" or "en-GB"`},
		{"locale: ja", "locale:", s + `:5:1: the key "locale" has no value; give it one or remove it`},
		{"locale: ja", "locale: &x ja", s + `:5:9: anchors and aliases (& and *) are not supported; write the value out, or quote the text`},
		{"locale: ja", "locale: !!str ja", s + `:5:9: tags (!) are not supported; quote the text`},
		{"locale: ja", "<<: {locale: ja}", s + `:5:1: merge keys (<<) are not supported; write the keys out`},
		{"title: 冷蔵庫温度記録", `title: "a\nb"`, s + `:2:8: title has a control character or a line break`},
		{"title: 冷蔵庫温度記録", `title: ""`, s + `:2:8: title is empty`},
		{"locale: ja", "title: ja", s + `:5:1: the key "title" stands twice in one map`},
		{"locale: ja", "\tlocale: ja", s + `:5:1: a tab cannot indent YAML; use spaces`},
		{"locale: ja", "locale: a: b", s + `:5:9: a second ": " on the line; quote the text, or write it below the key after "|"`},
		{"locale: ja", "locale: @x", s + `:5:9: '@' is a reserved character; quote the text`},
		{"locale: ja", "locale: \x01", s + `:5:9: control character U+0001`},
		{"locale: ja", "locale: \xff", s + `:5:9: the file is not UTF-8 text`},
		{"locale: ja", "--- \nlocale: ja", s + `:6:1: a second YAML document; write each report in a file of its own`},
		{"locale: ja", "locale: " + strings.Repeat("[", 20), s + `:5:25: brackets are nested more than 16 deep`},
		{"period: month", "period: quarter", s + `:7:9: unknown period "quarter"; known: day, week, month`},
		{"period: month", "period: week\nclosingDay: 20", s + `:8:13: closingDay moves the edge of a month; it cannot stand with period: week`},
		{"period: month", "period: month\nclosingDay: 32", s + `:8:13: closingDay must be a whole number from 1 to 31`},
		{"period: month\n", "", s + `:1:1: "period" is missing; write for example period: month`},
		{"@from", "@form", s + `:10:77: unknown parameter @form in targets; did you mean "from"?`},
		{"from sites s", "from sites s, x(@tenant)", s + `:10:19: targets cannot use @tenant: it is the query that finds the tenants and targets`},
		{"from sites s", "from sites s, x(@row_a)", s + `:10:19: targets cannot use @row_a: there is no row before it has run`},
		{
			"tenant_id = @tenant and site_id", "tenant_id = @tennant and site_id",
			s + `:13:12: query "records" does not use @tenant, so it would read every tenant's rows; add: where tenant_id = @tenant` + "\n" +
				s + `:15:23: unknown parameter @tennant in query "records"; did you mean "tenant"? (a column of the targets row is @row_COLUMN)`,
		},
		{"kind = @row_kind", "kind = 'x", s + `:16:68: queries.records: a string has no end; ' is missing`},
		{"fields: select key", "fields: delete key", s + `:18:11: queries.fields: a query begins with select, with, values or table; it only reads; this one begins with delete`},
		{"order by position", "order by position #> 1", s + `:18:11: YAML takes the text after " #" for a comment; write the statement below the key after "|"`},
		{"fields: select", "Fields: select", s + `:18:11: query name "Fields" must be lower-case letters, digits and _, beginning with a letter` + "\n" +
			s + `:26:20: unknown query "fields"; did you mean "Fields"?`},
		{"rows: records", "rows: record", s + `:22:13: unknown query "record"; did you mean "records"?`},
		{`    - name: "{site_name}"` + "\n      rows", "    - rows", s + `:21:7: "workbook.sheets[0].name" is missing; write for example name: "{target}"`},
		{"{site_name}", "{site_name", s + `:21:13: workbook.sheets[0].name: "{site_name" has a { without a } after it`},
		{"{site_name}", "site_name}", s + `:21:13: workbook.sheets[0].name: "site_name}" has a } without a { before it`},
		{"{site_name}", "{}", s + `:21:13: workbook.sheets[0].name: "{}" has a placeholder without a name; write it as {tenant}`},
		{
			"workbook:\n", "workbook:\n  template: x.xlsx\n",
			s + `:20:13: the template "x.xlsx" must be 1 to 40 characters of a to z, 0 to 9 and -; jetsheet templates list shows them` + "\n" +
				s + `:22:5: workbook.sheets cannot stand beside a template, which has its own; a single target's template comes from the column "template" of targets`,
		},
		{"format: datetime", "format: date-time", s + `:24:52: unknown format "date-time"`},
		{"width: 18", "width: wide", s + `:24:69: workbook.sheets[0].columns[0].width must be a number of characters above 0, at most 255`},
		{"freezeHeader: false", "freezeHeader: no", s + `:27:21: workbook.sheets[0].freezeHeader must be true or false`},
		{"#ffcc00", "yellow", s + `:29:35: "yellow" is not a colour; write six hex digits as in "DDEBF7", or "none"`},
		{"empty: file", "empty: skp", s + `:30:8: unknown empty "skp"; did you mean "skip"?`},
		{`"{tenant}/{period}/{report}/{target}.xlsx"`, "{tenant}", s + `:32:8: output.key must be text; quote text that begins with {`},
		{"{tenant}/{period}/{report}/{target}.xlsx", "{tenant}/{period}", s + `:32:8: output.key must contain {target}, or two workbooks get one key`},
		{"{tenant}/{period}/{report}/{target}.xlsx", "{tenant}/{target}", s + `:32:8: output.key must contain {period}, {from} or {until}, or the next run's workbook gets the same key`},
		{"{tenant}/{period}/{report}/{target}.xlsx", "/{tenant}/{period}/{target}", s + `:32:8: output.key must not start with "/"`},
		{"{tenant}/{period}/{report}/{target}.xlsx", "_jetsheet/{tenant}/{period}/{target}", s + `:32:8: output.key must not start with "_jetsheet/", where runs are recorded`},
		{"{tenant}/{period}/{report}/{target}.xlsx", "{tenant}//{period}/{target}", s + `:32:8: output.key "x//x/x" has an empty segment: "//", or "/" at the end`},
		{"{tenant}/{period}/{report}/{target}.xlsx", "{tenant}/../{period}/{target}", s + `:32:8: output.key "x/../x/x" has the segment ".."`},
		{"{tenant}/{period}/{report}/{target}.xlsx", strings.Repeat("a", 1024) + "{tenant}/{period}/{target}", s + `:32:8: output.key has 1029 bytes; S3 takes 1024`},
		{"{tenant}/{period}/{report}/{target}.xlsx", "{period}/{tenant}-{target}", s + `:32:8: output.key cannot tell {tenant} from {target}: values may hold the characters between them; put a / there`},
		{"{large: 200000}", "{large: 0}", s + `:35:16: lanes.large must be a whole number from 1 to 1000000000000`},
		{"60s", "60", s + `:36:21: limits.statement must be a time from 1s to 40m, written like "60s" or "10m"`},
		{"60s", "1h", s + `:36:21: limits.statement must be a time from 1s to 40m, written like "60s" or "10m"`},
		{"5_000_000", "5e6", s + `:36:32: limits.rows must be a whole number from 1 to 1000000000000`},
	} {
		t.Run(tc.new, func(t *testing.T) {
			t.Parallel()
			text := sample(t, tc.old, tc.new)
			_, err := testOptions().Parse(s, []byte(text))
			if got := fmt.Sprint(err); got != tc.want {
				t.Errorf("with %q for %q:\ngot  %s\nwant %s", tc.new, tc.old, got, tc.want)
			}
			for _, problem := range unjoin(err) {
				var p *ProblemError
				if !errors.As(problem, &p) || p.Line > strings.Count(text, "\n")+1 {
					t.Errorf("problem %v is no place in the file", problem)
				}
			}
		})
	}
}

func testOptions() Options {
	return Options{CheckFormat: func(format string) error {
		if format == "date-time" {
			return fmt.Errorf("unknown format %q", format)
		}
		return nil
	}}
}

func unjoin(err error) []error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return nil
	}
	return joined.Unwrap()
}

func TestParseWholeFiles(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "", `1:1: the file is empty; a definition begins with "report: NAME"`},
		{"only a comment", "# later\n", "the file is empty"},
		{"a list", "- report: x\n", "1:1: the file must be a map of report, title"},
		{"a required key without a value", strings.Replace(minimal, "period: day", "period:", 1), `2:1: the key "period" has no value; give it one or remove it`},
		{"too large", strings.Repeat("#", MaxSourceBytes+1), "1:1: the file has 65537 bytes; a definition may have 65536"},
		{"too many lines", minimal + "description: |\n  a" + strings.Repeat("\n", 50_000), "1:1: the file has 50008 lines; a definition may have 4096"},
		{"two documents", minimal + "---\n" + minimal, "8:1: a second YAML document"},
		{"no queries", strings.Replace(minimal, "{records: select 1 where tenant = @tenant}", "{}", 1), "4:10: queries must be a map of at least one name and its statement"},
		{"no sheets", strings.Replace(minimal, `[{name: "{target}", rows: records}]`, "[]", 1), "workbook.sheets is empty; a workbook has at least one sheet"},
		{"a complex key", minimal + "? a\n: b\n", `a key written with "?" is not supported; write it as "key: value"`},
	} {
		_, err := Parse("", []byte(tc.text))
		if err == nil || !strings.Contains(err.Error(), tc.want) || len(unjoin(err)) != 1 {
			t.Errorf("%s: got %v, want only %s", tc.name, err, tc.want)
		}
	}
}
