package renderer

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// tableReader makes the table of a query that a template is filled with. The keys of a
// jsonb object are columns of its row, as in sheets; an array is a list within the row.
type tableReader struct {
	f     *filling
	name  string
	table *template.Table
	// json are the query's columns of jsonb.
	json []int
	// wanted are the names that markers in the query's rows use, lists those of them that
	// are repeated and no queries.
	wanted, lists []string
	own           int // columns that the query itself gives
}

func newTableReader(f *filling, name string, columns []query.Column) *tableReader {
	t := &tableReader{f: f, name: name, table: &template.Table{}, own: len(columns)}
	for i, c := range columns {
		t.table.Columns = append(t.table.Columns, c.Name)
		if c.Kind == query.KindJSON {
			t.json = append(t.json, i)
		}
	}
	for _, m := range f.markers {
		_, isQuery := f.source.Definition.Query(m.Name)
		switch {
		case !slices.Contains(m.Blocks, name) || m.Name == "":
		case m.Kind != template.Rows:
			t.wanted = append(t.wanted, m.Name)
		case !isQuery && m.On == "":
			t.lists = append(t.lists, m.Name)
		}
	}
	return t
}

func (t *tableReader) row(values []query.Value) error {
	number := len(t.table.Rows)
	row := make([]xlsx.Value, len(t.table.Columns))
	for i, v := range values {
		if t.f.held += len(v.Bytes()); t.f.held > maxTemplateBytes {
			return &WorkbookError{fmt.Errorf(
				"query %s, row %d: the records have more than the %d MiB that a template takes; have the query give fewer rows, or of pictures their keys, shown as imageKey",
				t.name, number+1, maxTemplateBytes>>20)}
		}
		row[i] = ownValue(v)
	}
	for _, i := range t.json {
		raw := values[i].Bytes()
		var err error
		if column := t.table.Columns[i]; slices.Contains(t.lists, column) {
			err = t.list(column, number, raw)
		} else if !slices.Contains(t.wanted, column) {
			row, err = t.spread(row, number, raw)
		}
		if err != nil {
			return &WorkbookError{fmt.Errorf("query %s, row %d, column %s: %w", t.name, number+1, t.table.Columns[i], err)}
		}
	}
	t.table.Rows = append(t.table.Rows, row)
	return nil
}

// spread puts the keys of a jsonb object into the row.
func (t *tableReader) spread(row []xlsx.Value, number int, raw []byte) ([]xlsx.Value, error) {
	err := eachMember(raw, func(name, value []byte) error {
		switch key := string(name); {
		case slices.Contains(t.lists, key):
			return t.list(key, number, value)
		case slices.Contains(t.table.Columns[:t.own], key):
			return nil // the query's own column comes first
		case !slices.Contains(t.wanted, key):
			t.f.notes.unknownKey(key)
			return nil
		}
		v, err := ownJSON(value)
		if err == nil {
			row = t.put(row, string(name), v)
		}
		return err
	})
	return row, err
}

// put puts a value into a column of a row, which is new where no row had it before.
func (t *tableReader) put(row []xlsx.Value, column string, v xlsx.Value) []xlsx.Value {
	at := slices.Index(t.table.Columns, column)
	if at < 0 {
		at = len(t.table.Columns)
		t.table.Columns = append(t.table.Columns, column)
	}
	for len(row) <= at {
		row = append(row, xlsx.Null())
	}
	row[at] = v
	return row
}

// list makes the table of an array within a row. What is neither is an empty one.
func (t *tableReader) list(name string, number int, raw []byte) error {
	var elements []json.RawMessage
	if kind := firstByte(raw); kind == '[' {
		if err := json.Unmarshal(raw, &elements); err != nil {
			return fmt.Errorf("list %s: %w", name, err)
		}
	}
	list := &tableReader{f: t.f, name: name, table: &template.Table{}, wanted: t.wanted}
	for _, element := range elements {
		row, err := list.element(element)
		if err != nil {
			return fmt.Errorf("list %s: %w", name, err)
		}
		list.table.Rows = append(list.table.Rows, row)
	}
	if t.table.Nested == nil {
		t.table.Nested = map[string][]*template.Table{}
	}
	for len(t.table.Nested[name]) <= number {
		t.table.Nested[name] = append(t.table.Nested[name], nil)
	}
	t.table.Nested[name][number] = list.table
	return nil
}

// element is a row of a list: the keys of an object, or else a value that is called like
// the list.
func (t *tableReader) element(raw []byte) ([]xlsx.Value, error) {
	if firstByte(raw) == '{' {
		return t.spread(nil, 0, raw)
	}
	v, err := ownJSON(raw)
	return t.put(nil, t.name, v), err
}

func firstByte(raw []byte) byte {
	if len(raw) == 0 {
		return 0
	}
	return raw[0]
}
