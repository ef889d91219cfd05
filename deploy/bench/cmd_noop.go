package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// noop measures the way from a request to a published workbook when rendering costs
// nothing.
type noop struct {
	profiling

	conversions int
	counted     int
	repeat      int
	sync        string
}

func (n *noop) flags(f *flag.FlagSet) {
	f.IntVar(&n.conversions, "n", 4000, "conversions of each run")
	f.IntVar(&n.counted, "counted", 500, "conversions of the run whose messages are counted, which also warms up; 0 leaves it out")
	f.IntVar(&n.repeat, "repeat", 3, "runs with each setting")
	f.StringVar(&n.sync, "sync", "both", "when nats-server writes to the disk: default, always or both")
	n.profiling.flags(f, " of the last run with default sync")
}

// syncModes are the settings of nats-server: default syncs every two minutes.
func (n *noop) syncModes() ([]string, error) {
	switch n.sync {
	case "default", "always":
		return []string{n.sync}, nil
	case "both":
		return []string{"default", "always"}, nil
	}
	return nil, fmt.Errorf("%w: -sync is default, always or both, not %q", errUsage, n.sync)
}

func (n *noop) run(ctx context.Context, b *bench) (err error) {
	modes, err := n.syncModes()
	if err != nil {
		return err
	}
	r, err := newRig(ctx, b, data{sites: max(n.conversions, n.counted), records: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }() //nolint:contextcheck // it must close whatever became of ctx
	if err := b.heading("No-op rendering, request to published", r.postgres.Version()); err != nil {
		return err
	}
	costs := newTable("sync, run", "conversions/s", "roles µs", "NATS + S3 µs", "PostgreSQL µs", "planning ms", "roles peak MB")
	var reports []func() error
	for _, mode := range modes {
		report, err := n.runMode(ctx, r, mode, costs)
		if err != nil {
			return err
		}
		reports = append(reports, report...)
	}
	if err := costs.print(b.out); err != nil {
		return err
	}
	for _, report := range reports {
		if err := report(); err != nil {
			return err
		}
	}
	return nil
}

// runMode measures one setting and returns what is to be printed after the costs.
func (n *noop) runMode(ctx context.Context, r *rig, mode string, costs *table) (reports []func() error, err error) {
	if err := r.serve(ctx, mode == "always"); err != nil {
		return nil, err
	}
	if n.counted > 0 {
		counts, err := n.runCounted(ctx, r)
		if err != nil {
			return nil, err
		}
		if mode != "always" || n.sync == "always" {
			reports = append(reports, func() error { return n.printTraffic(r.b, counts) })
		}
	}
	for i := range n.repeat {
		last := i == n.repeat-1
		name := "noop-" + mode + "-" + strconv.Itoa(i+1)
		run := r.newRun(name, tableReport(name, n.conversions))
		run.profiled = last && n.attribute
		if last && mode == "default" {
			run.keepProfile = n.profile
		}
		m, err := r.runOnce(ctx, roles{render: noopRender()}, run)
		if err != nil {
			return nil, err
		}
		costs.add(mode+", "+strconv.Itoa(i+1), fmt.Sprintf("%.0f", m.perSecond()), micros(m.each(m.roles)), micros(m.each(m.servers)),
			micros(m.each(m.postgres)), millis(m.planning), megabytes(m.peakBytes))
		if run.profiled && (mode == "default" || n.sync == mode) {
			reports = append(reports, func() error { return printAttribution(r.b, m) })
		}
	}
	return reports, nil
}

// runCounted counts the messages of one run.
func (n *noop) runCounted(ctx context.Context, r *rig) (map[string]counted, error) {
	r.b.say("counting messages: %d conversions", n.counted)
	counts := newTraffic()
	p, disconnect, err := r.parts(counts)
	if err != nil {
		return nil, err
	}
	defer disconnect()
	stop, err := roles{render: noopRender()}.start(ctx, p)
	if err != nil {
		return nil, err
	}
	var run map[string]counted
	planned := r.newRun("noop-counted", tableReport("noop-counted", n.counted))
	planned.begun = counts.reset
	_, err = r.measure(ctx, p, planned)
	run = counts.snapshot()
	return run, errors.Join(err, stop())
}

// printTraffic writes what passes per conversion, the most frequent first.
func (n *noop) printTraffic(b *bench, counts map[string]counted) error {
	t := newTable("messages (→ from the roles, ← to them)", "per conversion", "bytes each")
	for _, what := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b].messages, counts[a].messages), cmp.Compare(a, b))
	}) {
		c := counts[what]
		if each := float64(c.messages) / float64(n.counted); each >= 0.01 {
			t.add(what, fmt.Sprintf("%.2f", each), strconv.FormatInt(c.bytes/c.messages, 10))
		}
	}
	return t.print(b.out)
}

// printAttribution writes where the CPU time of the two processes went: shares of the
// profiles, scaled to what getrusage counted.
func printAttribution(b *bench, m *measured) error {
	for _, by := range []struct {
		title  string
		spent  time.Duration
		stacks []stack
		tiers  [][]part
	}{
		{"roles, by package", m.roles, m.roleStacks, packages()},
		{"roles, by hop", m.roles, m.roleStacks, hops()},
		{"NATS + S3", m.servers, m.serverStacks, serverParts()},
	} {
		t := newTable(by.title, "µs per conversion", "%")
		spent := attribute(by.stacks, by.tiers)
		var total time.Duration
		for _, d := range spent {
			total += d
		}
		if total == 0 {
			return errors.New("a CPU profile is empty: measure more conversions with -n")
		}
		for _, label := range labels(by.tiers) {
			if share := float64(spent[label]) / float64(total); share > 0 {
				t.add(label, micros(time.Duration(share*float64(m.each(by.spent)))), fmt.Sprintf("%.1f", 100*share))
			}
		}
		if err := t.print(b.out); err != nil {
			return err
		}
	}
	return nil
}

// labels lists the parts in the order in which they are printed.
func labels(tiers [][]part) []string {
	var all []string
	for _, tier := range tiers[1:] {
		for _, p := range tier {
			all = append(all, p.label)
		}
	}
	return append(all, tiers[0][0].label, restLabel)
}
