package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// plantedRead is a mistake in how workbooks are read from the database. It is planted in
// what the roles send to PostgreSQL: they are as they ship.
type plantedRead struct {
	name string
	// right is a text of a statement, wrong one of the same length that takes its place.
	right, wrong string
	report       string
	// check returns what shows the mistake; nil where there is none.
	check func(r *verifyRig, id jetsheet.RunID) error
}

// plantedReads are the mistakes that a model of the coordination has nothing for: it has
// no rows.
func plantedReads() []plantedRead {
	return []plantedRead{
		{
			name: "no tenant filter", right: "tenant_id = $1", wrong: "$1 = $1       ",
			report: plantedReport("  records: select n, note from records where tenant_id = @tenant and site = @target order by n, note"),
			check:  checkDeep,
		},
		{
			name: "no tenant set for a policy that lets it pass", right: "set_config('app.tenant'", wrong: "set_config('app.tenanx'",
			report: plantedReport("  records: select n, note from bound where @tenant <> '' and site = @target order by n"),
			check:  checkDeep,
		},
		{
			name: "a transaction for each statement", right: "repeatable read", wrong: "read committed ",
			report: plantedReport("  records: select version, pg_sleep(0.01)::text as slept from amounts where tenant_id = @tenant and @target <> '' order by n\n" +
				"  heads: select version from heads where tenant_id = @tenant"),
			check: checkOneInstant,
		},
	}
}

// plantedReport is a report with these queries, the first of which is records; each has a
// sheet.
func plantedReport(queries string) string {
	var sheets []string
	for line := range strings.SplitSeq(queries, "\n") {
		name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		sheets = append(sheets, "{name: "+name+", rows: "+name+"}")
	}
	return `report: planted
schedule: {cron: "0 12 1 * *", timeZone: UTC, catchUp: latest}
period: month
targets: select tenant_id as tenant, id as target from sites
queries:
` + queries + `
workbook: {sheets: [` + strings.Join(sheets, ", ") + `]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`
}

// TestPlantedReadsAreFound has runs made with and without each mistake: those without are
// sound, those with it are not.
func TestPlantedReadsAreFound(t *testing.T) {
	t.Parallel()
	for _, p := range plantedReads() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			if len(p.right) != len(p.wrong) {
				t.Fatalf("%q and %q differ in length", p.right, p.wrong)
			}
			database := localtest.Database(t, local.SQLTemplate(readTestdata(t, "planted", "schema.sql")))
			r := newVerifyRig(t, database)
			role := r.boundRole(database)
			honest := r.reader(database, role, func(conn net.Conn) net.Conn { return conn })
			stop := r.changing()
			defer stop()

			r.parts.database = honest
			id := r.make(verifyTick, p.report)[0]
			if err := p.check(r, id); err != nil {
				t.Errorf("without the mistake: %v", err)
			}
			var planted atomic.Int64
			r.parts.database = r.reader(database, role, func(conn net.Conn) net.Conn {
				return &lyingConn{Conn: conn, right: []byte(p.right), wrong: []byte(p.wrong), times: &planted}
			})
			id = r.again(id)
			r.parts.database = honest
			switch err := p.check(r, id); {
			case planted.Load() == 0:
				t.Errorf("no statement had %q", p.right)
			case err == nil:
				t.Errorf("the mistake was made %d times and not found", planted.Load())
			default:
				t.Logf("found: %v", err)
			}
		})
	}
}

// lyingConn sends one text in the place of another of the same length.
type lyingConn struct {
	net.Conn

	right, wrong []byte
	times        *atomic.Int64
}

// Write implements [net.Conn].
func (c *lyingConn) Write(b []byte) (int, error) {
	c.times.Add(int64(bytes.Count(b, c.right)))
	return c.Conn.Write(bytes.ReplaceAll(b, c.right, c.wrong))
}

// reader is the database as a role of PostgreSQL sees it, over connections that are
// wrapped.
func (r *verifyRig) reader(database, role string, wrap func(net.Conn) net.Conn) *query.DB {
	r.t.Helper()
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		r.t.Fatal(err)
	}
	query.Configure(config)
	config.MaxConns = 8
	config.ConnConfig.RuntimeParams["role"] = role
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return wrap(conn), nil
	}
	pool, err := pgxpool.NewWithConfig(r.t.Context(), config)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(pool.Close)
	return query.New(pool)
}

// boundRole makes a role of PostgreSQL that policies bind. Its name is the database's own.
func (r *verifyRig) boundRole(database string) string {
	r.t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		r.t.Fatal(err)
	}
	role := "bound_" + strings.Trim(u.Path, "/")
	r.sql(`create role "` + role + `"`)
	r.sql(`grant select on all tables in schema public to "` + role + `"`)
	r.t.Cleanup(func() {
		for _, statement := range []string{`drop owned by "` + role + `"`, `drop role "` + role + `"`} {
			if _, err := r.admin.Exec(context.WithoutCancel(r.t.Context()), statement); err != nil {
				r.t.Errorf("%s: %v", statement, err)
			}
		}
	})
	return role
}

// changing gives all rows of heads and amounts another version, again and again, until the
// returned function is called.
func (r *verifyRig) changing() (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	var writing sync.WaitGroup
	writing.Go(func() {
		pace := time.NewTicker(5 * time.Millisecond)
		defer pace.Stop()
		for version := 1; ctx.Err() == nil; version++ {
			err := pgx.BeginFunc(ctx, r.admin, func(tx pgx.Tx) error {
				for _, table := range []string{"heads", "amounts"} {
					if _, err := tx.Exec(ctx, "update "+table+" set version = $1", version); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil && ctx.Err() == nil {
				r.t.Error(err)
				return
			}
			select {
			case <-pace.C:
			case <-ctx.Done():
			}
		}
	})
	return func() {
		cancel()
		writing.Wait()
	}
}

// checkDeep has the run compared with the database cell by cell.
func checkDeep(r *verifyRig, id jetsheet.RunID) error {
	if found := r.verify(r.record(id), "", true); !found.Sound() {
		return fmt.Errorf("%d problems:\n%s", found.ProblemCount, problemsText(found))
	}
	return nil
}

// checkOneInstant looks for two versions in one workbook.
func checkOneInstant(r *verifyRig, _ jetsheet.RunID) error {
	var found error
	for _, key := range r.keys() {
		body := r.get(key).body
		book, err := cells.Open(bytes.NewReader(body), int64(len(body)), cells.Limits{})
		if err != nil {
			return err
		}
		versions := map[string]bool{}
		for _, sheet := range book.Sheets() {
			err := sheet.Rows(func(row int, line []cells.Cell) error {
				if row > 1 {
					versions[line[0].Text] = true
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		if len(versions) != 1 {
			found = errors.Join(found, fmt.Errorf("workbook %s has the versions %v, want one", key, slices.Sorted(maps.Keys(versions))))
		}
	}
	return found
}
