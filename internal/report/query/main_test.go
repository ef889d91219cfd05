package query_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

func TestMain(m *testing.M) { localtest.Main(m) }

// bundle is a database of the test's own.
type bundle struct {
	db   *query.DB
	pool *pgxpool.Pool
	url  string
}

// setup opens an own database with a pool as the product has it. Changes to the
// configuration may be given.
func setup(t testing.TB, changes ...func(*pgxpool.Config)) bundle {
	t.Helper()
	url := localtest.Database(t)
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	query.Configure(config)
	for _, change := range changes {
		change(config)
	}
	pool := open(t, config)
	return bundle{db: query.New(pool), pool: pool, url: url}
}

func open(t testing.TB, config *pgxpool.Config) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(t.Context()), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// admin opens a pool that may write.
func (b bundle) admin(t testing.TB, statements ...string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(b.url)
	if err != nil {
		t.Fatal(err)
	}
	pool := open(t, config)
	for _, statement := range statements {
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return pool
}

// named parses a statement under a name.
func named(t testing.TB, name, text string) query.Query {
	t.Helper()
	statement, err := report.ParseStatement(text)
	if err != nil {
		t.Fatalf("ParseStatement(%q): %v", text, err)
	}
	return query.Query{Name: name, Statement: statement}
}

// texts reads all rows as text.
func texts(t testing.TB, db *query.DB, scope query.Scope, text string) ([][]string, error) {
	t.Helper()
	var all [][]string
	_, err := db.Read(t.Context(), scope, []query.Query{named(t, "q", text)}, func(_ int, rows *query.Rows) error {
		for rows.Next() {
			var row []string
			for _, v := range rows.Values() {
				row = append(row, v.Text())
			}
			all = append(all, row)
		}
		return rows.Err()
	})
	return all, err
}

// one reads the single value of a statement.
func one(t testing.TB, db *query.DB, scope query.Scope, text string) string {
	t.Helper()
	rows, err := texts(t, db, scope, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if len(rows) != 1 || len(rows[0]) != 1 {
		t.Fatalf("%s: got %q, want one value", text, rows)
	}
	return rows[0][0]
}
