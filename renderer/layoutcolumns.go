package renderer

import (
	"fmt"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// layoutColumns are the columns of a sheet with their formats, totals and rules.
func layoutColumns(def *report.Sheet, wanted []report.Column, locale string) ([]xlsx.Column, error) {
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
		for _, rule := range def.Rules {
			if rule.Column == c.Name {
				columns[i].Rules = append(columns[i].Rules, ruleOf(&rule))
			}
		}
	}
	return columns, nil
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
