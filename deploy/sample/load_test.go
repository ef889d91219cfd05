package sample_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet/deploy/sample"
)

// october has the days on which Sydney's and Berlin's clocks change.
func october(t *testing.T) time.Time {
	t.Helper()
	return time.Date(2026, 10, 1, 0, 0, 0, 0, zone(t, "Asia/Tokyo"))
}

func load(t *testing.T, conn *pgx.Conn, options sample.Options) sample.Stats {
	t.Helper()
	stats, err := sample.Load(t.Context(), conn, options)
	if err != nil {
		t.Fatalf("load %+v: %v", options, err)
	}
	return stats
}

// digests gives the md5 of every table, whatever the order of its rows.
func digests(t *testing.T, conn *pgx.Conn) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range []string{
		"tenants", "sites", "forms", "form_fields", "excel_forms", "temperature_records", "inspections", "cleaning_logs", "hand_wash_checks",
		"facility_inspections", "facility_items", "facility_photos",
	} {
		rows := texts(t, conn, `select md5(string_agg(r::text, E'\n' order by r::text)) as digest from `+name+` r`)
		found[name] = rows[0]["digest"]
	}
	return found
}

func TestLoadGivesTheSameRowsForTheSameSeed(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) map[string]string {
		conn := connect(t)
		load(t, conn, sample.Options{Tenants: 8, Month: october(t), Seed: seed})
		return digests(t, conn)
	}
	first, again, other := run(7), run(7), run(8)
	for name, want := range first {
		if want == "" {
			t.Errorf("table %s is empty", name)
		}
		if got := again[name]; got != want {
			t.Errorf("table %s, second load with seed 7: got digest %s, want %s", name, got, want)
		}
	}
	for _, name := range []string{"sites", "temperature_records", "inspections", "cleaning_logs", "hand_wash_checks", "facility_photos"} {
		if other[name] == first[name] {
			t.Errorf("table %s: seeds 7 and 8 give the same rows, digest %s", name, first[name])
		}
	}
}

func TestLoadTakesAnyInstantOfTheMonth(t *testing.T) {
	t.Parallel()
	first, last := connect(t), connect(t)
	load(t, first, sample.Options{Tenants: 2, Month: october(t)})
	// In UTC this is still October, and so it is in Tokyo.
	load(t, last, sample.Options{Tenants: 2, Month: time.Date(2026, 10, 31, 14, 59, 59, 0, time.UTC)})
	want, got := digests(t, first), digests(t, last)
	if got["temperature_records"] != want["temperature_records"] {
		t.Errorf("temperature records of 31 October 14:59:59Z: got digest %s, want that of 1 October, %s",
			got["temperature_records"], want["temperature_records"])
	}
}

func TestLoadCountsWhatItWrote(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	stats := load(t, conn, sample.Options{Tenants: 20, Month: october(t)})
	for name, got := range map[string]int64{
		"tenants": stats.Tenants, "sites": stats.Sites, "temperature_records": stats.Temperatures,
		"inspections": stats.Inspections, "cleaning_logs": stats.Cleanings, "hand_wash_checks": stats.HandWashes,
	} {
		var want int64
		if err := conn.QueryRow(t.Context(), `select count(*) from `+pgx.Identifier{name}.Sanitize()).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if got != want || want == 0 {
			t.Errorf("rows of %s: stats say %d, the table has %d", name, got, want)
		}
	}
}

// The application goes on writing into the tables: its ids must not meet those
// that were loaded.
func TestLoadLeavesTheTablesWritable(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	stats := load(t, conn, sample.Options{Tenants: 1, Month: october(t)})
	var id int64
	err := conn.QueryRow(t.Context(), `
		insert into temperature_records (tenant_id, site_id, device, recorded_at, recorded_by)
		values (1, 'a', 'b', now(), 'c') returning id`).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	if id != stats.Temperatures+1 {
		t.Errorf("id of the next reading: got %d, want %d", id, stats.Temperatures+1)
	}
}

