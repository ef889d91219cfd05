package verify

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// format is a column's format, as a definition names it. The zero format is general.
type format struct {
	purpose purpose
	code    string
	yes, no string
	// before and after stand around an amount.
	before, after string
	// japanese chooses how dates are shown.
	japanese bool
}

// purpose is what a format is for: text in the column is read as that.
type purpose uint8

const (
	forAnything purpose = iota
	forText
	forNumbers
	forPercents
	forDates
	forAnyTimes // codes of the user's own
	forClocks
	forDurations
	forTruth
	forPictures
	// forPictureKeys is for pictures that lie in a bucket: what a key leads to is not known here.
	forPictureKeys
)

// readFormat reads a format's name. The table is that of the documentation of report
// definitions.
func readFormat(name, locale string) (format, error) {
	language, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(locale, "_", "-")), "-")
	f := format{japanese: language == "ja"}
	name, argument, _ := strings.Cut(name, ":")
	switch name {
	case "", "general", "link": // a link's cell holds its address
	case "text":
		f.purpose, f.code = forText, "@"
	case "integer":
		f.purpose, f.code = forNumbers, "#,##0"
	case "number":
		f.purpose, f.code = forNumbers, "#,##0.###"
	case "decimal":
		zeros, err := decimals(argument)
		f.purpose, f.code = forNumbers, "#,##0"+zeros
		return f, err
	case "percent":
		if argument == "" {
			argument = "0"
		}
		zeros, err := decimals(argument)
		f.purpose, f.code = forPercents, "0"+zeros+"%"
		return f, err
	case "currency":
		return f.asCurrency(argument, language)
	case "date":
		f.purpose, f.code = forDates, f.dateCode()
	case "datetime":
		f.purpose, f.code = forDates, f.momentCode()
	case "time":
		f.purpose, f.code = forClocks, f.clockCode()
	case "duration":
		f.purpose, f.code = forDurations, "[h]:mm:ss"
	case "boolean":
		f.purpose = forTruth
		f.yes, f.no, _ = strings.Cut(argument, "/")
	case "image":
		f.purpose = forPictures
	case "imageKey":
		f.purpose = forPictureKeys
	case "excel":
		f.code, f.purpose = readCode(argument)
	default:
		return f, fmt.Errorf("unknown format %q", name)
	}
	return f, nil
}

func decimals(argument string) (string, error) {
	n, err := strconv.Atoi(argument)
	switch {
	case err != nil || n < 0 || n > 15:
		return "", fmt.Errorf("%q is not a number of decimals", argument)
	case n == 0:
		return "", nil
	}
	return "." + strings.Repeat("0", n), nil
}

func (f format) either(japanese, iso string) string {
	if f.japanese {
		return japanese
	}
	return iso
}

func (f format) dateCode() string   { return f.either("yyyy/mm/dd", "yyyy-mm-dd") }
func (f format) momentCode() string { return f.either("yyyy/mm/dd hh:mm", "yyyy-mm-dd hh:mm:ss") }
func (f format) clockCode() string  { return f.either("hh:mm", "hh:mm:ss") }

// cell works out the cell of a value in a column with the format: in the format's code
// where it is for such values, else as the value is by itself.
func (f format) cell(v value) expected {
	switch {
	case v.is == nothing:
		return expected{}
	case f.purpose == forPictures:
		return f.pictureCell(v)
	case f.purpose == forPictureKeys:
		return expected{unknown: true}
	case f.purpose == forText:
		return textCell(v.String(), f.code)
	case f.purpose == forTruth:
		return f.truthCell(v)
	case f.purpose == forAnything:
		return f.plain(v)
	case v.is == textual && strings.TrimSpace(v.text) == "":
		return textCell(v.text, f.code) // an answer that was left empty
	case v.is == textual:
		return f.readText(v)
	case !f.suits(v.is):
		return f.plain(v)
	}
	return f.inCode(f.plain(v))
}

// inCode shows a number in the format's code; what became text stays as it is.
func (f format) inCode(e expected) expected {
	if e.text == "" {
		e.format = orGeneral(f.code)
	}
	return e
}

// readText reads text as what the format is for; what it cannot read stays the text it
// was, blanks and all.
func (f format) readText(v value) expected {
	read, ok := f.read(strings.TrimSpace(v.text))
	if ok {
		if e := f.plain(read); e.text == "" {
			return f.inCode(e)
		}
	}
	return textCell(v.text, "")
}

// suits says whether the format's code shows values of that nature.
func (f format) suits(n nature) bool {
	switch f.purpose {
	case forNumbers, forPercents:
		return n == decimal || n == double
	case forDates:
		return n == day || n == moment
	case forAnyTimes:
		return n == day || n == moment || n == clock || n == elapsed
	case forClocks:
		return n == clock || n == moment
	case forDurations:
		return n == elapsed || n == clock
	default:
		return true
	}
}

// plain is the cell of a value by itself.
func (f format) plain(v value) expected {
	switch v.is {
	case nothing:
		return expected{}
	case decimal:
		if number, ok := exactly(v.text); ok {
			return numberCell(number, "")
		}
	case double:
		if v.real == 0 || math.Abs(v.real) >= leastNumber {
			return numberCell(v.real, "")
		}
	case truth:
		return truthCell(v.yes)
	case day:
		if number, ok := dayNumber(v.wall); ok {
			return serialCell(number, f.dateCode())
		}
	case moment:
		if number, ok := dayNumber(v.wall.Truncate(f.unit())); ok {
			return serialCell(number, f.momentCode())
		}
	case clock:
		if v.span >= 0 && v.span < 24*time.Hour {
			return serialCell(inDays(v.span.Truncate(f.unit())), f.clockCode())
		}
	case elapsed:
		if v.span >= 0 {
			return serialCell(inDays(v.span.Truncate(f.unit())), "[h]:mm:ss")
		}
	default:
	}
	return textCell(v.String(), "")
}

// unit is the part of a second that the format shows; what is below it is not written.
func (f format) unit() time.Duration {
	if strings.Contains(strings.ToLower(f.code), "s.0") {
		return time.Millisecond
	}
	return time.Second
}

// truthCell is a cell of a column for yes and no.
func (f format) truthCell(v value) expected {
	yes, ok := f.readTruth(v)
	switch {
	case !ok:
		return f.plain(v)
	case f.yes == "":
		return truthCell(yes)
	case yes:
		return textCell(f.yes, "")
	default:
		return textCell(f.no, "")
	}
}

func (f format) readTruth(v value) (yes, ok bool) {
	if v.is == truth {
		return v.yes, true
	}
	if v.is != textual && v.is != decimal {
		return false, false
	}
	word := strings.TrimSpace(v.text)
	if f.yes != "" && (word == f.yes || word == f.no) {
		return word == f.yes, true
	}
	switch strings.ToLower(word) {
	case "true", "t", "yes", "y", "on", "1":
		return true, true
	case "false", "f", "no", "n", "off", "0":
		return false, true
	}
	return false, false
}
