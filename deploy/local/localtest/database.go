package localtest

import (
	"context"
	"net/url"
	"os"
	"path"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/deploy/local"
)

// Database returns the URL of a database of the test's own, made from the template or empty, and dropped when the test
// ends. The server is the one that JETSHEET_TEST_DATABASE_URL names, or one of our own. Without either the test fails
// with the command that installs PostgreSQL: a test that is skipped proves nothing.
func Database(tb testing.TB, template ...local.Template) string {
	tb.Helper()
	if len(template) > 1 {
		tb.Fatalf("localtest.Database: got %d templates, want at most one", len(template))
	}
	server := Postgres(tb)
	var t local.Template
	if len(template) == 1 {
		t = template[0]
	}
	made, err := server.Database(tb.Context(), "", t)
	if err != nil {
		tb.Fatalf("localtest.Database: %v", err)
	}
	u, err := url.Parse(made)
	if err != nil {
		tb.Fatalf("localtest.Database: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := server.Drop(ctx, path.Base(u.Path)); err != nil {
			tb.Errorf("localtest.Database: %v", err)
		}
	})
	return made
}

// Postgres returns the server that the binary's tests share, starting it the first time. The test must not close it.
func Postgres(tb testing.TB) *local.Postgres {
	tb.Helper()
	tests.mu.Lock()
	running := tests.running
	tests.mu.Unlock()
	if !running {
		tb.Fatal("localtest: nothing would stop the PostgreSQL server: add `func TestMain(m *testing.M) { localtest.Main(m) }` to this package's tests")
	}
	tests.start.Do(func() {
		// Not the test's context: the server outlives the test that happens to come first.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 5*time.Minute)
		defer cancel()
		server, err := local.StartPostgres(ctx, local.PostgresOptions{ExistingURL: os.Getenv(local.DatabaseVariable)})
		tests.mu.Lock()
		defer tests.mu.Unlock()
		tests.postgres, tests.failed = server, err
	})
	tests.mu.Lock()
	defer tests.mu.Unlock()
	if tests.failed != nil {
		tb.Fatalf("localtest: %v", tests.failed)
	}
	return tests.postgres
}
