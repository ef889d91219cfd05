package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/legacy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/deploy/sample"
	"github.com/jetsheet/jetsheet/ops"
)

// previousBook is where the previous system puts the workbook that has this key here, and
// what it must hold: the same cells.
func previousBook(t *testing.T, key string, book expectedBook) (string, expectedBook) {
	t.Helper()
	parts := strings.Split(key, "/") // tenant, period, report, target
	days := parts[1]
	if month, err := time.Parse("2006-01", days); err == nil {
		days = month.Format(time.DateOnly) + "_" + month.AddDate(0, 1, -1).Format(time.DateOnly)
	}
	book = slices.Clone(book)
	for i := range book {
		book[i].unfiltered = true
	}
	return "exports/" + parts[0] + "/" + days + "/" + parts[2] + "/" + parts[3], book
}

// answerLegacy answers that every tenant is the previous system's.
func answerLegacy(t *testing.T, conn *nats.Conn) {
	t.Helper()
	_, err := conn.Subscribe(jetsheet.SubjectOps+"."+ops.EndpointRoutes, func(m *nats.Msg) {
		var asked ops.RoutesRequest
		var answer ops.RoutesAnswer
		err := json.Unmarshal(m.Data, &asked)
		for _, tenant := range asked.Tenants {
			answer.Tenants = append(answer.Tenants, ops.TenantRoute{Tenant: tenant, Route: jetsheet.RouteLegacy, Previous: true})
		}
		body, marshalErr := json.Marshal(answer)
		if err := errors.Join(err, marshalErr, m.Respond(body)); err != nil {
			t.Errorf("answer %q: %v", m.Data, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPreviousSystemMakesTheSameWorkbooks compares every cell of what the previous system
// makes with what this one is held to.
func TestPreviousSystemMakesTheSameWorkbooks(t *testing.T) {
	t.Parallel()
	tick := lastTick(time.Now())
	database := sampleDatabase(t, tick, sample.Options{})
	pool, err := pgxpool.New(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	conn, _ := localtest.NATS(t)
	answerLegacy(t, conn)
	s3 := localtest.StartS3(t, local.S3Options{})
	if err := s3.CreateBucket(t.Context(), "exports"); err != nil {
		t.Fatal(err)
	}
	_, err = legacy.Run(t.Context(), legacy.Config{
		Database: pool, NATS: conn, S3: s3.Client(), Bucket: "exports", Workers: 4, AskAgain: time.Second, Log: slog.New(slog.DiscardHandler),
	}, tick.AddDate(0, -1, 0).Format("2006-01"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]expectedBook{}
	for key, book := range demoOracle(t, database, tick) {
		key, book = previousBook(t, key, book)
		want[key] = book
	}
	found, err := demoDifferences(filepath.Dir(s3.Path("exports", "x")), want)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range found[:min(20, len(found))] {
		t.Error(difference)
	}
	if len(found) > 0 || len(want) < 300 {
		t.Errorf("%d differences in %d workbooks, want none in at least 300", len(found), len(want))
	}
}
