package query_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

func TestErrorsOfStatements(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
	b.admin(t, "create table t (id bigint, j jsonb)", "create sequence s",
		"create function refuses(state text) returns int language plpgsql as $$ begin raise exception 'too much' using errcode = state; end $$")
	for text, want := range map[string]struct {
		kind    query.ErrorKind
		message string
	}{
		"select id,\n  nope from t where id = @tenant":                       {query.Invalid, `query q: line 2, column 3: column "nope" does not exist (SQLSTATE 42703)`},
		"select id from t where id = @row_bad":                               {query.Invalid, `query q: invalid input syntax for type bigint: "x" (SQLSTATE 22P02)`},
		"select 1/(n-2) from generate_series(1, 3) n":                        {query.Invalid, "query q: after row 1: division by zero (SQLSTATE 22012)"},
		"select v::int from (values ('1'), ('2'), ('drei')) t (v)":           {query.Invalid, `query q: after row 2: invalid input syntax for type integer: "drei" (SQLSTATE 22P02)`},
		"with x as (insert into t values (1) returning id) select id from x": {query.Invalid, "query q: a query only reads, this one writes: cannot execute SELECT in a read-only transaction (SQLSTATE 25006)"},
		"select nextval('s')":                                                {query.Invalid, "query q: a query only reads, this one writes: cannot execute nextval() in a read-only transaction (SQLSTATE 25006)"},
		"select set_config('role', 'nobody-x', true)":                        {query.Invalid, `query q: role "nobody-x" does not exist (SQLSTATE 22023)`},
		"select pg_sleep(30)":                                                {query.TimeLimit, "query q: the statement took longer than 300ms (SQLSTATE 57014)"},
		"select pg_cancel_backend(pg_backend_pid()), pg_sleep(30)":           {query.Unexpected, "query q: canceling statement due to user request (SQLSTATE 57014)"},
		"select refuses('53400')":                                            {query.Unexpected, "query q: too much (SQLSTATE 53400)"},  // more temporary files than a session may have
		"select refuses('53200')":                                            {query.Unexpected, "query q: too much (SQLSTATE 53200)"},  // out of memory
		"select refuses('53100')":                                            {query.Unavailable, "query q: too much (SQLSTATE 53100)"}, // disk full
		"select generate_series(1, 6)":                                       {query.TooManyRows, "query q: more than 5 rows"},
		"select pg_terminate_backend(pg_backend_pid()), pg_sleep(30)":        {query.Unavailable, "query q: terminating connection due to administrator command (SQLSTATE 57P01)"},
	} {
		q := named(t, "q", text)
		q.MaxRows = 5
		scope := query.Scope{Tenant: "1", StatementLimit: 300 * time.Millisecond, Params: map[string]query.Param{"row_bad": {Text: "x"}}}
		for range 2 { // not yet prepared, and prepared
			rows := 0
			_, err := b.db.Read(t.Context(), scope, []query.Query{q}, func(_ int, r *query.Rows) error {
				for r.Next() {
					rows++
				}
				return r.Err()
			})
			if query.KindOf(err) != want.kind || err.Error() != want.message {
				t.Errorf("%s\n got %s %v\nwant %s %s", text, query.KindOf(err), err, want.kind, want.message)
			}
			if rows > 5 {
				t.Errorf("%s: got %d rows, want at most 5", text, rows)
			}
			got, err := texts(t, b.db, query.Scope{}, "select current_setting('statement_timeout'), current_setting('transaction_isolation')")
			if err != nil || got[0][0] != "5min" || got[0][1] != "repeatable read" {
				t.Errorf("after %s: got %q, %v", text, got, err)
			}
		}
	}
}

// What one statement alone can bring about has a cause, in case others get through.
func TestWhatIsUnavailableMayBeTheStatementsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.admin(t, "create function refuses(state text) returns int language plpgsql as $$ begin raise exception 'too much' using errcode = state; end $$")
	for text, want := range map[string]jetsheet.Cause{
		"select refuses('53100')":                                     jetsheet.CauseStatement, // disk full
		"select refuses('40001')":                                     jetsheet.CauseStatement, // a standby's conflict
		"select refuses('58030')":                                     jetsheet.CauseStatement, // a file that cannot be read
		"select pg_terminate_backend(pg_backend_pid()), pg_sleep(30)": jetsheet.CauseStatement,
		"select refuses('53300')":                                     "", // connections
		"select refuses('57P02')":                                     "", // another one's process crashed
		"select refuses('57P03')":                                     "", // it is starting
	} {
		_, err := texts(t, b.db, query.Scope{StatementLimit: 5 * time.Second}, text)
		var s *query.StatementError
		if !errors.As(err, &s) {
			t.Fatalf("%s: got %v, want an error of the statement", text, err)
		}
		if class, cause := s.Failure(); class != jetsheet.ClassUnavailable || cause != want {
			t.Errorf("%s: got %s, %q, want %s, %q", text, class, cause, jetsheet.ClassUnavailable, want)
		}
	}
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/x")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	_, err = query.New(pool).Read(t.Context(), query.Scope{}, []query.Query{named(t, "q", "select 1")}, func(int, *query.Rows) error { return nil })
	var s *query.StatementError
	if !errors.As(err, &s) || s.Sent {
		t.Errorf("a database that is down: got %+v, want that no statement was sent", s)
	}
}

