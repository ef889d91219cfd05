package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/internal/spelling"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// markerNames are the names that a report has for the markers of a template.
type markerNames struct {
	definition *report.Definition
	// checked is what PostgreSQL says of the columns; nil where it was not asked.
	checked *queryCheck
}

// meaning says what a marker stands for; "" where nobody knows without a database. An
// error says that the report has nothing of that name.
func (n *markerNames) meaning(m *templateMarker) (string, error) {
	_, isQuery := n.definition.Query(m.Name)
	switch {
	case m.Kind == template.End:
		return "", nil
	case isQuery && m.Kind != template.Field && m.Kind != template.Image:
		return n.query(m)
	case m.Kind == template.Rows && len(m.Blocks) == 0:
		return "", n.noQuery(m.Name)
	}
	meaning, err := n.field(m)
	if err != nil && m.Kind == template.Rows {
		return "", n.noQuery(m.Name)
	}
	return meaning, err
}

// query is a marker that names a query, perhaps joined to the row around it.
func (n *markerNames) query(m *templateMarker) (string, error) {
	rows := "rows of query " + m.Name
	if m.On == "" {
		return rows, nil
	}
	for _, name := range append([]string{m.Name}, innermost(m.Blocks)...) {
		if columns, known := n.columns(name); known && !slices.ContainsFunc(columns, exactly(m.On)) {
			return "", fmt.Errorf("query %s gives no column %q%s", name, m.On, suggest(m.On, columns))
		}
	}
	return rows + " with the same " + m.On, nil
}

// field looks for a column: in the block around the marker, then outwards, then among what
// holds for the whole workbook.
func (n *markerNames) field(m *templateMarker) (string, error) {
	var candidates []string
	for _, block := range slices.Backward(m.Blocks) {
		columns, known := n.columns(block)
		if !known {
			return "", nil // of a list, or not asked for
		}
		for _, c := range columns {
			if c.Name == m.Name {
				return fmt.Sprintf("column %s of query %s (%s)", c.Name, block, c.TypeName), nil
			}
			candidates = append(candidates, c.Name)
		}
		if spreads(columns, nil) {
			return "a key of query " + block + "'s jsonb column, if there is one", nil
		}
	}
	own := report.TemplateFields(nil)
	if slices.Contains(own, m.Name) {
		return m.Name + " of the workbook", nil
	}
	if n.checked == nil {
		return "", nil
	}
	for _, c := range n.checked.targets.Columns {
		if !slices.Contains(report.TemplateFields([]string{c.Name}), c.Name) {
			continue // it means something to jetsheet, and does not go to the workbook
		}
		if c.Name == m.Name {
			return fmt.Sprintf("column %s of targets (%s)", c.Name, c.TypeName), nil
		}
		candidates = append(candidates, c.Name)
	}
	candidates = append(candidates, own...)
	if near := spelling.Nearest(m.Name, candidates); near != "" {
		return "", fmt.Errorf("the report has nothing of this name; did you mean %q?", near)
	}
	slices.Sort(candidates) // a block, targets and the workbook may all have one of them
	return "", fmt.Errorf("the report has nothing of this name here; it has %s", strings.Join(slices.Compact(candidates), ", "))
}

// columns are those of a query; known is false for a list, and where PostgreSQL was not
// asked.
func (n *markerNames) columns(name string) (columns []query.Column, known bool) {
	if n.checked == nil {
		return nil, false
	}
	checked, ok := n.checked.queries[name]
	return checked.Columns, ok
}

func (n *markerNames) noQuery(name string) error {
	names := make([]string, len(n.definition.Queries))
	for i, q := range n.definition.Queries {
		names[i] = q.Name
	}
	if near := spelling.Nearest(name, names); near != "" {
		return fmt.Errorf("the report has no query %q; did you mean %q?", name, near)
	}
	if len(names) == 0 {
		return fmt.Errorf("the report has no query %q, nor any other", name)
	}
	return fmt.Errorf("the report has no query %q; it has %s", name, strings.Join(names, ", "))
}

// innermost is the last of the blocks, if there is one.
func innermost(blocks []string) []string { return blocks[max(0, len(blocks)-1):] }

// exactly finds a column by its name as PostgreSQL has it, which is how markers name it.
func exactly(name string) func(query.Column) bool {
	return func(c query.Column) bool { return c.Name == name }
}
