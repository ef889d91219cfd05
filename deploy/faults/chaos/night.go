//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jetsheet/jetsheet"
)

// mostMemory bounds what one process of a role may take: five times what it takes here.
const mostMemory = 256 << 20

// mostSessions is what the pools of two producers and two renderers may hold, by the
// default of the library.
func mostSessions() int { return len(databaseRoles) * max(4, runtime.NumCPU()) }

// night is one schedule, played and checked.
type night struct {
	seed     uint64
	length   time.Duration
	patience time.Duration // until everything has settled
	binary   string
	logs     string
	out      io.Writer

	world    *installation
	player   *player
	people   *people
	sampler  *sampler
	moved    int
	runs     int
	cells    int64
	done     int
	moving   int
	compared int
	mended   map[jetsheet.Cause]int
	restarts int
	peak     int64
	sessions int
	settled  time.Duration // since the last fault and order were through

	violations []string
}

// play plays the night to its end. An error is the harness's own; what is wrong with
// jetsheet is in violations.
func (n *night) play(ctx context.Context) (err error) {
	plan := newSchedule(n.seed, n.length)
	if _, err := io.WriteString(n.out, plan.String()); err != nil {
		return err
	}
	if n.world, err = install(ctx, n.binary, n.logs); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.world.close()) }() //nolint:contextcheck // it must close whatever became of ctx
	n.player = &player{world: n.world, fired: map[kind]int{}}
	n.people = &people{command: n.world.command, asked: map[string]int{}}
	n.mended = map[jetsheet.Cause]int{}
	if n.sampler, err = newSampler(ctx, n.world.js); err != nil {
		return err
	}
	watching, stopWatching := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { n.sampler.watch(watching) })
	err = n.act(ctx, plan)
	stopWatching()
	watch.Wait()
	if err != nil {
		return err
	}
	n.violations = append(n.violations, n.sampler.violations...)
	n.endRoles(ctx)
	return ctx.Err()
}

// act plays the schedule, waits for everything to settle and checks it.
func (n *night) act(ctx context.Context, plan schedule) error {
	moving, stopMoving := context.WithCancel(ctx)
	defer stopMoving()
	var mover sync.WaitGroup
	mover.Go(func() { n.moved = n.world.database.moveRecords(moving) })
	defer mover.Wait()
	n.disturb(ctx, plan)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := errors.Join(n.player.errs...); err != nil {
		return err
	}
	if _, err := n.world.command.insist(ctx, []int{exitDone, exitNothing}, "reports", "pause", reportMinutely); err != nil {
		return err
	}
	calm := time.Now()
	failures, err := n.settle(ctx)
	n.settled = time.Since(calm)
	if err != nil || n.violations != nil {
		return err
	}
	stopMoving()
	mover.Wait()
	if err := n.countSessions(ctx); err != nil {
		return err
	}
	return n.check(ctx, failures)
}

// countSessions holds that pools keep to their sizes. The server may still be ending the
// sessions of processes and connections that are gone.
func (n *night) countSessions(ctx context.Context) (err error) {
	limited, cancel := context.WithTimeout(ctx, n.patience)
	defer cancel()
	for {
		if n.sessions, err = n.world.database.sessions(ctx); err != nil || n.sessions <= mostSessions() {
			return err
		}
		if !waitFor(limited, settlePace) {
			n.violate("%d sessions of PostgreSQL are open, want at most %d", n.sessions, mostSessions())
			return nil
		}
	}
}

// disturb plays faults and orders together. Orders that do not get through while the
// faults last have until everything has to be settled.
func (n *night) disturb(ctx context.Context, plan schedule) {
	limited, cancel := context.WithTimeoutCause(ctx, n.length+n.patience, errOver)
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() { n.people.follow(limited, plan.orders) })
	n.player.play(ctx, plan.faults)
	group.Wait()
	for _, err := range n.people.errs {
		n.violate("an order was never carried out: %v", err)
	}
}

func (n *night) violate(format string, values ...any) {
	n.violations = append(n.violations, fmt.Sprintf(format, values...))
}

// settle waits until everything has settled; what does not is a violation.
func (n *night) settle(ctx context.Context) ([]failed, error) {
	failures, err := settle(ctx, n.world.js, n.patience)
	var notSettled *notSettledError
	if errors.As(err, &notSettled) && ctx.Err() == nil {
		n.violate("%v", err)
		return nil, nil
	}
	return failures, err
}

// check mends what may be mended, has one more run made, and checks everything.
func (n *night) check(ctx context.Context, failures []failed) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*n.patience, errOver)
	defer cancel()
	still := jetsheet.RunID{Tick: tick(lastTick), Report: reportMoving}
	if err := n.people.start(ctx, []int{exitDone}, "runs", "start", still.Report, "--tick", still.Tick.Format(time.RFC3339), "--json"); err != nil {
		return err
	}
	unplanned, affected := checkFailures(failures)
	for _, f := range unplanned {
		n.mended[f.failure.Cause]++
		if !mendable(f, n.people.cancelled) {
			n.violate("%s", f)
		}
	}
	for run := range affected {
		if _, err := n.world.command.insist(ctx, []int{exitDone, exitNothing, exitDifferences}, "failures", "replay", "--run", run.String()); err != nil {
			return err
		}
	}
	failures, err := n.settle(ctx)
	if err != nil {
		return err
	}
	unplanned, _ = checkFailures(failures)
	for _, f := range unplanned {
		if f.at.Target != "stumbling" {
			n.violate("after a replay: %s", f)
		}
	}
	return n.checkOutcomes(ctx, still)
}

