package query_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

// Twenty rows of five columns, as a small workbook reads them; ns/op is the round
// trip with PostgreSQL's part in it.
func BenchmarkReadSmall(b *testing.B) {
	bench := setup(b, func(c *pgxpool.Config) { c.MaxConns = 1 })
	bench.admin(b, "create table r (id bigint, tenant_id bigint, at timestamptz, name text, degrees numeric(5,1))",
		"insert into r select n, n % 100, timestamptz '2026-10-01' + n * interval '1 minute', 'name ' || n, n % 40 from generate_series(1, 2000) n",
		"create index on r (tenant_id, at)", "analyze r")
	scope := query.Scope{Tenant: "7", Zone: load(b, "Asia/Tokyo"), Params: map[string]query.Param{
		"from": query.Instant(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)), "until": query.Instant(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)),
	}}
	queries := []query.Query{named(b, "records", "select id, at, name, degrees, tenant_id from r where tenant_id = @tenant and at >= @from and at < @until order by at")}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		_, err := bench.db.Read(b.Context(), scope, queries, func(_ int, rows *query.Rows) error {
			for rows.Next() {
				n++
			}
			return rows.Err()
		})
		if err != nil || n != 20 {
			b.Fatalf("got %d rows, %v; want 20", n, err)
		}
	}
}

// One statement of a million values: the cost per row, and that nothing is kept.
func BenchmarkReadLarge(b *testing.B) {
	bench := setup(b, func(c *pgxpool.Config) { c.MaxConns = 1 })
	queries := []query.Query{named(b, "records", "select n, n::bigint, now(), 'name', 1.5, true, n::float8, date '2026-10-01', null, 'x' from generate_series(1, 100000) n")}
	b.ReportAllocs()
	for b.Loop() {
		_, err := bench.db.Read(b.Context(), query.Scope{}, queries, func(_ int, rows *query.Rows) error {
			for rows.Next() {
				runtime.KeepAlive(rows.Values())
			}
			return rows.Err()
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
