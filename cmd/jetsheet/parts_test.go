package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// The commands of scripts that start parts. Each sets a variable to where the part is.

// testKey is the key of a script's test among its values.
type testKey struct{}

// testingTB is the test behind a script.
func testingTB(ts *testscript.TestScript) testing.TB {
	tb, ok := ts.Value(testKey{}).(testing.TB)
	if !ok {
		ts.Fatalf("the script has no test")
	}
	return tb
}

// startNATS starts a server: $NATS is its address without a scheme. User "limited" with
// password "pa55" may publish to jetstream's stream information and to "open" alone.
func startNATS(ts *testscript.TestScript, _ bool, _ []string) {
	dir, err := os.MkdirTemp(ts.Getenv("WORK"), "nats")
	ts.Check(err)
	running, err := local.StartNATS(local.NATSOptions{Dir: dir, Addr: "127.0.0.1:0", Configure: func(o *server.Options) {
		limited := &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: []string{"open"}},
			Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>", "_INBOX_renderer.>"}},
		}
		o.Users = []*server.User{{Username: "limited", Password: "pa55", Permissions: limited}, {Username: "admin", Password: "adm1n"}}
	}})
	ts.Check(err)
	ts.Defer(running.Shutdown)
	ts.Setenv("NATS", strings.TrimPrefix(running.URL(), "nats://"))
}

// makeDatabase makes a database: $DATABASE is its URL, $MISSING that of a database which
// is not there.
func makeDatabase(ts *testscript.TestScript, _ bool, _ []string) {
	made := localtest.Database(testingTB(ts))
	ts.Setenv("DATABASE", made)
	missing, err := url.Parse(made)
	ts.Check(err)
	missing.Path = "/no_such_database"
	ts.Setenv("MISSING", missing.String())
}

// startS3 starts a server that answers HEAD of buckets: 200 for "there", 403 for
// "closed", 404 for others. $S3 is its URL.
func startS3(ts *testscript.TestScript, _ bool, _ []string) {
	answers := map[string]int{"/there": http.StatusOK, "/closed": http.StatusForbidden}
	running := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, ok := answers[strings.TrimSuffix(r.URL.Path, "/")]
		if !ok {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
	}))
	ts.Defer(running.Close)
	ts.Setenv("S3", running.URL)
}

// unusedPort sets $UNUSED to an address where nothing listens.
func unusedPort(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("UNUSED", localtest.Unused)
}

// writeWorkbook writes a workbook of one column: workbook FILE value....
func writeWorkbook(ts *testscript.TestScript, _ bool, args []string) {
	file, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(writeColumn(file, args[1:]))
	ts.Check(file.Close())
}

func writeColumn(w io.Writer, values []string) error {
	book, err := xlsx.New(context.Background(), w, xlsx.Book{})
	if err != nil {
		return err
	}
	defer book.Discard()
	sheet, err := book.Sheet(xlsx.Sheet{Name: "記録", Columns: []xlsx.Column{{Title: "value"}}})
	if err != nil {
		return err
	}
	for _, value := range values {
		if err := sheet.Row([]xlsx.Value{xlsx.Text(value)}); err != nil {
			return err
		}
	}
	if err := sheet.Close(); err != nil {
		return err
	}
	_, err = book.Close()
	return err
}
