package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops/verify"
)

// print writes the report for people.
func (c *verifyCommand) print(app *app, found *verify.Report) error {
	rows := newTable("", "")
	for _, line := range verifyLines(found) {
		rows.add(line[0], line[1])
	}
	if err := rows.print(app.stdout); err != nil {
		return err
	}
	for _, notice := range found.Notices {
		if _, err := fmt.Fprintln(app.stderr, printable(notice)); err != nil {
			return err
		}
	}
	if found.Nothing() {
		_, err := fmt.Fprintln(app.stderr, "nothing to verify: no conversion of the run has an outcome here")
		return err
	}
	if found.Sound() {
		return nil
	}
	return c.printProblems(app, found)
}

// verifyLines are the counts that are not zero, and those that always matter.
func verifyLines(r *verify.Report) [][2]string {
	state := string(r.State)
	if r.Open {
		state += ": only what is done was checked"
	}
	lines := [][2]string{{"run", r.Run.String()}, {"state", state}}
	count := func(name string, n int64, always bool, rest string) {
		if n > 0 || always {
			lines = append(lines, [2]string{name, humanCount(n) + rest})
		}
	}
	if r.Tenant != "" {
		lines = append(lines, [2]string{"tenant", r.Tenant})
	}
	count("expected", r.Expected, true, "")
	count("checked", r.Checked, true, "")
	count("published", r.Published, true, fmt.Sprintf(", %s, %s", counted(r.Rows, "row"), humanSize(r.SizeBytes)))
	count("replaced", r.Replaced, false, " by newer runs since")
	count("skipped", r.Skipped, false, "")
	count("superseded", r.Superseded, false, "")
	count("compared", r.Compared, false, " ("+countsByName(r.Comparisons)+")")
	count("failed", r.Failed, false, ": jetsheet runs show "+r.Run.String())
	count("pending", r.Pending, false, "")
	count("previous", r.Previous, false, " made by the previous system")
	if r.Deep {
		count("cells", r.Cells, true, " compared with the database")
	}
	count("versions", r.Versions, false, " earlier ones of these workbooks are kept")
	result := "sound"
	if !r.Sound() {
		result = counted(r.ProblemCount, "problem")
	}
	return append(lines, [2]string{"result", result})
}

// printProblems writes the first problems and, for each kind, what mends it.
func (c *verifyCommand) printProblems(app *app, found *verify.Report) error {
	shown := found.Problems[:min(c.Max, len(found.Problems))]
	if len(shown) > 0 {
		rows := newTable("KIND", "TENANT/TARGET", "WHAT", "GOT", "WANT")
		for _, p := range shown {
			// The run stands above; with it, a long report's name would leave no room for the ids.
			rows.add(string(p.Kind), shortID(strings.TrimPrefix(p.Conversion, found.Run.String()+"/")), p.What, p.Got, p.Want)
		}
		if _, err := fmt.Fprintln(app.stdout); err != nil {
			return err
		}
		if err := rows.print(app.stdout); err != nil {
			return err
		}
	}
	if hidden := found.ProblemCount - int64(len(shown)); hidden > 0 {
		if _, err := fmt.Fprintf(app.stdout, "and %s more, see --max and --json\n", humanCount(hidden)); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(app.stdout); err != nil {
		return err
	}
	return c.printMends(app, found)
}

func (c *verifyCommand) printMends(app *app, found *verify.Report) error {
	rows := newTable("KIND", ">COUNT", "WHAT MENDS IT")
	for _, kind := range verify.Kinds() {
		if n := found.Kinds[kind]; n > 0 {
			rows.add(string(kind), humanCount(n), verify.Mend(kind, found.Run, scopeOf(found, kind)))
		}
	}
	if err := rows.print(app.stdout); err != nil {
		return err
	}
	if hint := slices.IndexFunc(found.Problems, func(p verify.Problem) bool { return p.Hint != "" }); hint >= 0 {
		_, err := fmt.Fprintf(app.stdout, "\nmind: %s\n", printable(found.Problems[hint].Hint))
		return err
	}
	return nil
}

// scopeOf is the one workbook that has the problems of a kind, or the one tenant; zero
// where there are several.
func scopeOf(found *verify.Report, kind verify.Kind) jetsheet.Scope {
	scope := jetsheet.Scope{Tenant: found.Tenant}
	first := true
	var named int64
	for _, p := range found.Problems {
		if p.Kind != kind {
			continue
		}
		named++
		switch {
		case p.Tenant == "":
			return jetsheet.Scope{}
		case first:
			scope, first = jetsheet.Scope{Tenant: p.Tenant, Target: p.Target}, false
		case p.Tenant != scope.Tenant:
			return jetsheet.Scope{}
		case p.Target != scope.Target:
			scope.Target = ""
		}
	}
	if named != found.Kinds[kind] { // there are more than are named
		return jetsheet.Scope{Tenant: found.Tenant}
	}
	return scope
}
