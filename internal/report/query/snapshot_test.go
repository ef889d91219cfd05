package query_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

// Another session moves amounts between accounts all the while: every Read must
// see one state, in which they add up, in all its statements.
func TestSnapshotIsOneState(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *pgxpool.Config) { c.MaxConns = 2 })
	admin := b.admin(t, "create table accounts (id int primary key, amount bigint, filler text)",
		"insert into accounts select n, 100, repeat('x', 500) from generate_series(1, 2000) n")
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	var updates atomic.Int64
	writer.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			_, err := admin.Exec(ctx, "update accounts set amount = amount + case id when $1 then 7 else -7 end where id in ($1, $2)", 1+n%2000, 1+(n*7+1)%2000)
			if err == nil {
				updates.Add(1)
			} else if ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	queries := []query.Query{
		named(t, "rows", "select amount, filler from accounts where (select pg_sleep(0.05)) is not null"),
		named(t, "sum", "select sum(amount), pg_current_snapshot()::text from accounts"),
		named(t, "again", "select amount from accounts"),
	}
	states := map[string]bool{}
	for range 20 {
		var first, again int64
		var sum, id string
		snapshot, err := b.db.Read(ctx, query.Scope{}, queries, func(i int, rows *query.Rows) error {
			for rows.Next() {
				v := rows.Values()
				switch i {
				case 0:
					first = first*31 + v[0].Int()
				case 1:
					sum, id = v[0].Text(), v[1].Text()
				case 2:
					again = again*31 + v[0].Int()
				}
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		if sum != "200000" || id != snapshot.ID {
			t.Errorf("sum %s (want 200000) in snapshot %s (want %s)", sum, id, snapshot.ID)
		}
		if first != again {
			t.Errorf("two statements of snapshot %s saw different rows", snapshot.ID)
		}
		states[snapshot.ID] = true
	}
	stop()
	writer.Wait()
	if updates.Load() < 20 || len(states) < 10 {
		t.Errorf("%d updates, %d states: the writer did not write meanwhile", updates.Load(), len(states))
	}
}

func TestTenantIsSetInsideTheTransactionOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	db := rowSecurity(t, b)
	var wait sync.WaitGroup
	for worker := range 6 {
		wait.Go(func() {
			for n := range 30 {
				tenant := strconv.Itoa(1 + (worker+n)%5)
				got, err := texts(t, db, query.Scope{Tenant: tenant}, "select min(tenant_id)::text, max(tenant_id)::text, count(*) from records")
				if want := []string{tenant, tenant, "3"}; err != nil || !slices.Equal(got[0], want) {
					t.Errorf("tenant %s: got %v, %v; want %v", tenant, got, err, want)
				}
				if n%7 == 0 { // an error, with the tenant set
					if _, err := texts(t, db, query.Scope{Tenant: tenant}, "select 1/0 from records"); query.KindOf(err) != query.Invalid {
						t.Errorf("got %v, want division by zero", err)
					}
				}
				if _, err := texts(t, db, query.Scope{}, "select count(*) from records"); query.KindOf(err) != query.Invalid || err.Error() != "query q: no tenant is set (SQLSTATE P0001)" {
					t.Errorf("without a tenant: got %v, want an error", err)
				}
			}
		})
	}
	wait.Wait()
	if _, err := texts(t, db, query.Scope{Tenant: "1"}, "select n from secrets"); query.KindOf(err) != query.Invalid {
		t.Errorf("a table without rights: got %v, want invalid", err)
	}
}

// A policy whose function is marked IMMUTABLE by mistake is evaluated when the
// plan is made: no plan may serve two tenants.
func TestPlansAreNotSharedByTenants(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
	b.admin(t, "create table records (tenant_id text)", "insert into records values ('a'), ('b')",
		"create function tenant() returns text immutable language sql as $$ select current_setting('app.tenant') $$")
	for _, text := range []string{
		"select tenant_id from records where tenant_id = tenant()",
		"select tenant_id from records where tenant_id = tenant() and @tenant <> ''",
	} {
		for n := range 40 {
			want := []string{"a", "b"}[n/20]
			if got := one(t, b.db, query.Scope{Tenant: want}, text); got != want {
				t.Fatalf("%s, read %d of tenant %s: got the row of tenant %s", text, n, want, got)
			}
		}
	}
}

func TestSessionsAreCleanAndNeverTooMany(t *testing.T) {
	t.Parallel()
	const most = 3
	b := setup(t, func(c *pgxpool.Config) {
		c.MaxConns = most
		c.ConnConfig.RuntimeParams["application_name"] = "counted"
	})
	admin := b.admin(t)
	ctx, stop := context.WithCancel(t.Context())
	var counter sync.WaitGroup
	var highest atomic.Int64
	counter.Go(func() {
		for ctx.Err() == nil {
			var n int64
			err := admin.QueryRow(ctx, "select count(*) from pg_stat_activity where application_name = 'counted' and datname = current_database()").Scan(&n)
			if err != nil && ctx.Err() == nil {
				t.Error(err)
			}
			highest.Store(max(highest.Load(), n))
		}
	})
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			for n := range 15 {
				scope := query.Scope{Tenant: "t" + strconv.Itoa(worker), Zone: load(t, "Asia/Tokyo")}
				text := []string{"select @tenant", "select 1/0", "select generate_series(1, 10000000)"}[n%3]
				limited, cancel := context.WithCancel(t.Context())
				_, err := b.db.Read(limited, scope, []query.Query{named(t, "q", text)}, func(_ int, rows *query.Rows) error {
					for rows.Next() {
						if rows.Count() == 1000 {
							cancel()
						}
					}
					return rows.Err()
				})
				cancel()
				if want := []query.ErrorKind{"", query.Invalid, query.Interrupted}[n%3]; query.KindOf(err) != want {
					t.Errorf("%s: got %v, want %q", text, err, want)
				}
			}
		})
	}
	wait.Wait()
	stop()
	counter.Wait()
	if highest.Load() > most || highest.Load() == 0 {
		t.Errorf("at most %d sessions at once, want 1 to %d", highest.Load(), most)
	}
	for range most {
		var state string
		err := b.pool.QueryRow(t.Context(), `select concat_ws(' ', current_setting('TimeZone'), current_setting('app.tenant', true), current_setting('statement_timeout'),
			current_setting('plan_cache_mode'), current_setting('default_transaction_read_only'), current_setting('transaction_isolation'))`).Scan(&state)
		if want := "UTC  0 auto on read committed"; err != nil || (state != want && state != "UTC 0 auto on read committed") {
			t.Errorf("a session after use: got %q, %v; want %q", state, err, want)
		}
	}
}
