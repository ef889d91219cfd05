// Command explore runs schedules of the model until one violates an invariant, and
// prints its steps.
//
//	go run ./deploy/faults/model/explore --seeds 20000
//	go run ./deploy/faults/model/explore --seed 17 --seeds 1 --trace
//	go run ./deploy/faults/model/explore --bug no-if-match --seeds 200
//
// It exits with 0 when nothing was violated, 1 when something was, 2 on wrong usage.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jetsheet/jetsheet/deploy/faults/model"
)

var errViolated = errors.New("an invariant was violated")

func main() {
	switch err := run(os.Args[1:], os.Stdout, os.Stderr); {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errViolated):
		os.Exit(1)
	default:
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func run(args []string, out, messages io.Writer) error {
	flags := flag.NewFlagSet("explore", flag.ContinueOnError)
	flags.SetOutput(messages)
	first := flags.Uint64("seed", 0, "the first seed")
	seeds := flags.Uint64("seeds", 20_000, "how many seeds")
	bug := flags.String("bug", "none", "the rule that is switched off, see bug.go")
	unattended := flags.Bool("unattended", false, "nobody starts runs again after a loss of all data")
	trace := flags.Bool("trace", false, "print the steps also when nothing is violated")
	if err := flags.Parse(args); err != nil {
		return err
	}
	planted, err := model.ParseBug(*bug)
	if err != nil {
		return err
	}
	return explore(out, model.Options{Bug: planted, Unattended: *unattended}, *first, *seeds, *trace)
}

func explore(out io.Writer, o model.Options, first, seeds uint64, trace bool) error {
	began, steps := time.Now(), 0
	for seed := first; seed < first+seeds; seed++ {
		r := model.Run(seed, o)
		steps += r.Steps
		if r.Violation != "" || trace {
			o.Trace = true
			if err := show(out, model.Run(seed, o)); err != nil {
				return err
			}
			o.Trace = false
		}
		if r.Violation != "" {
			_, err := fmt.Fprintf(out, "seed %d: %s\nreplay it with: go run ./deploy/faults/model/explore --seed %d --seeds 1 --bug %s --unattended=%t\n",
				seed, r.Violation, seed, o.Bug, o.Unattended)
			return errors.Join(errViolated, err)
		}
	}
	rate := float64(seeds) / time.Since(began).Seconds()
	_, err := fmt.Fprintf(out, "%d schedules, %d steps, no violation (%.0f schedules a second)\n", seeds, steps, rate)
	return err
}

func show(out io.Writer, r model.Result) error {
	for _, line := range r.Trace {
		if _, err := fmt.Fprintln(out, line); err != nil {
			return fmt.Errorf("print the steps: %w", err)
		}
	}
	return nil
}
