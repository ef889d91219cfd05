package xlsx

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Format says how a column shows its values, and what text in it is meant to
// be. The zero Format is "general" with ISO dates. Formats are compared with ==.
type Format struct {
	// code is the number format of values that fit; empty is Excel's General.
	code    string
	yes, no string
	// before and after stand around a number.
	before, after string
	accepts       accepts
	ja            bool
	// fractions is set where the code shows parts of a second.
	fractions bool
	// raw is set for a code as Excel has it.
	raw bool
	// width and height are the most that a picture has, in pixels.
	width, height uint16
}

// accepts is the family of values that a format is for.
type accepts uint8

const (
	acceptsAny accepts = iota
	acceptsText
	acceptsNumber
	acceptsPercent
	acceptsDate     // with or without a time
	acceptsTemporal // any date or time: raw codes
	acceptsTime
	acceptsDuration
	acceptsBool
	acceptsLink
	acceptsImage
)

// FormatNames are the names that ParseFormat knows, for messages and help. N is
// a number of decimals from 0 to 15, XXX a currency's code in ISO 4217, WIDTH and HEIGHT are the most that a picture has, in
// pixels, CODE is an Excel number format code.
func FormatNames() []string {
	return []string{
		"general", "text", "integer", "number", "decimal:N", "percent", "percent:N", "currency:XXX",
		"date", "datetime", "time", "duration", "boolean", "boolean:YES/NO", "link", "image", "image:WIDTHxHEIGHT", "excel:CODE",
	}
}

// ErrUnknownFormat is returned by ParseFormat for a name that it does not know.
var ErrUnknownFormat = errors.New("unknown format")

// maxDecimals is what a double can show: 15 significant digits.
const maxDecimals = 15

// ParseFormat reads a format as report definitions and columnsFrom queries
// write it: one of FormatNames. An empty s is "general". The locale is a BCP 47
// tag and chooses how dates are shown: Japanese for "ja", ISO 8601 for others. It also
// chooses on which side of an amount its currency stands.
//
// A format changes what text in its column becomes: "3.5" under decimal:1 is
// the number 3.5, and the address of a web page, a mailbox or a telephone under link
// is a link (http, https, mailto, tel; no other scheme is). Under image, text is a picture's
// bytes in base64 or as PostgreSQL writes bytea; never an address. The error names what was read and what is known.
func ParseFormat(s, locale string) (Format, error) {
	f := Format{ja: language(locale) == "ja"}
	name, argument, hasArgument := strings.Cut(s, ":")
	if !hasArgument {
		return parsePlain(f, name)
	}
	switch name {
	case "decimal", "percent":
		return parseDecimals(f, name, argument)
	case "currency":
		return parseCurrency(f, argument, locale)
	case "boolean":
		return parseLabels(f, argument)
	case "image":
		return parseImage(f, argument)
	case "excel":
		code, family, err := parseCode(argument)
		if err != nil {
			return Format{}, fmt.Errorf("format %q: %w", s, err)
		}
		f.code, f.accepts, f.raw = code, family, true
		f.fractions = strings.Contains(strings.ToLower(code), "s.0")
		return f, nil
	}
	if _, err := parsePlain(f, name); err == nil {
		return Format{}, fmt.Errorf("format %q: %q takes nothing after a colon", s, name)
	}
	return Format{}, unknownFormat(s)
}

func parsePlain(f Format, name string) (Format, error) {
	switch name {
	case "", "general":
	case "text":
		f.accepts, f.code = acceptsText, "@"
	case "integer":
		f.accepts, f.code = acceptsNumber, "#,##0"
	case "number":
		f.accepts, f.code = acceptsNumber, "#,##0.###"
	case "percent":
		f.accepts, f.code = acceptsPercent, "0%"
	case "date":
		f.accepts, f.code = acceptsDate, f.dateCode()
	case "datetime":
		f.accepts, f.code = acceptsDate, f.dateTimeCode()
	case "time":
		f.accepts, f.code = acceptsTime, f.timeCode()
	case "duration":
		f.accepts, f.code = acceptsDuration, durationCode
	case "boolean":
		f.accepts = acceptsBool
	case "link":
		f.accepts = acceptsLink
	case "image":
		f.accepts, f.width, f.height = acceptsImage, defaultImageWidth, defaultImageHeight
	case "decimal":
		return Format{}, fmt.Errorf("format %q: write the number of decimals, as in \"decimal:1\"", name)
	case "currency":
		return Format{}, fmt.Errorf("format %q: write the currency's code, as in \"currency:JPY\"", name)
	case "excel":
		return Format{}, fmt.Errorf("format %q: write an Excel number format code, as in \"excel:0.0\"", name)
	default:
		return Format{}, unknownFormat(name)
	}
	return f, nil
}

func parseDecimals(f Format, name, argument string) (Format, error) {
	n, err := strconv.ParseUint(argument, 10, 8)
	if err != nil || n > maxDecimals {
		return Format{}, fmt.Errorf("format %q: the number of decimals must be 0 to %d, not %q", name+":"+argument, maxDecimals, argument)
	}
	decimals := ""
	if n > 0 {
		decimals = "." + strings.Repeat("0", int(n))
	}
	if name == "percent" {
		f.accepts, f.code = acceptsPercent, "0"+decimals+"%"
		return f, nil
	}
	f.accepts, f.code = acceptsNumber, "#,##0"+decimals
	return f, nil
}

func parseLabels(f Format, argument string) (Format, error) {
	yes, no, found := strings.Cut(argument, "/")
	if !found || yes == "" || no == "" || yes == no {
		return Format{}, fmt.Errorf("format %q: write two different words, as in \"boolean:yes/no\"", "boolean:"+argument)
	}
	f.accepts, f.yes, f.no = acceptsBool, yes, no
	return f, nil
}

func unknownFormat(s string) error {
	return fmt.Errorf("%w %q; known are %s", ErrUnknownFormat, s, strings.Join(FormatNames(), ", "))
}

// language is that of a locale.
func language(locale string) string {
	language, _, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-")
	return strings.ToLower(language)
}

const durationCode = "[h]:mm:ss"

func (f *Format) dateCode() string {
	if f.ja {
		return "yyyy/mm/dd"
	}
	return "yyyy-mm-dd"
}

func (f *Format) dateTimeCode() string {
	if f.ja {
		return "yyyy/mm/dd hh:mm"
	}
	return "yyyy-mm-dd hh:mm:ss"
}

func (f *Format) timeCode() string {
	if f.ja {
		return "hh:mm"
	}
	return "hh:mm:ss"
}