func TestErrorsAreNotLostWhenTheReaderIgnoresThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.db.Read(t.Context(), query.Scope{}, []query.Query{named(t, "q", "select 1/(n-2) from generate_series(1, 3) n")}, func(_ int, rows *query.Rows) error {
		for rows.Next() {
			continue
		}
		return nil
	})
	if query.KindOf(err) != query.Invalid {
		t.Errorf("got %v, want division by zero", err)
	}
}

func TestCancelIsInterrupted(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
	admin := b.admin(t)
	cause := errors.New("shutting down")
	for what, text := range map[string]string{"between rows": "select generate_series(1, 100000000)", "in the statement": "select 1 union all select 2 from pg_sleep(60)"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		timer := time.AfterFunc(100*time.Millisecond, func() { cancel(cause) })
		start := time.Now()
		_, err := b.db.Read(ctx, query.Scope{}, []query.Query{named(t, "q", text)}, func(_ int, rows *query.Rows) error {
			for rows.Next() {
				continue
			}
			return rows.Err()
		})
		timer.Stop()
		if query.KindOf(err) != query.Interrupted || !errors.Is(err, cause) || time.Since(start) > 10*time.Second {
			t.Errorf("%s: got %v after %v, want interrupted by %v at once", what, err, time.Since(start), cause)
		}
		if got := one(t, b.db, query.Scope{}, "select 'usable'"); got != "usable" {
			t.Errorf("%s: the next read got %q", what, got)
		}
		waitUntil(t, admin, "no statement runs on", "select not exists (select 1 from pg_stat_activity where datname = current_database() and state = 'active' and query like '%100000000%' and pid <> pg_backend_pid())")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := b.db.Now(ctx); query.KindOf(err) != query.Interrupted || !errors.Is(err, cause) {
		t.Errorf("Now with an ended context: got %v", err)
	}
}

func TestTerminatedInTheMiddleIsUnavailable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.admin(t)
	_, err := b.db.Read(t.Context(), query.Scope{}, []query.Query{named(t, "pid", "select pg_backend_pid()::text"), named(t, "q", "select n, repeat('x', 1000) from generate_series(1, 1000000) n")}, func(i int, rows *query.Rows) error {
		for rows.Next() {
			if i == 0 {
				if _, err := admin.Exec(t.Context(), "select pg_terminate_backend($1::int)", rows.Values()[0].Text()); err != nil {
					return err
				}
			}
		}
		return rows.Err()
	})
	if query.KindOf(err) != query.Unavailable {
		t.Errorf("got %v (%s), want unavailable", err, query.KindOf(err))
	}
	if got := one(t, b.db, query.Scope{}, "select 'usable'"); got != "usable" {
		t.Errorf("the next read got %q", got)
	}
}

func TestUnreachableServersAreUnavailable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for what, url := range map[string]string{
		"refused":          "postgres://u:secret@" + localtest.Unused + "/d",
		"no such database": b.url,
	} {
		config, err := pgxpool.ParseConfig(url)
		if err != nil {
			t.Fatal(err)
		}
		if what == "no such database" {
			config.ConnConfig.Database = "does-not-exist"
		}
		query.Configure(config)
		db := query.New(open(t, config))
		_, err = db.Now(t.Context())
		_, readErr := db.Read(t.Context(), query.Scope{}, nil, nil)
		for _, err := range []error{err, readErr} {
			if query.KindOf(err) != query.Unavailable || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: got %v, want unavailable without the password", what, err)
			}
			// The address is tried with TLS and without, and both fail alike.
			if n := strings.Count(err.Error(), "connection refused"); what == "refused" && n != 1 {
				t.Errorf("%s: got %v, want what was refused once, not %d times", what, err, n)
			}
		}
	}
}

// A database that takes no connections, as in a maintenance window, is away.
func TestClosedDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	name := quotedName(t, b)
	other, err := pgx.ParseConfig(b.url)
	if err != nil {
		t.Fatal(err)
	}
	other.Database = "postgres" // nobody closes the one that he is in
	conn, err := pgx.ConnectConfig(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	if _, err := conn.Exec(t.Context(), "alter database "+name+" allow_connections false"); err != nil {
		t.Fatal(err)
	}
	config, err := pgxpool.ParseConfig(b.url)
	if err != nil {
		t.Fatal(err)
	}
	db := query.New(open(t, config))
	if _, err := db.Now(t.Context()); query.KindOf(err) != query.Unavailable {
		t.Errorf("got %v, want unavailable", err)
	}
}

func TestTooManyConnectionsIsUnavailable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.admin(t, "alter database "+quotedName(t, b)+" connection limit 0")
	config, err := pgxpool.ParseConfig(b.url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	db := query.New(open(t, config))
	conn, err := pgx.Connect(t.Context(), b.url)
	if err == nil { // a superuser is not bound by the limit
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
		return
	}
	if _, err := db.Now(t.Context()); query.KindOf(err) != query.Unavailable {
		t.Errorf("got %v, want unavailable", err)
	}
}

// waitUntil asks until the answer is true.
func waitUntil(t testing.TB, pool *pgxpool.Pool, what, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var done bool
		if err := pool.QueryRow(ctx, text).Scan(&done); err != nil {
			t.Fatalf("wait until %s: %v", what, err)
		}
		if done {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited too long until %s", what)
		}
	}
}
