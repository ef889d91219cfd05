package renderer

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestOwnColumns(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	book, result := d.workbook(definition(
		`records: "select i as n, 'text ' || i as t, i as n, null as nothing from generate_series(1, 3) i where @tenant = 'a'"`,
		`sheets: [{name: "{target}", rows: records}]`), request("x"))
	same(t, "cells", grid(t, book, "x"), [][]string{
		{"n", "t", "n", "nothing"}, {"1", "text 1", "1"}, {"2", "text 2", "2"}, {"3", "text 3", "3"},
	})
	if result.Rows != 3 || result.Sheets != 1 || result.Notes != nil || result.Snapshot.ID == "" {
		t.Errorf("result %+v, want 3 rows, 1 sheet, a snapshot and nothing to note", result)
	}
}

func TestFixedColumns(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	book, result := d.workbook(definition(
		`records: "select 1 as a, 2 as b, 3 as unused, 4 as a where @tenant = 'a'"`, `
sheets:
  - name: S
    rows: records
    columns: [{name: b, title: B}, {name: a}, {name: gone, title: Gone}, {name: a, title: again, width: 30}]`), request("x"))
	same(t, "cells", grid(t, book, "S"), [][]string{{"B", "a", "Gone", "again"}, {"2", "1", "", "1"}})
	same(t, "missing", result.Notes.MissingColumns, []string{"gone"})
	layout, err := book.Sheet("S").Layout()
	if err != nil || layout.FrozenRows != 1 || layout.AutoFilter != "A1:D2" {
		t.Errorf("layout %+v (%v), want a frozen header and a filter over A1:D2", layout, err)
	}
}

const spreadReport = `
records: "select id, answers from forms where @tenant = tenant order by id"
fields: "select name, title, format from fields where @tenant = 'a' order by position"`

func spreadDatabase(t *testing.T) *database {
	t.Helper()
	return newDatabase(t,
		`create table forms (id int, tenant text, answers json)`,
		`create table fields (position serial, name text, title text, format text)`,
		`insert into fields (name, title, format) values ('temp', '温度', 'decimal:1'), ('ok', '適否', 'boolean:適/否'), ('memo', null, null), ('never', 'Never', null), ('id', 'No.', null)`)
}

func TestSpreadJSON(t *testing.T) {
	t.Parallel()
	d := spreadDatabase(t)
	for i, answers := range []string{
		`{"temp": 3.5, "ok": true, "memo": "線\u00e9\n\"q\"", "extra": 1, "a.b": {}}`,
		` { "memo" : null , "temp" : "4.25" , "ok" : "no idea", "extra": [1,"]"] } `,
		`{"memo": {"nested": [1, {"x": "}"}]}, "temp": 123456789012345678901234567890.5}`,
		`{"memo": [1,2], "temp": -1.5e3, "ok": false}`,
		`[1,2]`, `"text"`, `null`, `{}`, `{"memo":"first","memo":"last"}`, `{"memo":"first","memo":null}`, `{"me\u006do":"escaped key"}`,
	} {
		d.exec(`insert into forms values ($1, 'a', $2::text::json)`, i+1, answers)
	}
	d.exec(`insert into forms values (12, 'a', null), (13, 'b', '{"memo": "another tenant"}')`)
	book, result := d.workbook(definition(spreadReport, `sheets: [{name: S, rows: records, columnsFrom: fields}]`), request("x"))
	same(t, "cells", grid(t, book, "S"), [][]string{
		{"温度", "適否", "memo", "Never", "No."},
		{"3.5", "適", "線é\n\"q\"", "", "1"},
		{"4.25", "no idea", "", "", "2"},
		{"123456789012345678901234567890.5", "", `{"nested": [1, {"x": "}"}]}`, "", "3"},
		{"-1500", "否", "[1,2]", "", "4"},
		{"", "", "", "", "5"},
		{"", "", "", "", "6"},
		{"", "", "", "", "7"},
		{"", "", "", "", "8"},
		{"", "", "last", "", "9"},
		{"", "", "", "", "10"},
		{"", "", "escaped key", "", "11"},
		{"", "", "", "", "12"},
	})
	notes := result.Notes
	same(t, "missing", notes.MissingColumns, []string{"never"})
	same(t, "unknown", fmt.Sprint(notes.UnknownKeys), "map[a.b:1 extra:2]")
	kinds := map[string]int64{}
	for _, s := range notes.Substitutions {
		kinds[s.Kind] = s.Count
	}
	if kinds["inexact_number"] != 1 || kinds["format_mismatch"] != 1 {
		t.Errorf("substitutions %+v, want the long number and the text under a boolean", notes.Substitutions)
	}
}

