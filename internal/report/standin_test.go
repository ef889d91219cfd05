package report

import (
	"strings"
	"testing"
)

func TestMissingColumnsOfATarget(t *testing.T) {
	t.Parallel()
	const frozen = `report: r
period: month
targets: select 'a' as tenant, 'b' as target, 'n' as name, 's' as shop
queries: {rows: "select @row_shop as s where @tenant = 'a'"}
workbook: {sheets: [{name: "{name}", rows: rows}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`
	for name, test := range map[string]struct{ from, to, missing, otherwise string }{
		"the same":             {"", "", "", ""},
		"another statement":    {"as s where", "as t where", "", ""},
		"fewer columns":        {"@row_shop", "@target", "", ""},
		"a parameter":          {"@row_shop", "@row_name", "", ""}, // it travels for the sheet's name
		"a new parameter":      {"@row_shop", "@row_floor", "floor", ""},
		"a new sheet name":     {`"{name}"`, `"{name} {floor}"`, "floor", ""},
		"a new file name":      {`xlsx"`, `xlsx", filename: "{shop}.xlsx"`, "", "output.filename"},
		"another key":          {"{target}.", "{shop}/{target}.", "", "output.key"},
		"other targets":        {"'b' as target", "'c' as target", "", "targets"},
		"another zone and day": {"period: month", "period: month\nclosingDay: 20\ntimeZone: Asia/Tokyo", "", "period timeZone"},
		"another language":     {"period: month", "period: month\nlocale: ja", "", "locale"},
	} {
		if !strings.Contains(frozen, test.from) {
			t.Fatalf("%s: %q is not in the definition", name, test.from)
		}
		d, other := mustParse(t, strings.Replace(frozen, test.from, test.to, 1)), mustParse(t, frozen)
		if got := strings.Join(d.Missing(other), " "); got != test.missing {
			t.Errorf("%s: Missing is %q, want %q", name, got, test.missing)
		}
		if got := strings.Join(d.PlannedOtherwise(other), " "); got != test.otherwise {
			t.Errorf("%s: PlannedOtherwise is %q, want %q", name, got, test.otherwise)
		}
	}
}
