//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == natsCommand {
		if err := serveNATS(os.Args[2:]); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "nats-server:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	violations, err := run(ctx, os.Args[1:], os.Stdout)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(exitUsage)
	case err != nil && interrupted:
		os.Exit(exitInterrupted)
	case err != nil:
		_, _ = fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	case violations > 0:
		os.Exit(exitDifferences)
	}
}

// options are the command line.
type options struct {
	seed     uint64
	seeds    int
	seconds  int
	patience time.Duration
	binary   string
	logs     string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.Uint64Var(&o.seed, "seed", rand.Uint64N(1_000_000), "what the schedule is drawn from; random by default") //nolint:gosec // no secret
	flags.IntVar(&o.seeds, "seeds", 1, "how many seeds are played, one after the other")
	flags.IntVar(&o.seconds, "seconds", 60, "how long the faults last")
	flags.DurationVar(&o.patience, "patience", 3*time.Minute, "how long everything may take to settle")
	flags.StringVar(&o.binary, "binary", "", "a jetsheet that is built already")
	flags.StringVar(&o.logs, "logs", "", "where the logs of processes stay; without it they stay after violations only")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 || o.seconds < 1 || o.seeds < 1 {
		return o, errors.New("want --seconds and --seeds of 1 or more and no arguments")
	}
	return o, o.findBinary()
}

// findBinary makes the path of a binary that is built already whole: roles that cannot be
// started look like roles that were killed, for the whole night.
func (o *options) findBinary() error {
	if o.binary == "" {
		return nil
	}
	found, err := exec.LookPath(o.binary)
	if err != nil {
		return fmt.Errorf("--binary: %w; without it jetsheet is built", err)
	}
	o.binary, err = filepath.Abs(found)
	return err
}

// run plays the seeds and returns the number of violations.
func run(ctx context.Context, args []string, out io.Writer) (violations int, err error) {
	o, err := parse(args)
	if err != nil {
		return 0, err
	}
	if o.binary == "" {
		dir, err := os.MkdirTemp("", "jetsheet-chaos-")
		if err != nil {
			return 0, err
		}
		defer func() { _ = os.RemoveAll(dir) }() // nothing of ours stays open in it
		o.binary = filepath.Join(dir, "jetsheet")
		if err := build(ctx, o.binary); err != nil {
			return 0, err
		}
	}
	for i := range o.seeds {
		found, err := playSeed(ctx, o, o.seed+uint64(i), out) //nolint:gosec // not negative
		violations += found
		if err != nil {
			return violations, fmt.Errorf("seed %d: %w", o.seed+uint64(i), err) //nolint:gosec // not negative
		}
	}
	return violations, nil
}

func build(ctx context.Context, binary string) error {
	command := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/jetsheet/jetsheet/cmd/jetsheet") //nolint:gosec // ours
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build jetsheet: %w\n%s", err, text)
	}
	return nil
}

// playSeed plays one seed, prints what came of it and returns the number of violations.
func playSeed(ctx context.Context, o options, seed uint64, out io.Writer) (int, error) {
	if _, err := fmt.Fprintf(out, "seed %d; once more: task chaos -- --seed %d --seconds %d\n", seed, seed, o.seconds); err != nil {
		return 0, err
	}
	logs := o.logs
	if logs == "" {
		var err error
		if logs, err = os.MkdirTemp("", "jetsheet-chaos-logs-"); err != nil {
			return 0, err
		}
	} else {
		logs = filepath.Join(logs, fmt.Sprintf("seed-%d", seed))
		if err := os.MkdirAll(logs, 0o700); err != nil {
			return 0, err
		}
	}
	n := &night{seed: seed, length: time.Duration(o.seconds) * time.Second, patience: o.patience, binary: o.binary, logs: logs, out: out}
	began := time.Now()
	if err := n.play(ctx); err != nil {
		return 0, fmt.Errorf("%w\nlogs: %s", err, logs)
	}
	lines := []string{n.summary()}
	for _, violation := range n.violations {
		lines = append(lines, "violation: "+violation+"\n")
	}
	if len(n.violations) > 0 {
		lines = append(lines, "logs: "+logs+"\n")
	} else if o.logs == "" {
		if err := os.RemoveAll(logs); err != nil {
			return 0, err
		}
	}
	_, err := fmt.Fprintf(out, "%sseed %d: %d violations, %s\n", strings.Join(lines, ""), seed, len(n.violations), time.Since(began).Round(time.Second))
	return len(n.violations), err
}
