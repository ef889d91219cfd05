package query_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

func TestReadRunsAllInOneTransaction(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]pgx.QueryExecMode{
		"prepared": pgx.QueryExecModeCacheStatement,
		"unnamed":  pgx.QueryExecModeExec,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = mode; c.MaxConns = 1 })
			queries := []query.Query{
				named(t, "a", "select n, pg_current_snapshot()::text, current_setting('transaction_isolation'), current_setting('transaction_read_only'), current_setting('TimeZone'), current_setting('app.tenant'), current_setting('statement_timeout') from generate_series(1, 3) n"),
				named(t, "b", "select @tenant, @row_x, pg_current_snapshot()::text"),
				named(t, "a again", "select n, pg_current_snapshot()::text, current_setting('transaction_isolation'), current_setting('transaction_read_only'), current_setting('TimeZone'), current_setting('app.tenant'), current_setting('statement_timeout') from generate_series(1, 3) n"),
				named(t, "none", "select 1 where false"),
			}
			tokyo := load(t, "Asia/Tokyo")
			scope := query.Scope{
				Tenant: "t-1", Zone: tokyo, StatementLimit: 7 * time.Second,
				Params: map[string]query.Param{"row_x": {Null: true}},
			}
			for range 3 { // cold, then with everything prepared
				var got [][]string
				snapshot, err := b.db.Read(t.Context(), scope, queries, func(i int, rows *query.Rows) error {
					for rows.Next() {
						row := []string{queries[i].Name}
						for _, v := range rows.Values() {
							row = append(row, v.Kind().String()+" "+v.Text())
						}
						got = append(got, row)
					}
					return rows.Err()
				})
				if err != nil {
					t.Fatal(err)
				}
				id := "text " + snapshot.ID
				rest := []string{id, "text repeatable read", "text on", "text Asia/Tokyo", "text t-1", "text 7s"}
				want := [][]string{
					append([]string{"a", "int 1"}, rest...), append([]string{"a", "int 2"}, rest...), append([]string{"a", "int 3"}, rest...),
					{"b", "text t-1", "null ", id},
					append([]string{"a again", "int 1"}, rest...), append([]string{"a again", "int 2"}, rest...), append([]string{"a again", "int 3"}, rest...),
				}
				if !slices.EqualFunc(got, want, slices.Equal) {
					t.Errorf("got\n%q\nwant\n%q", got, want)
				}
				if age := time.Since(snapshot.At).Abs(); age > time.Hour {
					t.Errorf("snapshot at %v, %v from now", snapshot.At, age)
				}
			}
		})
	}
}

func TestReadWithoutQueriesTakesASnapshot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	snapshot, err := b.db.Read(t.Context(), query.Scope{}, nil, nil)
	if err != nil || snapshot.ID == "" || snapshot.At.IsZero() {
		t.Errorf("got %+v, %v", snapshot, err)
	}
}

func TestReadReturnsTheCallersError(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
	stop := errors.New("stop")
	for _, text := range []string{"select 1", "select generate_series(1, 100000000)"} {
		_, err := b.db.Read(t.Context(), query.Scope{}, []query.Query{named(t, "q", text), named(t, "r", "select 2")}, func(_ int, rows *query.Rows) error {
			rows.Next()
			return stop
		})
		if !errors.Is(err, stop) || query.KindOf(err) != "" {
			t.Errorf("%s: got %v, want %v as it is", text, err, stop)
		}
		if got := one(t, b.db, query.Scope{}, "select 'usable'"); got != "usable" {
			t.Errorf("after %s: got %q", text, got)
		}
	}
}

func TestReadReadsOverWhatIsLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	calls := 0
	_, err := b.db.Read(t.Context(), query.Scope{}, []query.Query{
		named(t, "q", "select generate_series(1, 10000)"), named(t, "fails", "select 1/(n-500) from generate_series(1, 1000) n"),
	}, func(int, *query.Rows) error { calls++; return nil })
	if query.KindOf(err) != query.Invalid || calls != 2 {
		t.Errorf("an error behind unread rows: got %v after %d calls, want division by zero after 2", err, calls)
	}
}

func TestReadAsText(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := named(t, "targets", "select 9007199254740993::bigint, true, timestamptz '2026-10-01 00:00', null, interval '1 day'")
	q.Text = true
	var got []string
	_, err := b.db.Read(t.Context(), query.Scope{Zone: load(t, "Asia/Tokyo")}, []query.Query{q}, func(_ int, rows *query.Rows) error {
		for rows.Next() {
			for _, v := range rows.Values() {
				got = append(got, v.Kind().String()+" "+v.Text())
			}
		}
		return rows.Err()
	})
	want := []string{"text 9007199254740993", "text t", "text 2026-10-01 00:00:00+09", "null ", "text 1 day"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

// A literal becomes an instant when the statement is parsed: one prepared
// statement for all zones would be wrong in all but one.
func TestReadLiteralsAreOfTheScopesZone(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
	for range 2 {
		for zone, want := range map[string]string{
			"Asia/Tokyo": "1790780400", "Europe/Berlin": "1790805600", "UTC": "1790812800",
		} {
			got := one(t, b.db, query.Scope{Zone: load(t, zone)}, "select extract(epoch from timestamptz '2026-10-01 00:00')::bigint")
			if got != want {
				t.Errorf("midnight in %s: got %s, want %s", zone, got, want)
			}
		}
	}
}

func TestReadSurvivesAlteredTables(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
	admin := b.admin(t, "create table t (a int)", "insert into t values (1)")
	queries := []query.Query{named(t, "t", "select * from t"), named(t, "u", "select *, 2 from t")}
	columns := func() (n int, err error) {
		_, err = b.db.Read(t.Context(), query.Scope{}, queries, func(_ int, rows *query.Rows) error {
			n = len(rows.Columns())
			return nil
		})
		return n, err
	}
	for want := 2; want < 6; want++ {
		if got, err := columns(); err != nil || got != want {
			t.Fatalf("got %d columns, %v; want %d", got, err, want)
		}
		if _, err := admin.Exec(t.Context(), "alter table t add column c"+string(rune('0'+want))+" int"); err != nil {
			t.Fatal(err)
		}
	}
	queries[0] = named(t, "constant", "select 1")
	if _, err := columns(); query.KindOf(err) != query.Unavailable {
		t.Errorf("altered after rows were handed out: got %v, want it to be tried again later", err)
	}
	if got, err := columns(); err != nil || got != 6 {
		t.Errorf("and then: got %d columns, %v; want 6", got, err)
	}
}

func TestReadForgetsOldStatements(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
	for n := range 600 {
		one(t, b.db, query.Scope{}, "select "+strconv.Itoa(n))
	}
	var count int
	if err := b.pool.QueryRow(t.Context(), "select count(*) from pg_prepared_statements").Scan(&count); err != nil {
		t.Fatal(err)
	}
	if count > 270 || count < 200 {
		t.Errorf("after 600 statements %d are prepared, want about 256", count)
	}
}

func TestNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now, err := b.db.Now(t.Context())
	if err != nil || time.Since(now).Abs() > time.Hour {
		t.Errorf("got %v, %v", now, err)
	}
}

func load(t testing.TB, zone string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return location
}
