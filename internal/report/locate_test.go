package report_test

import (
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/internal/report"
)

const located = `report: sales
period: month
targets: |
  select id as tenant,
         id as target
  from shops
queries:
  records: select 'é', x from sales where shop = @tenant and y = @Row_Kind
  folded: >
    select 1
    where 't' = @tenant
workbook:
  sheets:
    - {name: "{site} {kind}", rows: records, columns: [{name: a}, {name: b}]}
output:
  key: "{tenant}/{period}/{target}.xlsx"
`

func TestLocator(t *testing.T) {
	t.Parallel()
	l := report.NewLocator("sales.yaml", []byte(located))
	tests := []struct {
		name string
		got  *report.ProblemError
		want string
	}{
		{"value", l.Problem("output.key", "wrong"), "sales.yaml:16:8: wrong"},
		{"element", l.Problem("workbook.sheets[0].columns[1].name", "wrong"), "sales.yaml:14:74: wrong"},
		{"nearest above", l.Problem("workbook.sheets[0].columnsFrom", "wrong"), "sales.yaml:14:7: wrong"},
		{"no such element", l.Problem("workbook.sheets[7]", "wrong"), "sales.yaml:14:5: wrong"},
		{"no such key", l.Problem("nothing", "wrong"), "sales.yaml:1:1: wrong"},
		{"block text", l.ProblemIn("targets", 2, 8, "wrong"), "sales.yaml:5:10: wrong"},
		{"text on one line", l.ProblemIn("queries.records", 1, 13, "wrong"), "sales.yaml:8:24: wrong"},
		{"folded text", l.ProblemIn("queries.folded", 1, 20, "wrong"), "sales.yaml:9:11: line 1, column 20 of the statement: wrong"},
		{"no text", l.ProblemIn("workbook", 1, 1, "wrong"), "sales.yaml:13:3: wrong"},
		{"placeholder", l.ProblemAt("workbook.sheets[0].name", "{kind}", "wrong"), "sales.yaml:14:22: wrong"},
		{"beginning of a block text", l.ProblemAt("targets", "", "wrong"), "sales.yaml:4:3: wrong"},
		{"parameter in another case", l.ProblemAt("queries.records", "@row_kind", "wrong"), "sales.yaml:8:66: wrong"},
		{"unused parameter", l.ProblemAt("queries.records", "@from", "wrong"), "sales.yaml:8:12: wrong"},
	}
	for _, test := range tests {
		if got := test.got.Error(); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestLocatorOfNoYAML(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "\t", "[", "\xff"} {
		if got, want := report.NewLocator("f", []byte(data)).Problem("targets", "wrong").Error(), "f:1:1: wrong"; got != want {
			t.Errorf("%q: got %q, want %q", data, got, want)
		}
	}
}

func TestCalendarLatest(t *testing.T) {
	t.Parallel()
	tests := []struct{ cron, at, want string }{
		{"0 5 1 * *", "2026-10-31T20:00:00Z", "2026-10-31T20:00:00Z"},
		{"0 5 1 * *", "2026-10-31T19:59:59Z", "2026-09-30T20:00:00Z"},
		{"* * * * *", "2026-10-31T19:59:59Z", "2026-10-31T19:59:00Z"},
		{"0 0 29 2 *", "2026-10-31T00:00:00Z", "2024-02-28T15:00:00Z"},
	}
	for _, test := range tests {
		calendar, err := report.NewCalendar(test.cron, "Asia/Tokyo")
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := calendar.Latest(at).Format(time.RFC3339); got != test.want {
			t.Errorf("%s at %s: got %s, want %s", test.cron, test.at, got, test.want)
		}
	}
}
