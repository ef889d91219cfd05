package renderer

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

func TestMain(m *testing.M) { localtest.Main(m) }

var (
	tick   = time.Date(2026, 10, 31, 15, 0, 0, 0, time.UTC)
	period = jetsheet.Period{From: tick.AddDate(0, -1, 0), Until: tick, Label: "2026-10"}
)

// database is a database of the test's own: a pool as the product has it and one that
// may write.
type database struct {
	tb    testing.TB
	url   string
	db    *query.DB
	admin *pgxpool.Pool
}

func newDatabase(tb testing.TB, statements ...string) *database {
	tb.Helper()
	d := &database{tb: tb, url: localtest.Database(tb)}
	d.db = query.New(d.pool(query.Configure))
	d.admin = d.pool(func(*pgxpool.Config) {})
	for _, s := range statements {
		d.exec(s)
	}
	return d
}

func (d *database) pool(change func(*pgxpool.Config)) *pgxpool.Pool {
	d.tb.Helper()
	config, err := pgxpool.ParseConfig(d.url)
	if err != nil {
		d.tb.Fatal(err)
	}
	change(config)
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(d.tb.Context()), config)
	if err != nil {
		d.tb.Fatal(err)
	}
	d.tb.Cleanup(pool.Close)
	return pool
}

func (d *database) exec(statement string, args ...any) {
	d.tb.Helper()
	if _, err := d.admin.Exec(d.tb.Context(), statement, args...); err != nil {
		d.tb.Fatalf("%s: %v", statement, err)
	}
}

// definition fills in what every report needs; workbook and queries are YAML.
func definition(queries, workbook string, more ...string) string {
	return "report: r\ntitle: 記録\nperiod: month\ntimeZone: Asia/Tokyo\nlocale: ja\n" +
		"targets: select 'a' as tenant, 'x' as target, '' as site_name, '' as extra\n" +
		"queries:\n" + indent(queries) + "workbook:\n" + indent(workbook) +
		"output: {key: \"{tenant}/{period}/{target}.xlsx\"}\n" + strings.Join(more, "\n") + "\n"
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		b.WriteString("  " + strings.TrimRight(line, "\n") + "\n")
	}
	return b.String()
}

func parse(tb testing.TB, text string) *report.Definition {
	tb.Helper()
	d, err := report.Parse("r.yaml", []byte(text))
	if err != nil {
		tb.Fatalf("%v in\n%s", err, text)
	}
	return d
}

func request(target string) *jetsheet.Request {
	return &jetsheet.Request{
		Envelope: jetsheet.CurrentEnvelope(), Run: jetsheet.RunID{Tick: tick, Report: "r"},
		Target: jetsheet.Target{
			Tenant: "a", Target: target, Route: jetsheet.RouteNew, Lane: jetsheet.LaneSmall, Weight: 1, Period: period,
			TimeZone: "Asia/Tokyo", Locale: "ja", Key: "a/" + target + ".xlsx",
		},
	}
}

// render makes a workbook in memory.
func (d *database) render(text string, r *jetsheet.Request) ([]byte, *Result, error) {
	d.tb.Helper()
	var b bytes.Buffer
	result, err := Render(d.tb.Context(), Source{Database: d.db, Definition: parse(d.tb, text), Request: r}, &b)
	return b.Bytes(), result, err
}

// workbook renders what must succeed and opens it.
func (d *database) workbook(text string, r *jetsheet.Request) (*cells.Book, *Result) {
	d.tb.Helper()
	data, result, err := d.render(text, r)
	if err != nil {
		d.tb.Fatalf("Render: %v", err)
	}
	return open(d.tb, data), result
}

func open(tb testing.TB, data []byte) *cells.Book {
	tb.Helper()
	book, err := cells.Open(bytes.NewReader(data), int64(len(data)), cells.Limits{})
	if err != nil {
		tb.Fatalf("open workbook of %d bytes: %v", len(data), err)
	}
	return book
}

// grid reads a sheet as text, header first; numbers as they are stored.
func grid(tb testing.TB, book *cells.Book, name string) [][]string {
	tb.Helper()
	sheet := book.Sheet(name)
	if sheet == nil {
		tb.Fatalf("there is no sheet %q among %d", name, len(book.Sheets()))
	}
	var all [][]string
	err := sheet.Rows(func(_ int, row []cells.Cell) error {
		var line []string
		for _, c := range row {
			for len(line) < c.Col-1 {
				line = append(line, "")
			}
			line = append(line, c.Text)
		}
		all = append(all, line)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func same(tb testing.TB, what string, got, want any) {
	tb.Helper()
	if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w {
		tb.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// eventually waits for a condition.
func eventually(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	limit := time.NewTimer(60 * time.Second)
	defer limit.Stop()
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for !holds() {
		select {
		case <-every.C:
		case <-limit.C:
			tb.Fatalf("waited in vain: %s", what)
		}
	}
}

// logger writes to the test's log when it has failed.
func logger(tb testing.TB) (*slog.Logger, *logBuffer) {
	tb.Helper()
	b := &logBuffer{}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Log(b.String())
		}
	})
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug})), b
}

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.buf.String()
	return s[max(0, len(s)-20000):]
}
