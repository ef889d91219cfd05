//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jetsheet/jetsheet"
)

// people ask for runs.
type people struct {
	command *commandLine

	mu sync.Mutex
	// runs are those that somebody was told of, in that order; cancelled are some of them.
	runs      []string
	cancelled []string
	asked     map[string]int
	errs      []error
}

// follow carries out every order at its time and returns when all are through: whoever is
// told of an error tries again.
func (p *people) follow(ctx context.Context, orders []order) {
	began := time.Now()
	var group sync.WaitGroup
	for _, o := range orders {
		group.Go(func() {
			if !waitUntil(ctx, began.Add(o.at)) {
				return
			}
			err := p.carryOut(ctx, o)
			p.mu.Lock()
			defer p.mu.Unlock()
			p.asked[o.what]++
			if err != nil {
				p.errs = append(p.errs, err)
			}
		})
	}
	group.Wait()
}

func (p *people) carryOut(ctx context.Context, o order) error {
	switch o.what {
	case "start":
		return p.start(ctx, []int{exitDone, exitNothing}, "runs", "start", o.report, "--tick", tick(o.nth).Format(time.RFC3339), "--json")
	case "again":
		args := []string{"runs", "start", o.report, "--tick", tick(o.nth).Format(time.RFC3339), "--again", "--json"}
		if o.tenant != "" && o.report != reportLarge && o.report != reportForms {
			args = append(args, "--tenant", o.tenant)
		}
		return p.start(ctx, []int{exitDone}, args...)
	}
	run := p.run(o.nth)
	if run == "" {
		return nil
	}
	if o.what == "cancel" {
		p.mu.Lock()
		p.cancelled = append(p.cancelled, run)
		p.mu.Unlock()
		_, err := p.command.insist(ctx, []int{exitDone, exitNothing, exitDifferences}, "runs", "cancel", run, "--reason", "chaos")
		return err
	}
	_, err := p.command.insist(ctx, []int{exitDone, exitNothing, exitDifferences}, "failures", "replay", "--run", run)
	return err
}

// start starts a run and remembers it.
func (p *people) start(ctx context.Context, codes []int, args ...string) error {
	a, err := p.command.insist(ctx, codes, args...)
	if err != nil || a.code != exitDone {
		return err
	}
	var started struct {
		Run jetsheet.RunID `json:"run"`
	}
	if err := json.Unmarshal([]byte(a.stdout), &started); err != nil {
		return fmt.Errorf("jetsheet %s: %w: %s", strings.Join(args, " "), err, a.stdout)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if run := started.Run.String(); !slices.Contains(p.runs, run) {
		p.runs = append(p.runs, run)
	}
	return nil
}

// run returns the nth of the runs there are, "" when there is none.
func (p *people) run(nth int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.runs) == 0 {
		return ""
	}
	return p.runs[nth%len(p.runs)]
}
