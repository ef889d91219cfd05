package query

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// connectTimeout is for one address; a server that does not answer for
	// longer is down for our purposes.
	connectTimeout = 10 * time.Second
	// keepAlive finds a peer that vanished without a word after
	// idle + count × interval, instead of after the system's two hours.
	keepAliveIdle     = 30 * time.Second
	keepAliveInterval = 10 * time.Second
	keepAliveCount    = 3
)

// Configure sets what a pool for [New] needs: sessions that are read-only from
// the start and speak UTF-8 whatever the database's encoding, an application name
// (unless the URL gave one), and ends to waiting for a server that does not
// answer. Call it on the result of
// [pgxpool.ParseConfig], before wrapping its DialFunc. Statement caching stays as
// the URL has it.
//
// PgBouncer refuses default_transaction_read_only in the start-up packet unless
// its ignore_startup_parameters names it; ignoring it is safe, because every
// transaction of this package says READ ONLY itself.
func Configure(config *pgxpool.Config) {
	conn := config.ConnConfig
	if conn.RuntimeParams == nil {
		conn.RuntimeParams = map[string]string{}
	}
	conn.RuntimeParams["default_transaction_read_only"] = "on"
	conn.RuntimeParams["client_encoding"] = "UTF8"
	if conn.RuntimeParams["application_name"] == "" {
		conn.RuntimeParams["application_name"] = "jetsheet"
	}
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = connectTimeout
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable:   true,
		Idle:     keepAliveIdle,
		Interval: keepAliveInterval,
		Count:    keepAliveCount,
	}}
	conn.DialFunc = dialer.DialContext
}

// DB runs statements on a pool. It may be used concurrently; each call takes one
// connection of the pool for as long as it runs.
type DB struct {
	pool *pgxpool.Pool
	// named: prepared statements outlive the transaction.
	named bool
	// generation counts the times a prepared statement was found out of date;
	// connections forget what they prepared in an earlier one.
	generation atomic.Int64
	// grace is answerGrace, shorter in tests.
	grace time.Duration
}

// New returns a DB on a pool made from a [Configure]d configuration. The caller
// keeps the pool and closes it when no call is running any more.
func New(pool *pgxpool.Pool) *DB {
	mode := pool.Config().ConnConfig.DefaultQueryExecMode
	return &DB{pool: pool, named: mode == pgx.QueryExecModeCacheStatement, grace: answerGrace}
}

// Now is PostgreSQL's now(), the clock that decides whether a tick is due.
func (db *DB) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	if err := db.pool.QueryRow(ctx, "select now()").Scan(&now); err != nil {
		return time.Time{}, failure{}.classify(ctx, err)
	}
	return now, nil
}
