package verify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// formComparison compares a workbook with the form that it was made of, filled from the
// database.
type formComparison struct {
	m     *comparison
	form  *form
	cells *formCells
	data  *formData
}

func (m *comparison) newFormComparison(f *form, zone *time.Location) *formComparison {
	data := &formData{fields: m.formFields(zone), tables: map[string]*formTable{}, joins: map[formJoin]map[string][]int{}}
	return &formComparison{
		m: m, form: f, data: data,
		cells: &formCells{data: data, locale: m.c.t.Locale, formats: map[string]format{}},
	}
}

// formFields are the values outside of blocks: the columns of the targets row, over which
// go the names that all reports have.
func (m *comparison) formFields(zone *time.Location) map[string]value {
	fields := map[string]value{report.HolderDataAsOf: {is: moment, wall: onTheWall(m.c.done.Snapshot.At.In(zone))}}
	for column, text := range m.c.t.Values {
		fields[column] = value{is: textual, text: text}
	}
	for name, text := range m.texts.Own() {
		fields[name] = value{is: textual, text: text}
		if wall, err := time.Parse(time.DateOnly, text); err == nil && (name == report.HolderFrom || name == report.HolderUntil) {
			fields[name] = value{is: day, wall: wall}
		}
	}
	return fields
}

// steps are the statements that the form asks for, or all where it asks for none.
func (x *formComparison) steps() []step {
	queries := x.m.definition.Queries
	asked := slices.ContainsFunc(queries, func(q report.Query) bool { return x.form.asked[q.Name] })
	var steps []step
	for _, q := range queries {
		if !asked || x.form.asked[q.Name] {
			steps = append(steps, x.m.step(q.Name, false, func(rows *query.Rows) error { return x.take(q.Name, rows) }))
		}
	}
	return steps
}

// take reads the rows of a query.
func (x *formComparison) take(name string, rows *query.Rows) error {
	t := newFormTable(map[string]int{}, x.form.named[name], x.form.repeated[name])
	for _, column := range rows.Columns() { // which are there without any row, too
		t.set(&formRow{}, column.Name, value{})
	}
	x.data.tables[name] = t
	canary := x.m.newCanary(name, rows)
	for rows.Next() {
		x.m.rows++
		canary.look()
		if err := t.add(rows.Columns(), rows.Values()); err != nil {
			return err
		}
	}
	return rows.Err()
}

// run compares sheet by sheet.
func (x *formComparison) run(ctx context.Context) error {
	for _, s := range x.form.sheets {
		if s.title == nil {
			x.m.names = append(x.m.names, s.name)
		}
	}
	for _, s := range x.form.sheets {
		frames := []*formFrame{nil}
		if s.each != nil {
			frames = x.data.frames(s.each, nil)
		}
		for _, at := range frames {
			if err := x.compareSheet(ctx, s, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareSheet compares the next sheet of the workbook with one of the form's.
func (x *formComparison) compareSheet(ctx context.Context, drawn *formSheet, at *formFrame) error {
	m, name := x.m, drawn.name
	if drawn.title != nil {
		title, err := x.cells.words(drawn.title, at)
		if err != nil {
			return err
		}
		name = legalName(title, m.names)
		m.names = append(m.names, name)
	}
	sheets := m.book.Sheets()
	if m.at++; m.at > len(sheets) {
		m.c.doubtful(KindSheetDiffers, "sheet", "none", name)
		return nil
	}
	sheet := sheets[m.at-1]
	if sheet.Name != name || sheet.Visibility != drawn.visibility || sheet.Worksheet != drawn.worksheet {
		m.c.doubtful(KindSheetDiffers, "sheet", describeSheet(sheet.Name, sheet.Visibility, sheet.Worksheet), describeSheet(name, drawn.visibility, drawn.worksheet))
	}
	if !sheet.Worksheet || !drawn.worksheet {
		return nil
	}
	s := &sheetComparison{m: m, name: name, sheet: sheet, number: 1}
	if err := x.readPictures(s); err != nil {
		return err
	}
	s.reading = newRowReader(sheet)
	defer s.stop()
	f := &formRows{cells: x.cells, drawn: drawn, sheet: s}
	if err := f.block(ctx, drawn.root, at); err != nil {
		return err
	}
	return s.finish()
}

func describeSheet(name string, visibility cells.Visibility, worksheet bool) string {
	if !worksheet {
		return fmt.Sprintf("%s, %s, without cells", name, visibility)
	}
	return fmt.Sprintf("%s, %s", name, visibility)
}

// readPictures finds the cells that the sheet's pictures were put into.
func (x *formComparison) readPictures(s *sheetComparison) error {
	pictures, err := s.sheet.Pictures()
	if err != nil {
		return err
	}
	layout, err := s.sheet.Layout()
	s.pictures = placePictures(pictures, layout.Merges, x.form.drawn)
	return err
}
