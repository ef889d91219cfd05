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
	uncompared, withoutRecords, err := c.uncompared(ctx, change)
	if err != nil && !c.Force {
		return err
	}
	if err != nil {
		uncompared = "nobody knows what was compared: " + err.Error()
	}
	add(uncompared)
	nothing, err := c.nothingToCompare(ctx, change)
	if err != nil {
		return err
	}
	add(nothing)
	if len(inTheWay) == 0 || c.Force {
		add(c.fewerPeriods(change))
		add(withoutRecords)
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
		return unheardOf + how
	}
	for _, m := range change.ByRule {
		if gated(m) {
			return unheard(m) + how
		}
	}
	return ""
}

// unheardOf names the tenants of [flagsChange.Default].
const unheardOf = "tenants that nobody has heard of yet"

// unheard names the tenants of a move in [flagsChange.ByRule].
func unheard(m flags.Move) string {
	if m.Group == "" {
		return unheardOf + " and for whom a rule decides"
	}
	return "tenants of group " + m.Group + " that nobody has heard of yet"
}

// unknown holds that of the default and of a group by rule somebody was compared: whoever
// joins later goes to new by the comparisons of the known tenants that it decides for.
func (c *flagsChanger) unknown(change *flagsChange) string {
	if c.edit.guard == nil {
		return ""
	}
	uncompared := func(m flags.Move) bool {
		compared := func(known flags.Move) bool { return known.Group == m.Group && known.Gate() == flags.GateCompared }
		return m.Gate() == flags.GateCompared && !slices.ContainsFunc(change.Moves, compared)
	}
	const none = " would go to new, and none is known that was compared"
	if change.Default != nil && uncompared(*change.Default) {
		return unheardOf + none
	}
	for _, m := range change.ByRule {
		if uncompared(m) {
			return unheard(m) + none
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

// uncompared holds that shadow periods in a row were compared equal. The second text says
// of whom periods count in which nothing was found.
func (c *flagsChanger) uncompared(ctx context.Context, change *flagsChange) (inTheWay, withoutRecords string, err error) {
	ids := change.fromShadow()
	if c.edit.guard == nil || len(ids) == 0 {
		return "", "", nil
	}
	guard := c.edit.guard
	standings, err := c.reader.Shadow(ctx, ops.ShadowFilter{Tenants: ids, Periods: guard.Periods, WithoutRecords: guard.WithoutRecords})
	if err != nil {
		return "", "", err
	}
	var missing, empty []string
	for i := range standings {
		s := &standings[i]
		name := strings.TrimSpace(s.Tenant + " " + s.Report)
		switch {
		case !s.Ready():
			missing = append(missing, name+": "+s.Missing)
		case s.WithoutRecords > 0 && guard.WithoutRecords:
			empty = append(empty, fmt.Sprintf("%s %d of %d", name, s.WithoutRecords, s.Wanted))
		}
	}
	if len(empty) > 0 {
		withoutRecords = "--without-records, periods in which nothing was found: " + someOf(empty, 5)
	}
	if len(missing) == 0 {
		return "", withoutRecords, nil
	}
	who := "1 report of a tenant was"
	if len(missing) > 1 {
		who = humanCount(int64(len(missing))) + " reports of tenants were"
	}
	return fmt.Sprintf("%s not compared equal for %d periods in a row: %s", who, guard.Periods, someOf(missing, 5)), withoutRecords, nil
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
