package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// rowsPerWorkbook is how many records every site has.
const rowsPerWorkbook = 20

// poolConns is more than the renderer has slots.
const poolConns = 16

// content is what a benchmark's database holds: records of the month before a tick.
type content interface {
	fmt.Stringer
	// tick is the last one at an instant.
	tick(now time.Time) time.Time
	// database makes one with the records and returns its URL.
	database(ctx context.Context, postgres *local.Postgres, tick time.Time) (string, error)
}

// data is a database made for benchmarks.
type data struct {
	sites   int
	records bool
}

func (d data) String() string { return strconv.Itoa(d.sites) + " sites" }

func (d data) tick(now time.Time) time.Time {
	now = now.UTC()
	return time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// schema is a user's database in small: sites of a hundred customers, and a month of
// records of each. The index is the one that a user would have.
const schema = `
create table sites (tenant_id text not null, id text not null, name text not null, primary key (tenant_id, id));
insert into sites
  select 'customer-' || to_char(n % 100, 'FM000'), 'site-' || n, 'Site ' || n from generate_series(1, SITES) n;
create table records (
  id bigint not null, tenant_id text not null, site_id text not null, recorded_at timestamptz not null,
  product text, temperature numeric(5,1), quantity integer, checked boolean, note text
);`

const records = `
insert into records
  select n * 100::bigint + r, 'customer-' || to_char(n % 100, 'FM000'), 'site-' || n,
         timestamptz 'MONTH' + r * interval '1 day' + n % 1440 * interval '1 minute',
         'Product ' || r, (n * 7 + r * 13) % 300 / 10.0 - 5, n % 50 + r, (n + r) % 3 > 0,
         case when (n + r) % 5 = 0 then 'door was open, checked again after ' || r || ' minutes' end
  from generate_series(1, SITES) n, generate_series(1, ROWS) r;
create index on records (tenant_id, site_id, recorded_at, id);`

const analyze = `
analyze sites; analyze records;`

func (d data) database(ctx context.Context, postgres *local.Postgres, tick time.Time) (string, error) {
	script := schema
	if d.records {
		script += records
	}
	return postgres.Database(ctx, "", local.SQLTemplate(strings.NewReplacer(
		"SITES", strconv.Itoa(d.sites), "ROWS", strconv.Itoa(rowsPerWorkbook), "MONTH", tick.AddDate(0, -1, 0).Format(time.RFC3339),
	).Replace(script+analyze)))
}

// openPool returns a pool as the roles have it.
func openPool(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("connect to the benchmark's database: %w", err)
	}
	query.Configure(config)
	config.MaxConns = poolConns
	return pgxpool.NewWithConfig(ctx, config)
}

// tableReport is the report over the first sites.
func tableReport(name string, sites int) string {
	return "report: " + name + `
title: Benchmark
period: month
targets: |
  select tenant_id as tenant, id as target, name as site_name, ` + strconv.Itoa(rowsPerWorkbook) + ` as weight from sites
  order by length(id), id limit ` + strconv.Itoa(sites) + `
queries:
  records: |
    select recorded_at, product, temperature, quantity, checked, note from records
    where tenant_id = @tenant and site_id = @target and recorded_at >= @from and recorded_at < @until
    order by recorded_at, id
workbook:
  sheets: [{name: "{site_name}", rows: records}]
output: {key: "{report}/{tenant}/{period}/{target}.xlsx", filename: "{site_name}_{period}.xlsx"}
`
}

// largeReport is a report of one workbook with 20 columns: the types that people have,
// no two rows alike.
func largeReport(name string, rows int) string {
	return "report: " + name + `
title: Benchmark
period: month
targets: |
  select 'customer-000' as tenant, 'site-1' as target, ` + strconv.Itoa(rows) + ` as weight
queries:
  records: |
    select n as id, timestamptz '2026-01-01' + n * interval '1 second' as recorded_at, 'Site ' || n % 500 as site,
           'Product ' || n % 9973 as product, (n % 4000) / 10.0 - 100 as temperature, n % 97 as quantity,
           n % 3 = 0 as checked, date '2026-01-01' + (n % 365)::int as day, n * 17 % 1000003 as c1, n * 1.25 as c2,
           'note of record ' || n as note, n % 11 as c3, (n % 7919) / 7.0::float8 as c4, 'A' || n % 101 as c5,
           n * 31 % 65537 as c6, 'staff ' || n % 61 as staff, n % 2 = 0 as c7, (n % 1000) / 100.0 as c8,
           null::text as empty, 'end' as c9
    from generate_series(1::bigint, ` + strconv.Itoa(rows) + `) n where @tenant <> '' and @target <> ''
workbook:
  sheets: [{name: Records, rows: records}]
output: {key: "{report}/{tenant}/{period}/{target}.xlsx"}
`
}
