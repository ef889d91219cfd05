package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/deploy/sample"
)

// demoEnv is the environment of a stranger's machine on which every variable of a real
// system is a trap. The second result is its home.
func demoEnv(t *testing.T) (env []string, home string) {
	t.Helper()
	home = t.TempDir()
	all := maps.Clone(localtest.Traps())
	maps.Copy(all, map[string]string{"PATH": os.Getenv("PATH"), "HOME": home, "GOCOVERDIR": t.TempDir()})
	if existing := os.Getenv(local.DatabaseVariable); existing != "" {
		all[local.DatabaseVariable] = existing
	}
	for name, value := range all {
		env = append(env, name+"="+value)
	}
	return env, home
}

// registered lists the servers that the programs with that home have not stopped, and
// temporary directories that they have not removed.
func registered(t *testing.T, home string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if filepath.Base(filepath.Dir(path)) == "servers" && filepath.Ext(path) == ".json" {
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestDemo runs the demo as a stranger does and compares every cell of what it makes
// with the database.
func TestDemo(t *testing.T) {
	t.Parallel()
	env, home := demoEnv(t)
	dir := filepath.Join(t.TempDir(), "made", "here")
	command := exec.CommandContext(t.Context(), "jetsheet", "demo", "--json", "--dir", dir)
	var stdout, stderr strings.Builder
	command.Env, command.Stdout, command.Stderr = env, &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("jetsheet demo: %v\n%s", err, stderr.String())
	}
	if left := registered(t, home); len(left) > 0 {
		t.Errorf("after the demo, servers are registered in %v, want none", left)
	}
	checkDemoProgress(t, stderr.String())
	result := checkDemoResult(t, stdout.String(), dir)

	want := expectDemo(t)
	workbooks := filepath.Join(dir, localBucket)
	found, err := demoDifferences(workbooks, want.books)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range found[:min(20, len(found))] {
		t.Error(difference)
	}
	if len(found) > 0 {
		t.Fatalf("%d differences", len(found))
	}
	checkDemoForms(t, workbooks, result)
	checkDemoCounts(t, result, want)
	t.Run("a changed copy is noticed", func(t *testing.T) {
		t.Parallel()
		testDemoMutations(t, workbooks, want.books)
	})
}

// checkDemoProgress holds that a file or pipe gets whole plain lines and no log.
func checkDemoProgress(t *testing.T, stderr string) {
	t.Helper()
	if strings.ContainsAny(stderr, "\r\x1b\b") {
		t.Errorf("standard error redraws where it is no terminal: %q", stderr)
	}
	line := regexp.MustCompile(`^( *[0-9]+\.[0-9]s  \S.*|workbooks: [0-9,]+ of [0-9,]+ done(, .* left| in .*)?)\n$`)
	lines := slices.Collect(strings.Lines(stderr))
	for _, text := range lines {
		if !line.MatchString(text) {
			t.Errorf("standard error has the line %q, want progress alone", text)
		}
	}
	if len(lines) < 5 || len(lines) > 20 {
		t.Errorf("standard error has %d lines, want 5 to 20:\n%s", len(lines), stderr)
	}
}

func checkDemoResult(t *testing.T, stdout, dir string) demoResult {
	t.Helper()
	var result demoResult
	decoder := json.NewDecoder(strings.NewReader(stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&result); err != nil || decoder.More() {
		t.Fatalf("standard output is %q (%v), want one JSON object", stdout, err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal([]byte(stdout), &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"runs", "planned", "published", "skipped", "compared", "failed", "rows", "bytes", "cutover", "seconds", "dir"} {
		if _, ok := keys[key]; !ok {
			t.Errorf("the JSON has no %q: %s", key, stdout)
		}
	}
	if result.Failed != 0 || result.Published < 300 || result.Planned != result.Published+result.Skipped+result.Compared || result.Skipped == 0 {
		t.Errorf("planned %d, published %d, skipped %d, compared %d, failed %d: want at least 300 published, some skipped, none failed",
			result.Planned, result.Published, result.Skipped, result.Compared, result.Failed)
	}
	if result.Largest == nil || result.Largest.Rows < 20_000 {
		t.Errorf("the largest workbook is %+v, want at least 20,000 rows", result.Largest)
	}
	if result.Dir != dir || result.FirstSeconds <= 0 || result.Seconds < result.FirstSeconds || len(result.Runs) != 8 {
		t.Errorf("got %s, want 8 runs, times above 0 and the directory %s", stdout, dir)
	}
	t.Logf("first workbook after %.1f s, all %d after %.1f s", result.FirstSeconds, result.Published, result.Seconds)
	return result
}

// demoExpected is what the demo must make.
type demoExpected struct {
	// books are all workbooks, by where the system puts them that is to make them.
	books map[string]expectedBook
	// runs and shares are the demo's counts, without times, sizes and what is skipped.
	runs   map[string]demoRun // by period and report
	shares []demoShare
	cells  int
}

// expectDemo works out from the records and the routes of the two months what both
// systems must make.
func expectDemo(t *testing.T) *demoExpected {
	t.Helper()
	months := demoMonths(time.Now())
	database := sampleDatabase(t, months[1].tick, sample.Options{Months: 2})
	pool, err := pgxpool.New(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	groups, err := demoGroups(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	want := &demoExpected{books: map[string]expectedBook{}, runs: map[string]demoRun{}}
	for i, m := range months {
		promoted := []string{"shadow", "new"}[i]
		routes := map[string]string{"g1": "new", "g2": "new", "g3": "new", "g4": promoted, "g5": "legacy"}
		oracle := demoOracle(t, database, m.tick)
		for _, group := range slices.Sorted(maps.Keys(routes)) {
			share := demoShare{Period: m.label, Group: group, Route: jetsheet.Route(routes[group]), Customers: len(groups[group])}
			for key, book := range oracle {
				if tenant, _, _ := strings.Cut(key, "/"); slices.Contains(groups[group], tenant) {
					want.add(t, &share, key, book)
				}
			}
			want.shares = append(want.shares, share)
		}
	}
	return want
}

// add adds a workbook to what is expected of a group.
func (e *demoExpected) add(t *testing.T, share *demoShare, key string, book expectedBook) {
	t.Helper()
	name := share.Period + "/" + strings.Split(key, "/")[2]
	run := e.runs[name]
	share.Workbooks++
	switch share.Route {
	case "new":
		share.Jetsheet++
		run.Published++
		for _, sheet := range book {
			run.Rows += int64(len(sheet.rows) - 1 - sheet.above - sheet.below)
		}
	case "shadow":
		run.Compared++
		share.Compared++
		fallthrough
	default:
		share.Previous++
		key, book = previousBook(t, key, book)
	}
	e.runs[name] = run
	e.books[key] = book
	for _, sheet := range book {
		e.cells += len(sheet.rows) * len(sheet.rows[0])
	}
}

// checkDemoCounts compares the counts with what is expected, run by run and group by group.
func checkDemoCounts(t *testing.T, result demoResult, want *demoExpected) {
	t.Helper()
	var sum demoRun
	for _, run := range result.Runs {
		if run.Form != "" { // told apart, see checkDemoForms
			sum.Published, sum.Rows = sum.Published+run.Published, sum.Rows+run.Rows
			continue
		}
		expected := want.runs[run.Period+"/"+run.Report]
		if run.Published != expected.Published || run.Compared != expected.Compared || run.Rows != expected.Rows || run.Failed != 0 ||
			run.Planned != run.Published+run.Skipped+run.Compared {
			t.Errorf("run %+v: want %d workbooks, %d compared and %d rows", run, expected.Published, expected.Compared, expected.Rows)
		}
		sum.Published, sum.Compared, sum.Rows = sum.Published+run.Published, sum.Compared+run.Compared, sum.Rows+run.Rows
	}
	if result.Published != sum.Published || result.Compared != sum.Compared || result.Rows != sum.Rows || sum.Compared == 0 {
		t.Errorf("together %d workbooks, %d compared and %d rows, the runs have %+v", result.Published, result.Compared, result.Rows, sum)
	}
	var shares []demoShare
	for _, share := range result.Cutover {
		shares = append(shares, *share)
	}
	if !slices.Equal(shares, want.shares) {
		t.Errorf("who made what is told as\n%+v, want\n%+v", shares, want.shares)
	}
	t.Logf("%d workbooks of both systems, %d cells compared", len(want.books), want.cells)
}
