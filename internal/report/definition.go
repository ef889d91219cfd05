package report

import (
	"time"

	"github.com/jetsheet/jetsheet"
)

// Empty says what becomes of a workbook without any row.
type Empty string

// The ways to treat an empty workbook.
const (
	// EmptySkip makes no file; the conversion is done as skipped.
	EmptySkip Empty = "skip"
	// EmptyFile publishes a workbook with headers only.
	EmptyFile Empty = "file"
	// EmptyFail fails the conversion.
	EmptyFail Empty = "fail"
)

// What a definition means when it does not say.
const (
	DefaultLocale         = "en"
	DefaultTimeZone       = "UTC"
	DefaultLargeWeight    = 50_000
	DefaultStatementLimit = 5 * time.Minute
	DefaultRowLimit       = 10_000_000
	DefaultHeaderFill     = "DDEBF7"
)

// The bounds of limits.statement: a statement must fit a job's deadline.
const (
	minStatementLimit = time.Second
	maxStatementLimit = 40 * time.Minute
)

// maxWeight bounds weights and row counts, so that the sum over a run's targets
// fits an int64.
const maxWeight = 1_000_000_000_000

// Definition is a parsed report. Make one with [Parse]; it is not changed
// afterwards and may be used concurrently.
type Definition struct {
	// Name is the key `report`, [a-z0-9-]{1,40}.
	Name string
	// Title is Name when the file gives none.
	Title       string
	Description string
	// TimeZone is the IANA zone of targets that name none.
	TimeZone string
	// Locale is the language tag of targets that name none.
	Locale string
	// Schedule is nil for a report that is only started by hand.
	Schedule *Schedule
	Period   PeriodKind
	// ClosingDay is 0, or with PeriodMonth the last day of its months, 1..31.
	ClosingDay int
	// Targets gives one row per workbook.
	Targets Statement
	// Queries are read in one snapshot per workbook, in the file's order.
	Queries  []Query
	Workbook Workbook
	Empty    Empty
	Output   Output
	// LargeWeight is the weight from which a request goes to the large lane.
	LargeWeight int64
	Limits      Limits

	// Source is the text given to Parse, unchanged: what is stored and frozen.
	Source string
	// Digest is the sha256 of Source in hex.
	Digest string
	// MinReader is the oldest [jetsheet.SchemaVersion] that reads the definition as it
	// is meant; what is stored with the definition must require it.
	MinReader int
}

// Schedule says when a report runs.
type Schedule struct {
	// Cron has five fields: minute, hour, day of month, month, day of week.
	Cron     string
	TimeZone string
	CatchUp  CatchUp
	// Calendar is the schedule's calendar, never nil.
	Calendar *Calendar
}

// Query is a named statement that is run for every workbook.
type Query struct {
	Name      string
	Statement Statement
}

// Workbook says what the file holds.
type Workbook struct {
	// Sheets has at least one element, unless there is a Template.
	Sheets     []Sheet
	Properties Properties
	// Template is the name of the template that is filled instead, of targets that name
	// none themselves; or "".
	Template string
}

// Sheet is one sheet: the rows of a query under a header.
type Sheet struct {
	// Name is rendered per target; the writer makes it legal.
	Name Pattern
	// Rows names a query.
	Rows string
	// SheetBy names a column of that query, or is "": then each of its values gets a
	// sheet, in the order of the rows, and the sheet's patterns know its value.
	SheetBy string
	// Columns are fixed; with ColumnsFrom "" and no columns, the sheet has the
	// columns of its query.
	Columns []Column
	// ColumnsFrom names a query whose rows are appended to Columns, or is "".
	ColumnsFrom  string
	FreezeHeader bool
	Filter       bool
	Header       Header
	// Title are the lines above the header, Footer those below the table; their patterns
	// may use {dataAsOf}, and a footer's {rows}.
	Title, Footer []Pattern
	// Banding is the fill of every second row, or "".
	Banding string
	Rules   []Rule
	// TotalsLabel stands in the row of totals; the zero pattern is a word of the
	// target's language.
	TotalsLabel Pattern
	// Page is nil where nothing is said about printing.
	Page *Page
	// Protection is nil for a sheet that may be changed.
	Protection *Protection
}

// Column is one column of a sheet.
type Column struct {
	// Name is a column of the rows query or a key of one of its jsonb columns.
	Name string
	// Title is Name when the file gives none.
	Title string
	// Format is "" when the file gives none.
	Format string
	// Width is in characters; 0 means from the data.
	Width float64
	Total Total
}

// Header is the look of the header row.
type Header struct {
	Bold bool
	// Fill is six upper-case hex digits (RRGGBB), or "" for none.
	Fill string
	Wrap bool
}

// Output says where a workbook goes.
type Output struct {
	Key Pattern
	// Filename is the zero Pattern when the last segment of the key serves, with its values
	// as they are instead of encoded.
	Filename Pattern
	// Previous is the previous system's key, the zero Pattern when there is none. It is
	// read for tenants routed shadow.
	Previous Pattern
	// Waive are the differences from the previous system's workbook that are accepted.
	Waive []jetsheet.Waiver
}

// Limits bound one statement.
type Limits struct {
	// Statement is the time limit of one statement.
	Statement time.Duration
	// Rows is the most rows of one query of a sheet.
	Rows int64
}

// Query returns the query of that name.
func (d *Definition) Query(name string) (Query, bool) {
	for _, q := range d.Queries {
		if q.Name == name {
			return q, true
		}
	}
	return Query{}, false
}
