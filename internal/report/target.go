package report

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jetsheet/jetsheet"
)

// MaxIDBytes is the longest tenant or target id.
const MaxIDBytes = 256

// TargetError says why one row of the targets query cannot become a workbook. It
// concerns that row only.
type TargetError struct {
	// Tenant and Target are the ids as far as they are known; "" for NULL.
	Tenant, Target string
	// Cause is tenant_id_invalid, target_id_invalid or target_invalid.
	Cause jetsheet.Cause
	// Column is the column of the targets row at fault, or the output that cannot be
	// made of the row, e.g. output.key.
	Column string
	// Message is what is wrong and what would be right.
	Message string
}

// Error returns the column and the message.
func (e *TargetError) Error() string { return e.Column + ": " + e.Message }

// Problem is the error as a plan carries it.
func (e *TargetError) Problem() *jetsheet.TargetProblem {
	return &jetsheet.TargetProblem{Cause: e.Cause, Message: e.Error()}
}

// Resolver turns the rows of one run's targets query into targets. It remembers
// zones and periods from row to row and is not for concurrent use.
type Resolver struct {
	d       *Definition
	tick    time.Time
	columns columns
	// kept are the columns whose values travel with the target: those that are needed
	// when the workbook is rendered.
	kept  []string
	zones map[string]zoned
}

// zoned is a zone with the report's period in it.
type zoned struct {
	location *time.Location
	period   jetsheet.Period
	err      error
}

// NewResolver returns a resolver for the rows of a run. names are the columns of
// the targets query. An error joins a [*ColumnError] for everything about them that
// would fail every row: no tenant or target, a name given twice, a column that the
// definition uses and the query does not give.
func (d *Definition) NewResolver(tick time.Time, names []string) (*Resolver, error) {
	c, err := newColumns(names)
	if err = errors.Join(err, c.check(d.uses())); err != nil {
		return nil, err
	}
	return &Resolver{d: d, tick: tick, columns: c, kept: d.kept(), zones: map[string]zoned{}}, nil
}

// kept lists the columns that statements and the texts of sheets use, each once.
func (d *Definition) kept() []string {
	var names []string
	seen := map[string]bool{}
	for _, u := range d.uses() {
		rendered := strings.HasPrefix(u.where, "queries.") || strings.HasPrefix(u.where, "workbook.")
		if rendered && !seen[u.column] {
			seen[u.column] = true
			names = append(names, u.column)
		}
	}
	return names
}

// Resolve makes a target of one row, which has a value for every column. The
// target's Route is not set. Values has the columns that the queries and the texts of
// sheets use, under the names they use, and with a template all; a NULL is absent.
//
// Every error is a [*TargetError]; the target then has the ids, as far as they are
// known, the lane and the Problem, so that it can stand in a plan as it is.
func (r *Resolver) Resolve(row []Value) (jetsheet.Target, error) {
	t := jetsheet.Target{
		Tenant: r.columns.get(row, columnTenant).Text,
		Target: r.columns.get(row, columnTarget).Text,
		Lane:   jetsheet.LaneSmall,
	}
	for _, step := range []func(*jetsheet.Target, []Value) *TargetError{r.ids, r.weight, r.place, r.outputs} {
		if err := step(&t, row); err != nil {
			err.Tenant, err.Target = t.Tenant, t.Target
			t.Problem = err.Problem()
			return t, err
		}
	}
	for _, name := range r.keptOf(&t) {
		if v := r.columns.get(row, name); !v.Null {
			if t.Values == nil {
				t.Values = make(map[string]string, len(r.kept))
			}
			t.Values[name] = v.Text
		}
	}
	return t, nil
}

// keptOf are the columns whose values travel with a target. A template may show any of
// them.
func (r *Resolver) keptOf(t *jetsheet.Target) []string {
	if t.Template == "" {
		return r.kept
	}
	kept := slices.Clone(r.kept)
	for _, name := range r.columns {
		if !slices.Contains(kept, name) && !slices.Contains(meaningColumns(), strings.ToLower(name)) {
			kept = append(kept, name)
		}
	}
	return kept
}

func (r *Resolver) ids(_ *jetsheet.Target, row []Value) *TargetError {
	tenant, target := badID(r.columns.get(row, columnTenant)), badID(r.columns.get(row, columnTarget))
	switch {
	case tenant != "" && target != "":
		tenant += ", and " + columnTarget + ": " + target
		fallthrough
	case tenant != "":
		return &TargetError{Cause: jetsheet.CauseTenantID, Column: columnTenant, Message: tenant}
	case target != "":
		return &TargetError{Cause: jetsheet.CauseTargetID, Column: columnTarget, Message: target}
	}
	return nil
}

