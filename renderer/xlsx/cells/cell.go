package cells

import (
	"math"
	"strconv"
	"time"
)

// Kind is what a cell holds, as the workbook stores it.
type Kind uint8

// The kinds of cells. A formula's cell has the kind of its stored result; Empty
// when none is stored.
const (
	Empty Kind = iota
	Text
	Number // dates and times are numbers with a format that shows them
	Bool
	Error
	ISODate // a date stored as ISO 8601 text, which few writers do
)

// String is the kind's name in reports.
func (k Kind) String() string {
	switch k {
	case Text:
		return "text"
	case Number:
		return "number"
	case Bool:
		return "bool"
	case Error:
		return "error"
	case ISODate:
		return "date"
	}
	return "empty"
}

// Cell is one cell. Row and Col count from 1.
type Cell struct {
	// Text is the exact text, the number as it is stored, "TRUE" or "FALSE", or
	// the error's name.
	Text string
	// Format is the number format's code, General when there is none.
	Format string
	// Formula is without "="; empty for none. A cell of a shared formula has the
	// shared text, after "[shared from B2] " with the cell that states it.
	Formula  string
	Row, Col int
	Kind     Kind
	// QuotePrefix says that Excel keeps the text as text when it is edited.
	QuotePrefix bool

	date1904   bool
	formatKind formatKind
}

// Ref is the cell's reference, as "B12".
func (c Cell) Ref() string { return reference(c.Row, c.Col) }

// Float gives the number; ok is false for cells that hold none.
func (c Cell) Float() (f float64, ok bool) {
	if c.Kind != Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(c.Text, 64)
	return f, err == nil
}

// Time gives the date and time of a number whose format shows one, to the
// millisecond, which is as fine as Excel goes, as a wall clock in UTC. A time
// without a date is on day 0, 1899-12-31 (1904-01-01 in the other date system).
// ok is false for other cells and for elapsed times such as [h]:mm.
func (c Cell) Time() (t time.Time, ok bool) {
	f, ok := c.Float()
	if !ok || c.formatKind != formatDate || f < 0 || f >= lastSerial {
		return time.Time{}, false
	}
	day := math.Floor(f)
	millis := math.Round((f - day) * float64(24*time.Hour/time.Millisecond))
	epoch := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case c.date1904:
		epoch = time.Date(1904, time.January, 1, 0, 0, 0, 0, time.UTC)
	case day == imaginaryDay:
		return time.Time{}, false
	case day < imaginaryDay:
		epoch = epoch.AddDate(0, 0, 1)
	}
	return epoch.AddDate(0, 0, int(day)).Add(time.Duration(millis) * time.Millisecond), true
}

const (
	// imaginaryDay is 29 February 1900, which Excel has and the calendar has not.
	imaginaryDay = 60
	lastSerial   = 2958466 // 10000-01-01
)

// Elapsed gives the duration of a number whose format counts hours, minutes or
// seconds beyond a day, to the millisecond; ok is false for other cells.
func (c Cell) Elapsed() (d time.Duration, ok bool) {
	f, ok := c.Float()
	if !ok || c.formatKind != formatElapsed || math.Abs(f) > maxElapsedDays {
		return 0, false
	}
	return time.Duration(math.Round(f*float64(24*time.Hour/time.Millisecond))) * time.Millisecond, true
}

// maxElapsedDays is what a time.Duration can hold.
const maxElapsedDays = 106751

func reference(row, col int) string {
	var letters [8]byte
	i := len(letters)
	for ; col > 0; col = (col - 1) / 26 {
		i--
		letters[i] = byte('A' + (col-1)%26)
	}
	return string(letters[i:]) + strconv.Itoa(row)
}

// parseReference reads a reference as "B12", also with "$".
func parseReference(s string) (row, col int, err error) {
	i := 0
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
		case c|0x20 >= 'a' && c|0x20 <= 'z' && col <= maxColumn:
			col = col*26 + int(c|0x20-'a') + 1
		default:
			row, err = strconv.Atoi(s[i:])
			if err != nil || row < 1 || row > maxRow || col < 1 || col > maxColumn || s[i] == '+' {
				return 0, 0, malformed("%q is not a cell", s)
			}
			return row, col, nil
		}
	}
	return 0, 0, malformed("%q is not a cell", s)
}
