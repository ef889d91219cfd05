package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer"
)

// checkTargetTypes looks at the columns of targets that mean something. They are read
// from PostgreSQL's text, so text will do; what cannot be right for any row is a
// problem.
func (c *queryCheck) checkTargetTypes() {
	number := []query.Kind{query.KindInt, query.KindFloat, query.KindNumeric, query.KindText}
	instant := []query.Kind{query.KindDate, query.KindTimestamp, query.KindTimestampTZ, query.KindText}
	for _, want := range []struct {
		column string
		kinds  []query.Kind
		hint   string
	}{
		{"weight", number, "a number, for example count(r.id)"},
		{"period_from", instant, "timestamptz, timestamp or date"},
		{"period_until", instant, "timestamptz, timestamp or date"},
		{"time_zone", []query.Kind{query.KindText}, "text such as 'Asia/Tokyo'"},
		{"locale", []query.Kind{query.KindText}, "text such as 'ja'"},
	} {
		i := slices.IndexFunc(c.targets.Columns, named(want.column))
		if i < 0 {
			continue
		}
		// An enum or a domain of the user's own is KindOther.
		if have := c.targets.Columns[i]; have.Kind != query.KindOther && !slices.Contains(want.kinds, have.Kind) {
			c.problems = append(c.problems, c.file.locator.ProblemAt(targetsPath, "",
				fmt.Sprintf("targets gives %q as %s; it must be %s", have.Name, have.TypeName, want.hint)))
		}
	}
}

// checkParams finds parameters that PostgreSQL takes for one type and that targets
// fills with another, so that no value of it fits.
func (c *queryCheck) checkParams(q report.Query) {
	for _, param := range c.queries[q.Name].Params {
		column := param.Name
		if row, ok := strings.CutPrefix(param.Name, report.RowParamPrefix); ok {
			column = row
		} else if param.Name != "tenant" && param.Name != "target" {
			continue
		}
		i := slices.IndexFunc(c.targets.Columns, named(column))
		if i < 0 {
			continue // reported with the columns
		}
		have := c.targets.Columns[i]
		if a, b := typeFamily(have.TypeName), typeFamily(param.TypeName); a != "" && b != "" && a != b {
			message := c.file.locator.ProblemAt(queryPath(q.Name), "@"+param.Name, queryPath(q.Name)+" uses @"+param.Name+" as "+
				param.TypeName+", but targets gives "+have.Name+" as "+have.TypeName)
			c.problems = append(c.problems, message)
		}
	}
}

// checkTotals looks for totals of columns that the query gives no numbers for.
func (c *queryCheck) checkTotals(path string, sheet *report.Sheet, columns []query.Column) {
	for i := range sheet.Columns {
		wanted := &sheet.Columns[i]
		at := slices.IndexFunc(columns, func(have query.Column) bool { return have.Name == wanted.Name })
		if at < 0 {
			continue
		}
		if err := renderer.CheckTotal(wanted, columns[at].Kind); err != nil {
			c.problem(fmt.Sprintf("%s.columns[%d].total", path, i), "query %q gives %q as %s: %s", sheet.Rows, wanted.Name, columns[at].TypeName, err)
		}
	}
}

// typeFamily groups types whose texts fit one another; "" for text and whatever else
// may hold anything.
func typeFamily(name string) string {
	base, _, _ := strings.Cut(name, "(")
	switch strings.TrimSpace(base) {
	case "smallint", "integer", "bigint", "numeric", "real", "double precision", "oid":
		return "number"
	case "uuid":
		return "uuid"
	case "boolean":
		return "boolean"
	case "date", "timestamp without time zone", "timestamp with time zone":
		return "instant"
	default:
		return ""
	}
}
