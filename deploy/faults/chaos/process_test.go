//go:build unix

package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

func supervised(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p := &process{name: program, logFile: filepath.Join(t.TempDir(), "log"), command: func() *exec.Cmd {
		return exec.Command(program, args...)
	}}
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = p.close(t.Context(), syscall.SIGKILL) })
	return p
}

func TestSupervisorTellsEndsOfItsOwnFromOthers(t *testing.T) {
	t.Parallel()
	asked := supervised(t, "sleep", "600")
	if err := asked.end(t.Context(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := asked.endedBySelf(); len(got) != 0 {
		t.Errorf("a killed process counts as ended by itself: %v", got)
	}
	if err := asked.start(); err != nil {
		t.Fatal(err)
	}
	if code, err := asked.close(t.Context(), syscall.SIGTERM); err != nil || code != -1 {
		t.Errorf("closed with exit code %d, %v, want -1 for a process that a signal ends", code, err)
	}
	if left := asked.left(); len(left) != 0 {
		t.Errorf("groups %v are alive after close", left)
	}
	if len(asked.pids) != 2 {
		t.Errorf("%d processes were started, want 2", len(asked.pids))
	}

	own := supervised(t, "false")
	deadline := time.After(testLimit)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for len(own.endedBySelf()) < 2 { // it was started again
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("ends seen: %v, want 2", own.endedBySelf())
		}
	}
	if got := own.endedBySelf(); !slices.Contains(got, "exit status 1") {
		t.Errorf("ends seen: %v, want exit status 1", got)
	}
}
