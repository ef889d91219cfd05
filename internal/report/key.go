package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jetsheet/jetsheet"
)

// MaxKeyBytes is the most S3 accepts for a key.
const MaxKeyBytes = 1024

// keyProblems says what is wrong with the pattern of a key. With own, it must also
// keep different conversions apart: the previous system's keys are as they are.
func (d *Definition) keyProblems(p Pattern, own bool) []string {
	if p.IsZero() {
		return nil
	}
	var problems []string
	names := p.Placeholders()
	for _, name := range []string{holderTenant, holderTarget} {
		if !slices.Contains(names, name) {
			problems = append(problems, fmt.Sprintf("must contain {%s}, or two workbooks get one key", name))
		}
	}
	if !slices.ContainsFunc(names, isPeriodHolder) {
		problems = append(problems, "must contain {period}, {from} or {until}, or the next run's workbook gets the same key")
	}
	parts := d.constantParts(p)
	if err := checkKey(sampleKey(parts)); err != nil {
		problems = append(problems, err.Error())
	}
	if own && len(problems) == 0 {
		if left, right, ok := ambiguous(parts); ok {
			problems = append(problems, fmt.Sprintf(
				"cannot tell {%s} from {%s}: values may hold the characters between them; put a / there", left, right))
		}
	}
	return problems
}

func isPeriodHolder(name string) bool {
	return name == holderPeriod || name == HolderFrom || name == HolderUntil
}

// constantParts is the pattern with what is the same for all of the report's
// workbooks written out, so that literals and placeholders that vary alternate.
func (d *Definition) constantParts(p Pattern) []part {
	var parts []part
	for _, part := range p.parts {
		switch {
		case d.Name == "": // a problem of its own
		case part.holder == holderReport:
			part.literal, part.holder = keyValue(d.Name), ""
		case part.holder == holderTitle:
			part.literal, part.holder = keyValue(d.Title), ""
		}
		if n := len(parts); n > 0 && part.holder == "" && parts[n-1].holder == "" {
			parts[n-1].literal += part.literal
			continue
		}
		parts = append(parts, part)
	}
	return parts
}

// sampleKey is the shortest key of a pattern, for the rules that hold whatever the
// values are.
func sampleKey(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.holder != "" {
			b.WriteByte('x')
		}
		b.WriteString(p.literal)
	}
	return b.String()
}

// ambiguous finds two neighbouring placeholders that cannot be told apart in a key.
//
// Different values give different keys when the values can be read back. Reading
// from the left, a value ends at the first character of the literal behind it that
// the value cannot hold, or where it is known from before; from the right,
// likewise. So it suffices that there is a
// point before which every value can be read from the left and behind which every
// value can be read from the right.
func ambiguous(parts []part) (left, right string, found bool) {
	var holders []string
	var between []string // between[i] is behind holders[i]
	for _, p := range parts {
		switch {
		case p.holder != "":
			holders, between = append(holders, p.holder), append(between, "")
		case len(between) > 0:
			between[len(between)-1] = p.literal
		}
	}
	i := 0
	for i < len(holders)-1 && (endsValue(between[i], holders[i]) || slices.Contains(holders[:i], holders[i])) {
		i++
	}
	for j := len(holders) - 1; j > i; j-- {
		if !endsValue(between[j-1], holders[j]) {
			return holders[i], holders[i+1], true
		}
	}
	return "", "", false
}

// endsValue says whether a literal holds a character that the value cannot.
func endsValue(literal, holder string) bool {
	return strings.ContainsFunc(literal, func(c rune) bool {
		switch holder {
		case holderTenant, holderTarget:
			return c != '=' && (c > unicode.MaxASCII || !plainKeyByte(c) || c == '.')
		case holderPeriod, HolderFrom, HolderUntil:
			return !strings.ContainsRune("0123456789-_TWZ", c)
		default:
			return c != '%' && !plainKeyRune(c)
		}
	})
}

// keyValue writes a value so that it stays within its segment of a key and can be
// read back: ASCII letters and digits, . _ - and the letters and digits of other
// scripts stay, every other byte becomes %XX.
func keyValue(value string) string {
	if value == "." || value == ".." {
		return strings.ReplaceAll(value, ".", "%2E")
	}
	var b strings.Builder
	for i := 0; i < len(value); {
		c, size := utf8.DecodeRuneInString(value[i:])
		if plainKeyRune(c) && (c != utf8.RuneError || size > 1) {
			b.WriteString(value[i : i+size])
		} else {
			for _, raw := range []byte(value[i : i+size]) {
				fmt.Fprintf(&b, "%%%02X", raw)
			}
		}
		i += size
	}
	return b.String()
}

func plainKeyRune(c rune) bool {
	if c <= unicode.MaxASCII {
		return plainKeyByte(c)
	}
	return unicode.IsLetter(c) || unicode.IsDigit(c)
}

func plainKeyByte(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-'
}

// checkKey says what is wrong with a key.
func checkKey(key string) error {
	switch {
	case len(key) > MaxKeyBytes:
		return fmt.Errorf("has %d bytes; S3 takes %d", len(key), MaxKeyBytes)
	case strings.HasPrefix(key, "/"):
		return errors.New(`must not start with "/"`)
	case strings.HasPrefix(key, jetsheet.RecordPrefix):
		return fmt.Errorf("must not start with %q, where runs are recorded", jetsheet.RecordPrefix)
	}
	for segment := range strings.SplitSeq(key, "/") {
		switch segment {
		case "":
			return fmt.Errorf(`%q has an empty segment: "//", or "/" at the end`, key)
		case ".", "..":
			return fmt.Errorf("%q has the segment %q", key, segment)
		}
	}
	return nil
}
