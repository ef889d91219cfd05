package faults_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jetsheet/jetsheet/deploy/faults"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// pgBench is a database behind a proxy.
type pgBench struct {
	*bench
	url    string
	config *pgx.ConnConfig // through the proxy
}

func newPGBench(t *testing.T) *pgBench {
	t.Helper()
	b := &pgBench{bench: newBench(), url: localtest.Database(t)}
	direct, err := pgconn.ParseConfig(b.url)
	if err != nil {
		t.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(direct.Host, direct.Port)
	proxy, err := faults.StartPostgres(b.Director, "role", network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	host, port, err := net.SplitHostPort(proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	if b.config, err = pgx.ParseConfig(b.url); err != nil {
		t.Fatal(err)
	}
	b.config.Host, b.config.Port, b.config.TLSConfig, b.config.Fallbacks = host, uint16(number), nil, nil
	return b
}

func (b *pgBench) connect(t *testing.T, config *pgx.ConnConfig) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) }) // a fault may have ended it
	return conn
}

func TestPostgresStatement(t *testing.T) {
	t.Parallel()
	for _, action := range faults.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			b := newPGBench(t)
			direct, err := pgx.ParseConfig(b.url)
			if err != nil {
				t.Fatal(err)
			}
			observer := b.connect(t, direct)
			if _, err := observer.Exec(t.Context(), "create sequence s"); err != nil {
				t.Fatal(err)
			}
			conn := b.connect(t, b.config)
			armed := b.arm(faults.WirePostgres, "select nextval('s')", action)
			began := time.Now()
			var got, stored int
			heard := conn.QueryRow(t.Context(), "select nextval('s')").Scan(&got)
			took := time.Since(began)
			if err := observer.QueryRow(t.Context(), "select case when is_called then last_value else 0 end from s").Scan(&stored); err != nil {
				t.Fatal(err)
			}
			b.check(t, armed, action, stored, heard, took)
			if heard == nil {
				if err := conn.QueryRow(t.Context(), "select nextval('s')").Scan(&got); err != nil || got != stored+1 {
					t.Errorf("the next statement on the connection: %d (%v), want %d", got, err, stored+1)
				}
			}
		})
	}
}

func TestPostgresRows(t *testing.T) {
	t.Parallel()
	const statement = "select n from generate_series(1, 5) n"
	for action, want := range map[faults.Action]int{faults.Fail: 1, faults.Crash: 1, faults.ApplyThenFail: 2, faults.Delay: 5} {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			b := newPGBench(t)
			conn := b.connect(t, b.config)
			armed := b.arm(faults.WirePostgres, "rows of "+statement, action)
			rows, err := conn.Query(t.Context(), statement)
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			for rows.Next() {
				got++
			}
			if got != want || (rows.Err() == nil) != (action == faults.Delay) {
				t.Errorf("%d rows came (%v), want %d", got, rows.Err(), want)
			}
			select {
			case <-armed.Fired():
			default:
				t.Error("the fault did not fire")
			}
		})
	}
	if p := (faults.Point{Wire: faults.WirePostgres, Effect: "rows of " + statement}); p.Takes(faults.Duplicate) {
		t.Errorf("%s takes duplicates", p)
	}
}

func TestPostgresConnect(t *testing.T) {
	t.Parallel()
	for _, action := range faults.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			b := newPGBench(t)
			armed := b.arm(faults.WirePostgres, "connect", action)
			conn, err := pgx.ConnectConfig(t.Context(), b.config)
			if want := action == faults.Delay || action == faults.Duplicate; want != (err == nil) {
				t.Errorf("connect: %v, want success: %t", err, want)
			}
			if err == nil {
				if err := conn.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
			select {
			case <-armed.Fired():
			default:
				t.Error("the fault did not fire")
			}
		})
	}
}
