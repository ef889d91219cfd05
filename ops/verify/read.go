package verify

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// read reads text as what the format is for.
func (f format) read(text string) (value, bool) {
	switch f.purpose {
	case forNumbers:
		_, ok := digitsOf(text)
		return value{is: decimal, text: text}, ok
	case forPercents:
		return readPercent(text)
	case forDates:
		return readDate(text)
	case forClocks:
		return readClock(text)
	case forDurations:
		return readDuration(text)
	case forAnyTimes:
		if v, ok := readDate(text); ok {
			return v, true
		}
		return readClock(text)
	default:
		return value{}, false
	}
}

func readPercent(text string) (value, bool) {
	if percentage, ok := strings.CutSuffix(text, "%"); ok {
		f, ok := hundredth(percentage)
		return value{is: double, real: f}, ok
	}
	_, ok := digitsOf(text)
	return value{is: decimal, text: text}, ok
}

// readDate reads a date, with a time or without, as people and PostgreSQL write it. One
// with a zone is not read: it is not this workbook's clock.
func readDate(text string) (value, bool) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return value{is: day, wall: t}, true
	}
	if t, err := time.Parse("2006/01/02", text); err == nil {
		return value{is: day, wall: t}, true
	}
	for _, layout := range []string{
		"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006/01/02 15:04:05", "2006/01/02 15:04",
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return value{is: moment, wall: t}, true
		}
	}
	return value{}, false
}

func readClock(text string) (value, bool) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			since := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
			return value{is: clock, span: since + time.Duration(t.Nanosecond())}, true
		}
	}
	return value{}, false
}

var duration = regexp.MustCompile(`^(-?)([0-9]{1,6}):([0-5][0-9])(?::([0-5][0-9])(?:[.,]([0-9]{1,9}))?)?$`)

func readDuration(text string) (value, bool) {
	parts := duration.FindStringSubmatch(text)
	if parts == nil {
		return value{}, false
	}
	n := func(digits string, unit time.Duration) time.Duration {
		number, err := strconv.Atoi(digits)
		if err != nil { // nothing there
			return 0
		}
		return time.Duration(number) * unit
	}
	span := n(parts[2], time.Hour) + n(parts[3], time.Minute) + n(parts[4], time.Second)
	if fraction := parts[5]; fraction != "" {
		span += n((fraction + "00000000")[:9], time.Nanosecond)
	}
	if parts[1] != "" {
		span = -span
	}
	return value{is: elapsed, span: span}, true
}