// An empty sheet cannot show which keys its rows would have had.
func TestEmptySheetMissesNoKey(t *testing.T) {
	t.Parallel()
	d := spreadDatabase(t)
	_, result := d.workbook(definition(spreadReport, `sheets: [{name: S, rows: records, columnsFrom: fields}]`, "empty: file"), request("x"))
	if result.Notes != nil {
		t.Errorf("notes %+v, want none", result.Notes)
	}
}

func TestMoreUnknownKeysThanAreKept(t *testing.T) {
	t.Parallel()
	d := spreadDatabase(t)
	d.exec(`insert into forms select 1, 'a', json_object_agg('key' || i, i) from generate_series(1, 80) i`)
	_, result := d.workbook(definition(spreadReport, `sheets: [{name: S, rows: records, columnsFrom: fields}]`), request("x"))
	if n := len(result.Notes.UnknownKeys); n != maxUnknownKeys+1 || result.Notes.UnknownKeys["…"] != 30 {
		t.Errorf("%d unknown keys with %d others, want 50 and 30", n-1, result.Notes.UnknownKeys["…"])
	}
}

func TestSeveralSheets(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	const queries = `
one: "select 1 as n where @tenant = 'a'"
none: "select 1 as n where @tenant = 'b'"`
	book, result := d.workbook(definition(queries, `
sheets:
  - {name: first, rows: none}
  - {name: second, rows: one}
  - {name: third, rows: none}
  - {name: "a/b", rows: one}
  - {name: last, rows: none}`), request("x"))
	var names []string
	for _, s := range book.Sheets() {
		names = append(names, fmt.Sprint(s.Name, " ", len(grid(t, book, s.Name))))
	}
	if len(names) != 5 || names[0] != "first 1" || names[1] != "second 2" || names[2] != "third 1" || names[4] != "last 1" {
		t.Errorf("sheets %q, want five in their order", names)
	}
	if result.Rows != 2 || result.Sheets != 5 {
		t.Errorf("result %+v, want 2 rows in 5 sheets", result)
	}
}

