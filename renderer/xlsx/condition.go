package xlsx

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// formula is true of the cell x, a reference, if the condition holds. Programs take an
// empty cell for 0 and text for more than any number when they compare; so the kind is
// asked for first.
func (r *Rule) formula(f *Format, x string) (string, error) {
	switch r.When {
	case WhenBlank:
		return "LEN(TRIM(" + x + "))=0", nil
	case WhenFilled:
		return "LEN(TRIM(" + x + "))>0", nil
	case WhenContains:
		return r.containsFormula(f, x)
	case WhenBetween, WhenOutside:
		return r.rangeFormula(f, x)
	}
	v, err := literalOf(f, r.Value)
	switch {
	case err != nil:
		return "", err
	case r.When == WhenNot:
		return fmt.Sprintf("AND(LEN(%[1]s)>0,%[1]s<>%[2]s)", x, v.text), nil
	case r.When != WhenEquals && v.kind != cellNumber:
		return "", r.noNumber(v)
	}
	return fmt.Sprintf("AND(%s,%s%s%s)", v.guard(x), x, operators[r.When], v.text), nil
}

func (r *Rule) rangeFormula(f *Format, x string) (string, error) {
	low, err := literalOf(f, r.Value)
	if err != nil {
		return "", err
	}
	high, err := literalOf(f, r.Other)
	if err != nil {
		return "", err
	}
	switch {
	case low.kind != cellNumber:
		return "", r.noNumber(low)
	case high.kind != cellNumber:
		return "", r.noNumber(high)
	case low.number > high.number:
		return "", fmt.Errorf("%q has the lower end first, and %s is not below %s; write them the other way round", r.When, r.Value, r.Other)
	}
	if r.When == WhenBetween {
		return fmt.Sprintf("AND(%[4]s,%[1]s>=%[2]s,%[1]s<=%[3]s)", x, low.text, high.text, low.guard(x)), nil
	}
	return fmt.Sprintf("AND(%[4]s,OR(%[1]s<%[2]s,%[1]s>%[3]s))", x, low.text, high.text, low.guard(x)), nil
}

func (r *Rule) noNumber(v literal) error {
	return fmt.Errorf("%q compares numbers and dates, and %s is none; write %q or %q, or give the column a format of numbers or dates", r.When, v.text, WhenEquals, WhenNot)
}

func (r *Rule) containsFormula(f *Format, x string) (string, error) {
	v, err := literalOf(f, r.Value)
	if err != nil {
		return "", err
	}
	if v.kind != cellText {
		return "", fmt.Errorf("%q is for text, and %s is none", WhenContains, v.text)
	}
	// Programs take these for wildcards.
	plain := strings.NewReplacer("~", "~~", "*", "~*", "?", "~?").Replace(v.text)
	return fmt.Sprintf("ISNUMBER(SEARCH(%s,%s))", plain, x), nil
}

// literal is a value as a formula has it.
type literal struct {
	text   string
	number float64
	kind   cellKind
}

// guard is true of a cell of the literal's kind. For LibreOffice a truth value is a
// number too.
func (l literal) guard(x string) string {
	switch l.kind {
	case cellText:
		return "ISTEXT(" + x + ")"
	case cellBool:
		return "ISLOGICAL(" + x + ")"
	}
	return "ISNUMBER(" + x + "),NOT(ISLOGICAL(" + x + "))"
}

// maxLiteral is Excel's limit for text in a formula, in UTF-16 units.
const maxLiteral = 255

func literalOf(f *Format, v Value) (literal, error) {
	var c cell
	f.put(&c, &v)
	l := literal{kind: c.kind, number: c.number}
	switch {
	case c.changes != 0:
		return l, fmt.Errorf("no cell of the column's format can hold %q; write a value as the format reads it", v.String())
	case c.kind == cellText:
		l.text = `"` + strings.ReplaceAll(c.text, `"`, `""`) + `"`
		if n := len(utf16.Encode([]rune(c.text))); n > maxLiteral || n == 0 {
			return l, fmt.Errorf("a text to compare with has 1 to %d characters, and this one has %d", maxLiteral, n)
		}
	case c.kind == cellBool:
		l.text = strings.ToUpper(strconv.FormatBool(c.number == 1))
	case c.kind == cellNumber:
		l.text = string(c.appendValue(nil))
		l.number = c.float()
	default:
		return l, errors.New("there is no value to compare with; give one")
	}
	return l, nil
}
