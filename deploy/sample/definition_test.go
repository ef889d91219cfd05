package sample_test

import (
	"context"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// definition is the part of a report definition that these tests run by hand.
type definition struct {
	Report   string            `yaml:"report"`
	TimeZone string            `yaml:"timeZone"`
	Targets  string            `yaml:"targets"`
	Queries  map[string]string `yaml:"queries"`
	Workbook struct {
		Sheets []struct {
			Rows    string              `yaml:"rows"`
			Columns []map[string]string `yaml:"columns"`
		} `yaml:"sheets"`
	} `yaml:"workbook"`
}

func readDefinition(t *testing.T, fsys fs.FS, name string) definition {
	t.Helper()
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	var d definition
	if err := yaml.Unmarshal(text, &d); err != nil {
		t.Fatalf("parse %s: %v", name, err)
	}
	if d.Report == "" || d.Targets == "" || len(d.Queries) == 0 {
		t.Fatalf("definition %s: no report, targets or queries in it", name)
	}
	return d
}

// values are what a run gives the statements' parameters.
type values map[string]string

var parameter = regexp.MustCompile(`@([a-z_]+)`)

// bind replaces the parameters as a driver would that sends text: an instant is
// typed, the rest takes its type from where it stands.
func bind(t *testing.T, statement string, v values) string {
	t.Helper()
	return parameter.ReplaceAllStringFunc(statement, func(match string) string {
		name := match[1:]
		value, ok := v[name]
		if !ok {
			t.Fatalf("parameter %s has no value, in:\n%s", match, statement)
		}
		literal := "'" + strings.ReplaceAll(value, "'", "''") + "'"
		if name == "from" || name == "until" || name == "tick" {
			literal += "::timestamptz"
		}
		return literal
	})
}

// target is a row of a targets statement with what follows from it.
type target struct {
	row         values // the row's columns; NULL is absent
	zone        *time.Location
	from, until time.Time
}

func (g target) values(tick time.Time) values {
	v := values{"tenant": g.row["tenant"], "target": g.row["target"]}
	for name, value := range g.row {
		v["row_"+name] = value
	}
	v["tick"] = tick.Format(time.RFC3339Nano)
	v["from"] = g.from.Format(time.RFC3339Nano)
	v["until"] = g.until.Format(time.RFC3339Nano)
	return v
}

// wholeMonth is the last month that ended at or before the tick in the zone.
func wholeMonth(tick time.Time, zone *time.Location) (from, until time.Time) {
	year, month, _ := tick.In(zone).Date()
	return time.Date(year, month-1, 1, 0, 0, 0, 0, zone), time.Date(year, month, 1, 0, 0, 0, 0, zone)
}

// targets runs the statement and resolves each row's zone and period.
func (d definition) targets(t *testing.T, conn *pgx.Conn, tick time.Time) []target {
	t.Helper()
	tokyo := zone(t, "Asia/Tokyo")
	from, until := wholeMonth(tick, tokyo)
	statement := bind(t, d.Targets, values{
		"tick": tick.Format(time.RFC3339), "from": from.Format(time.RFC3339), "until": until.Format(time.RFC3339),
		"report": d.Report,
	})
	var found []target
	for _, row := range texts(t, conn, statement) {
		g := target{row: row, zone: tokyo}
		if name := row["time_zone"]; name != "" {
			g.zone = zone(t, name)
		}
		g.from, g.until = wholeMonth(tick, g.zone)
		if row["period_from"] != "" {
			g.from, g.until = day(t, row["period_from"], g.zone), day(t, row["period_until"], g.zone)
		}
		found = append(found, g)
	}
	return found
}

// rows runs one of the definition's queries for a target and wraps it in another
// statement, which names it `q`.
func (d definition) rows(t *testing.T, conn *pgx.Conn, query string, g target, tick time.Time, wrap string) []values {
	t.Helper()
	statement := bind(t, d.Queries[query], g.values(tick))
	if _, err := conn.Exec(t.Context(), `select set_config('TimeZone', $1, false)`, g.zone.String()); err != nil {
		t.Fatal(err)
	}
	return texts(t, conn, "with q as ("+statement+") "+wrap)
}

// texts runs a statement and gives its rows as PostgreSQL's text.
func texts(t *testing.T, conn *pgx.Conn, statement string) []values {
	t.Helper()
	results, err := conn.PgConn().Exec(t.Context(), statement).ReadAll()
	if err != nil {
		t.Fatalf("%v, in:\n%s", err, statement)
	}
	var found []values
	for _, cells := range results[0].Rows {
		row := values{}
		for i, cell := range cells {
			if cell != nil {
				row[results[0].FieldDescriptions[i].Name] = string(cell)
			}
		}
		found = append(found, row)
	}
	return found
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func day(t *testing.T, text string, zone *time.Location) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// connect opens a connection to an empty database of the test's own.
func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	return connectTo(t, localtest.Database(t))
}

func connectTo(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Errorf("close the test's connection: %v", err)
		}
	})
	return conn
}

func TestMain(m *testing.M) { localtest.Main(m) }
