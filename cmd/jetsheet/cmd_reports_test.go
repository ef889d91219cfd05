package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/deploy/sample"
)

// The commands of scripts about reports.

// startTopology starts a NATS server with everything that setup makes there: $NATS is
// its URL.
func startTopology(ts *testscript.TestScript, _ bool, _ []string) {
	tb := testingTB(ts)
	server := localtest.StartNATS(tb, local.NATSOptions{Addr: "127.0.0.1:0"})
	_, js := localtest.Connect(tb, server)
	_, err := deploy.Provision(tb.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false)
	ts.Check(err)
	ts.Setenv("NATS", server.URL())
}

// makeSQLDatabase makes a database from a script: sqldatabase setup.sql. $DATABASE is
// its URL.
func makeSQLDatabase(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("DATABASE", localtest.Database(testingTB(ts), local.SQLTemplate(ts.ReadFile(args[0]))))
}

// makeSample makes a database with the sample company of October 2026, and its reports
// in the directory reports: $DATABASE is its URL.
func makeSample(ts *testscript.TestScript, _ bool, _ []string) {
	options := sample.Options{Tenants: 6, Month: time.Date(2026, time.October, 15, 0, 0, 0, 0, time.UTC), Seed: 1}
	template := local.Template{Key: fmt.Sprintf("reports-sample-%d", options.Tenants), Build: func(ctx context.Context, url string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		_, err = sample.Load(ctx, conn, options)
		return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}}
	ts.Setenv("DATABASE", localtest.Database(testingTB(ts), template))
	reports, err := sample.Reports()
	ts.Check(err)
	ts.Check(os.CopyFS(ts.MkAbs("reports"), reports))
}

// storeRun puts a run's record into the bucket: storerun ID STATE.
func storeRun(ts *testscript.TestScript, _ bool, args []string) {
	id, err := jetsheet.ParseRunID(args[0])
	ts.Check(err)
	run := jetsheet.Run{Envelope: jetsheet.CurrentEnvelope(), Frozen: jetsheet.Frozen{Run: id}, State: jetsheet.RunState(args[1])}
	value, err := json.Marshal(run)
	ts.Check(err)
	putKey(ts, jetsheet.BucketRuns, jetsheet.RunKey(id), value)
}

// storeReport puts any bytes under a report's key: storereport NAME TEXT.
func storeReport(ts *testscript.TestScript, _ bool, args []string) {
	putKey(ts, jetsheet.BucketReports, jetsheet.ReportKey(args[0]), []byte(args[1]))
}

func putKey(ts *testscript.TestScript, bucket, key string, value []byte) {
	ctx := testingTB(ts).Context()
	conn, err := nats.Connect(ts.Getenv("NATS"))
	ts.Check(err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	ts.Check(err)
	kv, err := js.KeyValue(ctx, bucket)
	ts.Check(err)
	_, err = kv.Put(ctx, key, value)
	ts.Check(err)
}

// TestApplyTogether has many apply different definitions of one report at once: each
// application is stored after another, none is lost, and the first start stays.
func TestApplyTogether(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), jetsheet.BucketReports)
	if err != nil {
		t.Fatal(err)
	}
	first, err := sample.First()
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(first, "first.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const people = 8
	results := make([]applied, people)
	failures := make([]error, people)
	began := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	var group sync.WaitGroup
	for i := range people {
		group.Go(func() {
			d, err := parseReport("first.yaml", append(slices.Clone(text), fmt.Appendf(nil, "# %d\n", i)...))
			if err != nil {
				failures[i] = err
				return
			}
			results[i], failures[i] = applyReport(t.Context(), kv, d, application{by: "test", now: began.Add(time.Duration(i) * time.Hour)})
		})
	}
	group.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	created := 0
	for _, r := range results {
		if r.Action == actionCreated {
			created++
		}
		if r.ScheduledFrom != results[0].ScheduledFrom {
			t.Errorf("scheduled from %s and %s, want one start for all", r.ScheduledFrom, results[0].ScheduledFrom)
		}
	}
	if created != 1 {
		t.Errorf("created %d times, want once: %+v", created, results)
	}
}

func TestReadDefinitionsOfDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a.yaml", "b.YML", ".hidden.yaml", "c.txt", "sub.yaml/d.yaml"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("report: x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := readDefinitions([]string{dir, filepath.Join(dir, "a.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, filepath.Base(f.path))
	}
	if want := []string{"a.yaml", "b.YML"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestParseInstant(t *testing.T) {
	t.Parallel()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	const want = "2026-10-31T20:00:00Z"
	for _, text := range []string{
		"2026-11-01T05:00:00+09:00", "2026-10-31T20:00:00Z", "2026-10-31T20:00:00.999Z", "20261031T200000Z",
		"2026-11-01 05:00", "2026-11-01T05:00", "2026-11-01 05:00:00", "2026-10-31 20:00Z",
	} {
		got, err := parseInstant("tick", text, tokyo)
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q: got %s, %v, want %s", text, got.Format(time.RFC3339Nano), err, want)
		}
	}
	if got, err := parseInstant("tick", "2026-11-01", tokyo); err != nil || got.Format(time.RFC3339) != "2026-10-31T15:00:00Z" {
		t.Errorf("a date: got %s, %v, want midnight in Tokyo", got, err)
	}
	for _, text := range []string{"yesterday", "1", "2026-13-01", "05:00"} {
		var exit *exitError
		if got, err := parseInstant("tick", text, tokyo); !errors.As(err, &exit) || exit.Code != exitUsage {
			t.Errorf("%q: got %s, %v, want a usage error", text, got, err)
		}
	}
}

func TestSelectionShowsProblemsFirst(t *testing.T) {
	t.Parallel()
	s := &selection{limit: 2}
	for i, problem := range []*jetsheet.TargetProblem{nil, nil, nil, {Message: "bad"}} {
		if err := s.take(jetsheet.Target{Tenant: strconv.Itoa(i), Problem: problem}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, target := range s.shown() {
		got = append(got, target.Tenant)
	}
	if want := []string{"3", "0"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := s.count(), "4 workbooks, 1 with a problem (2 shown, see --limit)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAskYes(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, " yes": true, "n\n": false, "\n": false, "": false, "yesterday\n": false} {
		var asked strings.Builder
		err := askYes(t.Context(), strings.NewReader(answer), &asked, "Remove?")
		if (err == nil) != want {
			t.Errorf("%q: got %v, want confirmed %v", answer, err, want)
		}
		if asked.String() != "Remove? [y/N] " {
			t.Errorf("asked %q", asked.String())
		}
	}
}

func TestUnknownReport(t *testing.T) {
	t.Parallel()
	many := strings.Split("a1 b2 c3 d4 e5 f6 g7 h8 i9 j10 k11 l12", " ")
	tests := []struct {
		name  string
		known []string
		want  string
	}{
		{"sales", nil, `no report "sales": none is applied; apply it with: jetsheet reports apply FILE`},
		{"sales", []string{"sale", "visits"}, `no report "sales": did you mean "sale"? (see: jetsheet reports list)`},
		{"sales", []string{"visits"}, `no report "sales": there are visits; apply a new one with: jetsheet reports apply FILE`},
		{"sales-monthly", many, `no report "sales-monthly": there are a1, b2, c3, d4, e5, f6, g7, h8, i9, j10 and 2 more (see: jetsheet reports list)`},
	}
	for _, test := range tests {
		if got := unknownReport(test.name, test.known).Error(); got != test.want {
			t.Errorf("%s of %v:\ngot  %s\nwant %s", test.name, test.known, got, test.want)
		}
	}
}

func TestLineDiff(t *testing.T) {
	t.Parallel()
	tests := []struct{ before, after, want string }{
		{"", "", ""},
		{"a\nb\n", "a\nb\n", ""},
		{"", "a\n", "+ a"},
		{"a\n", "", "- a"},
		{"a\nb\nc\n", "a\nx\nc\n", "- b|+ x"},
		{"a\nb\nc\nd\n", "b\nc\ne\nd\n", "- a|+ e"},
		{"a\nb\nc\n", "c\nb\na\n", "- a|- b|+ b|+ a"},
		{"a", "a\nb", "+ b"},
	}
	for _, test := range tests {
		if got := strings.Join(lineDiff(test.before, test.after), "|"); got != test.want {
			t.Errorf("%q to %q: got %q, want %q", test.before, test.after, got, test.want)
		}
	}
	long := strings.Repeat("a\n", 3000)
	if got, want := len(lineDiff("x\n"+long+"y", "u\n"+long+long+"v")), 3000+2+6000+2; got != want {
		t.Errorf("of long texts: got %d lines, want %d", got, want)
	}
}
