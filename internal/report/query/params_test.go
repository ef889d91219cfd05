package query_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

func quotedName(t testing.TB, b bundle) string {
	t.Helper()
	config, err := pgx.ParseConfig(b.url)
	if err != nil {
		t.Fatal(err)
	}
	return pgx.Identifier{config.Database}.Sanitize()
}

func TestParametersTakeTheColumnsType(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.admin(t, "create table t (a bigint, b uuid, c text, d boolean, e numeric)",
		"insert into t values (9007199254740993, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'it''s', true, 1.10), (9007199254740992, null, '', false, 0)")
	for column, value := range map[string]string{
		"a": "9007199254740993", "b": "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "c": "it's", "d": "yes", "e": "1.1",
	} {
		scope := query.Scope{Tenant: value}
		if got := one(t, b.db, scope, "select count(*) from t where "+column+" = @tenant"); got != "1" {
			t.Errorf("%s = %q: got %s rows, want 1", column, value, got)
		}
	}
	hostile := "x'; drop table t; --"
	if got := one(t, b.db, query.Scope{Tenant: hostile}, "select @tenant"); got != hostile {
		t.Errorf("got %q, want %q", got, hostile)
	}
}

// Every hour of the days around both changes of the clock, in columns of all
// three types: the period must hold exactly the hours of its local days.
func TestPeriodsCompareInLocalTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for zone, days := range map[string][]string{
		"Europe/Berlin":       {"2026-03-29", "2026-10-25"},
		"America/New_York":    {"2026-03-08", "2026-11-01"},
		"Australia/Lord_Howe": {"2026-04-05", "2026-10-04"},
		"Asia/Tokyo":          {"2026-10-01"},
	} {
		location := load(t, zone)
		for _, day := range days {
			from, err := time.ParseInLocation(time.DateOnly, day, location)
			if err != nil {
				t.Fatal(err)
			}
			until := time.Date(from.Year(), from.Month(), from.Day()+1, 0, 0, 0, 0, location)
			scope := query.Scope{Zone: location, Params: map[string]query.Param{
				"from": query.Instant(from), "until": query.Instant(until), "tick": query.Instant(until.Add(time.Hour)),
			}}
			// Half hours of three days as instants; the same as wall clocks
			// and as days.
			const source = `(select h as tz, h at time zone current_setting('TimeZone') as ts, (h at time zone current_setting('TimeZone'))::date as d
				from generate_series(@from - interval '26 hours', @until + interval '25 hours 30 minutes', interval '30 minutes') h) x`
			want := strconv.Itoa(int(until.Sub(from) / (30 * time.Minute)))
			for _, column := range []string{"tz", "ts", "d"} {
				for _, condition := range []string{
					"COL >= @from and COL < @until",
					"@from <= COL and @until > COL",
					"COL>=@from and not COL>=@until and COL < @tick",
				} {
					condition = strings.ReplaceAll(condition, "COL", column)
					if got := one(t, b.db, scope, "select count(*) from "+source+" where "+condition); got != want {
						t.Errorf("%s %s, %s: got %s half hours, want %s", zone, day, condition, got, want)
					}
				}
			}
			if got := one(t, b.db, scope, "select @from::date::text || ' ' || (@until::timestamp - interval '1 second')::date"); got != day+" "+day {
				t.Errorf("%s: the local days of @from and @until: got %s, want %s twice", zone, got, day)
			}
		}
	}
}

func TestPeriodsUseAnIndex(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.admin(t, "create table t (id bigint, at timestamp, day date)",
		"insert into t select n, timestamp '2020-01-01' + n * interval '1 minute', date '2020-01-01' + n from generate_series(1, 20000) n",
		"create index on t (at)", "create index on t (day)", "analyze t")
	for _, column := range []string{"at", "day"} {
		var plan string
		err := b.pool.QueryRow(t.Context(), "explain (format json) select 1 from t where "+column+" >= '2020-01-02'::timestamptz and "+column+" < '2020-01-03'::timestamptz").Scan(&plan)
		if err != nil || !strings.Contains(plan, "Index Cond") {
			t.Errorf("column %s compared with timestamptz: %v, plan without an index condition: %s", column, err, plan)
		}
	}
}

func TestInstantIsExact(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := time.Date(2026, 10, 31, 23, 59, 59, 123456000, load(t, "Asia/Tokyo"))
	scope := query.Scope{Params: map[string]query.Param{"tick": query.Instant(at)}}
	if got, want := one(t, b.db, scope, "select @tick"), "2026-10-31 14:59:59.123456Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMissingParametersAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	scope := query.Scope{Tenant: "1", Params: map[string]query.Param{"from": query.Instant(time.Now())}}
	_, err := texts(t, b.db, scope, "select @target")
	if want := "query q: parameter @target has no value; there are @from, @tenant"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	scope.Tenant = ""
	_, err = texts(t, b.db, scope, "select @tenant")
	if want := "query q: parameter @tenant has no value; there are @from"; err == nil || err.Error() != want || query.KindOf(err) != query.Invalid {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, zone := range []*time.Location{time.FixedZone("x\n;", 0), time.FixedZone("Mars/Olympus", 0), time.Local} {
		if _, err := texts(t, b.db, query.Scope{Zone: zone}, "select 1"); zone.String() != "UTC" && query.KindOf(err) != query.Invalid {
			t.Errorf("zone %q: got %v, want it refused", zone, err)
		}
	}
}