func TestLoadLeavesNothingOnAnError(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	// The last table that the schema creates is there already.
	if _, err := conn.Exec(t.Context(), `create table exports (id int)`); err != nil {
		t.Fatal(err)
	}
	if stats, err := sample.Load(t.Context(), conn, sample.Options{Month: october(t)}); err == nil {
		t.Fatalf("load over an existing table: got %+v, want an error", stats)
	}
	rows := texts(t, conn, `select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`)
	if len(rows) != 1 {
		t.Errorf("tables after the error: got %v, want exports alone", rows)
	}
}

func TestLoadRefusesOptions(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	for want, options := range map[string]sample.Options{
		"sample without a month: set Options.Month":                   {},
		"sample of -1 tenants: between 1 and 100000 are possible":     {Tenants: -1, Month: october(t)},
		"sample of 100001 tenants: between 1 and 100000 are possible": {Tenants: 100_001, Month: october(t)},
	} {
		_, err := sample.Load(t.Context(), conn, options)
		if err == nil || err.Error() != want {
			t.Errorf("load %+v: got error %v, want %q", options, err, want)
		}
	}
}

// What a generator of clean data would leave out.
func testWhatGoesWrong(t *testing.T, conn *pgx.Conn) {
	for what, statement := range map[string]string{
		"19-digit tenant ids":        `select id from tenants where id > 9007199254740992 and length(id::text) = 19`,
		"each usage group":           `select 1 from tenants having count(distinct usage_group) = 5`,
		"tenants without sites":      `select id from tenants t where not exists (select from sites where tenant_id = t.id)`,
		"sites without readings":     `select id from sites s where not exists (select from temperature_records where (tenant_id, site_id) = (s.tenant_id, s.id))`,
		"uuid site ids":              `select id from sites where id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-4'`,
		"site ids with zeros":        `select id from sites where id ~ '^0+[1-9]'`,
		"site ids with slashes":      `select id from sites where id like '%/%'`,
		"names no sheet can have":    `select name from sites where name ~ '[][/:?]'`,
		"names too long for a sheet": `select name from sites where length(name) > 31`,
		"formula-like notes":         `select note from temperature_records where note = '=1+1'`,
		"codes with leading zeros":   `select note from temperature_records where note = '0012'`,
		"notes with line breaks":     `select note from temperature_records where note like E'%\r\n%'`,
		"notes with emoji":           `select note from temperature_records where note ~ '👍'`,
		"notes with backslashes":     `select note from temperature_records where note like 'C:\\temp\\log.txt%'`,
		"full-width notes":           `select note from temperature_records where note like '%３号機%'`,
		"long notes":                 `select note from temperature_records where length(note) > 500`,
		"missing temperatures":       `select id from temperature_records where temperature is null`,
		"refused temperatures":       `select id from temperature_records where not in_range`,
		"numbers as text":            `select id from inspections, jsonb_each(answers) a where key = 'waste' and jsonb_typeof(value) = 'string'`,
		"unknown answers":            `select id from inspections where answers ? '_appVersion'`,
		"missing answers":            `select id from inspections where form = 'daily' and tenant_id in (select tenant_id from form_fields where key = 'waste') and not answers ? 'waste'`,
		"cleaning without duration":  `select id from cleaning_logs where duration is null`,
		"local times of a 23-hour day": `select 1 from hand_wash_checks h join tenants t on t.id = h.tenant_id
			where time_zone = 'Australia/Sydney' and washed_at::date = '2026-10-04'`,
		"local times of a 25-hour day": `select 1 from hand_wash_checks h join tenants t on t.id = h.tenant_id
			where time_zone = 'Europe/Berlin' and washed_at::date = '2026-10-25'`,
	} {
		if rows := texts(t, conn, statement); len(rows) == 0 {
			t.Errorf("%s: none in the default sample, by:\n%s", what, statement)
		}
	}
}
