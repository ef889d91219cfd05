package renderer

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// drawn is a template with the rows of text, on a sheet called Form.
func drawn(tb testing.TB, rows ...[]string) []byte {
	tb.Helper()
	f := excelize.NewFile()
	if err := f.SetSheetName("Sheet1", "Form"); err != nil {
		tb.Fatal(err)
	}
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err == nil {
			err = f.SetSheetRow("Form", cell, &row)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// shortened leaves out empty cells at the ends of rows: a template has them for their
// style.
func shortened(rows [][]string) [][]string {
	for i, row := range rows {
		for len(row) > 0 && row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		rows[i] = row
	}
	return rows
}

// fill renders with a template.
func (d *database) fill(queries string, r *jetsheet.Request, file []byte, more ...string) ([]byte, *Result, error) {
	d.tb.Helper()
	compiled, err := template.Compile(file, template.Options{Locale: r.Locale})
	if err != nil {
		d.tb.Fatal(err)
	}
	r.Template = "form"
	var b bytes.Buffer
	result, err := Render(d.tb.Context(), Source{Database: d.db, Definition: parse(d.tb, definition(queries, "template: form", more...)), Request: r, Template: compiled}, &b)
	return b.Bytes(), result, err
}

func TestTemplateIsFilled(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	r := request("x")
	r.Values = map[string]string{"site_name": "第一", "tenant": "not this one"}
	data, result, err := d.fill(`
records: "select i as n, timestamptz '2026-10-05 00:00+00' + i * interval '1 day' as at, i % 2 = 0 as ok from generate_series(1, 3) i where @tenant = 'a'"
unused: "select 1 / 0 as n where @tenant = 'a'"`, r, drawn(t,
		[]string{"{{title}} {{site_name}}", "{{tenant}}", "{{from}}", "{{until | text}}", "{{period}}", "{{report}}", "{{target}}"},
		[]string{"{{#records}}{{n}}", "{{at | date}}", "{{ok | boolean:適/否}}", "{{site_name}}{{/records}}"},
		[]string{"end", "{{extra}}"}))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "cells", shortened(grid(t, open(t, data), "Form")), [][]string{
		{"記録 第一", "a", "46297", "2026-10-31", "2026-10", "r", "x"},
		{"1", "46301.375", "否", "第一"},
		{"2", "46302.375", "適", "第一"},
		{"3", "46303.375", "否", "第一"},
		{"end"},
	})
	if result.Rows != 3 || result.Sheets != 1 || result.Snapshot.ID == "" {
		t.Errorf("result %+v, want 3 rows, a sheet and a snapshot", result)
	}
	same(t, "NULL in the targets row", result.Notes.MissingColumns, []string{"extra"})
}

// Keys of a jsonb object are columns, an array is a list within its row, and what a form
// leaves out is empty.
func TestTemplateOfAnswers(t *testing.T) {
	t.Parallel()
	d := newDatabase(t, `create table forms (id int, tenant text, answers jsonb, tags jsonb)`)
	for i, row := range [][2]string{
		{`{"temp": 3.5, "items": [{"name": "A", "ok": true}, {"name": "B", "note": "!"}], "other": 1}`, `["x", "y"]`},
		{`{"memo": "hello", "items": []}`, `[]`},
		{`[]`, `null`},
	} {
		d.exec(`insert into forms values ($1, 'a', $2::text::jsonb, $3::text::jsonb)`, i+1, row[0], row[1])
	}
	file := drawn(
		t, []string{"{{#forms}}{{id}}", "{{temp}}", "{{memo}}", "{{never}}"},
		[]string{"{{#items}}{{name}}", "{{ok}}", "{{note}}", "{{id}}{{/items}}"},
		[]string{"{{#tags}}{{tags}}{{/tags}}"},
		[]string{"{{#gone}}{{name}}{{/gone}}"},
		[]string{"{{?memo}}{{memo}}{{/?}}"},
		[]string{"{{/forms}}"},
	)
	const forms = `forms: "select id, answers, tags from forms where tenant = @tenant order by id"`
	data, result, err := d.fill(forms, request("x"), file)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "cells", shortened(grid(t, open(t, data), "Form")), [][]string{
		{"1", "3.5"},
		{"A", "TRUE", "", "1"},
		{"B", "", "!", "1"},
		{"x"},
		{"y"},
		{"2", "", "hello"},
		{"hello"},
		{"3"},
	})
	same(t, "missing", result.Notes.MissingColumns, []string{"never", "gone"})
	if result.Notes.UnknownKeys["other"] != 1 || len(result.Notes.UnknownKeys) != 1 {
		t.Errorf("unknown keys %v, want the one that no marker names", result.Notes.UnknownKeys)
	}
}

