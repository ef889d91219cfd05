package query

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// drainLimit is how long a Read that ends early waits for the rest of its
// answers before it gives the connection up; a new one costs about as much.
const drainLimit = 50 * time.Millisecond

// Read runs the queries in their order in one read-only transaction and calls
// each for every one of them, with its index and its rows, in this goroutine.
// All of them are sent before the first call: a query cannot depend on another's
// rows.
//
// An error of each ends the Read and is returned as it is. Rows that each leaves
// unread are read over. Everything else that goes wrong is a *StatementError;
// each may have been called by then, so what it made of the rows counts only when
// Read returns nil. The returned Snapshot is set as soon as the transaction has
// begun, also with an error.
//
// The connection goes back to the pool clean; one with a transaction that could
// not be ended quickly is closed.
func (db *DB) Read(ctx context.Context, scope Scope, queries []Query, each func(i int, rows *Rows) error) (Snapshot, error) {
	t := &transaction{db: db, scope: scope, each: each}
	if err := t.bind(queries); err != nil {
		return Snapshot{}, err
	}
	err := t.attempt(ctx)
	if errors.Is(err, errStale) && !t.delivered {
		// Someone altered a table. The connection has forgotten its plans;
		// nothing was handed out yet, so this can start again unseen.
		err = t.attempt(ctx)
	}
	return t.snapshot, err
}

// transaction is one Read.
type transaction struct {
	db        *DB
	scope     Scope
	zone      string
	bound     []bound
	each      func(i int, rows *Rows) error
	snapshot  Snapshot
	delivered bool
}

// bound is a query ready to send.
type bound struct {
	Query
	// sql ends in a comment with the zone, which keeps statements apart that
	// were parsed in different zones, here and in a pooler between; one
	// without parameters also with a mark of the tenant.
	sql    string
	values [][]byte
}

func (t *transaction) bind(queries []Query) error {
	zone, err := t.scope.zoneName()
	if err != nil {
		return err
	}
	t.zone = zone
	t.bound = make([]bound, len(queries))
	for i, q := range queries {
		values, err := t.scope.values(q)
		if err != nil {
			return err
		}
		t.bound[i] = bound{Query: q, sql: q.Statement.SQL + "\n-- " + zone, values: values}
		if len(values) == 0 && t.scope.Tenant != "" {
			t.bound[i].sql += " " + tenantMark(t.scope.Tenant)
		}
	}
	return nil
}

// tenantMark stands for a tenant in the comment of a statement without parameters:
// PostgreSQL makes one plan for all its executions, whatever plan_cache_mode says.
func tenantMark(tenant string) string {
	sum := sha256.Sum256([]byte(tenant))
	return hex.EncodeToString(sum[:16])
}

func (t *transaction) attempt(ctx context.Context) error {
	conn, err := t.db.pool.Acquire(ctx)
	if err != nil {
		return failure{}.classify(ctx, err)
	}
	defer conn.Release()
	limit := time.Duration(len(t.bound)+1)*t.scope.limit() + t.db.grace
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	x := newExchange(t, conn)
	err = x.run(ctx, limited)
	x.end(limited, cancel, err)
	if errors.Is(err, errStale) {
		t.db.generation.CompareAndSwap(x.session.generation, x.session.generation+1)
	}
	return err
}
