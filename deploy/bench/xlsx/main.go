package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		say(os.Stderr, "xlsx: %v", err)
		os.Exit(1)
	}
}

// settings are what the command line says.
type settings struct {
	child  string
	job    job
	rounds int
	cases  string
	only   string
	out    string
}

// job is what one process has to write: so many workbooks of one sheet.
type job struct {
	Books, Rows, Columns int
	Content              content
	// File is where the last workbook goes; empty for nowhere.
	File string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("xlsx", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var s settings
	flags.StringVar(&s.cases, "cases", "small,table", "what to write: small (200 × 15, many), table (100,000 × 20), million (1,000,000 × 20), photos (10 MB in 50 rows, many), template (200 × 15 in a form, many)")
	flags.IntVar(&s.rounds, "rounds", 5, "rounds; medians are printed")
	flags.StringVar(&s.only, "writers", "", "names of writers, by comma; all by default")
	flags.StringVar(&s.out, "out", "", "directory that keeps the last workbook of each writer")
	flags.StringVar(&s.child, "child", "", "writer to be, in a process of its own")
	flags.IntVar(&s.job.Books, "books", 1, "with -child: workbooks")
	flags.IntVar(&s.job.Rows, "rows", 0, "with -child: rows of each")
	flags.IntVar(&s.job.Columns, "columns", 0, "with -child: columns of each")
	flags.StringVar((*string)(&s.job.Content), "content", string(table), "with -child: what is in each: table, photos, form")
	flags.StringVar(&s.job.File, "file", "", "with -child: file for the last workbook")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if s.child != "" {
		return beChild(ctx, s.child, s.job)
	}
	dir, err := os.MkdirTemp("", "jetsheet-bench-*")
	if err != nil {
		return err
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			say(stderr, "%v", err)
		}
	}()
	if s.out == "" {
		s.out = dir
	} else if err := os.MkdirAll(s.out, 0o750); err != nil {
		return err
	}
	return compare(ctx, s, dir, stdout, stderr)
}

// say tells a person what is being done.
func say(stderr io.Writer, format string, args ...any) {
	// Nobody can be told that this fails.
	_, _ = fmt.Fprintf(stderr, format+"\n", args...)
}

// benchCase is one table of the result.
type benchCase struct {
	name, title string
	job         job
	// slow is how many of the job's workbooks a slow writer makes; 0 leaves it out.
	slow int
}

var cases = []benchCase{
	{"small", "200 rows × 15 columns", job{Books: 200, Rows: 200, Columns: 15, Content: table}, 20},
	{"table", "100,000 rows × 20 columns", job{Books: 1, Rows: 100_000, Columns: 20, Content: table}, 1},
	{"million", "1,000,000 rows × 20 columns", job{Books: 1, Rows: 1_000_000, Columns: 20, Content: table}, 0},
	{"photos", "50 rows with photos of 200 KB each", job{Books: 50, Rows: 50, Content: photo}, 5},
	{"template", "A form of 15 columns, its row repeated for 200 rows", job{Books: 500, Rows: 200, Columns: formColumns, Content: filled}, 20},
}

func compare(ctx context.Context, s settings, dir string, stdout, stderr io.Writer) error {
	picked := slices.DeleteFunc(slices.Clone(cases), func(c benchCase) bool { return !strings.Contains(","+s.cases+",", ","+c.name+",") })
	if len(picked) == 0 {
		return fmt.Errorf("no case is named %q; -h lists them", s.cases)
	}
	found, absent := findWriters(ctx, dir, s.only)
	if len(found) == 0 {
		return fmt.Errorf("no writer is named %q", s.only)
	}
	var tables []string
	for _, c := range picked {
		table, err := c.measure(ctx, found, s.rounds, filepath.Clean(s.out), stderr)
		if err != nil {
			return err
		}
		tables = append(tables, table)
	}
	_, err := io.WriteString(stdout, machine(found, absent)+"\n"+strings.Join(tables, "\n"))
	return err
}
