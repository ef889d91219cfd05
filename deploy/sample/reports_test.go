package sample_test

import (
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/deploy/sample"
)

// tick is the first of November, 05:00 in Tokyo.
func tick(t *testing.T) time.Time {
	t.Helper()
	return time.Date(2026, 11, 1, 5, 0, 0, 0, zone(t, "Asia/Tokyo"))
}

func reports(t *testing.T) map[string]definition {
	t.Helper()
	files, err := sample.Reports()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]definition{}
	for _, name := range names {
		d := readDefinition(t, files, name)
		if name != d.Report+".yaml" {
			t.Errorf("file %s defines report %s: want the same name", name, d.Report)
		}
		found[d.Report] = d
	}
	return found
}

// TestReports runs the definitions on one database of the default size; its
// parts only read.
func TestReports(t *testing.T) {
	t.Parallel()
	url := localtest.Database(t)
	load(t, connectTo(t, url), sample.Options{Month: october(t)})
	for name, test := range map[string]func(*testing.T, *pgx.Conn){
		"default size":                     testDefaultSize,
		"temperature edges":                testTemperatureEdges,
		"temperature is complete":          testTemperatureIsComplete,
		"inspection":                       testInspection,
		"cleaning keeps to the period":     testCleaningKeepsToThePeriod,
		"statements use the indexes":       testStatementsUseTheIndexes,
		"what goes wrong is in the sample": testWhatGoesWrong,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, connectTo(t, url))
		})
	}
}

// sheetRows counts the rows of each sheet of the target's workbook.
func (d definition) sheetRows(t *testing.T, conn *pgx.Conn, g target, at time.Time) []int {
	t.Helper()
	var counts []int
	for _, sheet := range d.Workbook.Sheets {
		counts = append(counts, number(t, d.rows(t, conn, sheet.Rows, g, at, `select count(*) as n from q`)[0]["n"]))
	}
	return counts
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What the demo promises: hundreds of workbooks, a large one among them, empty
// ones too, and no more work than it can show in seconds.
func testDefaultSize(t *testing.T, conn *pgx.Conn) {
	var workbooks, filled, largest, total int
	for _, d := range reports(t) {
		seen := map[string]bool{}
		for _, g := range d.targets(t, conn, tick(t)) {
			id := g.row["tenant"] + " " + g.row["target"]
			if seen[id] || g.row["tenant"] == "" || g.row["target"] == "" {
				t.Errorf("report %s: target %q is repeated or has no id", d.Report, id)
			}
			seen[id] = true
			rows := 0
			for _, n := range d.sheetRows(t, conn, g, tick(t)) {
				rows += n
			}
			workbooks, total, largest = workbooks+1, total+rows, max(largest, rows)
			if rows > 0 {
				filled++
			}
		}
	}
	t.Logf("%d workbooks, %d with rows, %d rows, %d in the largest", workbooks, filled, total, largest)
	if filled < 300 || workbooks > 620 || filled > workbooks-20 {
		t.Errorf("workbooks: got %d, %d of them with rows, want at most 620, at least 300 with rows and 20 without",
			workbooks, filled)
	}
	if largest < 20_000 || total > 250_000 {
		t.Errorf("rows: got %d in the largest workbook and %d in all, want at least 20000 and at most 250000", largest, total)
	}
}

// A misspelt column would be an empty one in the workbook.
func TestColumnsAreInTheirQueries(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	load(t, conn, sample.Options{Tenants: 1, Month: october(t)})
	for report, d := range reports(t) {
		g := d.targets(t, conn, tick(t))[0]
		for _, sheet := range d.Workbook.Sheets {
			statement := bind(t, d.Queries[sheet.Rows], g.values(tick(t)))
			result, err := conn.Prepare(t.Context(), "", statement)
			if err != nil {
				t.Fatalf("query %s of %s: %v", sheet.Rows, report, err)
			}
			var names []string
			for _, f := range result.Fields {
				names = append(names, f.Name)
			}
			for _, column := range sheet.Columns {
				if !slices.Contains(names, column["name"]) {
					t.Errorf("column %s of %s: query %s has only %v", column["name"], report, sheet.Rows, names)
				}
			}
		}
	}
}

// The statements must find their records by index, or a run's cost would be the
// number of workbooks times everybody's records.
func testStatementsUseTheIndexes(t *testing.T, conn *pgx.Conn) {
	for report, d := range reports(t) {
		targets := d.targets(t, conn, tick(t))
		g := targets[len(targets)-1]
		statements := map[string]string{"targets": d.Targets}
		maps.Copy(statements, d.Queries)
		for name, statement := range statements {
			plan := strings.Join(column(texts(t, conn, "explain "+bind(t, statement, g.values(tick(t)))), "QUERY PLAN"), "\n")
			for _, logs := range []string{"temperature_records", "inspections", "cleaning_logs", "hand_wash_checks"} {
				if strings.Contains(plan, "Seq Scan on "+logs) {
					t.Errorf("%s of %s for tenant %s reads all of %s:\n%s", name, report, g.row["tenant"], logs, plan)
				}
			}
		}
	}
}

func column(rows []values, name string) []string {
	var found []string
	for _, row := range rows {
		found = append(found, row[name])
	}
	return found
}
