package legacy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/deploy/sample"
)

func TestMain(m *testing.M) { localtest.Main(m) }

// rig is the system on real parts, with an answerer of routes that the test writes.
type rig struct {
	Config

	mu     sync.Mutex
	asked  []question
	answer func(n int, q question) string // the n-th question, from 1
}

type question struct {
	Report, Period string
	Tenants        []string
}

func setup(t *testing.T) *rig {
	t.Helper()
	conn, _ := localtest.NATS(t)
	client, bucket := localtest.S3(t)
	return &rig{Config: Config{
		NATS: conn, S3: client, Bucket: bucket, Workers: 2, AskAgain: time.Millisecond, Log: slog.New(slog.DiscardHandler),
	}}
}

// fill gives the rig a database with the sample of some tenants in October 2026.
func (r *rig) fill(t *testing.T, tenants int) {
	t.Helper()
	url := localtest.Database(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	october := time.Date(2026, 10, 15, 0, 0, 0, 0, time.UTC)
	_, err = sample.Load(t.Context(), conn, sample.Options{Tenants: tenants, Month: october})
	if err = errors.Join(err, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	if r.Database, err = pgxpool.New(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Database.Close)
}

// listen begins to answer questions.
func (r *rig) listen(t *testing.T) {
	t.Helper()
	_, err := r.NATS.Subscribe("conversions.ops.routes", func(m *nats.Msg) {
		r.mu.Lock()
		defer r.mu.Unlock()
		var q question
		if err := json.Unmarshal(m.Data, &q); err != nil {
			t.Errorf("question %q: %v", m.Data, err)
		}
		r.asked = append(r.asked, q)
		_ = m.Respond([]byte(r.answer(len(r.asked), q))) // the system may have gone
	})
	if err != nil {
		t.Fatal(err)
	}
}

// routed answers for the tenants of a question.
func routed(q question, previous func(tenant string) bool) string {
	lines := make([]string, 0, len(q.Tenants))
	for _, tenant := range q.Tenants {
		lines = append(lines, fmt.Sprintf(`{"tenant": %q, "previous": %t}`, tenant, previous(tenant)))
	}
	return `{"run": "x", "tenants": [` + strings.Join(lines, ",") + `]}`
}

func (r *rig) keys(t *testing.T) []string {
	t.Helper()
	listed, err := r.S3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(r.Bucket)})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, object := range listed.Contents {
		keys = append(keys, *object.Key)
	}
	return keys
}

// TestExportsItsOwnCustomers makes the workbooks of those that are routed here, and of
// nobody else.
func TestExportsItsOwnCustomers(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fill(t, 4)
	const ours = "10000" // the giant
	r.answer = func(_ int, q question) string {
		return routed(q, func(tenant string) bool { return tenant == ours })
	}
	r.listen(t)
	made, err := Run(t.Context(), r.Config, "2026-10")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	reports := map[string]int{}
	for _, e := range made {
		if e.Tenant != ours || (e.Key == "") != (e.Rows == 0) {
			t.Errorf("made %+v, want only workbooks of %s, and a key where there are rows", e, ours)
		}
		reports[e.Report]++
		want = append(want, e.Key)
	}
	slices.Sort(want)
	if got := r.keys(t); !slices.Equal(got, want) || len(reports) != 3 {
		t.Errorf("the bucket has %q, want %q of 3 reports: %v", got, want, reports)
	}
	for _, q := range r.asked {
		if q.Period != "2026-10" || len(q.Tenants) != 4 {
			t.Errorf("asked %+v, want all 4 customers in 2026-10", q)
		}
	}
}

// TestWaitsForRoutes gives every kind of answer that is none: nobody is exported.
func TestWaitsForRoutes(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fill(t, 2)
	none := []string{
		`{"error": "there is no flag document", "code": "unavailable"}`, `not JSON`, `{}`, `{"tenants": []}`,
		`{"tenants": [{"tenant": "10000", "previous": true}]}`,
	}
	ctx, stop := context.WithCancelCause(t.Context())
	gone := errors.New("gone home")
	r.answer = func(n int, _ question) string {
		if n > 2*len(none) {
			stop(gone)
		}
		return none[n%len(none)]
	}
	done := make(chan error, 1)
	go func() { _, err := Run(ctx, r.Config, "2026-10"); done <- err }() // nobody answers yet
	r.listen(t)
	if err := <-done; !errors.Is(err, gone) {
		t.Errorf("without routes Run ends with %v, want it to wait until it is stopped", err)
	}
	if keys := r.keys(t); len(keys) > 0 {
		t.Errorf("without routes it exported %q", keys)
	}
}

