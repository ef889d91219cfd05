package sample_test

import (
	"io/fs"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/sample"
)

func TestFirst(t *testing.T) {
	t.Parallel()
	files, err := sample.First()
	if err != nil {
		t.Fatal(err)
	}
	setup, err := fs.ReadFile(files, "setup.sql")
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t)
	if _, err := conn.Exec(t.Context(), string(setup)); err != nil {
		t.Fatal(err)
	}
	d := readDefinition(t, files, "first.yaml")
	tokyo := zone(t, d.TimeZone)
	// The tutorial runs it at any time for the last month, as PostgreSQL's clock has it.
	newest := texts(t, conn, `select to_char(max(ordered_at) at time zone 'Asia/Tokyo', 'YYYY-MM-DD') as day from orders`)
	now := day(t, newest[0]["day"], tokyo)

	got := map[string]int{}
	for _, g := range d.targets(t, conn, now) {
		got[g.row["tenant"]] = d.sheetRows(t, conn, g, now)[0]
	}
	if len(got) != 2 || got["aoba"] != 5 || got["minato"] != 4 {
		t.Errorf("last month's orders by customer: got %v, want aoba 5 and minato 4", got)
	}
}
