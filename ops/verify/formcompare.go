package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"
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

// run compares sheet by sheet. Formulas may name cells of all of them.
func (x *formComparison) run(ctx context.Context) error {
	pages, all, err := x.layOut()
	if err != nil {
		return err
	}
	for _, page := range pages {
		if err := x.compareSheet(ctx, page, all); err != nil {
			return err
		}
	}
	return nil
}

// layOut gives the workbook's sheets, and by the names of the form's, in lower case, those
// that are made of each.
func (x *formComparison) layOut() (pages []*formPage, all map[string][]*formPage, err error) {
	all = map[string][]*formPage{}
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
		key := strings.ToLower(s.name)
		all[key] = nil // a sheet of a query without rows is known, too
		for _, at := range frames {
			name, err := x.nameSheet(s, at)
			if err != nil {
				return nil, nil, err
			}
			page := x.data.layOut(s, name, at)
			pages, all[key] = append(pages, page), append(all[key], page)
		}
	}
	return pages, all, nil
}

// nameSheet gives a sheet's name for a row of the query that makes it.
func (x *formComparison) nameSheet(s *formSheet, at *formFrame) (string, error) {
	if s.title == nil {
		return s.name, nil
	}
	pieces := s.title
	if at != nil && at.row == nil { // the sheet is kept without records
		pieces = []formPiece{{text: s.each.name}}
	}
	title, err := x.cells.words(pieces, at)
	name := legalName(title, x.m.names)
	x.m.names = append(x.m.names, name)
	return name, err
}

// compareSheet compares the next sheet of the workbook with what it must be.
func (x *formComparison) compareSheet(ctx context.Context, page *formPage, all map[string][]*formPage) error {
	m, name, drawn := x.m, page.name, page.drawn
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
	layout, err := sheet.Layout()
	if err != nil {
		return err
	}
	x.compareMerges(page, layout.Merges)
	if err := x.readPictures(s, layout.Merges); err != nil {
		return err
	}
	s.reading = newRowReader(sheet)
	defer s.stop()
	f := &formRows{cells: x.cells, page: page, pages: all, sheet: s}
	if err := f.compare(ctx, page.root); err != nil {
		return err
	}
	return s.finish()
}

// compareMerges compares the merged cells of a sheet with those that a page must have.
func (x *formComparison) compareMerges(page *formPage, got []string) {
	want := page.merges()
	lacks, more := without(want, got), without(got, want)
	if len(lacks)+len(more) > 0 {
		x.m.c.doubtful(KindSheetDiffers, "merged cells of sheet "+page.name, listed(more), listed(lacks))
	}
}

// without gives what one list has and another has not.
func without(list, other []string) []string {
	has := make(map[string]bool, len(other))
	for _, ref := range other {
		has[ref] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(ref string) bool { return has[ref] })
}

// listed are the first of some ranges, for people.
func listed(refs []string) string {
	switch n := len(refs); {
	case n == 0:
		return "no others"
	case n > maxCells:
		return fmt.Sprintf("%s and %d more", strings.Join(refs[:maxCells], " "), n-maxCells)
	}
	return strings.Join(refs, " ")
}

func describeSheet(name string, visibility cells.Visibility, worksheet bool) string {
	if !worksheet {
		return fmt.Sprintf("%s, %s, without cells", name, visibility)
	}
	return fmt.Sprintf("%s, %s", name, visibility)
}

// readPictures finds the cells that the sheet's pictures were put into.
func (x *formComparison) readPictures(s *sheetComparison, merges []string) error {
	pictures, err := s.sheet.Pictures()
	s.pictures = placePictures(pictures, merges, x.form.drawn)
	return err
}
