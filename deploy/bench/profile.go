package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"time"
)

// profiling is what a benchmark is asked about the CPU time.
type profiling struct {
	profile   string // the file that keeps it; "" keeps none
	attribute bool
}

// flags says of which run the profile is, if there are several.
func (p *profiling) flags(f *flag.FlagSet, of string) {
	f.StringVar(&p.profile, "profile", "", "keep the CPU profile"+of+" in this file")
	f.BoolVar(&p.attribute, "attribute", true, "profile and say where the CPU time went")
}

// profile is a CPU profile of this process on its way into a file.
type profile struct{ file *os.File }

func startProfile(path string) (*profile, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("file of the CPU profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(fmt.Errorf("profile: %w", err), file.Close())
	}
	return &profile{file}, nil
}

// stop completes the file.
func (p *profile) stop() error {
	if p == nil {
		return nil
	}
	pprof.StopCPUProfile()
	return p.file.Close()
}

// profiles are those of both processes during one run; nil when none are wanted.
type profiles struct {
	child          *child
	dir            string
	own            *profile
	roles, servers string // files
}

// startProfiles begins both profiles, if the run asks for them.
func (r *rig) startProfiles(run plannedRun) (_ *profiles, err error) {
	if !run.profiled {
		return nil, nil //nolint:nilnil // see the type
	}
	p := &profiles{child: r.child}
	if p.dir, err = os.MkdirTemp("", "jetsheet-bench-"); err != nil {
		return nil, fmt.Errorf("directory of the profiles: %w", err)
	}
	p.roles, p.servers = filepath.Join(p.dir, "roles.pprof"), filepath.Join(p.dir, "servers.pprof")
	if run.keepProfile != "" {
		p.roles = run.keepProfile
		if p.servers, err = filepath.Abs(run.keepProfile + ".servers"); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	if p.own, err = startProfile(p.roles); err == nil {
		_, err = r.child.ask(question{Profile: p.servers})
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// end reads both profiles. It needs the go command, as `go run` does.
func (p *profiles) end(ctx context.Context, m *measured) error {
	if p == nil {
		return nil
	}
	err := p.own.stop()
	p.own = nil
	if _, failed := p.child.ask(question{EndProfile: true}); failed != nil {
		err = errors.Join(err, failed)
	}
	if err != nil {
		return err
	}
	if m.roleStacks, err = readProfile(ctx, p.roles); err != nil {
		return err
	}
	m.serverStacks, err = readProfile(ctx, p.servers)
	return err
}

// close stops what still runs and removes what is not to be kept. It may be called on
// nil.
func (p *profiles) close() error {
	if p == nil {
		return nil
	}
	return errors.Join(p.own.stop(), os.RemoveAll(p.dir))
}

// readProfile returns the stacks in a file.
func readProfile(ctx context.Context, file string) ([]stack, error) {
	text, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-traces", file).Output() //nolint:gosec // a file of ours
	if err != nil {
		return nil, fmt.Errorf("read the CPU profile with go tool pprof: %w", err)
	}
	return parseTraces(text)
}

// stack is where the process was for some time, innermost function first.
type stack struct {
	spent     time.Duration
	functions []string
}

// parseTraces reads the output of pprof -traces: blocks between rules, the time before
// the first function.
func parseTraces(text []byte) ([]stack, error) {
	var stacks []stack
	begun := false // what stands before the first rule is about the file
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimSuffix(strings.TrimSpace(lines.Text()), " (inline)")
		switch {
		case strings.HasPrefix(line, "-----------+"):
			begun = true
			stacks = append(stacks, stack{})
		case !begun || line == "":
		default:
			last := &stacks[len(stacks)-1]
			if last.functions == nil {
				value, function, ok := strings.Cut(line, " ")
				if strings.HasSuffix(value, ":") {
					continue // a label of the goroutine
				}
				spent, err := time.ParseDuration(value)
				if !ok || err != nil {
					return nil, fmt.Errorf("trace without a time: %q", line)
				}
				last.spent, line = spent, strings.TrimSpace(function)
			}
			// Dots in the last element of a path are written as in symbol tables.
			last.functions = append(last.functions, strings.ReplaceAll(line, "%2e", "."))
		}
	}
	return slices.DeleteFunc(stacks, func(s stack) bool { return s.functions == nil }), lines.Err()
}

// part is a label for functions that contain one of the texts.
type part struct {
	label string
	texts []string
}

// attribute sums the time by part. Of the first tier with a match, the innermost
// function decides; later tiers are for stacks without one.
func attribute(stacks []stack, tiers [][]part) map[string]time.Duration {
	spent := map[string]time.Duration{}
	for _, s := range stacks {
		spent[partOf(s, tiers)] += s.spent
	}
	return spent
}

func partOf(s stack, tiers [][]part) string {
	for _, tier := range tiers {
		for _, function := range s.functions {
			for _, p := range tier {
				if slices.ContainsFunc(p.texts, func(text string) bool { return strings.Contains(function, text) }) {
					return p.label
				}
			}
		}
	}
	return restLabel
}
