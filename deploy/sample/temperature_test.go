package sample_test

import (
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
)

// The readings at the edges of each tenant's month, in its own zone, are in or
// out to the microsecond.
func testTemperatureEdges(t *testing.T, conn *pgx.Conn) {
	d := reports(t)["temperature-monthly"]
	edges, zones := map[string]int{}, map[string]bool{}
	for _, g := range d.targets(t, conn, tick(t)) {
		for _, row := range d.rows(t, conn, "records", g, tick(t),
			`select note from q where note like '締め直前%' or note like '月初の%' or note like '月末の%' or note like '翌月の%'`) {
			edges[row["note"]]++
			zones[g.zone.String()] = true
		}
	}
	var active int
	err := conn.QueryRow(t.Context(), `select count(*) from temperature_records where note = '月初の最初の瞬間'`).Scan(&active)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"月初の最初の瞬間": active, "月末の最後の1マイクロ秒": active}
	for _, note := range []string{"締め直前（前月分）", "月初の最初の瞬間", "月末の最後の1マイクロ秒", "翌月の最初の瞬間"} {
		if edges[note] != want[note] {
			t.Errorf("readings noted %q in the workbooks: got %d, want %d", note, edges[note], want[note])
		}
	}
	if active < 40 || len(zones) != 5 {
		t.Errorf("edges: got %d tenants in %v, want at least 40 in 5 zones", active, zones)
	}
}

// inMonth says by the calendar, not by instants, which records the tick's
// reports are about: where it is still October, September's.
func inMonth(column string) string {
	return `to_char(` + column + ` at time zone t.time_zone, 'YYYY-MM')
		= case when t.time_zone in ('Europe/Berlin', 'America/New_York') then '2026-09' else '2026-10' end`
}

// Every record of a tenant's month is in one of its workbooks, and only there.
func testTemperatureIsComplete(t *testing.T, conn *pgx.Conn) {
	d := reports(t)["temperature-monthly"]
	got := 0
	for _, g := range d.targets(t, conn, tick(t)) {
		rows := d.sheetRows(t, conn, g, tick(t))[0]
		got += rows
		if weight := g.row["weight"]; g.zone.String() == "Asia/Tokyo" && weight != strconv.Itoa(rows) {
			t.Errorf("weight of %s %s: got %s, want its %d rows", g.row["tenant"], g.row["target"], weight, rows)
		}
	}
	want := texts(t, conn, `select count(*) as n from temperature_records r join tenants t on t.id = r.tenant_id where `+
		inMonth("recorded_at"))
	if want := number(t, want[0]["n"]); got != want {
		t.Errorf("readings in all workbooks: got %d, want %d", got, want)
	}
}
