package main

import (
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// countsText is "12 expected, 10 done, 2 failed".
func countsText(run *ops.RunInfo) string {
	c := run.Counts
	text := fmt.Sprintf("%s expected, %s done, %s failed", humanCount(int64(c.Expected)), humanCount(int64(c.Done)), humanCount(int64(c.Failed)))
	if c.Pending > 0 {
		text += fmt.Sprintf(", %s pending", humanCount(int64(c.Pending)))
	}
	if run.Retrying > 0 {
		text += fmt.Sprintf(" (%s tried again)", humanCount(int64(run.Retrying)))
	}
	return text
}

// waitProgress shows how far a run is, on standard error: a bar on a terminal, else a
// line for each change.
type waitProgress struct {
	app  *app
	id   jetsheet.RunID
	bar  *progress
	last *ops.RunInfo
	text string
	said time.Time
}

func newWaitProgress(a *app, id jetsheet.RunID) *waitProgress { return &waitProgress{app: a, id: id} }

func (p *waitProgress) set(run *ops.RunInfo) {
	p.last = run
	notice := run.Notice
	if run.StandsStill() {
		notice += "; it is tried again by itself"
	}
	if !isTerminal(p.app.stderr) {
		text := string(run.State)
		if run.Planned() {
			text += ", " + countsText(run)
		}
		if notice != "" && run.Counts.Failed == 0 {
			text += "; " + notice
		}
		p.say(text)
		return
	}
	if run.Planned() && p.bar == nil {
		p.bar = p.app.newProgress(p.id.String(), int64(run.Counts.Expected))
	}
	if p.bar != nil {
		p.bar.set(int64(run.Counts.Done), int64(run.Counts.Failed), int64(run.Counts.Expected))
		return
	}
	p.say(notice)
}

// say writes a line unless the last one was the same or is too young.
func (p *waitProgress) say(text string) {
	if text == p.text || p.bar != nil || time.Since(p.said) < waitLinePace {
		return
	}
	p.text, p.said = text, time.Now()
	// That it cannot be shown does not stop the waiting.
	_, _ = fmt.Fprintf(p.app.stderr, "%s: %s\n", p.id, printable(text))
}

// note writes a line of its own, whether there is a bar or not.
func (p *waitProgress) note(text string) {
	line := p.id.String() + ": " + printable(text)
	if p.bar != nil {
		p.bar.above(line)
		return
	}
	_, _ = fmt.Fprintln(p.app.stderr, line)
}

// finish shows the last state on the bar.
func (p *waitProgress) finish(run *ops.RunInfo) {
	if p.bar != nil {
		p.bar.set(int64(run.Counts.Done), int64(run.Counts.Failed), int64(run.Counts.Expected))
	}
	p.end()
}

// end ends the bar. It may be called twice.
func (p *waitProgress) end() {
	if p.bar != nil {
		p.bar.end()
	}
}