func (n *night) checkOutcomes(ctx context.Context, still jetsheet.RunID) error {
	runs, err := readRuns(ctx, n.world.js)
	if err != nil {
		return err
	}
	n.runs = len(runs)
	cells, violations, err := verifyRuns(ctx, n.world.command, runs, still)
	n.violations = append(n.violations, violations...)
	if err != nil {
		return err
	}
	n.cells = cells
	outcomes, err := n.world.readOutcomes(ctx)
	if err != nil {
		return err
	}
	n.done = len(outcomes)
	if violations, err = n.world.checkObjects(ctx, outcomes); err != nil {
		return err
	}
	n.violations = append(n.violations, violations...)
	n.moving, violations = n.world.checkMoving(outcomes)
	n.violations = append(n.violations, violations...)
	n.compared, violations = checkCompared(outcomes)
	n.violations = append(n.violations, violations...)
	if n.sampler.samples == 0 || n.moved == 0 || n.moving == 0 || n.cells == 0 || n.compared == 0 {
		return fmt.Errorf("nothing was checked: %d samples, %d changes, %d moving workbooks, %d comparisons, %d cells", n.sampler.samples, n.moved, n.moving, n.compared, n.cells)
	}
	return nil
}

// endRoles ends every process by a signal and checks how they ended, what they took, and
// that nothing is left.
func (n *night) endRoles(ctx context.Context) {
	for _, p := range n.world.processes() {
		code, err := p.close(ctx, syscall.SIGTERM)
		if err != nil || code != exitDone {
			n.violate("%s ended with exit code %d on SIGTERM (%v), want 0", p.name, code, err)
		}
		for _, end := range p.endedBySelf() {
			if end == fmt.Sprintf("exit status %d", exitUnreachable) {
				n.restarts++
				continue
			}
			n.violate("%s ended by itself: %s", p.name, end)
		}
		if left := p.left(); len(left) > 0 {
			n.violate("%s left the processes of the groups %v", p.name, left)
		}
		if p == n.world.nats {
			continue
		}
		n.peak = max(n.peak, p.peak)
		if p.peak > mostMemory {
			n.violate("%s took %d MiB, want at most %d", p.name, p.peak>>20, mostMemory>>20)
		}
	}
	n.checkLogs()
}

// alarming is what no log may say: a crash; and that a producer misses conversions, since
// nothing that was stored is ever lost here, so that it would have counted wrongly.
var alarming = regexp.MustCompile(`(?m)^(panic: |fatal error: |WARNING: DATA RACE|goroutine \d+ \[running\]|.*msg="conversions are missing).*`)

func (n *night) checkLogs() {
	files, _ := filepath.Glob(filepath.Join(n.logs, "*.log")) // the pattern is right
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			n.violate("read log: %v", err)
		} else if found := alarming.Find(text); found != nil {
			n.violate("%s says: %s", filepath.Base(file), found)
		}
	}
}

// summary prints what was played and what was found.
func (n *night) summary() string {
	var text strings.Builder
	line := func(name, format string, values ...any) {
		_, _ = fmt.Fprintf(&text, "%-43s %s\n", name, fmt.Sprintf(format, values...))
	}
	total := 0
	for _, m := range manners() {
		if fired := n.player.fired[m.kind]; fired > 0 {
			line(string(m.kind), "%5d", fired)
			total += fired
		}
	}
	line("faults fired", "%5d, %d more met what was under another one", total, n.player.missed)
	var asked []string
	for _, what := range names(n.people.asked) {
		asked = append(asked, fmt.Sprintf("%d %s", n.people.asked[what], what))
	}
	line("people asked for", "%s", strings.Join(asked, ", "))
	line("settled after the last of them", "%s", n.settled.Round(100*time.Millisecond))
	line("runs", "%d with %d outcomes, %d cells compared", n.runs, n.done, n.cells)
	line("records changed meanwhile", "%d times, %d workbooks of them checked", n.moved, n.moving)
	line("forms compared, equal or told below", "%d", n.compared)
	line("samples of the conservation law", "%d, %d while nats-server was away", n.sampler.samples, n.sampler.gaps)
	var mended []string
	for cause, count := range n.mended {
		mended = append(mended, fmt.Sprintf("%d %s", count, cause))
	}
	slices.Sort(mended)
	if mended == nil {
		mended = []string{"none"}
	}
	line("failures mended by a replay", "%s", strings.Join(mended, ", "))
	line("starts given up as not reachable", "%d", n.restarts)
	line("sessions of PostgreSQL at the end", "%d", n.sessions)
	line("most memory of a role's process", "%d MiB", n.peak>>20)
	return text.String()
}
