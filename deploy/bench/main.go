// Command bench measures the pipeline on this machine and prints Markdown:
//
//	go run ./deploy/bench noop       what a conversion costs when rendering costs nothing
//	go run ./deploy/bench pipeline   20,000 conversions of 20 rows
//	go run ./deploy/bench plan       100,000 planned conversions
//	go run ./deploy/bench large      one workbook of 1,200,000 rows
//	go run ./deploy/bench replay     10,000 failed conversions, replayed
//	go run ./deploy/bench month      a month's start, against deploy/legacy
//
// Producer, renderer and uploader run in this process, wired as `jetsheet up` wires
// them. nats-server and an S3 server run in a second process, which is this program
// again; PostgreSQL is a third, temporary server. All listen on the loopback interface
// or a socket only, and everything is removed at the end, also when this process is
// killed. See README.md for what is counted where.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"time"
)

// benchmark measures one thing; it has its own flags.
type benchmark interface {
	flags(f *flag.FlagSet)
	run(ctx context.Context, b *bench) error
}

// bench is what a benchmark works with.
type bench struct {
	out   io.Writer
	log   *slog.Logger
	began time.Time
	load  string // of the machine when it began
	// progress tells a person what is being done.
	progress io.Writer
}

// say tells what is being done, with the time since the start.
func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.progress, "%6.1fs  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, args...))
}

// named returns a benchmark by its name; nil for none.
func named(name string) benchmark {
	return map[string]benchmark{
		"noop": &noop{}, "pipeline": &pipeline{}, "plan": &plan{}, "large": &large{}, "replay": &replay{}, "month": &month{},
	}[name]
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := 0
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err) // there is nowhere else to tell it
		code = 1
		if errors.Is(err, errUsage) {
			code = 2
		}
	}
	stop()
	os.Exit(code)
}

var errUsage = errors.New("usage: go run ./deploy/bench noop|pipeline|plan|large|replay|month [flags]")

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	switch args[0] {
	case serveCommand:
		return serve(ctx, args[1:], os.Stdin, out)
	case previousCommand:
		return bePrevious(ctx, args[1:])
	}
	measures := named(args[0])
	if measures == nil {
		return fmt.Errorf("there is no benchmark %q: %w", args[0], errUsage)
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(progress)
	measures.flags(flags)
	if err := flags.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return fmt.Errorf("%w (%w)", errUsage, err)
	}
	b := &bench{
		out: out, progress: progress, began: time.Now(), load: load(),
		log: slog.New(slog.NewTextHandler(progress, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	return measures.run(ctx, b)
}
