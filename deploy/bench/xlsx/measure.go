package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet/deploy/local/peak"
)

// sample is what one process took.
type sample struct {
	cpu  time.Duration // user and system
	peak int64         // bytes
	file int64         // bytes of the last workbook
}

// measure runs every writer once in each round and gives the table of medians.
func (c benchCase) measure(ctx context.Context, writers []writer, rounds int, dir string, stderr io.Writer) (string, error) {
	writers = slices.DeleteFunc(slices.Clone(writers), func(w writer) bool { return !w.writes(c.job.Content) || w.slow && c.slow == 0 })
	if len(writers) == 0 {
		return "", fmt.Errorf("no writer named takes part in the case %s", c.name)
	}
	samples := make([][]sample, len(writers))
	for round := range rounds {
		for i, w := range writers {
			j := c.job
			if w.slow {
				j.Books = min(j.Books, c.slow)
			}
			say(stderr, "%s: round %d of %d: %s", c.title, round+1, rounds, w.name)
			j.File = filepath.Join(dir, strings.ReplaceAll(w.name, " ", "-")+"-"+c.name+".xlsx")
			s, err := w.run(ctx, j)
			if err != nil {
				return "", fmt.Errorf("%s: %w", w.name, err)
			}
			s.cpu /= time.Duration(j.Books)
			samples[i] = append(samples[i], s)
		}
	}
	return c.table(writers, samples), nil
}

// run writes the job in a process of its own.
func (w writer) run(ctx context.Context, j job) (sample, error) {
	args := append(slices.Clone(w.command[1:]), "-books", strconv.Itoa(j.Books), "-rows", strconv.Itoa(j.Rows), "-columns", strconv.Itoa(j.Columns), "-file", j.File)
	if !w.peer {
		args = append(args, "-content", string(j.Content))
	}
	command := exec.CommandContext(ctx, w.command[0], args...) //nolint:gosec // what findWriters has found
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return sample{}, fmt.Errorf("%w: %s", err, bytes.TrimSpace(output.Bytes()))
	}
	state := command.ProcessState
	s := sample{cpu: state.UserTime() + state.SystemTime(), peak: peak.OfProcess(state)}
	if info, err := os.Stat(j.File); err == nil {
		s.file = info.Size()
	}
	return s, nil
}

func median[T int64 | time.Duration](samples []sample, of func(sample) T) T {
	all := make([]T, len(samples))
	for i, s := range samples {
		all[i] = of(s)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// table compares every writer with the first.
func (c benchCase) table(writers []writer, samples [][]sample) string {
	var b strings.Builder
	cpuOf := func(s sample) time.Duration { return s.cpu }
	first := median(samples[0], cpuOf)
	firstFile := median(samples[0], func(s sample) int64 { return s.file })
	fmt.Fprintf(&b, "**%s**\n\n| writer | CPU ms (least – most) | against %s | peak MB | file KB | of its size |\n| --- | ---: | ---: | ---: | ---: | ---: |\n", c.title, writers[0].name)
	for i, w := range writers {
		cpu, file := median(samples[i], cpuOf), median(samples[i], func(s sample) int64 { return s.file })
		least := slices.MinFunc(samples[i], func(a, b sample) int { return int(a.cpu - b.cpu) }).cpu
		most := slices.MaxFunc(samples[i], func(a, b sample) int { return int(a.cpu - b.cpu) }).cpu
		megabytes := float64(median(samples[i], func(s sample) int64 { return s.peak })) / (1 << 20)
		fmt.Fprintf(&b, "| %s | %s (%s – %s) | %.2f × | %.0f |", w.name, millis(cpu), millis(least), millis(most), float64(cpu)/float64(first), megabytes)
		if file == 0 {
			b.WriteString(" | |\n")
			continue
		}
		fmt.Fprintf(&b, " %.1f | %.3f |\n", float64(file)/1000, float64(file)/float64(firstFile))
	}
	return b.String()
}

func millis(d time.Duration) string {
	precision := 0
	if d < 100*time.Millisecond {
		precision = 2
	}
	return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', precision, 64)
}
