//go:build unix

package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jetsheet/jetsheet/deploy/local"
)

//go:embed database.sql
var databaseScript string

const databaseName = "chaos"

// database is a PostgreSQL cluster of our own that is stopped without mercy.
type database struct {
	busy sync.Mutex // held by the fault that the server is under
	dir  string

	mu     sync.Mutex
	server *local.Postgres
	url    string // of the database, "" while the server is down
}

// startDatabase makes the cluster in dir and fills the database.
func startDatabase(ctx context.Context, dir string) (*database, error) {
	d := &database{dir: dir}
	if err := d.start(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// start starts the server, after a stop with the recovery that it needs.
func (d *database) start(ctx context.Context) error {
	// A commit that was acknowledged is in the log, of the operating system at least:
	// what a workbook was made of does not vanish with the server.
	server, err := local.StartPostgres(ctx, local.PostgresOptions{Dir: d.dir, Settings: map[string]string{"synchronous_commit": "on"}})
	if err != nil {
		return err
	}
	u, err := server.Database(ctx, databaseName, local.SQLTemplate(databaseScript))
	if err != nil {
		return errors.Join(err, server.Close()) //nolint:contextcheck // it must close whatever became of ctx
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.server, d.url = server, u
	return nil
}

// stop ends the server at once: sessions are cut, nothing is written.
func (d *database) stop() error {
	d.mu.Lock()
	server := d.server
	d.server, d.url = nil, ""
	d.mu.Unlock()
	if server == nil {
		return nil
	}
	if err := syscall.Kill(server.PID(), syscall.SIGQUIT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop postgresql: %w", err)
	}
	return server.Close()
}

var errDatabaseDown = errors.New("postgresql is stopped")

// dial connects to the server as it is now.
func (d *database) dial(ctx context.Context) (net.Conn, error) {
	d.mu.Lock()
	u := d.url
	d.mu.Unlock()
	if u == "" {
		return nil, errDatabaseDown
	}
	config, err := pgconn.ParseConfig(u)
	if err != nil {
		return nil, fmt.Errorf("address of postgresql: %w", err)
	}
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// connect opens a session that no proxy sees.
func (d *database) connect(ctx context.Context) (*pgx.Conn, error) {
	d.mu.Lock()
	u := d.url
	d.mu.Unlock()
	if u == "" {
		return nil, errDatabaseDown
	}
	return pgx.Connect(ctx, u)
}

// sessions counts the sessions that there are besides ours.
func (d *database) sessions(ctx context.Context) (count int, err error) {
	conn, err := d.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	err = conn.QueryRow(ctx, `select count(*) from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`).Scan(&count)
	return count, err
}

// through returns the database's URL by way of a proxy.
func (d *database) through(address string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Host: address, Path: "/" + databaseName, RawQuery: "sslmode=disable"}
	return u.String()
}

// move changes a target's rows in one transaction.
const (
	moveHead = `update heads set version = version + 1 where (tenant_id, id) = (select tenant_id, id from heads order by random() limit 1)
returning tenant_id, id, version`
	moveAmounts = `update amounts set version = $3, amount = 100 + case when n % 2 = 0 then $4::int else -$4::int end where tenant_id = $1 and site = $2`
	movePace    = 20 * time.Millisecond
)

// moveRecords changes records until ctx ends, whenever the server is there, and returns
// how often it did.
func (d *database) moveRecords(ctx context.Context) int {
	moved := 0
	pace := time.NewTicker(movePace)
	defer pace.Stop()
	var conn *pgx.Conn
	for {
		select {
		case <-ctx.Done():
			if conn != nil {
				_ = conn.Close(context.WithoutCancel(ctx))
			}
			return moved
		case <-pace.C:
		}
		if conn == nil || conn.IsClosed() {
			var err error
			if conn, err = d.connect(ctx); err != nil {
				conn = nil
				continue
			}
		}
		if moveOnce(ctx, conn) == nil {
			moved++
		}
	}
}

func moveOnce(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var tenant, id string
		var version int
		if err := tx.QueryRow(ctx, moveHead).Scan(&tenant, &id, &version); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, moveAmounts, tenant, id, version, version%89)
		return err
	})
}
