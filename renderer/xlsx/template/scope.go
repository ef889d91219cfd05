package template

import (
	"errors"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// frame is a row that a block is filled with, within that of the block around it.
type frame struct {
	outer *frame
	table *Table
	row   int
	// columns are the places of names in the table, by the names' numbers; -1 where the
	// table has none.
	columns []int
	// empty is set where there is no row and the block is kept all the same. Nothing is looked
	// for in it or outside of it.
	empty bool
}

// value gives what a name stands for; nil if it is not known.
func (f *filling) value(at *frame, id int) *xlsx.Value {
	for ; at != nil; at = at.outer {
		if at.empty {
			return &null
		}
		column := at.columns[id]
		if column < 0 {
			continue
		}
		if row := at.table.Rows[at.row]; column < len(row) {
			return &row[column]
		}
		return &null
	}
	return f.fields[id]
}

// cellValue is what the field of a cell stands for: the picture of a key where it names one.
func (f *filling) cellValue(p *page, c *cell, at *frame) (*xlsx.Value, error) {
	v := f.value(at, c.field.id)
	switch {
	case v == nil:
		return nil, p.unknown(c.field)
	case !c.field.byKey || v.Kind() != xlsx.KindText || strings.TrimSpace(v.String()) == "":
		return v, nil
	case f.data.Picture == nil:
		return nil, &PlaceError{Sheet: p.sheet.name, Cell: c.field.cell, Err: errors.New("pictures cannot be found by their keys here")}
	}
	found, err := f.data.Picture(v.String())
	if err != nil {
		return nil, &PlaceError{Sheet: p.sheet.name, Cell: c.field.cell, Err: err}
	}
	return &found, nil
}

// null is what is missing at the end of a row, or with all of it. It is never written to.
var null = xlsx.Null()

// columnsOf gives the places of names in a table.
func (f *filling) columnsOf(t *Table) []int {
	if len(t.Columns) == 0 {
		return f.noColumns
	}
	key := &t.Columns[0]
	if f.lastColumns.key == key && f.lastColumns.count == len(t.Columns) {
		return f.lastColumns.places
	}
	places := make([]int, len(f.template.names))
	copy(places, f.noColumns)
	for i, name := range t.Columns {
		if id, ok := f.template.names[name]; ok && places[id] < 0 {
			places[id] = i
		}
	}
	f.lastColumns = knownColumns{key, len(t.Columns), places}
	return places
}

// knownColumns are those of the table that was asked for last: many lists of one query
// have the same.
type knownColumns struct {
	key    *string
	count  int
	places []int
}

// table gives the rows that a name stands for: a list in a row around, the innermost
// first, or the result of a query. ok is false if it is not known.
func (f *filling) table(at *frame, name string) (t *Table, ok bool) {
	for ; at != nil; at = at.outer {
		if at.empty {
			return &Table{}, true
		}
		lists, ok := at.table.Nested[name]
		if !ok {
			continue
		}
		if at.row < len(lists) && lists[at.row] != nil {
			return lists[at.row], true
		}
		return &Table{}, true
	}
	t, ok = f.data.Tables[name]
	if t == nil {
		t = &Table{}
	}
	return t, ok
}

// holds says whether a condition's name stands for something: rows, or a value that is
// not NULL, not false and not empty text. The innermost row that has the name counts; in
// one row a list goes before a value, and outside of rows a query before a field.
func (f *filling) holds(at *frame, b *block) (bool, error) {
	for ; at != nil && !at.empty; at = at.outer {
		_, isList := at.table.Nested[b.name]
		if isList {
			break
		}
		if at.columns[b.id] >= 0 {
			return isTrue(f.value(at, b.id)), nil
		}
	}
	if t, ok := f.table(at, b.name); ok {
		return len(t.Rows) > 0, nil
	}
	if v := f.fields[b.id]; v != nil {
		return isTrue(v), nil
	}
	return false, &UnknownError{Kind: b.kind, Name: b.name}
}

func isTrue(v *xlsx.Value) bool {
	switch v.Kind() {
	case xlsx.KindNull:
		return false
	case xlsx.KindBool:
		return v.String() == "true"
	case xlsx.KindText:
		return v.String() != ""
	}
	return true
}

// joined gives the numbers of the rows of a query whose column is as that of a row
// around it.
func (f *filling) joined(at *frame, t *Table, b *block) ([]int, error) {
	id := f.template.names[b.on]
	column := f.columnsOf(t)[id]
	value := f.value(at, id)
	if value == nil || column < 0 && len(t.Rows) > 0 {
		return nil, &UnknownError{Kind: Field, Name: b.on}
	}
	if value.Kind() == xlsx.KindNull {
		return nil, nil
	}
	key := joinKey{t, column}
	index, ok := f.joins[key]
	if !ok {
		index = make(map[string][]int)
		for i, row := range t.Rows {
			if column < len(row) && row[column].Kind() != xlsx.KindNull {
				text := row[column].String()
				index[text] = append(index[text], i)
			}
		}
		f.joins[key] = index
	}
	return index[value.String()], nil
}

// joinKey names an index of a table's rows.
type joinKey struct {
	table  *Table
	column int
}
