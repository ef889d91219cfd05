package local

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// DatabaseVariable is the environment variable that names a PostgreSQL server for tests and the demo, as a URL of a
// role that may create databases. It is the only variable of the kind that they read: `PostgresOptions{ExistingURL:
// os.Getenv(local.DatabaseVariable)}`.
const DatabaseVariable = "JETSHEET_TEST_DATABASE_URL"

// PostgresOptions says which server StartPostgres gives. The zero value is a server for tests: temporary, not
// durable, gone with Close, and in memory where TempDir would be.
type PostgresOptions struct {
	// ExistingURL is a postgres:// URL of a server that runs already. Nothing is started then and the other fields
	// are ignored; databases are created in that server. Empty means a server of our own.
	ExistingURL string
	// Dir keeps the server's data from one start to the next; it is made if missing and belongs to one server at a
	// time. Empty means a temporary directory that Close removes.
	Dir string
	// Durable turns on fsync and full page writes. Without it, a crash of the machine may lose the whole data
	// directory (a crash of the server may not).
	Durable bool
	// MaxConnections is the server's limit; 0 means 200.
	MaxConnections int
	// Settings are further server settings by name; they win over ours.
	Settings map[string]string

	binaries  string // directory to use instead of searching: tests
	surviving bool   // the server is not told of our death: tests of the reaper
}

// Postgres is a PostgreSQL server that is ready for connections. Its methods may be called concurrently.
type Postgres struct {
	base    *url.URL // of the maintenance database
	admin   *pgxpool.Pool
	server  *postgresServer // nil for an existing server
	close   sync.Once
	closed  error
	shared  bool // other programs use this server too
	mu      sync.Mutex
	ready   map[string]bool // templates known to be built, by database name
	version string
}

// StartPostgres starts a server, or connects to the one named in the options, and returns when it answers. ctx bounds
// the start only. The error says what was tried and how to install PostgreSQL on this platform.
func StartPostgres(ctx context.Context, o PostgresOptions) (*Postgres, error) {
	if o.ExistingURL != "" {
		return existingPostgres(ctx, o.ExistingURL)
	}
	server, err := startServer(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start postgresql: %w", err)
	}
	p, err := connect(ctx, server.url)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("connect to the started postgresql: %w", err), server.stop(ctx))
	}
	p.server = server
	return p, nil
}

func existingPostgres(ctx context.Context, raw string) (*Postgres, error) {
	base, err := url.Parse(raw)
	if err != nil || base.Scheme != "postgres" && base.Scheme != "postgresql" {
		// The parse error would repeat the URL, which may hold a password.
		return nil, errors.New("the existing postgresql server is not a URL like postgres://user@host/database: check " + DatabaseVariable)
	}
	p, err := connect(ctx, base)
	if err != nil {
		return nil, fmt.Errorf("connect to the existing postgresql at %s: %w", base.Redacted(), err)
	}
	p.shared = true
	if err := p.dropStale(ctx, time.Now().Add(-24*time.Hour)); err != nil {
		p.admin.Close()
		return nil, fmt.Errorf("drop old test databases at %s: %w", base.Redacted(), err)
	}
	return p, nil
}

// connect opens the pool that creates and drops databases.
func connect(ctx context.Context, base *url.URL) (*Postgres, error) {
	config, err := pgxpool.ParseConfig(base.String())
	if err != nil {
		return nil, err
	}
	config.MaxConns = 4
	admin, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	p := &Postgres{base: base, admin: admin, ready: map[string]bool{}}
	if err := admin.QueryRow(ctx, "select current_setting('server_version')").Scan(&p.version); err != nil {
		admin.Close()
		return nil, err
	}
	return p, nil
}

// URL returns the connection URL of the named database; it does not say that the database exists.
func (p *Postgres) URL(database string) string {
	u := *p.base
	u.Path = "/" + database
	return u.String()
}

// Version returns the server's version, as 17.5.
func (p *Postgres) Version() string { return p.version }

// Log returns the path of the server's log, or "" for an existing server. A temporary server's log goes with Close.
func (p *Postgres) Log() string {
	if p.server == nil {
		return ""
	}
	return p.server.log
}

// PID returns the process id of a server of our own, for a benchmark that counts its CPU time, or 0.
func (p *Postgres) PID() int {
	if p.server == nil {
		return 0
	}
	return p.server.process.pid
}

// Close stops a server of our own, waits for it and removes its temporary directory. Connections that are still open
// are cut. An existing server is left alone. A second Close returns what the first did.
func (p *Postgres) Close() error {
	p.close.Do(func() {
		p.admin.Close()
		if p.server != nil {
			p.closed = p.server.stop(context.Background())
		}
	})
	return p.closed
}

// stateDir returns a directory of this user's that outlives the process, for what is cached and for the register
// of running servers.
func stateDir(sub string) (string, error) {
	if cache, err := os.UserCacheDir(); err == nil {
		dir := filepath.Join(cache, "jetsheet", sub)
		if err := os.MkdirAll(dir, 0o700); err == nil {
			return dir, nil
		}
	}
	// No usable home, as in a container with an unknown user.
	own := filepath.Join(os.TempDir(), fmt.Sprintf("jetsheet-%d", os.Getuid()))
	if err := os.MkdirAll(own, 0o700); err != nil {
		return "", fmt.Errorf("make a cache directory (set HOME or XDG_CACHE_HOME): %w", err)
	}
	if err := checkPrivate(own); err != nil {
		return "", err
	}
	dir := filepath.Join(own, sub)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the cache directory %s: %w", dir, err)
	}
	return dir, nil
}
