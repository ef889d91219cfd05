package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/ops"
)

// check refuses a change that a rule is in the way of, unless it is forced: then what was
// in the way is kept with the revision.
func (c *flagsChanger) check(ctx context.Context, change *flagsChange) error {
	var inTheWay []string
	add := func(text string) {
		if text != "" {
			inTheWay = append(inTheWay, text)
		}
	}
	add(c.tooMany(change))
	add(c.unseen(change))
	add(c.unknown(change))
	uncompared, err := c.uncompared(ctx, change)
	if err != nil {
		return err
	}
	add(uncompared)
	nothing, err := c.nothingToCompare(ctx, change)
	if err != nil {
		return err
	}
	add(nothing)
	if len(inTheWay) == 0 || c.Force {
		if fewer := c.fewerPeriods(change); fewer != "" {
			inTheWay = append(inTheWay, fewer)
		}
		change.Forced = shortened(strings.Join(inTheWay, "; "), flags.MaxReasonBytes)
		return nil
	}
	change.Refused = inTheWay
	return errors.New(strings.Join(inTheWay, "; ") + "; nothing is stored; if it is right all the same: --force")
}

// shortened cuts a text that is too long for a header, at a character.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}

// tooMany holds --max-change.
func (c *flagsChanger) tooMany(change *flagsChange) string {
	if c.edit.guard == nil {
		return ""
	}
	allowed, err := parseLimit(c.edit.guard.MaxChange)
	if err != nil {
		return err.Error()
	}
	if most := allowed.of(change.Known); len(change.Moves) > most {
		return fmt.Sprintf("%s of %s would change route, --max-change %s lets %s",
			humanCount(int64(len(change.Moves))), counted(int64(change.Known), "known tenant"), c.edit.guard.MaxChange, humanCount(int64(most)))
	}
	return ""
}

// unseen holds that nobody goes to new without having been compared.
func (c *flagsChanger) unseen(change *flagsChange) string {
	again := c.edit.guard == nil // what takes tenants back may send others to new again
	gated := func(m flags.Move) bool {
		gate := m.Gate()
		return gate == flags.GateForce || gate == flags.GateCompared && again
	}
	how := " would go to new without having been in shadow"
	if again {
		how = " would go to new again"
	}
	var ids []string
	for _, m := range change.Moves {
		if gated(m) {
			ids = append(ids, m.Tenant)
		}
	}
	if len(ids) > 0 {
		return counted(int64(len(ids)), "tenant") + how + ": " + someIDs(ids)
	}
	if change.Default != nil && gated(*change.Default) {
		return "tenants that nobody has heard of yet" + how
	}
	for _, m := range change.ByRule {
		if gated(m) {
			return unheard(m) + how
		}
	}
	return ""
}

// unheard names the tenants of a move in [flagsChange.ByRule].
func unheard(m flags.Move) string {
	if m.Group == "" {
		return "tenants that nobody has heard of yet and for whom a rule decides"
	}
	return "tenants of group " + m.Group + " that nobody has heard of yet"
}

// unknown holds that of a group by rule somebody was compared: it goes to new by the
// comparisons of the tenants that it decides for.
func (c *flagsChanger) unknown(change *flagsChange) string {
	if c.edit.guard == nil {
		return ""
	}
	for _, m := range change.ByRule {
		compared := func(known flags.Move) bool { return known.Group == m.Group && known.Gate() == flags.GateCompared }
		if m.Gate() == flags.GateCompared && !slices.ContainsFunc(change.Moves, compared) {
			return unheard(m) + " would go to new, and none is known that was compared"
		}
	}
	return ""
}

// fewerPeriods says that less is asked for than usual where something is asked for.
func (c *flagsChanger) fewerPeriods(change *flagsChange) string {
	if c.edit.guard == nil || c.edit.guard.Periods >= ops.DefaultShadowPeriods || len(change.fromShadow()) == 0 {
		return ""
	}
	return fmt.Sprintf("--periods %d instead of %d", c.edit.guard.Periods, ops.DefaultShadowPeriods)
}

// fromShadow lists the tenants that go from shadow to new.
func (c *flagsChange) fromShadow() []string {
	var ids []string
	for _, m := range c.Moves {
		if m.Gate() == flags.GateCompared {
			ids = append(ids, m.Tenant)
		}
	}
	return ids
}

// uncompared holds that shadow periods in a row were compared equal.
func (c *flagsChanger) uncompared(ctx context.Context, change *flagsChange) (string, error) {
	ids := change.fromShadow()
	if c.edit.guard == nil || len(ids) == 0 {
		return "", nil
	}
	standings, err := c.reader.Shadow(ctx, ops.ShadowFilter{Tenants: ids, Periods: c.edit.guard.Periods})
	if err != nil {
		return "", err
	}
	var lines []string
	for i := range standings {
		if s := &standings[i]; !s.Ready() {
			lines = append(lines, strings.TrimSpace(s.Tenant+" "+s.Report)+": "+s.Missing)
		}
	}
	if len(lines) == 0 {
		return "", nil
	}
	who := "1 report of a tenant was"
	if len(lines) > 1 {
		who = humanCount(int64(len(lines))) + " reports of tenants were"
	}
	return fmt.Sprintf("%s not compared equal for %d periods in a row: %s", who, c.edit.guard.Periods, someOf(lines, 5)), nil
}

// nothingToCompare holds that the reports of those who go to shadow name the workbooks to
// compare with. Back to shadow from new the way is open.
func (c *flagsChanger) nothingToCompare(ctx context.Context, change *flagsChange) (string, error) {
	toShadow := func(m flags.Move) bool {
		return m.To == jetsheet.RouteShadow && (m.From == jetsheet.RouteLegacy || m.From == jetsheet.RouteHold)
	}
	others := change.Default != nil && toShadow(*change.Default) || slices.ContainsFunc(change.ByRule, toShadow)
	moved := map[string]bool{}
	for _, m := range change.Moves {
		if toShadow(m) {
			moved[m.Tenant] = true
		}
	}
	if c.edit.guard == nil || !others && len(moved) == 0 {
		return "", nil
	}
	names, err := withoutPrevious(ctx, c.js, func(tenants []string) bool {
		return tenants == nil || others || slices.ContainsFunc(tenants, func(id string) bool { return moved[id] })
	})
	if err != nil || len(names) == 0 {
		return "", err
	}
	return lacksPreviousText(names), nil
}

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
		lines = append(lines, fmt.Sprintf("%s of them in no newest plan: %s; is that how they are written?", humanCount(int64(len(c.Unplanned))), someIDs(c.Unplanned)))
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
