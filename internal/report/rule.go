package report

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// maxRules is how many rules a sheet takes, as many as the writer lets.
const maxRules = 1000

// Condition is what a rule asks of a cell.
type Condition string

// The conditions. What cells are compared with goes through the column's format as they
// do: under a format of dates, "2026-10-05" is that day.
const (
	ConditionAbove   Condition = "above"
	ConditionBelow   Condition = "below"
	ConditionAtLeast Condition = "atLeast"
	ConditionAtMost  Condition = "atMost"
	ConditionBetween Condition = "between"
	ConditionOutside Condition = "outside"
	ConditionEquals  Condition = "equals"
	ConditionNot     Condition = "not"
	// ConditionContains asks for a text with a text in it.
	ConditionContains Condition = "contains"
	// ConditionBlank asks for an empty cell, ConditionFilled for one that is not.
	ConditionBlank  Condition = "blank"
	ConditionFilled Condition = "filled"
	// ConditionBar and ConditionScale ask nothing: they show how large a number is, by
	// a bar and by colours.
	ConditionBar   Condition = "bar"
	ConditionScale Condition = "scale"
)

// Conditions lists what a rule may ask.
func Conditions() []Condition {
	return []Condition{
		ConditionAbove, ConditionBelow, ConditionAtLeast, ConditionAtMost, ConditionBetween, ConditionOutside,
		ConditionEquals, ConditionNot, ConditionContains, ConditionBlank, ConditionFilled, ConditionBar, ConditionScale,
	}
}

// Rule changes how cells of a column look by what they hold.
type Rule struct {
	// Column is the name of a column of the sheet.
	Column    string
	Condition Condition
	// Operands are what is compared with: two for between and outside, one for the
	// other comparisons.
	Operands []Operand
	// Colors are that of a bar, or the two or three of a scale from low to high.
	Colors []string
	// Fill and Color are those of the cell and of its text, six hex digits or "".
	Fill, Color string
	Bold        bool
	// WholeRow gives the look to all cells of the row.
	WholeRow bool
}

// Operand is a number or a text that a rule compares with.
type Operand struct {
	// Text is the text, or the digits of the number.
	Text   string
	Number bool
}

func (s section) rules(sheet *Sheet) []Rule {
	var names []string
	for _, c := range sheet.Columns {
		names = append(names, c.Name)
	}
	// Other columns are known only when the queries have run. One without a name is reported.
	known := sheet.ColumnsFrom == "" && len(names) > 0 && !slices.Contains(names, "")
	var rules []Rule
	elements, keys := s.list("rules")
	if len(keys) > maxRules {
		s.problem("rules", "the sheet has %d rules; %d are the limit", len(keys), maxRules)
	}
	for _, key := range keys {
		sub := elements.sub(key, ruleKeys()...)
		rule := sub.rule()
		if known && rule.Column != "" && !slices.Contains(names, rule.Column) {
			sub.problem("column", "the sheet has no column %q%s", rule.Column, didYouMean(rule.Column, names))
		}
		rules = append(rules, rule)
	}
	return rules
}

func ruleKeys() []string {
	keys := []string{"column", "fill", "color", "bold", "wholeRow"}
	for _, c := range Conditions() {
		keys = append(keys, string(c))
	}
	return keys
}

func (s section) rule() Rule {
	r := Rule{Fill: s.color("fill", ""), Color: s.color("color", ""), Bold: s.boolean("bold", false), WholeRow: s.boolean("wholeRow", false)}
	if s.required("column", "temperature") {
		r.Column = s.line("column", "")
	}
	var found []string
	for _, c := range Conditions() {
		if s.has(string(c)) {
			r.Condition, found = c, append(found, string(c))
		}
	}
	switch {
	case s.values == nil:
		return r // no map: reported
	case len(found) == 0:
		s.r.problem(s.at, s.path, `%s has no condition; write for example "above: 10"`, s.path)
		return r
	case len(found) > 1:
		s.problem(found[1], "a rule has one condition, and this one has %s; write a rule for each", strings.Join(found, " and "))
		return r
	}
	s.operands(&r)
	shown := r.Condition == ConditionBar || r.Condition == ConditionScale
	looks := r.Fill != "" || r.Color != "" || r.Bold
	switch {
	case shown && (looks || r.WholeRow):
		s.r.problem(s.at, s.path, "%s has %s, which has colours of its own; leave fill, color, bold and wholeRow out", s.path, r.Condition)
	case !shown && !looks && !s.wrong("fill") && !s.wrong("color"):
		s.r.problem(s.at, s.path, "%s changes nothing; give it fill, color or bold", s.path)
	}
	return r
}

// operands reads the value of the condition.
func (s section) operands(r *Rule) {
	key := string(r.Condition)
	switch r.Condition {
	case ConditionBlank, ConditionFilled:
		if on, ok := s.flag(key); !ok || !on {
			s.problem(key, `%s must be true; the opposite of "blank" is "filled"`, s.child(key))
		}
	case ConditionBar:
		r.Colors = []string{s.color(key, "")}
		if r.Colors[0] == "" && !s.wrong(key) {
			s.problem(key, "%s must be a colour", s.child(key))
		}
	case ConditionScale:
		r.Colors = s.scale(key)
	case ConditionBetween, ConditionOutside:
		r.Operands = s.bounds(key)
	default:
		if o, ok := s.operand(key); ok {
			r.Operands = []Operand{o}
		}
	}
}

// scale is two or three colours.
func (s section) scale(key string) []string {
	elements, keys := s.list(key)
	var colors []string
	for _, at := range keys {
		color := elements.color(at, "")
		if color == "" && !elements.wrong(at) {
			elements.problem(at, "%s must be a colour", elements.child(at))
		}
		colors = append(colors, color)
	}
	if elements.values != nil && len(colors) != 2 && len(colors) != 3 {
		s.problem(key, `%s must have two or three colours from low to high, as in ["FFFFFF", "F8696B"]`, s.child(key))
	}
	return colors
}

// bounds are two operands, the lower one first.
func (s section) bounds(key string) []Operand {
	elements, keys := s.list(key)
	var bounds []Operand
	for _, at := range keys {
		if o, ok := elements.operand(at); ok {
			bounds = append(bounds, o)
		}
	}
	if elements.values != nil && len(keys) != 2 {
		s.problem(key, "%s must have two ends, the lower one first, as in [2, 8]", s.child(key))
	}
	return bounds
}

// operand is a number or a text.
func (s section) operand(key string) (Operand, bool) {
	switch n := s.values[key].(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		text := strings.ReplaceAll(n.GetToken().Value, "_", "")
		if _, ok := decimal(text); ok {
			return Operand{Text: text, Number: true}, true
		}
	case *ast.StringNode:
		text := s.line(key, "")
		return Operand{Text: text}, text != ""
	}
	s.r.wrongKind(s.values[key], s.child(key), "a number or a text; quote true and false")
	return Operand{}, false
}
