package main

import (
	"fmt"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// tellLacking says on standard error which tenants the run's plan does not have although
// their route gives them to jetsheet, or why that cannot be told yet. Those routed legacy
// need no plan here.
func tellLacking(app *app, answers []*ops.RoutesAnswer) error {
	lacking, unknown := lackingOf(answers)
	for _, of := range []struct {
		route   jetsheet.Route
		meaning string
	}{
		{jetsheet.RouteNew, "neither system makes a workbook of"},
		{jetsheet.RouteHold, "no failure can be replayed of"},
		{jetsheet.RouteShadow, "nothing is compared of"},
	} {
		ids := lacking[of.route]
		if len(ids) == 0 {
			continue
		}
		run := answers[0].Run
		text := fmt.Sprintf("run %s: %s %s routed %s, which the targets query did not return: %s; next: if that is wrong, have it return them, apply the report, and for each: %s --unplanned",
			run, of.meaning, counted(int64(len(ids)), "tenant"), of.route, someIDs(ids), jetsheet.StartAgain(run, jetsheet.Scope{Tenant: ids[0]}))
		if _, err := fmt.Fprintln(app.stderr, printable(text)); err != nil {
			return err
		}
	}
	if unknown == nil {
		return nil
	}
	_, err := fmt.Fprintln(app.stderr, printable("whether the targets query returns these tenants cannot be told yet: "+unknown.Error()))
	return err
}

// lackingOf returns by their routes the tenants that the plan does not have, and why that is
// not known of others.
func lackingOf(answers []*ops.RoutesAnswer) (lacking map[jetsheet.Route][]string, unknown *ops.Error) {
	lacking = map[jetsheet.Route][]string{}
	for _, answer := range answers {
		for _, t := range answer.Tenants {
			switch {
			case t.Route == jetsheet.RouteLegacy:
			case t.Planned == nil:
				unknown = answer.PlanUnknown
			case !*t.Planned:
				lacking[t.Route] = append(lacking[t.Route], t.Tenant)
			}
		}
	}
	return lacking, unknown
}

// plannedText is a cell: empty where it is not known.
func plannedText(planned *bool) string {
	switch {
	case planned == nil:
		return ""
	case *planned:
		return "yes"
	}
	return "no"
}
