package report

import (
	"errors"
	"strings"
	"time"
)

var errNotInstant = errors.New("it must be a timestamptz, timestamp or date with a year from 1 to 9999")

// parseInstant reads PostgreSQL's text of a timestamptz, timestamp or date. The
// latter two are readings of a clock in the zone; a date is its first instant.
func parseInstant(text string, zone *time.Location) (time.Time, error) {
	text = strings.Replace(text, "T", " ", 1)
	for _, layout := range []string{"2006-01-02 15:04:05Z07", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07:00:00"} {
		if t, err := time.Parse(layout, text); err == nil && t.UTC().Year() >= 1 {
			return t.UTC(), nil
		}
	}
	for _, layout := range []string{time.DateTime, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil && t.Year() >= 1 {
			return wall{t}.instant(zone), nil
		}
	}
	return time.Time{}, errNotInstant
}
