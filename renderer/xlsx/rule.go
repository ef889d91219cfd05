package xlsx

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Rule gives cells of a column another look by what they hold (Excel's conditional
// formatting).
type Rule struct {
	// Column is the column's place in the sheet, from 0.
	Column int
	When   Condition
	// Value is what cells are compared with, and Other the upper end of a range. As the
	// column's cells they go through its format: under decimal:1, Text("8.0") is the
	// number 8.
	Value, Other Value
	// Look is that of cells for which the condition holds. WholeRow gives it to all cells
	// of their rows.
	Look     Look
	WholeRow bool
	// Colours are those of WhenScale, two or three from the least number to the largest,
	// and the one of WhenBar.
	Colours []string
}

// Look is what a rule changes of a cell.
type Look struct {
	// Fill and Colour, which is that of the text, are RRGGBB; empty ones stay as they are.
	Fill, Colour string
	Bold         bool
}

// Condition says which cells a rule is for. Cells are compared with values of their own
// kind alone: an empty cell is not less than 5, and text not more.
type Condition string

// The conditions.
const (
	WhenEquals Condition = "equals"
	// WhenNot is for cells that hold something else. Empty ones hold nothing.
	WhenNot     Condition = "not"
	WhenBelow   Condition = "below"
	WhenAtMost  Condition = "atMost"
	WhenAbove   Condition = "above"
	WhenAtLeast Condition = "atLeast"
	// WhenBetween is for Value to Other, both included; WhenOutside is for all but these.
	WhenBetween Condition = "between"
	WhenOutside Condition = "outside"
	// WhenContains is for text with a text in it. Case makes no difference, here and in
	// comparisons of text.
	WhenContains Condition = "contains"
	WhenBlank    Condition = "blank"
	WhenFilled   Condition = "filled"
	// WhenScale colours all numbers of a column between Colours, WhenBar puts bars into
	// their cells. Neither has a Value or a Look.
	WhenScale Condition = "scale"
	WhenBar   Condition = "bar"
)

// operators are the comparisons with one value.
var operators = map[Condition]string{
	WhenEquals: "=", WhenNot: "<>", WhenBelow: "<", WhenAtMost: "<=", WhenAbove: ">", WhenAtLeast: ">=",
}

// ConditionNames are the conditions as text, for messages and help.
func ConditionNames() []string {
	return []string{
		string(WhenEquals), string(WhenNot), string(WhenBelow), string(WhenAtMost), string(WhenAbove), string(WhenAtLeast), string(WhenBetween),
		string(WhenOutside), string(WhenContains), string(WhenBlank), string(WhenFilled), string(WhenScale), string(WhenBar),
	}
}

// maxRules bounds what the rules of a sheet take.
const maxRules = 1000

// Validate says why no column of a format can have the rule.
func (r *Rule) Validate(f Format) error {
	_, err := r.appendXML(nil, &f, reference(0, 1), 1, newStyles())
	return err
}

func (r *Rule) validate(f *Format) error {
	switch {
	case !slices.Contains(ConditionNames(), string(r.When)):
		return fmt.Errorf("unknown condition %q; known are %s", r.When, strings.Join(ConditionNames(), ", "))
	case f.accepts == acceptsImage:
		return errors.New("pictures lie over empty cells, which no rule tells apart; leave it out")
	case r.When == WhenScale || r.When == WhenBar:
		return r.validateColours(f)
	case r.Look == Look{}:
		return errors.New("the rule changes nothing; give it a fill, a colour or bold text")
	case len(r.Colours) > 0:
		return fmt.Errorf("colours are for %q and %q; give %q a look", WhenScale, WhenBar, r.When)
	}
	return cmp.Or(validateColour("fill", r.Look.Fill), validateColour("colour", r.Look.Colour))
}

func (r *Rule) validateColours(f *Format) error {
	least, most := 1, 1
	if r.When == WhenScale {
		least, most = 2, 3
	}
	switch n := len(r.Colours); {
	case n < least || n > most:
		return fmt.Errorf("%q has %d colours; give it %d to %d", r.When, n, least, most)
	case r.WholeRow || r.Look != Look{}:
		return fmt.Errorf("%q has colours of its own; leave out the look, and that it is for the row", r.When)
	case f.accepts == acceptsText || f.accepts == acceptsBool || f.accepts == acceptsLink:
		return fmt.Errorf("%q is for numbers and dates, and the column has text", r.When)
	}
	for _, colour := range r.Colours {
		if err := validateColour("colour", colour); err != nil {
			return err
		}
		if colour == "" {
			return errors.New("a colour is empty; write it as RRGGBB")
		}
	}
	return nil
}
