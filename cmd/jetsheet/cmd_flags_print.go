package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// someIDs lists the first ids.
func someIDs(ids []string) string { return someOf(ids, 10) }

func someOf(texts []string, most int) string {
	if len(texts) <= most {
		return strings.Join(texts, ", ")
	}
	return strings.Join(texts[:most], ", ") + fmt.Sprintf(" and %d more", len(texts)-most)
}

// print shows a change.
func (c *flagsChange) print(app *app, asJSON bool) error {
	if asJSON {
		return app.printJSON(c)
	}
	if c.DryRun && len(c.Moves) > 0 {
		rows := newTable("TENANT", "GROUP", "FROM", "TO")
		for _, m := range c.Moves {
			rows.add(m.Tenant, m.Group, string(m.From), string(m.To))
		}
		if err := rows.print(app.stdout); err != nil {
			return err
		}
	}
	var lines []string
	switch {
	case c.Revision > 0:
		lines = append(lines, fmt.Sprintf("%s: stored as revision %d; it acts from the next run on", c.Action, c.Revision))
	case c.DryRun && c.Refused == nil:
		lines = append(lines, fmt.Sprintf("would %s, after revision %d", c.Action, c.After))
	}
	lines = append(lines, fmt.Sprintf("%s of %s (from %s)%s", humanCount(int64(len(c.Moves))), counted(int64(c.Known), "known tenant"), c.KnownFrom, c.moved()))
	if len(c.Unplanned) > 0 {
		lines = append(lines, fmt.Sprintf("%s of them in no plan of the last periods: %s; is that how they are written?", humanCount(int64(len(c.Unplanned))), someIDs(c.Unplanned)))
	}
	if c.Default != nil {
		who := "every other tenant"
		if c.Partly {
			who = "a share of the other tenants"
		}
		lines = append(lines, fmt.Sprintf("%s: %s to %s", who, c.Default.From, c.Default.To))
	}
	for _, m := range c.ByRule {
		lines = append(lines, fmt.Sprintf("%s: %s to %s", unheard(m), m.From, m.To))
	}
	if c.Note != "" {
		lines = append(lines, c.Note)
	}
	if line := c.ungrouped(); line != "" {
		lines = append(lines, line)
	}
	if c.Forced != "" {
		lines = append(lines, "forced: "+c.Forced)
	}
	if c.Revision > 0 && c.usable {
		lines = append(lines, fmt.Sprintf("take it back with: jetsheet flags rollback %d --reason TEXT", c.After))
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(app.stdout, printable(line)); err != nil {
			return err
		}
	}
	return nil
}

// moved counts the moves by routes.
func (c *flagsChange) moved() string {
	text := " change route"
	if c.AfterRelease {
		text += " when the hold ends"
	}
	if len(c.Moves) == 0 {
		return text
	}
	return text + ": " + movesText(c.Moves)
}

// movesText sums moves up: "legacy to shadow 12 (g2)".
func movesText(moves []flags.Move) string {
	counts, groups := map[[2]jetsheet.Route]int{}, map[[2]jetsheet.Route][]string{}
	var order [][2]jetsheet.Route
	for _, m := range moves {
		key := [2]jetsheet.Route{m.From, m.To}
		if counts[key]++; counts[key] == 1 {
			order = append(order, key)
		}
		if group := m.Group; group != "" && !slices.Contains(groups[key], group) {
			groups[key] = append(groups[key], group)
		}
	}
	var texts []string
	for _, key := range order {
		text := fmt.Sprintf("%s to %s %s", key[0], key[1], humanCount(int64(counts[key])))
		if len(groups[key]) > 0 {
			text += " (" + someOf(groups[key], 5) + ")"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

// ungrouped lists the tenants that no promotion of a group reaches: all of them in a dry
// run.
func (c *flagsChange) ungrouped() string {
	if len(c.Ungrouped) == 0 {
		return ""
	}
	var texts []string
	for _, u := range c.Ungrouped {
		texts = append(texts, u.Tenant+" ("+string(u.Route)+")")
	}
	most := 20
	if c.DryRun {
		most = len(texts)
	}
	return counted(int64(len(texts)), "known tenant") + " in no group: " + someOf(texts, most)
}
