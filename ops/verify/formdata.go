package verify

import (
	"encoding/json"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

// formTable is what a form's block is filled with: the rows of a query, or a list in a row
// of one. It has what the form names and nothing else.
type formTable struct {
	// columns are the places of values in rows, by their names. A name that one row has is
	// there for all: the others have nothing under it.
	columns map[string]int
	rows    []formRow
	// lists are the columns of the lists that rows have, by the lists' names; all lists of
	// one name have the same.
	lists map[string]map[string]int
	// named are the names of values that the form uses in the rows, repeated those of lists.
	named, repeated map[string]bool
}

// formRow is one row; what is missing at the end of its values is nothing.
type formRow struct {
	values []value
	lists  map[string]*formTable
}

func newFormTable(columns map[string]int, named, repeated map[string]bool) *formTable {
	return &formTable{columns: columns, lists: map[string]map[string]int{}, named: named, repeated: repeated}
}

// set gives a row a value under a name, if the form uses it.
func (t *formTable) set(row *formRow, name string, v value) {
	if !t.named[name] {
		return
	}
	at, ok := t.columns[name]
	if !ok {
		at = len(t.columns)
		t.columns[name] = at
	}
	for len(row.values) <= at {
		row.values = append(row.values, value{})
	}
	row.values[at] = v
}

// add adds a row of a query. The keys of a jsonb object count like columns, an array is a
// list, unless the form shows the column as it is.
func (t *formTable) add(given []query.Column, values []query.Value) error {
	row := formRow{}
	own := make(map[string]bool, len(given))
	for i, column := range given {
		if !own[column.Name] { // the first one of a name counts
			t.set(&row, column.Name, valueOf(values[i]))
		}
		own[column.Name] = true
	}
	for i, column := range given {
		var err error
		switch {
		case column.Kind != query.KindJSON:
		case t.repeated[column.Name]:
			err = t.addList(&row, column.Name, values[i].Bytes())
		case !t.named[column.Name]:
			err = t.spread(&row, own, values[i].Bytes())
		}
		if err != nil {
			return &incomparableError{"jsonb column " + column.Name + ": " + err.Error()}
		}
	}
	t.rows = append(t.rows, row)
	return nil
}

// spread takes the keys of an object that are no columns of the query's own.
func (t *formTable) spread(row *formRow, own map[string]bool, raw []byte) error {
	if kindOfJSON(raw) != '{' {
		return nil
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		return err
	}
	for key, member := range keys {
		if t.repeated[key] {
			if err := t.addList(row, key, member); err != nil {
				return err
			}
			continue
		}
		if own[key] {
			continue
		}
		v, err := valueOfJSON(member)
		if err != nil {
			return err
		}
		t.set(row, key, v)
	}
	return nil
}

// addList adds the list of an array; what is none is a list without entries. An entry
// that is no object has one value, called like the list.
func (t *formTable) addList(row *formRow, name string, raw []byte) error {
	var entries []json.RawMessage
	if kindOfJSON(raw) == '[' {
		if err := json.Unmarshal(raw, &entries); err != nil {
			return err
		}
	}
	if t.lists[name] == nil {
		t.lists[name] = map[string]int{}
	}
	list := newFormTable(t.lists[name], t.named, nil)
	for _, entry := range entries {
		var added formRow
		var err error
		if kindOfJSON(entry) == '{' {
			err = list.spread(&added, nil, entry)
		} else {
			var v value
			v, err = valueOfJSON(entry)
			list.set(&added, name, v)
		}
		if err != nil {
			return err
		}
		list.rows = append(list.rows, added)
	}
	if row.lists == nil {
		row.lists = map[string]*formTable{}
	}
	row.lists[name] = list
	return nil
}

// value is what a row has at a place.
func (r *formRow) value(at int) value {
	if at < len(r.values) {
		return r.values[at]
	}
	return value{}
}

// isTrue says whether a condition on the value holds.
func (v value) isTrue() bool {
	switch v.is {
	case nothing:
		return false
	case truth:
		return v.yes
	case textual:
		return v.text != ""
	default:
		return true
	}
}
