package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/internal/spelling"
)

// checkQueries has PostgreSQL look at the statements of each definition whose form is
// right, and adds what is wrong to its problems. An error means that PostgreSQL could
// not be asked.
func checkQueries(ctx context.Context, db *query.DB, files []*definitionFile) error {
	for _, f := range files {
		if f.definition == nil {
			continue
		}
		c := &queryCheck{file: f, d: f.definition, queries: map[string]query.Checked{}}
		if err := c.run(ctx, db); err != nil {
			return databaseError(err)
		}
		f.add(c.problems...)
		f.checked = c
	}
	return nil
}

// databaseError gives a database that cannot be asked its exit code.
func databaseError(err error) error {
	if query.KindOf(err) == query.Unavailable {
		return unreachableError("%w", err)
	}
	return err
}

// queryCheck is the check of one definition. Columns are only looked at where
// PostgreSQL accepts the statement.
type queryCheck struct {
	file     *definitionFile
	d        *report.Definition
	targets  query.Checked
	queries  map[string]query.Checked
	problems []*report.ProblemError
}

func (c *queryCheck) run(ctx context.Context, db *query.DB) error {
	zone, err := report.LoadZone(c.d.TimeZone)
	if err != nil {
		return err
	}
	statements := []query.Query{{Name: targetsPath, Statement: c.d.Targets, Text: true}}
	for _, q := range c.d.Queries {
		statements = append(statements, query.Query{Name: q.Name, Statement: q.Statement})
	}
	checked, err := db.Check(ctx, zone, statements)
	if err != nil {
		return err
	}
	c.targets = checked[0]
	c.statementProblems(targetsPath, c.targets.Problems)
	for i, q := range c.d.Queries {
		c.queries[q.Name] = checked[i+1]
		c.statementProblems(queryPath(q.Name), checked[i+1].Problems)
	}
	if len(c.targets.Problems) == 0 {
		c.checkTargets()
	}
	for i := range c.d.Workbook.Sheets {
		c.checkSheet(fmt.Sprintf("workbook.sheets[%d]", i), &c.d.Workbook.Sheets[i])
	}
	return nil
}

// Where statements are in a definition.
const targetsPath = "targets"

func queryPath(name string) string { return "queries." + name }

func (c *queryCheck) statementProblems(path string, problems []*query.StatementError) {
	for _, p := range problems {
		c.problems = append(c.problems, statementProblem(c.file.locator, path, p))
	}
}

// statementProblem is what PostgreSQL says of a statement, at its place in the file.
func statementProblem(l *report.Locator, path string, e *query.StatementError) *report.ProblemError {
	said := []string{path + ": " + e.Message}
	if e.SQLState != "" {
		said[0] += " (SQLSTATE " + e.SQLState + ")"
	}
	for _, more := range []string{e.Detail, e.Hint} {
		if more != "" {
			said = append(said, strings.Join(strings.Fields(more), " "))
		}
	}
	message := strings.Join(said, "; ")
	if e.Line > 0 {
		return l.ProblemIn(path, e.Line, e.Column, message)
	}
	return l.ProblemAt(path, "", message)
}

func (c *queryCheck) checkTargets() {
	names := make([]string, len(c.targets.Columns))
	for i, column := range c.targets.Columns {
		names[i] = column.Name
	}
	// The tick has no part in which columns there are.
	_, err := c.d.NewResolver(time.Time{}, names)
	for _, err := range leaves(err) {
		var column *report.ColumnError
		if !errors.As(err, &column) {
			column = &report.ColumnError{Path: targetsPath, Message: err.Error()}
		}
		c.problems = append(c.problems, c.file.locator.ProblemAt(column.Path, column.Shown, column.Message))
	}
	c.checkTargetTypes()
	for _, q := range c.d.Queries {
		c.checkParams(q)
	}
}

// checkSheet looks for the columns that a sheet names.
func (c *queryCheck) checkSheet(path string, sheet *report.Sheet) {
	from := c.queries[sheet.ColumnsFrom]
	if sheet.ColumnsFrom != "" && len(from.Problems) == 0 && !slices.ContainsFunc(from.Columns, named("name")) {
		c.problem(path+".columnsFrom", "query %q is used as columnsFrom and gives no column \"name\"; it gives %s",
			sheet.ColumnsFrom, columnNames(from.Columns))
	}
	rows := c.queries[sheet.Rows]
	if len(rows.Problems) == 0 {
		c.checkSheetBy(path, sheet, rows.Columns)
		c.checkTotals(path, sheet, rows.Columns)
	}
	if len(rows.Problems) > 0 || spreads(rows.Columns, sheet.Columns) {
		return
	}
	for i, column := range sheet.Columns {
		if !slices.ContainsFunc(rows.Columns, func(have query.Column) bool { return have.Name == column.Name }) {
			c.problem(fmt.Sprintf("%s.columns[%d].name", path, i),
				"query %q gives no column %q, nor a jsonb column in which it could be a key%s", sheet.Rows, column.Name, suggest(column.Name, rows.Columns))
		}
	}
}

// checkSheetBy looks for the column that makes sheets and, where the sheet has the query's
// own columns, for those that rules name.
func (c *queryCheck) checkSheetBy(path string, sheet *report.Sheet, columns []query.Column) {
	given := func(name string) bool {
		return slices.ContainsFunc(columns, func(have query.Column) bool { return have.Name == name })
	}
	if sheet.SheetBy != "" && !given(sheet.SheetBy) {
		c.problem(path+".sheetBy", "query %q gives no column %q, which is to make the sheets%s", sheet.Rows, sheet.SheetBy, suggest(sheet.SheetBy, columns))
	}
	if len(sheet.Columns) > 0 || sheet.ColumnsFrom != "" {
		return
	}
	for i, rule := range sheet.Rules {
		if !given(rule.Column) {
			c.problem(fmt.Sprintf("%s.rules[%d].column", path, i), "query %q gives no column %q%s", sheet.Rows, rule.Column, suggest(rule.Column, columns))
		}
	}
}

// spreads says whether a query has a jsonb column that is not a column of the sheet
// itself: its keys are columns then.
func spreads(columns []query.Column, wanted []report.Column) bool {
	return slices.ContainsFunc(columns, func(c query.Column) bool {
		return c.Kind == query.KindJSON && !slices.ContainsFunc(wanted, func(w report.Column) bool { return w.Name == c.Name })
	})
}

func (c *queryCheck) problem(path, format string, args ...any) {
	c.problems = append(c.problems, c.file.locator.Problem(path, fmt.Sprintf(format, args...)))
}

func named(name string) func(query.Column) bool {
	return func(c query.Column) bool { return strings.EqualFold(c.Name, name) }
}

func columnNames(columns []query.Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

func suggest(name string, columns []query.Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	if near := spelling.Nearest(name, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return "; it gives " + strings.Join(names, ", ")
}
