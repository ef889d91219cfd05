package local_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// one runs a query that returns one text.
func one(t *testing.T, url, query string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect to %s: %v", url, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var got string
	if err := conn.QueryRow(t.Context(), query).Scan(&got); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return got
}

func TestDatabaseIsUTF8InUTC(t *testing.T) {
	t.Parallel()
	url := localtest.Database(t)
	for query, want := range map[string]string{
		"select pg_encoding_to_char(encoding) from pg_database where datname = current_database()": "UTF8",
		"select current_setting('TimeZone')":                       "UTC",
		"select case when 'a' > 'B' then 'bytes' else 'words' end": "bytes",
		"select '冷蔵庫'":                                             "冷蔵庫",
	} {
		if got := one(t, url, query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
}

func TestTemplateIsBuiltOnce(t *testing.T) {
	t.Parallel()
	server := localtest.Postgres(t)
	var built atomic.Int32
	template := local.Template{Key: t.Name(), Build: func(ctx context.Context, url string) error {
		built.Add(1)
		return local.SQLTemplate("create table t as select 'kept' as v").Build(ctx, url)
	}}
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			url, err := server.Database(t.Context(), "", template)
			if err != nil {
				t.Error(err)
				return
			}
			if got := one(t, url, "select v from t"); got != "kept" {
				t.Errorf("content of %s: got %q, want the template's", url, got)
			}
			if err := server.Drop(t.Context(), url[strings.Index(url, local.TestPrefix):strings.Index(url, "?")]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := built.Load(); got != 1 {
		t.Errorf("template built %d times, want once", got)
	}
}

func TestFailedTemplateIsBuiltAgain(t *testing.T) {
	t.Parallel()
	server := localtest.Postgres(t)
	broken := errors.New("broken")
	fails := true
	template := local.Template{Key: t.Name(), Build: func(context.Context, string) error {
		if fails {
			return broken
		}
		return nil
	}}
	if _, err := server.Database(t.Context(), "", template); !errors.Is(err, broken) {
		t.Fatalf("database of a broken template: got %v, want its error", err)
	}
	fails = false
	localtest.Database(t, template)
}

func TestKeptDirectory(t *testing.T) {
	t.Parallel()
	dir := keptDir(t)
	start := func() *local.Postgres {
		server, err := local.StartPostgres(t.Context(), local.PostgresOptions{Dir: dir, Durable: true})
		if err != nil {
			t.Fatal(err)
		}
		return server
	}
	server := start()
	url, err := server.Database(t.Context(), "mine", local.SQLTemplate("create table t as select 'kept' as v"))
	if err != nil {
		t.Fatal(err)
	}
	if got := one(t, url, "select current_setting('fsync')"); got != "on" {
		t.Errorf("fsync of a durable server: got %s, want on", got)
	}
	if _, err := local.StartPostgres(t.Context(), local.PostgresOptions{Dir: dir}); err == nil {
		t.Error("a second server started on the same directory")
	}
	for range 2 {
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
	}
	server = start()
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	url, err = server.Database(t.Context(), "mine", local.Template{})
	if err != nil {
		t.Fatal(err)
	}
	if got := one(t, url, "select v from t"); got != "kept" {
		t.Errorf("after a restart: got %q, want kept", got)
	}
}

// keptDir is a directory that the server's user can reach even if the tests run as root.
func keptDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kept-") //nolint:usetesting // the parent of t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

func TestKeptDirectoryOfAnotherVersion(t *testing.T) {
	t.Parallel()
	dir := keptDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("8.4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := local.StartPostgres(t.Context(), local.PostgresOptions{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "install postgresql 8.4") {
		t.Errorf("got %v, want an error that names version 8.4", err)
	}
}

func TestMissingServerSaysHowToInstall(t *testing.T) {
	t.Parallel()
	_, err := local.StartPostgresFrom(t.Context(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "install") || !strings.Contains(err.Error(), local.DatabaseVariable) {
		t.Errorf("got %v, want how to install and the variable", err)
	}
}

func TestExistingServer(t *testing.T) {
	t.Parallel()
	own := localtest.Postgres(t)
	existing, err := local.StartPostgres(t.Context(), local.PostgresOptions{ExistingURL: own.URL("postgres")})
	if err != nil {
		t.Fatal(err)
	}
	stale := local.TestPrefix + "1_killed" // made a second after 1970
	if _, err := existing.Database(t.Context(), stale, local.Template{}); err != nil {
		t.Fatal(err)
	}
	url, err := existing.Database(t.Context(), "", local.SQLTemplate("create table t as select 'x' as v"))
	if err != nil {
		t.Fatal(err)
	}
	if got := one(t, url, "select v from t"); got != "x" {
		t.Errorf("got %q, want x", got)
	}
	if err := existing.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := local.StartPostgres(t.Context(), local.PostgresOptions{ExistingURL: own.URL("postgres")})
	if err != nil {
		t.Fatalf("the existing server after Close: %v", err)
	}
	defer func() { _ = again.Close() }()
	if got := one(t, again.URL("postgres"), "select count(*)::text from pg_database where datname = '"+stale+"'"); got != "0" {
		t.Errorf("stale test databases: got %s, want 0", got)
	}
	if got := one(t, url, "select v from t"); got != "x" {
		t.Errorf("a fresh test database after another start: got %q, want x", got)
	}
}

func TestExistingServerURLIsNotRepeated(t *testing.T) {
	t.Parallel()
	_, err := local.StartPostgres(t.Context(), local.PostgresOptions{ExistingURL: "host=db password=secret"})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, want an error without the password", err)
	}
}
