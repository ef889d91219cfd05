package query_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

// A server that is there but silent must not hold a Read for ever.
func TestSilentServersAreUnavailable(t *testing.T) {
	t.Parallel()
	line := newLine()
	b := setup(t, func(c *pgxpool.Config) {
		c.MaxConns = 1
		c.ConnConfig.DialFunc = line.wrap(c.ConnConfig.DialFunc)
	})
	b.db.SetGrace(300 * time.Millisecond)
	scope := query.Scope{StatementLimit: 100 * time.Millisecond}
	for _, when := range []string{"before the first row", "between rows"} {
		if when == "before the first row" {
			one(t, b.db, query.Scope{}, "select 'connected'")
			line.silence()
		}
		_, err := b.db.Read(t.Context(), scope, []query.Query{named(t, "q", "select generate_series(1, 100000)")}, func(_ int, rows *query.Rows) error {
			for rows.Next() {
				line.silence()
			}
			return rows.Err()
		})
		if query.KindOf(err) != query.Unavailable || !strings.HasSuffix(err.Error(), "PostgreSQL neither answered nor kept the time limit") {
			t.Errorf("%s: got %v, want unavailable", when, err)
		}
		line.resume()
		if got := one(t, b.db, query.Scope{}, "select 'usable'"); got != "usable" {
			t.Errorf("%s: the next read got %q", when, got)
		}
	}
}

func TestOtherEncodingsArriveAsUTF8(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.admin(t)
	name := quotedName(t, b)
	name = name[:len(name)-1] + `_eucjp"`
	if _, err := admin.Exec(t.Context(), "create database "+name+" encoding 'EUC_JP' lc_collate 'C' lc_ctype 'C' template template0"); err != nil {
		t.Fatal(err)
	}
	config, err := pgxpool.ParseConfig(b.url)
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.Database = strings.Trim(name, `"`)
	query.Configure(config)
	pool := open(t, config)
	got := one(t, query.New(pool), query.Scope{Tenant: "温度"}, "select '冷蔵庫' || @tenant || current_setting('server_encoding')")
	if want := "冷蔵庫温度EUC_JP"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	pool.Close()
	if _, err := admin.Exec(t.Context(), "drop database "+name); err != nil {
		t.Error(err)
	}
}

// line is a network whose way from the server can fall silent.
type line struct {
	mu   sync.Mutex
	open chan struct{} // closed while the server is heard
}

func newLine() *line {
	l := &line{open: make(chan struct{})}
	l.resume()
	return l
}

func (l *line) silence() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.open:
		l.open = make(chan struct{})
	default:
	}
}

func (l *line) resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.open:
	default:
		close(l.open)
	}
}

func (l *line) wait() {
	l.mu.Lock()
	open := l.open
	l.mu.Unlock()
	<-open
}

func (l *line) wrap(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		server, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		client, middle := net.Pipe()
		go func() {
			_, _ = io.Copy(server, middle) // ends when the client closes
			_ = server.Close()
		}()
		go func() {
			defer func() { _ = middle.Close() }()
			buffer := make([]byte, 4096)
			for {
				n, err := server.Read(buffer)
				l.wait()
				if _, writeErr := middle.Write(buffer[:n]); err != nil || writeErr != nil {
					return
				}
			}
		}()
		return client, nil
	}
}