func TestColumnsFromIsWrong(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for fields, want := range map[string]string{
		"select 'a' as name where @tenant = ''":                              "returned no row",
		"select 'a' as key where @tenant = 'a'":                              "no column called name",
		"select '' as name where @tenant = 'a'":                              "row 1 has no name",
		"select * from (values ('a'), ('')) as t (name) where @tenant = 'a'": "query fields is used as columnsFrom and its row 2 has no name",
		"select null::text as name where @tenant = 'a'":                      "has no name",
		"select 'a' as name, 'x' as width where @tenant = 'a'":               `width "x"`,
		"select 'a' as name, '-1' as width where @tenant = 'a'":              `the width "-1" of column "a" is not a number from 0 to 255`,
		"select 'a' as name, 'rot' as format where @tenant='a'":              `"rot"`,
	} {
		data, _, err := d.render(definition("records: \"select 1 as a where @tenant = 'a'\"\nfields: \""+fields+"\"",
			`sheets: [{name: S, rows: records, columnsFrom: fields}]`), request("x"))
		if !errors.As(err, new(*WorkbookError)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want a WorkbookError with %q", fields, err, want)
		}
		if len(data) > 0 {
			t.Errorf("%s: %d bytes were written", fields, len(data))
		}
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for policy, file := range map[string]bool{"skip": false, "file": true, "fail": false} {
		data, result, err := d.render(definition(`records: "select 1 as n where @tenant = 'b'"`, `sheets: [{name: S, rows: records}]`, "empty: "+policy), request("x"))
		if err != nil {
			t.Fatal(err)
		}
		if result.Empty == file || (len(data) > 0) != file || result.Snapshot.ID == "" {
			t.Errorf("empty: %s gave %d bytes and %+v", policy, len(data), result)
		}
		if file {
			same(t, "cells", grid(t, open(t, data), "S"), [][]string{{"n"}})
		}
	}
}

// Zone, period and locale are the row's, not the report's.
func TestRowOverrides(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	text := definition(
		`records: "select @from::timestamptz as f, @until as u, @row_extra as extra, timestamptz '2026-10-31 15:00+00' as at, current_setting('TimeZone') as zone where @tenant = 'a'"`,
		`sheets: [{name: "{site_name}", rows: records, columns: [{name: f, format: datetime}, {name: at, format: date}, {name: extra}, {name: zone}]}]`)
	r := request("x")
	r.TimeZone, r.Locale, r.Values = "America/New_York", "en", map[string]string{"site_name": "Site 1"}
	book, _ := d.workbook(text, r)
	same(t, "cells", grid(t, book, "Site 1")[1][2:], []string{"", "America/New_York"})
	r.TimeZone, r.Locale, r.Values["extra"] = "Asia/Tokyo", "ja", "01e5"
	other, _ := d.workbook(text, r)
	row := grid(t, other, "Site 1")[1]
	if row[0] == grid(t, book, "Site 1")[1][0] || row[2] != "01e5" {
		t.Errorf("rows %q and %q, want other local times and the value as text", grid(t, book, "Site 1")[1], row)
	}
}

// One snapshot gives the same bytes.
func TestSameSnapshotSameBytes(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	text := definition(`records: "select i as n, md5(i::text) as t, timestamptz '2026-10-01' + i * interval '1 min' as at from generate_series(1, 5000) i where @tenant = 'a'"`,
		`sheets: [{name: S, rows: records}]`)
	a, first, err := d.render(text, request("x"))
	if err != nil {
		t.Fatal(err)
	}
	b, second, err := d.render(text, request("x"))
	if err != nil {
		t.Fatal(err)
	}
	if first.Snapshot.ID == second.Snapshot.ID && first.Snapshot.At.Unix() == second.Snapshot.At.Unix() && !bytes.Equal(a, b) {
		t.Errorf("two renderings of snapshot %s differ", first.Snapshot.ID)
	}
	report, err := diff(a, b)
	if err != nil || !report.Equal() || report.Cells < 15000 {
		t.Errorf("difference %+v (%v), want none over 15,000 cells", report, err)
	}
}

func TestRowLimit(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	_, _, err := d.render(definition(`records: "select i from generate_series(1, 11) i where @tenant = 'a'"`, `sheets: [{name: S, rows: records}]`, "limits: {rows: 10}"), request("x"))
	if err == nil || !strings.Contains(err.Error(), "more than 10 rows") {
		t.Errorf("error %v, want the row limit", err)
	}
}

// TestErrorsNameTheRow: of a record that cannot be computed or read, the message says which
// one it is. A cast that checks nothing puts text into a column of type json as it is.
func TestErrorsNameTheRow(t *testing.T) {
	t.Parallel()
	d := newDatabase(t, "create cast (text as json) without function")
	for rows, want := range map[string]string{
		`select v::int as n from (values ('1'), ('2'), ('drei')) t (v) where @tenant = 'a'`: `query records: after row 2: invalid input syntax for type integer: "drei"`,
		`select v::text::json as data from (values ('{}'), ('{"n":')) t (v) where @tenant = 'a'`: `sheet "S": row 2 of the query, column "data": read a jsonb value: ` +
			`it is cut short at byte 5`,
	} {
		text := definition("records: |\n  "+rows, `sheets: [{name: S, rows: records, columns: [{name: n}]}]`)
		if _, _, err := d.render(text, request("x")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %s", rows, err, want)
		}
	}
}
