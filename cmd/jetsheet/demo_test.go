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

	tick, err := time.Parse("20060102T150405Z", strings.SplitN(result.Runs[0].Run, "-", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	want := demoOracle(t, sampleDatabase(t, tick, sample.Options{}), tick)
	workbooks := filepath.Join(dir, localBucket)
	found, err := demoDifferences(workbooks, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range found[:min(20, len(found))] {
		t.Error(difference)
	}
	if len(found) > 0 {
		t.Fatalf("%d differences", len(found))
	}
	checkDemoCounts(t, result, want)
	t.Run("a changed copy is noticed", func(t *testing.T) {
		t.Parallel()
		testDemoMutations(t, workbooks, want)
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
	for _, key := range []string{"runs", "planned", "published", "skipped", "failed", "rows", "bytes", "seconds", "dir"} {
		if _, ok := keys[key]; !ok {
			t.Errorf("the JSON has no %q: %s", key, stdout)
		}
	}
	if result.Failed != 0 || result.Published < 300 || result.Planned != result.Published+result.Skipped || result.Skipped == 0 {
		t.Errorf("planned %d, published %d, skipped %d, failed %d: want at least 300 published, some skipped, none failed",
			result.Planned, result.Published, result.Skipped, result.Failed)
	}
	if result.Largest == nil || result.Largest.Rows < 20_000 {
		t.Errorf("the largest workbook is %+v, want at least 20,000 rows", result.Largest)
	}
	if result.Dir != dir || result.FirstSeconds <= 0 || result.Seconds < result.FirstSeconds || len(result.Runs) != 3 {
		t.Errorf("got %s, want 3 runs, times above 0 and the directory %s", stdout, dir)
	}
	t.Logf("first workbook after %.1f s, all %d after %.1f s", result.FirstSeconds, result.Published, result.Seconds)
	return result
}

// checkDemoCounts compares the counts with the oracle, report by report.
func checkDemoCounts(t *testing.T, result demoResult, want map[string]expectedBook) {
	t.Helper()
	books, rows := map[string]int{}, map[string]int64{}
	cells := 0
	for key, book := range want {
		report := strings.Split(key, "/")[2]
		books[report]++
		for _, sheet := range book {
			rows[report] += int64(len(sheet.rows) - 1)
			cells += len(sheet.rows) * len(sheet.rows[0])
		}
	}
	var published int
	var all int64
	for _, run := range result.Runs {
		if run.Published != books[run.Report] || run.Rows != rows[run.Report] || run.Failed != 0 || run.Planned != run.Published+run.Skipped {
			t.Errorf("run %+v: want %d workbooks and %d rows", run, books[run.Report], rows[run.Report])
		}
		published, all = published+run.Published, all+run.Rows
	}
	if result.Published != published || result.Rows != all || published != len(want) {
		t.Errorf("together %d workbooks and %d rows, the runs have %d and %d, the database %d workbooks",
			result.Published, result.Rows, published, all, len(want))
	}
	t.Logf("%d workbooks, %d rows, %d cells compared", len(want), all, cells)
}
