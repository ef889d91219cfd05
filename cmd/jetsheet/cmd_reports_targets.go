package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/jetsheet/jetsheet"
)

// targetsPreview is what preview prints for programs.
type targetsPreview struct {
	Report string `json:"report"`
	// Tick is the nominal instant, Now PostgreSQL's clock.
	Tick time.Time `json:"tick"`
	Now  time.Time `json:"now"`
	// Total counts all targets, Matching those that the filters leave, WithProblem
	// those of them that would fail.
	Total       int `json:"total"`
	Matching    int `json:"matching"`
	WithProblem int `json:"withProblem"`
	// Targets are the first of them.
	Targets []jetsheet.Target `json:"targets"`
	Remarks []string          `json:"remarks"`
}

func (p *preview) printTargets(s *selection) error {
	var err error
	if p.options.JSON {
		err = p.app.printJSON(targetsPreview{
			Report: p.d.Name, Tick: p.tick, Now: p.now, Total: s.total, Matching: s.matching,
			WithProblem: s.withProblem, Targets: s.shown(), Remarks: p.remarks(),
		})
	} else {
		err = p.printTable(s)
	}
	switch {
	case err != nil:
		return err
	case s.withProblem > 0:
		return exitWith(exitDifferences)
	case s.matching == 0:
		return exitWith(exitNothing)
	}
	return nil
}

func (p *preview) printTable(s *selection) error {
	if err := p.printHead(); err != nil {
		return err
	}
	if s.matching == 0 {
		_, err := fmt.Fprintln(p.app.stdout, s.none())
		return err
	}
	headings := []string{"TENANT", "TARGET", ">WEIGHT", "LANE", "PERIOD", "~KEY", "~FILE NAME"}
	if s.withProblem > 0 {
		headings = append(headings, "PROBLEM")
	}
	rows := newTable(headings...)
	for _, t := range s.shown() {
		cells := []string{
			shortID(t.Tenant), shortID(t.Target), strconv.FormatInt(t.Weight, 10), string(t.Lane),
			t.Period.Label, t.Key, t.Filename,
		}
		if t.Problem != nil {
			cells = append(cells, fmt.Sprintf("%s (%s)", t.Problem.Message, t.Problem.Cause))
		}
		rows.add(cells...)
	}
	if err := rows.print(p.app.stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.app.stdout, s.count())
	return err
}

// printHead says which tick is shown.
func (p *preview) printHead() error {
	_, err := fmt.Fprintf(p.app.stdout, "%s at %s (tick %s)\n", p.d.Name,
		localMinute(p.tick, scheduleZone(p.d)), p.tick.Format(time.RFC3339))
	for _, remark := range p.remarks() {
		if err == nil {
			_, err = fmt.Fprintln(p.app.stdout, "note: "+remark)
		}
	}
	return err
}

// count is the table's last line: 576 workbooks, 2 with a problem (50 shown, see
// --limit).
func (s *selection) count() string {
	text := counted(int64(s.matching), "workbook")
	if s.withProblem > 0 {
		text += fmt.Sprintf(", %s with a problem", humanCount(int64(s.withProblem)))
	}
	if shown := len(s.shown()); shown < s.matching {
		text += fmt.Sprintf(" (%s shown, see --limit)", humanCount(int64(shown)))
	}
	return text
}
