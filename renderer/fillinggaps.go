package renderer

import (
	"slices"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// fillGaps gives a NULL to what a marker names and no record had: a key of a jsonb object
// that is optional, a list that is left out, a column of the targets row that is NULL. It
// is noted, because a marker that is misspelt looks the same. A name in the rows of a
// query without jsonb can only be misspelt; the template then says so.
func (f *filling) fillGaps() {
	f.levelLists()
	for _, m := range f.markers {
		if m.Kind == template.End || m.Name == "" || f.known(m) || !f.reached(m) {
			continue
		}
		switch gap := f.gap(m); {
		case len(m.Blocks) == 0 && m.Kind != template.Rows:
			f.data.Fields[m.Name] = xlsx.Null()
		case gap == nil:
			continue
		case m.Kind == template.Rows:
			gap.nest(m.Name)
		default:
			gap.add(m.Name)
		}
		f.notes.missingColumn(m.Name)
	}
}

// known says whether something has the name of a marker at its place.
func (f *filling) known(m template.Marker) bool {
	_, field := f.data.Fields[m.Name]
	_, query := f.data.Tables[m.Name]
	if query || field && m.Kind != template.Rows {
		return true
	}
	return slices.ContainsFunc(f.around(m), func(t *tableReader) bool { return t.has(m) })
}

// reached says whether a marker within a list has any row to stand in.
func (f *filling) reached(m template.Marker) bool {
	if len(m.Blocks) == 0 {
		return true
	}
	block := m.Blocks[len(m.Blocks)-1]
	if _, query := f.data.Tables[block]; query {
		return true
	}
	return slices.ContainsFunc(f.around(m), func(t *tableReader) bool {
		return slices.ContainsFunc(t.table.Nested[block], func(list *template.Table) bool { return list != nil && len(list.Rows) > 0 })
	})
}

// around are the tables in whose rows a marker stands, the innermost first.
func (f *filling) around(m template.Marker) []*tableReader {
	var around []*tableReader
	for _, block := range slices.Backward(m.Blocks) {
		for _, t := range f.tables {
			if t.name == block {
				around = append(around, t)
			}
		}
	}
	return around
}

// gap is the innermost table whose rows may have keys that do not show; nil for none.
func (f *filling) gap(m template.Marker) *tableReader {
	for _, t := range f.around(m) {
		if len(t.json) > 0 {
			return t
		}
	}
	return nil
}

// has says whether the table, or a list in its rows around the marker, has the name.
func (t *tableReader) has(m template.Marker) bool {
	if _, nested := t.table.Nested[m.Name]; nested && m.Kind != template.Field && m.Kind != template.Image {
		return true
	}
	if m.Kind == template.Rows {
		return false
	}
	if slices.Contains(t.table.Columns, m.Name) {
		return true
	}
	return slices.ContainsFunc(m.Blocks, func(block string) bool {
		return slices.ContainsFunc(t.table.Nested[block], func(list *template.Table) bool {
			return list != nil && slices.Contains(list.Columns, m.Name)
		})
	})
}

// add adds a column without values: what is missing at the end of a row is NULL.
func (t *tableReader) add(column string) { t.table.Columns = append(t.table.Columns, column) }

// nest adds a list that is empty in every row.
func (t *tableReader) nest(name string) {
	if t.table.Nested == nil {
		t.table.Nested = map[string][]*template.Table{}
	}
	t.table.Nested[name] = nil
}

// levelLists gives all lists of a name the same columns, in the order in which they were
// met: a key may be in some of them alone.
func (f *filling) levelLists() {
	for _, t := range f.tables {
		for _, lists := range t.table.Nested {
			var all []string
			for _, list := range lists {
				all = union(all, list)
			}
			for _, list := range lists {
				if list != nil {
					list.Columns = union(slices.Clone(list.Columns), &template.Table{Columns: all})
				}
			}
		}
	}
}

func union(columns []string, list *template.Table) []string {
	if list == nil {
		return columns
	}
	for _, column := range list.Columns {
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
	}
	return columns
}
