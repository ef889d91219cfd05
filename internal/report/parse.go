package report

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/jetsheet/jetsheet"
)

// Options let a definition be checked further than this package can. The zero
// value checks nothing more.
type Options struct {
	// CheckFormat says what is wrong with a column's format; nil accepts any.
	CheckFormat func(format string) error
	// CheckSheet tells problem of all that is wrong with a sheet whose form is right, such
	// as a total that its column's format has not, with its path within the sheet, such as
	// columns[1].total; nil accepts any.
	CheckSheet func(sheet *Sheet, problem func(path string, err error))
}

// Parse reads a definition with the zero [Options].
func Parse(file string, data []byte) (*Definition, error) {
	return Options{}.Parse(file, data)
}

// Parse reads a definition: one YAML document of at most [MaxSourceBytes], without
// anchors, tags and merge keys. file is only what problems are reported under.
//
// The error joins one [*ProblemError] for each problem, in the file's order; the
// definition is nil then. What only a database knows, such as the columns of a
// query, is not checked: see [Definition.NewResolver].
func (o Options) Parse(file string, data []byte) (*Definition, error) {
	r := &reader{file: file, checkFormat: o.CheckFormat, checkSheet: o.CheckSheet, since: since()}
	return r.parse(data)
}

func (r *reader) parse(data []byte) (*Definition, error) {
	root := r.document(data)
	if root == nil {
		return nil, r.err()
	}
	d := r.definition(root)
	if err := r.err(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	d.Source, d.Digest = string(data), hex.EncodeToString(sum[:])
	d.MinReader = max(1, r.minReader)
	return d, nil
}

func (r *reader) definition(root node) *Definition {
	s := r.section(root, "", spot{1, 1},
		"report", "title", "description", "timeZone", "locale", "schedule", "period", "closingDay",
		"targets", "queries", "workbook", "empty", "output", "lanes", "limits")
	d := &Definition{Name: s.name()}
	d.Title = s.line("title", d.Name)
	d.Description = s.text("description", "")
	d.Locale = s.locale()
	d.TimeZone = s.zone("timeZone", "")
	d.Schedule = s.schedule(d.TimeZone)
	if d.TimeZone == "" {
		d.TimeZone = DefaultTimeZone
		if d.Schedule != nil {
			d.TimeZone = d.Schedule.TimeZone
		}
	}
	d.period(s)
	d.Targets = s.targets()
	d.Queries = s.queries()
	d.Workbook = s.workbook(d)
	d.Empty = word(s, "empty", EmptySkip, EmptySkip, EmptyFile, EmptyFail)
	d.Output = s.output(d)
	d.LargeWeight = s.lanes()
	d.Limits = s.limits()
	return d
}

func (s section) name() string {
	if !s.required("report", "temperature-monthly") {
		return ""
	}
	name := s.text("report", "")
	if !jetsheet.ValidReportName(name) && !s.wrong("report") {
		s.problem("report", "report %q must have 1 to 40 characters of a to z, 0 to 9 and -", name)
	}
	return name
}

func (s section) locale() string {
	locale := s.line("locale", DefaultLocale)
	if !validLocale(locale) {
		s.problem("locale", `%q is not a locale; write a language tag such as "ja" or "en-GB"`, locale)
	}
	return locale
}

// zone is a time zone's name, or a default.
func (s section) zone(key, otherwise string) string {
	name := s.line(key, otherwise)
	if name == otherwise {
		return otherwise
	}
	if _, err := LoadZone(name); err != nil {
		s.problem(key, "%s: %s", s.child(key), err)
		return otherwise
	}
	return name
}

func (s section) schedule(timeZone string) *Schedule {
	if !s.has("schedule") {
		return nil
	}
	sub := s.sub("schedule", "cron", "timeZone", "catchUp")
	if timeZone == "" {
		timeZone = DefaultTimeZone
	}
	schedule := &Schedule{
		TimeZone: sub.zone("timeZone", timeZone),
		CatchUp:  word(sub, "catchUp", CatchUpLatest, CatchUpAll, CatchUpLatest, CatchUpNone),
	}
	if !sub.required("cron", `"0 5 1 * *"`) {
		return schedule
	}
	schedule.Cron = sub.text("cron", "")
	calendar, err := NewCalendar(schedule.Cron, schedule.TimeZone)
	if err != nil {
		sub.problem("cron", "%s", err)
	}
	schedule.Calendar = calendar
	return schedule
}

func (d *Definition) period(s section) {
	if s.required("period", "month") {
		d.Period = word(s, "period", "", PeriodDay, PeriodWeek, PeriodMonth)
	}
	d.ClosingDay = int(s.integer("closingDay", 0, 1, 31))
	if s.has("closingDay") && d.Period != "" && d.Period != PeriodMonth {
		s.problem("closingDay", "closingDay moves the edge of a month; it cannot stand with period: %s", d.Period)
	}
}

func (s section) lanes() int64 {
	if !s.has("lanes") {
		return DefaultLargeWeight
	}
	sub := s.sub("lanes", "large")
	return sub.integer("large", DefaultLargeWeight, 1, maxWeight)
}

func (s section) limits() Limits {
	limits := Limits{Statement: DefaultStatementLimit, Rows: DefaultRowLimit}
	if !s.has("limits") {
		return limits
	}
	sub := s.sub("limits", "statement", "rows")
	limits.Statement = sub.duration("statement", limits.Statement, minStatementLimit, maxStatementLimit)
	limits.Rows = sub.integer("rows", limits.Rows, 1, maxWeight)
	return limits
}
