package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// around is a "jetsheet runs start" that is under way while ops is killed.
type around struct {
	command *exec.Cmd
	output  bytes.Buffer
}

// startRun begins to start a run, without waiting for it.
func (i *installation) startRun(id jetsheet.RunID) *around {
	i.t.Helper()
	a := &around{command: exec.CommandContext(i.t.Context(), "jetsheet", startArgs(id)...)}
	a.command.Env, a.command.Stdout, a.command.Stderr = i.env, &a.output, &a.output
	if err := a.command.Start(); err != nil {
		i.t.Fatal(err)
	}
	return a
}

func startArgs(id jetsheet.RunID) []string {
	return []string{"runs", "start", id.Report, "--tick", id.Tick.UTC().Format(time.RFC3339)}
}

// end waits for the command and returns its exit code.
func (a *around) end(i *installation) int {
	i.t.Helper()
	var exit *exec.ExitError
	if err := a.command.Wait(); err != nil && !errors.As(err, &exit) {
		i.t.Fatal(err)
	}
	return a.command.ProcessState.ExitCode()
}

// TestKilledOpsStartsEachRunOnce kills ops around every moment of "runs start": as it
// comes, while the run is being frozen, when it is stored, and in the middle of the run.
// Asking again gives the same run, and every workbook is made once.
func TestKilledOpsStartsEachRunOnce(t *testing.T) {
	t.Parallel()
	i := install(t, killSchema)
	for name, flags := range roleFlags {
		i.start(name, flags...)
	}
	victim := i.start("ops")
	// The calendar starts no run in this test.
	i.apply(killReport, time.Now().AddDate(1, 0, 0))
	ids := killTicks()
	for _, id := range ids[1:] {
		i.awaitOps(id)
		asked := i.startRun(id)
		i.await("record of "+id.String(), time.Minute, func() bool { return i.record(id) != nil })
		victim.kill()
		victim = i.start("ops")
		i.startAgain(id, asked)
	}

	id := ids[0]
	i.awaitOps(id)
	asked := i.startRun(id)
	victim.kill() // whether it has heard of it or not
	victim = i.start("ops")
	i.startAgain(id, asked)
	stop := i.watchConservation(id)
	for _, when := range []int{5, 60, 150} {
		i.await("workbooks", time.Minute, func() bool { return i.done(id) >= when })
		asked := i.startRun(id)
		victim.kill()
		victim = i.start("ops")
		i.startAgain(id, asked)
	}
	for _, id := range ids {
		i.await("closed "+id.String(), 2*time.Minute, func() bool { return i.record(id).State == jetsheet.RunClosed })
	}
	if samples := stop(); samples.open == 0 {
		t.Error("no sample of the conservation law was taken")
	}
	i.checkRuns(ids)
	i.checkKillWorkbooks(id)
	if code := victim.stop(); code != exitDone {
		t.Errorf("ops ended with exit code %d after a signal, want 0", code)
	}
}

// killTicks are runs of killReport. The first has 400 workbooks, the others have none.
func killTicks() []jetsheet.RunID {
	var ids []jetsheet.RunID
	for month := range 6 {
		tick := time.Date(2026, time.Month(11-month), 1, 5, 0, 0, 0, time.FixedZone("JST", 9*60*60))
		ids = append(ids, jetsheet.RunID{Tick: tick.UTC(), Report: "records-monthly"})
	}
	return ids
}

// awaitOps waits until ops answers.
func (i *installation) awaitOps(id jetsheet.RunID) {
	i.t.Helper()
	i.await("ops answers", time.Minute, func() bool {
		code, _, _ := i.try(append(startArgs(id), "--dry-run")...)
		return code == exitDone || code == exitNothing
	})
}

// startAgain asks the new process until the run is there, as a person would who stops
// the command that was under way, and checks how that one ended: it has started the run,
// heard that it is there, heard that nobody answers, or was stopped.
func (i *installation) startAgain(id jetsheet.RunID, asked *around) {
	i.t.Helper()
	i.await("runs start of "+id.String(), time.Minute, func() bool {
		code, stdout, stderr := i.try(startArgs(id)...)
		if code != exitDone && code != exitNothing && code != exitUnreachable {
			i.t.Fatalf("runs start %s: exit code %d\n%s%s", id, code, stdout, stderr)
		}
		return code == exitDone || code == exitNothing
	})
	if i.record(id) == nil {
		i.t.Fatalf("run %s was started and has no record", id)
	}
	_ = asked.command.Process.Signal(os.Interrupt) // it may have ended
	const signalled = -1                           // while it was beginning or ending
	if code := asked.end(i); !slices.Contains([]int{exitDone, exitNothing, exitUnreachable, exitInterrupted, signalled}, code) {
		i.t.Errorf("runs start %s while ops was killed: exit code %d, want 0, 4, 5 or 130\n%s", id, code, asked.output.String())
	}
}

// checkRuns checks that the runs are these and no others.
func (i *installation) checkRuns(want []jetsheet.RunID) {
	i.t.Helper()
	runs, err := i.js.KeyValue(i.t.Context(), jetsheet.BucketRuns)
	if err != nil {
		i.t.Fatal(err)
	}
	got, err := runs.Keys(i.t.Context())
	if err != nil {
		i.t.Fatal(err)
	}
	keys := make([]string, 0, len(want))
	for _, id := range want {
		keys = append(keys, jetsheet.RunKey(id))
	}
	slices.Sort(keys)
	slices.Sort(got)
	if !slices.Equal(got, keys) {
		i.t.Errorf("the runs are %v, want %v", got, keys)
	}
}
