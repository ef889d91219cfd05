//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/deploy/local"
)

// runningDemo is a demo as a process with a PostgreSQL server of its own.
type runningDemo struct {
	t       *testing.T
	command *exec.Cmd
	home    string
	lines   *bufio.Scanner // of standard error
	said    strings.Builder
	stdout  strings.Builder
}

// startDemo starts a demo with that home and directory that works for a while.
func startDemo(t *testing.T, env []string, home, dir string, args ...string) *runningDemo {
	t.Helper()
	d := &runningDemo{t: t, home: home}
	d.command = exec.CommandContext(t.Context(), "jetsheet", append([]string{"demo", "--dir", dir}, args...)...)
	for _, pair := range env {
		if !strings.HasPrefix(pair, local.DatabaseVariable+"=") {
			d.command.Env = append(d.command.Env, pair)
		}
	}
	stderr, err := d.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	d.lines = bufio.NewScanner(stderr)
	d.command.Stdout = &d.stdout
	if err := d.command.Start(); err != nil {
		t.Fatal(err)
	}
	return d
}

// awaitLine reads standard error up to a line that contains the text.
func (d *runningDemo) awaitLine(text string) {
	d.t.Helper()
	for d.lines.Scan() {
		d.said.WriteString(d.lines.Text() + "\n")
		if strings.Contains(d.lines.Text(), text) {
			return
		}
	}
	d.t.Fatalf("the demo ended without a word of %q:\n%s", text, d.said.String())
}

// end reads the rest and waits; it returns the exit code, -1 for a signal.
func (d *runningDemo) end() int {
	d.t.Helper()
	for d.lines.Scan() {
		d.said.WriteString(d.lines.Text() + "\n")
	}
	err := d.command.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		d.t.Fatal(err)
	}
	return d.command.ProcessState.ExitCode()
}

// server reads where the demo's PostgreSQL server runs.
func (d *runningDemo) server() (home string, pid int) {
	d.t.Helper()
	entries := registered(d.t, d.home)
	if len(entries) != 1 {
		d.t.Fatalf("the running demo has registered %v, want one server", entries)
	}
	text, err := os.ReadFile(entries[0])
	if err != nil {
		d.t.Fatal(err)
	}
	var owned struct{ Home, Data string }
	if err := json.Unmarshal(text, &owned); err != nil {
		d.t.Fatalf("register entry %q: %v", text, err)
	}
	state, err := os.ReadFile(filepath.Join(owned.Data, "postmaster.pid"))
	if err != nil {
		d.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(state), "\n")
	if pid, err = strconv.Atoi(first); err != nil || !processRuns(pid) {
		d.t.Fatalf("postmaster.pid begins with %q (%v), want the id of a process that runs", first, err)
	}
	return owned.Home, pid
}

// processRuns tells whether there is such a process.
func processRuns(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// awaitEnd waits until the process is gone: its parent, or init, must take notice.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	patience := time.NewTimer(20 * time.Second)
	defer patience.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for processRuns(pid) {
		select {
		case <-tick.C:
		case <-patience.C:
			t.Fatalf("PostgreSQL server %d still runs", pid)
		}
	}
}

func pathExists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// TestDemoInterrupted stops the demo by Ctrl-C: no server is left, what is made stays,
// and the person is told where.
func TestDemoInterrupted(t *testing.T) {
	t.Parallel()
	env, home := demoEnv(t)
	dir := filepath.Join(t.TempDir(), "demo")
	demo := startDemo(t, env, home, dir, "--tenants", "200")
	demo.awaitLine("workbooks: 0 of ")
	place, pid := demo.server()
	if err := demo.command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	code, workbooks := demo.end(), filepath.Join(dir, localBucket)
	if said := demo.said.String(); code != exitInterrupted || !strings.Contains(said, "lies in "+workbooks+"\n") ||
		!strings.HasSuffix(said, "jetsheet: interrupted (interrupt)\n") || strings.Contains(said, "level=") {
		t.Errorf("interrupted demo: exit code %d, want 130; it said\n%s\nwant where the files are, and the reason last", code, said)
	}
	if processRuns(pid) || pathExists(place) || len(registered(t, home)) > 0 {
		t.Errorf("after Ctrl-C server %d runs: %v, its directory %s is there: %v, registered %v; want none of it",
			pid, processRuns(pid), place, pathExists(place), registered(t, home))
	}
	if !pathExists(workbooks) {
		t.Errorf("%s is gone, want it kept", workbooks)
	}
}

// TestDemoKilled kills a demo without a word: its server does not outlive the start of
// the next demo, which works as ever.
func TestDemoKilled(t *testing.T) {
	t.Parallel()
	env, home := demoEnv(t)
	killed := startDemo(t, env, home, filepath.Join(t.TempDir(), "killed"), "--tenants", "200")
	killed.awaitLine("workbooks: 0 of ")
	place, pid := killed.server()
	if err := killed.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if code := killed.end(); code != -1 {
		t.Fatalf("the demo ended with exit code %d before it was killed", code)
	}
	if !pathExists(place) || len(registered(t, home)) != 1 {
		t.Errorf("the killed demo's server in %s is gone already: this test shows nothing", place)
	}
	dir := filepath.Join(t.TempDir(), "next")
	next := startDemo(t, env, home, dir, "--tenants", "2", "--log-level=info")
	if code := next.end(); code != exitDone {
		t.Errorf("the next demo: exit code %d, want 0; it said\n%s", code, next.said.String())
	}
	checkDemoText(t, next, dir)
	awaitEnd(t, pid)
	if pathExists(place) || len(registered(t, home)) > 0 {
		t.Errorf("after the next demo %s is there: %v, registered %v; want none", place, pathExists(place), registered(t, home))
	}
}

// checkDemoText holds what a person reads at the end, and that the log is there when it
// is asked for.
func checkDemoText(t *testing.T, demo *runningDemo, dir string) {
	t.Helper()
	text := demo.stdout.String()
	for _, want := range []string{
		"REPORT", "cleaning-monthly  ", "inspection-monthly  ", "temperature-monthly  ", "Every planned workbook is published and reads back.",
		"Each workbook came from exactly one system", "0 twice, 0 missing",
		"\n  " + filepath.Join(dir, localBucket) + "\n", "The largest, with ", "\nNext: ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the demo prints\n%s\nwant %q in it", text, want)
		}
	}
	_, rest, _ := strings.Cut(text, "The largest, with ")
	_, rest, _ = strings.Cut(rest, "\n  ")
	if file, _, _ := strings.Cut(rest, "\n"); !strings.HasPrefix(file, dir) || !pathExists(file) {
		t.Errorf("the demo names %q as the largest workbook, want a file below %s", file, dir)
	}
	if said := demo.said.String(); strings.Count(said, `level=INFO msg="run closed"`) != 8 {
		t.Errorf("with --log-level=info the demo says\n%s\nwant the log with 8 runs closed", said)
	}
}