// TestAsksInPages asks for more customers than one question takes: an answer that is
// missing for one page is missing for all.
func TestAsksInPages(t *testing.T) {
	t.Parallel()
	r := setup(t)
	targets := make([]target, 0, 2*5000)
	for i := range 5000 {
		tenant := fmt.Sprintf("tenant %d", i)
		targets = append(targets, target{Tenant: tenant, Site: "a"}, target{Tenant: tenant, Site: "b"})
	}
	const refusals = 3
	r.answer = func(n int, q question) string {
		if n%3 == 0 && n <= 3*refusals {
			return `{"error": "not now"}`
		}
		return routed(q, func(tenant string) bool { return strings.HasSuffix(tenant, "7") })
	}
	r.listen(t)
	ours, err := r.awaitRoutes(t.Context(), "cleaning-monthly", "2026-10", targets)
	if err != nil || len(ours) != 2*500 {
		t.Fatalf("got %d targets, %v, want those of every tenth customer", len(ours), err)
	}
	tenants := 0
	for _, q := range r.asked {
		if len(q.Tenants) > routesPage {
			t.Errorf("asked for %d customers at once, want at most %d", len(q.Tenants), routesPage)
		}
		tenants += len(q.Tenants)
	}
	if len(r.asked) != 3*refusals+3 || tenants != 5000*(refusals+1) {
		t.Errorf("asked %d times for %d customers, want 3 pages of 5,000 customers %d times", len(r.asked), tenants, refusals+1)
	}
}

// TestTellsWhomTheOtherSystemLacks: a customer of the other system that it does not plan is
// exported by nobody, and only this one can know.
func TestTellsWhomTheOtherSystemLacks(t *testing.T) {
	t.Parallel()
	r := setup(t)
	var log bytes.Buffer
	r.Log = slog.New(slog.NewJSONHandler(&log, nil))
	r.answer = func(n int, _ question) string {
		if n == 1 { // the other system has not planned yet
			return `{"tenants": [{"tenant": "a", "previous": true}, {"tenant": "b"}, {"tenant": "c"}]}`
		}
		return `{"tenants": [{"tenant": "a", "previous": true, "planned": false}, {"tenant": "b", "planned": true}, {"tenant": "c", "planned": false}]}`
	}
	r.listen(t)
	for _, want := range []string{"", `"report":"cleaning-monthly","tenants":["a","c"]`} {
		log.Reset()
		ours, err := r.awaitRoutes(t.Context(), "cleaning-monthly", "2026-10", []target{{Tenant: "a"}, {Tenant: "b"}, {Tenant: "c"}})
		if err != nil || len(ours) != 1 || ours[0].Tenant != "a" {
			t.Errorf("targets are %+v, %v, want those of a", ours, err)
		}
		if told := log.String(); (want == "") != (told == "") || !strings.Contains(told, want) {
			t.Errorf("the log says %q, want %q", told, want)
		}
	}
}

// TestFirstErrorEndsTheMonth is the weakness that it is replaced for.
func TestFirstErrorEndsTheMonth(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fill(t, 2)
	r.answer = func(_ int, q question) string { return routed(q, func(string) bool { return true }) }
	r.listen(t)
	// Of one customer's site, Excel would not take the name.
	if _, err := r.Database.Exec(t.Context(), `update sites set name = '''' where tenant_id = 10000 and id = 'TKY-001'`); err != nil {
		t.Fatal(err)
	}
	_, err := Run(t.Context(), r.Config, "2026-10")
	if err == nil || !strings.Contains(err.Error(), "TKY-001 of customer 10000") {
		t.Errorf("got %v, want an error that names the workbook", err)
	}
	if _, err := Run(t.Context(), r.Config, "October"); err == nil || !strings.Contains(err.Error(), "2026-10") {
		t.Errorf("got %v, want an error that shows how to write a month", err)
	}
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		at          string
		closing     int
		from, until string
	}{
		{"2026-11-01 05:00", 0, "2026-10-01", "2026-11-01"},
		{"2026-10-31 16:00", 0, "2026-09-01", "2026-10-01"}, // New York, at the same instant
		{"2026-11-01 05:00", 20, "2026-09-21", "2026-10-21"},
		{"2026-11-01 05:00", 31, "2026-10-01", "2026-11-01"},
		{"2026-03-01 05:00", 30, "2026-01-31", "2026-03-01"},
		{"2027-01-21 00:00", 20, "2026-12-21", "2027-01-21"},
		{"2027-01-20 23:59", 20, "2026-11-21", "2026-12-21"},
	} {
		at, err := time.Parse("2006-01-02 15:04", test.at)
		if err != nil {
			t.Fatal(err)
		}
		from, until := period(at, test.closing)
		if got := [2]string{from.Format(time.DateOnly), until.Format(time.DateOnly)}; got != [2]string{test.from, test.until} {
			t.Errorf("period at %s with closing day %d: got %v, want %s to %s", test.at, test.closing, got, test.from, test.until)
		}
	}
}
