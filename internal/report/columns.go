package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Columns of the targets row that mean something; case does not matter.
const (
	columnTenant   = "tenant"
	columnTarget   = "target"
	columnWeight   = "weight"
	columnFrom     = "period_from"
	columnUntil    = "period_until"
	columnTimeZone = "time_zone"
	columnLocale   = "locale"
	columnTemplate = "template"
)

// meaningColumns lists them.
func meaningColumns() []string {
	return []string{columnTenant, columnTarget, columnWeight, columnFrom, columnUntil, columnTimeZone, columnLocale, columnTemplate}
}

// Value is one field of a targets row: PostgreSQL's text of it, or NULL.
type Value struct {
	Text string
	Null bool
}

// ColumnError is what is wrong with the columns of the targets query, so that it
// would fail every row.
type ColumnError struct {
	// Path is where in the definition, e.g. targets or output.key.
	Path string
	// Shown is the part of the text at Path that is at fault, e.g. {site_name}; ""
	// when it is the whole.
	Shown string
	// Message is what is wrong and what there is.
	Message string
}

// Error returns the message.
func (e *ColumnError) Error() string { return e.Message }

// columns are the names of the targets query's result, in its order.
type columns []string

// newColumns checks what must hold for every row.
func newColumns(names []string) (columns, error) {
	c := columns(names)
	var errs []error
	for _, need := range []string{columnTenant, columnTarget} {
		if c.find(need) < 0 {
			errs = append(errs, targetsError("targets gives no column %q; it gives %s", need, strings.Join(names, ", ")))
		}
	}
	for i, name := range names {
		if first := c.find(name); first < i {
			errs = append(errs, targetsError("targets gives the column %q twice; name one of them with AS", name))
		}
	}
	return c, errors.Join(errs...)
}

func targetsError(format string, args ...any) *ColumnError {
	return &ColumnError{Path: "targets", Message: fmt.Sprintf(format, args...)}
}

// find is the index of a column, or -1.
func (c columns) find(name string) int {
	return slices.IndexFunc(c, func(column string) bool { return strings.EqualFold(column, name) })
}

// get is the field of a column in a row; NULL when there is none.
func (c columns) get(row []Value, name string) Value {
	if i := c.find(name); i >= 0 {
		return row[i]
	}
	return Value{Null: true}
}

// use is a place in a definition that names a column of the targets row.
type use struct {
	where  string // e.g. output.key
	column string
	shown  string // as it is written there, e.g. {site_name}
	// own are the names that a pattern knows besides columns.
	own []string
}

// uses lists every column of the targets row that the definition names.
func (d *Definition) uses() []use {
	var all []use
	for _, p := range d.patterns() {
		for _, name := range p.Placeholders() {
			if !slices.Contains(p.own, name) {
				all = append(all, use{p.where, name, "{" + name + "}", p.own})
			}
		}
	}
	for _, q := range d.Queries {
		for _, param := range q.Statement.Params {
			if column, ok := strings.CutPrefix(param, RowParamPrefix); ok {
				all = append(all, use{where: "queries." + q.Name, column: column, shown: "@" + param})
			}
		}
	}
	return all
}

// Placeholders returns the columns of the targets row that the definition's
// patterns name, each once.
func (d *Definition) Placeholders() []string {
	var names []string
	for _, u := range d.uses() {
		if strings.HasPrefix(u.shown, "{") && !slices.Contains(names, u.column) {
			names = append(names, u.column)
		}
	}
	return names
}

// check reports every column that the definition names and targets does not give.
func (c columns) check(uses []use) error {
	var errs []error
	for _, u := range uses {
		if c.find(u.column) < 0 {
			errs = append(errs, &ColumnError{Path: u.where, Shown: u.shown, Message: fmt.Sprintf(
				"%s uses %s, but targets gives no column %q%s", u.where, u.shown, u.column, didYouMean(u.column, c.with(u.own)))})
		}
	}
	return errors.Join(errs...)
}

// with adds names that are not there yet.
func (c columns) with(names []string) columns {
	all := slices.Clone(c)
	for _, name := range names {
		if all.find(name) < 0 {
			all = append(all, name)
		}
	}
	return all
}