// badID says why an id cannot be used, or "".
func badID(v Value) string {
	switch {
	case v.Null:
		return "the id is NULL"
	case v.Text == "":
		return "the id is empty"
	case len(v.Text) > MaxIDBytes:
		return fmt.Sprintf("the id has %d bytes; %d are allowed", len(v.Text), MaxIDBytes)
	case !utf8.ValidString(v.Text):
		return "the id is not UTF-8"
	}
	if at := strings.IndexFunc(v.Text, isControl); at >= 0 {
		c, _ := utf8.DecodeRuneInString(v.Text[at:])
		return fmt.Sprintf("the id has the control character %U at byte %d", c, at)
	}
	return ""
}

func (r *Resolver) weight(t *jetsheet.Target, row []Value) *TargetError {
	t.Weight = 1
	if v := r.columns.get(row, columnWeight); !v.Null {
		weight, ok := parseWeight(v.Text)
		if !ok {
			return invalid(columnWeight, "%s is not a number; count the expected records, for example count(r.id)", quoted(v.Text))
		}
		t.Weight = weight
	}
	if t.Weight >= r.d.LargeWeight {
		t.Lane = jetsheet.LaneLarge
	}
	return nil
}

// parseWeight reads a whole or decimal number; a fraction is dropped, and what is
// below 0 or above maxWeight becomes that.
func parseWeight(text string) (int64, bool) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return min(max(n, 0), maxWeight), true
	}
	f, ok := decimal(text)
	return int64(math.Min(math.Max(f, 0), maxWeight)), ok
}

// place sets zone, period, locale and template.
func (r *Resolver) place(t *jetsheet.Target, row []Value) *TargetError {
	t.TimeZone = r.either(row, columnTimeZone, r.d.TimeZone)
	zone := r.zone(t.TimeZone)
	if zone.err != nil {
		return invalid(columnTimeZone, "%s", zone.err)
	}
	t.Locale = r.either(row, columnLocale, r.d.Locale)
	if !validLocale(t.Locale) {
		return invalid(columnLocale, `%s is not a locale; give a language tag such as "ja" or "en-GB"`, quoted(t.Locale))
	}
	if t.Template = r.either(row, columnTemplate, r.d.Workbook.Template); t.Template != "" && !jetsheet.ValidTemplateName(t.Template) {
		return invalid(columnTemplate, "%s", invalidTemplateName(t.Template))
	}
	t.Period = zone.period
	return r.period(t, row, zone.location)
}

// either is the value of a column, or the report's where it is NULL or empty.
func (r *Resolver) either(row []Value, column, otherwise string) string {
	if v := r.columns.get(row, column); !v.Null && v.Text != "" {
		return v.Text
	}
	return otherwise
}

func (r *Resolver) zone(name string) zoned {
	z, ok := r.zones[name]
	if !ok {
		if z.location, z.err = LoadZone(name); z.err == nil {
			z.period = r.d.PeriodAt(r.tick, z.location)
		}
		r.zones[name] = z
	}
	return z
}

// period lets the row set one or both ends of the period.
func (r *Resolver) period(t *jetsheet.Target, row []Value, zone *time.Location) *TargetError {
	set := false
	for _, end := range []struct {
		column string
		at     *time.Time
	}{{columnFrom, &t.Period.From}, {columnUntil, &t.Period.Until}} {
		v := r.columns.get(row, end.column)
		if v.Null {
			continue
		}
		at, err := parseInstant(v.Text, zone)
		if err != nil {
			return invalid(end.column, "%s cannot be the end of a period: %s", quoted(v.Text), err)
		}
		*end.at, set = at, true
	}
	if !set {
		return nil
	}
	if !t.Period.From.Before(t.Period.Until) {
		return invalid(columnUntil, "the period ends at %s, not after its beginning at %s",
			t.Period.Until.In(zone).Format(time.RFC3339), t.Period.From.In(zone).Format(time.RFC3339))
	}
	t.Period.Label = rangeLabel(t.Period, zone)
	return nil
}

func invalid(column, format string, args ...any) *TargetError {
	return &TargetError{Cause: jetsheet.CauseTargetInvalid, Column: column, Message: fmt.Sprintf(format, args...)}
}

// quoted shows the beginning of a value.
func quoted(text string) string {
	if len(text) > 80 {
		return strconv.Quote(cut(text, 80)) + "…"
	}
	return strconv.Quote(text)
}
