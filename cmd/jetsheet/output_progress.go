package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	// progressRedraw is the least time between two drawings of a bar.
	progressRedraw = 100 * time.Millisecond
	// progressLine is the time between two plain lines where nothing can be redrawn.
	progressLine = 10 * time.Second
	barColumns   = 24
)

// progress shows how far long work is, on standard error: results go to standard
// output. On a terminal it is a bar that redraws itself, otherwise a plain line now and
// then. It may be used concurrently.
type progress struct {
	w     io.Writer
	bar   bool
	label string
	total int64
	now   func() time.Time

	mu           sync.Mutex
	started      time.Time
	drawn        time.Time
	drawnColumns int
	done, failed int64
	ended        bool
}

// newProgress begins to show work of so many items. The caller calls end.
func (a *app) newProgress(label string, total int64) *progress {
	p := &progress{w: a.stderr, bar: isTerminal(a.stderr), label: label, total: total, now: time.Now}
	p.start()
	return p
}

func (p *progress) start() {
	p.started = p.now()
	p.draw()
}

// set says how many items are done, and how many of these failed. The total may have
// grown.
func (p *progress) set(done, failed, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.failed, p.total = done, failed, total
	pause := progressLine
	if p.bar {
		pause = progressRedraw
	}
	if !p.ended && p.now().Sub(p.drawn) >= pause {
		p.draw()
	}
}

// end shows the last state. It may be called twice.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.ended = true
	p.draw()
	if p.bar {
		_, _ = io.WriteString(p.w, "\n")
	}
}

// above writes a line that stays, above the bar if there is one.
func (p *progress) above(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.bar || p.ended {
		_, _ = fmt.Fprintln(p.w, line)
		return
	}
	padding := strings.Repeat(" ", max(0, p.drawnColumns-displayWidth(line)))
	_, _ = io.WriteString(p.w, "\r"+line+padding+"\n")
	p.drawnColumns = 0
	p.draw()
}

// draw writes the state. That it cannot be shown does not stop the work.
func (p *progress) draw() {
	p.drawn = p.now()
	if !p.bar {
		_, _ = fmt.Fprintln(p.w, p.text())
		return
	}
	line := fmt.Sprintf("%s %s", p.barText(), p.text())
	padding := strings.Repeat(" ", max(0, p.drawnColumns-displayWidth(line)))
	p.drawnColumns = displayWidth(line)
	_, _ = io.WriteString(p.w, "\r"+line+padding)
}

// text is "label: 12 of 340 done, 1 failed, 1m20s left".
func (p *progress) text() string {
	text := fmt.Sprintf("%s: %s of %s done", printable(p.label), humanCount(p.done), humanCount(p.total))
	if p.failed > 0 {
		text += fmt.Sprintf(", %s failed", humanCount(p.failed))
	}
	elapsed := p.now().Sub(p.started)
	switch {
	case p.ended:
		return text + " in " + humanDuration(elapsed)
	case p.done > 0 && p.done < p.total:
		left := time.Duration(float64(elapsed) / float64(p.done) * float64(p.total-p.done))
		return text + ", " + humanDuration(max(left.Round(time.Second), time.Second)) + " left"
	default:
		return text
	}
}

func (p *progress) barText() string {
	filled := 0
	if p.total > 0 {
		filled = int(min(p.done, p.total) * barColumns / p.total)
	}
	return "[" + strings.Repeat("#", filled) + strings.Repeat(".", barColumns-filled) + "]"
}

// isTerminal tells whether people see the writer directly.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// terminalColumns is how wide the terminal is that people see the writer on; 0 where there
// is none, or it does not say.
func terminalColumns(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