// Without jsonb, a name that no column has can only be misspelt.
func TestTemplateNamesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for marker, want := range map[string]string{
		"{{#records}}{{m}}{{/records}}":                "m",
		"{{#record}}{{n}}{{/record}}":                  "record",
		"{{#records}}{{#list}}1{{/list}}{{/records}}":  "list",
		"{{#records}}{{n}}{{/records}}{{#r2}}1{{/r2}}": "",
	} {
		compiled, err := template.Compile(drawn(t, []string{marker}), template.Options{})
		if err != nil {
			continue // refused when it is put
		}
		var b bytes.Buffer
		r := request("x")
		_, err = Render(t.Context(), Source{
			Database: d.db, Definition: parse(t, definition(`records: "select 1 as n where @tenant = 'a'"`, "template: form")), Request: r, Template: compiled,
		}, &b)
		if !errors.As(err, new(*WorkbookError)) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Form") {
			t.Errorf("%s: error %v, want a WorkbookError that names %q and the sheet", marker, err, want)
		}
	}
}

func TestTemplateWithoutRecords(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	const none = `records: "select 1 as n where @tenant = 'b'"`
	for _, rows := range [][]string{{"{{title}}"}, {"{{title}}{{#records}}{{n}}{{/records}}"}} {
		for policy, file := range map[string]bool{"skip": false, "file": true} {
			data, result, err := d.fill(none, request("x"), drawn(t, rows), "empty: "+policy)
			if err != nil || result.Empty == file || (len(data) > 0) != file {
				t.Errorf("%s with empty: %s gave %d bytes and %+v, %v", rows, policy, len(data), result, err)
			}
		}
	}
}

func TestTemplateHoldsSoManyRows(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	_, _, err := d.fill(`records: "select i as n from generate_series(1, 100001) i where @tenant = 'a'"`, request("x"), drawn(t, []string{"{{#records}}{{n}}{{/records}}"}))
	if err == nil || !strings.Contains(err.Error(), "more than 100000 rows") {
		t.Errorf("error %v, want the limit of rows", err)
	}
}

func TestTemplateHoldsSoManyBytes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("272 MB of records: run without -short")
	}
	d := newDatabase(t)
	_, _, err := d.fill(`records: "select repeat('x', 16777216) as n from generate_series(1, 17) where @tenant = 'a'"`, request("x"), drawn(t, []string{"{{#records}}{{n}}{{/records}}"}))
	if !errors.As(err, new(*WorkbookError)) || !strings.Contains(err.Error(), "query records, row 17") || !strings.Contains(err.Error(), "256 MiB") {
		t.Errorf("error %v, want the limit and the row that passes it", err)
	}
}

// The same records give the same bytes, in templates too.
func TestTemplateSameBytes(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	file := drawn(t, []string{"{{title}}"}, []string{"{{#records}}{{n}}{{/records}}"})
	again := request("x")
	again.Run.Rerun = 1_790_000_000_000
	const records = `records: "select i as n from generate_series(1, 30) i where @tenant = 'a'"`
	first, _, err := d.fill(records, request("x"), file)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := d.fill(records, again, file)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("%d and %d bytes, %v, want the same", len(first), len(second), err)
	}
}
