package sample_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet/deploy/sample"
)

// The date and timestamp columns, which have no zone, keep to the period too, and
// a hand wash in its first instant and last microsecond is in it.
func testCleaningKeepsToThePeriod(t *testing.T, conn *pgx.Conn) {
	d := reports(t)["cleaning-monthly"]
	edges := 0
	for _, g := range d.targets(t, conn, tick(t)) {
		first, last := g.from.Format(time.DateOnly), g.until.AddDate(0, 0, -1).Format(time.DateOnly)
		days := d.rows(t, conn, "cleaning", g, tick(t),
			`select min(cleaned_on) as first, max(cleaned_on) as last, count(distinct cleaned_on) as days from q`)[0]
		if days["days"] != "0" && (days["first"] < first || days["last"] > last || number(t, days["days"]) < 20) {
			t.Errorf("tenant %s: cleaning got %v, want most days from %s to %s", g.row["tenant"], days, first, last)
		}
		washes := d.rows(t, conn, "hand_washing", g, tick(t), `select min(washed_at) as first, max(washed_at) as last from q`)[0]
		if washes["first"] == "" || g.row["period_from"] != "" {
			continue
		}
		if washes["first"] != first+" 00:00:00" || washes["last"] != last+" 23:59:59.999999" {
			t.Errorf("tenant %s: hand washing got %v, want the first instant of %s and the last microsecond of %s",
				g.row["tenant"], washes, first, last)
		}
		edges++
	}
	if edges < 20 {
		t.Errorf("tenants with hand washing in a calendar month: got %d, want at least 20", edges)
	}
}

// closingPeriod is what the report's SQL should find, worked out day by day.
func closingPeriod(closing int, at time.Time) (from, until string) {
	ends := func(day time.Time) bool { // the day before is the month's last
		before := day.AddDate(0, 0, -1)
		return before.Day() == closing || before.Day() < closing && day.Day() == 1
	}
	edge := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
	for !ends(edge) {
		edge = edge.AddDate(0, 0, -1)
	}
	until = edge.Format(time.DateOnly)
	for edge = edge.AddDate(0, 0, -1); !ends(edge); {
		edge = edge.AddDate(0, 0, -1)
	}
	return edge.Format(time.DateOnly), until
}

func TestCleaningMonthlyClosingDays(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	load(t, conn, sample.Options{Tenants: 31, Month: october(t)})
	if _, err := conn.Exec(t.Context(), `with numbered as (select id, row_number() over (order by id) as n from tenants)
		update tenants set closing_day = n from numbered where numbered.id = tenants.id`); err != nil {
		t.Fatal(err)
	}
	closing := map[string]int{}
	for _, row := range texts(t, conn, `select id, closing_day from tenants`) {
		closing[row["id"]] = number(t, row["closing_day"])
	}
	d := reports(t)["cleaning-monthly"]
	// Every fifth day of two years, one of them a leap year.
	for at := time.Date(2027, 1, 1, 5, 0, 0, 0, zone(t, "Asia/Tokyo")); at.Year() < 2029; at = at.AddDate(0, 0, 5) {
		for _, g := range d.targets(t, conn, at) {
			from, until := closingPeriod(closing[g.row["tenant"]], at.In(g.zone))
			if g.row["period_from"] != from || g.row["period_until"] != until {
				t.Fatalf("closing day %d at %s: got %s to %s, want %s to %s", closing[g.row["tenant"]], at.In(g.zone),
					g.row["period_from"], g.row["period_until"], from, until)
			}
		}
	}
}
