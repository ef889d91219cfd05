package sample_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func testInspection(t *testing.T, conn *pgx.Conn) {
	d := reports(t)["inspection-monthly"]
	total := 0
	for _, g := range d.targets(t, conn, tick(t)) {
		what := g.row["tenant"] + " " + g.row["target"]
		counts := d.sheetRows(t, conn, g, tick(t))
		total += counts[0]
		fields := d.rows(t, conn, "fields", g, tick(t), `select * from q`)
		for _, field := range fields {
			kind, _, _ := strings.Cut(field["format"], ":")
			if !slices.Contains([]string{"boolean", "excel", "time", "date", "text"}, kind) {
				t.Errorf("%s: format of %s: got %q", what, field["name"], field["format"])
			}
		}
		if len(fields) < 7 || (counts[0] == 0) != (counts[1] == 0) || counts[0] > 0 && counts[1] != len(fields) {
			t.Errorf("%s: got %d answers, %d fields and %d rows in the summary: want a row per field, or none without answers",
				what, counts[0], len(fields), counts[1])
		}
		for _, row := range d.rows(t, conn, "summary", g, tick(t), `select * from q`) {
			if n := number(t, row["answered"]) + number(t, row["missing"]); n != counts[0] {
				t.Errorf("%s: item %s was answered or missing %d times, want %d", what, row["item"], n, counts[0])
			}
		}
	}
	want := texts(t, conn, `select count(*) as n from inspections r join tenants t on t.id = r.tenant_id where `+inMonth("inspected_at"))
	if want := number(t, want[0]["n"]); total != want {
		t.Errorf("inspections in all workbooks: got %d, want %d", total, want)
	}
}
