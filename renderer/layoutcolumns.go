package renderer

import (
	"fmt"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// layoutColumns are the columns of a sheet with their formats and totals.
func layoutColumns(wanted []report.Column, locale string) ([]xlsx.Column, error) {
	columns := make([]xlsx.Column, len(wanted))
	for i, c := range wanted {
		format, err := ParseFormat(c.Format, locale)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", c.Name, err)
		}
		columns[i] = xlsx.Column{Title: c.Title, Format: format, Width: c.Width, Total: xlsx.Total(c.Total)}
		if c.Title == "" {
			columns[i].Title = c.Name
		}
	}
	return columns, nil
}

// layoutRules are the rules of a definition, in its order: of those that meet, the first
// counts. A name may stand for several columns.
func layoutRules(rules []report.Rule, columns []report.Column) (all []xlsx.Rule) {
	for i := range rules {
		for at, c := range columns {
			if c.Name == rules[i].Column {
				rule := ruleOf(&rules[i])
				rule.Column = at
				all = append(all, rule)
			}
		}
	}
	return all
}

// ruleOf is the writer's rule. Both know conditions by the same words.
func ruleOf(r *report.Rule) xlsx.Rule {
	rule := xlsx.Rule{
		When: xlsx.Condition(r.Condition), Colours: r.Colors, WholeRow: r.WholeRow,
		Look: xlsx.Look{Fill: r.Fill, Colour: r.Color, Bold: r.Bold},
	}
	for i, to := range []*xlsx.Value{&rule.Value, &rule.Other} {
		if i < len(r.Operands) {
			*to = operand(r.Operands[i])
		}
	}
	return rule
}

func operand(o report.Operand) xlsx.Value {
	if o.Number {
		return xlsx.Decimal(o.Text)
	}
	return xlsx.Text(o.Text)
}
