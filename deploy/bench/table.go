package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// table is a Markdown table; the columns after the first are numbers.
type table struct {
	header []string
	rows   [][]string
}

func newTable(header ...string) *table { return &table{header: header} }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// print writes the table, aligned for people who read the text itself.
func (t *table) print(out io.Writer) error {
	widths := make([]int, len(t.header))
	for _, row := range append([][]string{t.header}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", width)
		if i > 0 {
			rule[i] = strings.Repeat("-", width-1) + ":"
		}
	}
	var text strings.Builder
	for _, row := range append([][]string{t.header, rule}, t.rows...) {
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i > 0 {
				text.WriteString("| " + space + cell + " ")
			} else {
				text.WriteString("| " + cell + space + " ")
			}
		}
		text.WriteString("|\n")
	}
	_, err := io.WriteString(out, text.String()+"\n")
	return err
}

// heading writes what was measured on what.
func (b *bench) heading(title, postgres string) error {
	_, err := fmt.Fprintf(b.out, "### %s\n\n%s; %s, %s, nats-server %s, nats.go %s, PostgreSQL %s; load before %s\n\n",
		title, machine(), b.began.UTC().Format(time.DateOnly), runtime.Version(), server.VERSION, nats.Version, postgres, b.load)
	return err
}

// machine names the processor, as far as the system tells.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s", model, runtime.NumCPU(), runtime.GOOS)
}

// load says how busy the machine is with other things, which figures depend on.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

func micros(d time.Duration) string { return fmt.Sprintf("%.0f", float64(d)/float64(time.Microsecond)) }

func millis(d time.Duration) string {
	return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()) }

func megabytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e6) }

// rates writes the rates of the tenths of a run.
func rates(tenths []float64) string {
	words := make([]string, len(tenths))
	for i, rate := range tenths {
		words[i] = fmt.Sprintf("%.0f", rate)
	}
	return strings.Join(words, " ")
}
