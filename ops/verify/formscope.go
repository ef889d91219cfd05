package verify

// formFrame is the row that a block is filled with, within that of the block around it. Without a
// row it is that of a block which is there once, empty: nothing is known in it.
type formFrame struct {
	outer *formFrame
	table *formTable
	row   *formRow
}

// formData is all that a form is filled with.
type formData struct {
	fields map[string]value
	tables map[string]*formTable
	// joins are the rows of tables by what a column has.
	joins map[formJoin]map[string][]int
}

type formJoin struct {
	table  *formTable
	column string
}

// value is what a name stands for in a row, the innermost first, then outwards, then
// outside of all rows.
func (d *formData) value(at *formFrame, name string) value {
	for ; at != nil; at = at.outer {
		if at.row == nil {
			return value{}
		}
		if column, ok := at.table.columns[name]; ok {
			return at.row.value(column)
		}
	}
	return d.fields[name]
}

// table is what a block of a name is filled with: a list in a row around, or a query's rows.
func (d *formData) table(at *formFrame, name string) *formTable {
	for ; at != nil; at = at.outer {
		if at.row == nil {
			return newFormTable(nil, nil, nil)
		}
		if columns, ok := at.table.lists[name]; ok {
			if list := at.row.lists[name]; list != nil {
				return list
			}
			return newFormTable(columns, nil, nil)
		}
	}
	if t := d.tables[name]; t != nil {
		return t
	}
	return newFormTable(nil, nil, nil)
}

// holds says whether a condition does: for rows that are there, or a value that is true.
func (d *formData) holds(at *formFrame, name string) bool {
	for frame := at; frame != nil; frame = frame.outer {
		if frame.row == nil {
			return false
		}
		if _, ok := frame.table.lists[name]; ok {
			return len(d.table(frame, name).rows) > 0
		}
		if column, ok := frame.table.columns[name]; ok {
			return frame.row.value(column).isTrue()
		}
	}
	if t := d.tables[name]; t != nil {
		return len(t.rows) > 0
	}
	return d.fields[name].isTrue()
}

// frames are the rows for which a block is there; the row around it where it is there on
// a condition.
func (d *formData) frames(b *formBlock, at *formFrame) []*formFrame {
	switch {
	case b.none:
		return nil
	case b.kind == blockIf || b.kind == blockUnless:
		if d.holds(at, b.name) == (b.kind == blockIf) {
			return []*formFrame{at}
		}
		return nil
	}
	t := d.table(at, b.name)
	var frames []*formFrame
	if b.on == "" {
		for i := range t.rows {
			frames = append(frames, &formFrame{outer: at, table: t, row: &t.rows[i]})
		}
	} else {
		for _, i := range d.joined(t, b.on, d.value(at, b.on)) {
			frames = append(frames, &formFrame{outer: at, table: t, row: &t.rows[i]})
		}
	}
	if len(frames) == 0 && b.kept {
		frames = append(frames, &formFrame{outer: at})
	}
	return frames
}

// joined are the rows of a table whose column has a value; nothing is like nothing else.
func (d *formData) joined(t *formTable, name string, v value) []int {
	column, ok := t.columns[name]
	if !ok || v.is == nothing {
		return nil
	}
	join := formJoin{t, name}
	rows, ok := d.joins[join]
	if !ok {
		rows = map[string][]int{}
		for i := range t.rows {
			if has := t.rows[i].value(column); has.is != nothing {
				rows[has.String()] = append(rows[has.String()], i)
			}
		}
		d.joins[join] = rows
	}
	return rows[v.String()]
}
