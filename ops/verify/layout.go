package verify

import (
	"encoding/json"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// layout says which value of a row a sheet's column shows, and how.
type layout struct {
	columns []sheetColumn
	// spread are the query's jsonb columns whose keys fill columns of the sheet.
	spread []int
}

// sheetColumn is one column of a sheet.
type sheetColumn struct {
	name, title string
	format      format
	total       report.Total
	// from is the query's column, or absent: then it is a key of a jsonb column.
	from int
}

const absent = -1

// newLayout works out the columns: the fixed ones, those of columnsFrom, or else the
// query's own.
func newLayout(def *report.Sheet, from []report.Column, given []query.Column, locale string) (*layout, error) {
	wanted := append(append([]report.Column{}, def.Columns...), from...)
	own := len(def.Columns) == 0 && def.ColumnsFrom == ""
	if own {
		for _, column := range given {
			wanted = append(wanted, report.Column{Name: column.Name})
		}
	}
	l := &layout{}
	first := map[string]int{}
	for i := len(given) - 1; i >= 0; i-- {
		first[given[i].Name] = i
	}
	shown := map[int]bool{}
	for i, w := range wanted {
		f, err := readFormat(w.Format, locale)
		if err != nil {
			return nil, &incomparableError{"column " + w.Name + ": " + err.Error()}
		}
		column := sheetColumn{name: w.Name, title: w.Title, format: f, total: w.Total, from: absent}
		if column.title == "" {
			column.title = w.Name
		}
		if at, ok := first[w.Name]; ok {
			column.from = at
		}
		if own {
			column.from = i
		}
		shown[column.from] = true
		l.columns = append(l.columns, column)
	}
	for i, column := range given {
		if column.Kind == query.KindJSON && !shown[i] && first[column.Name] == i {
			l.spread = append(l.spread, i)
		}
	}
	return l, nil
}

// row works out the cells of one row into want.
func (l *layout) row(values []query.Value, want []expected) error {
	keys, err := l.keys(values)
	if err != nil {
		return err
	}
	for i := range l.columns {
		column := &l.columns[i]
		if column.from != absent {
			want[i] = column.format.cell(valueOf(values[column.from]))
			continue
		}
		v := value{}
		if raw, ok := keys[column.name]; ok {
			if v, err = valueOfJSON(raw); err != nil {
				return &incomparableError{"jsonb key " + column.name + ": " + err.Error()}
			}
		}
		want[i] = column.format.cell(v)
	}
	return nil
}

// keys are the keys of all jsonb objects of a row that are spread; of several with one
// name, the last counts.
func (l *layout) keys(values []query.Value) (map[string]json.RawMessage, error) {
	if len(l.spread) == 0 {
		return nil, nil
	}
	keys := map[string]json.RawMessage{}
	for _, i := range l.spread {
		raw := values[i].Bytes()
		if kindOfJSON(raw) != '{' {
			continue // what is no object has no keys
		}
		if err := json.Unmarshal(raw, &keys); err != nil {
			return nil, &incomparableError{"jsonb value: " + err.Error()}
		}
	}
	return keys, nil
}

// kindOfJSON is the first byte of a JSON value that is no blank; 0 where there is none.
func kindOfJSON(raw []byte) byte {
	for _, b := range raw {
		if b != ' ' && b != '\t' && b != '\n' && b != '\r' {
			return b
		}
	}
	return 0
}
