package renderer

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

func diff(a, b []byte) (cells.Report, error) {
	first, err := cells.Open(bytes.NewReader(a), int64(len(a)), cells.Limits{})
	if err != nil {
		return cells.Report{}, err
	}
	second, err := cells.Open(bytes.NewReader(b), int64(len(b)), cells.Limits{})
	if err != nil {
		return cells.Report{}, err
	}
	return cells.Diff(first, second, cells.Options{})
}

// notedAt lists the kinds of substitutions of the only changed cell; a note about any
// other cell shows.
func notedAt(notes *jetsheet.Notes, cell string) string {
	if notes == nil {
		return ""
	}
	var kinds []string
	for _, s := range notes.Substitutions {
		kind := s.Kind
		if s.Count != 1 || !slices.Equal(s.Cells, []string{cell}) {
			kind = fmt.Sprint(s)
		}
		kinds = append(kinds, kind)
	}
	return strings.Join(kinds, " ")
}

// Every type comes out of the workbook as it went in; what a cell cannot hold as what
// it is comes out as text, and is noted.
func TestValuesReadBack(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for _, at := range []struct {
		sql, format string
		kind        cells.Kind
		noted       string // the kind of substitution, if any
		text        string // or, for dates and durations:
		time        time.Time
		elapsed     time.Duration
	}{
		{sql: `true`, kind: cells.Bool, text: "TRUE"},
		{sql: `false`, format: "boolean", kind: cells.Bool, text: "FALSE"},
		{sql: `true`, format: "boolean:適/否", kind: cells.Text, text: "適"},
		{sql: `9007199254740992::bigint`, kind: cells.Text, noted: "inexact_number", text: "9007199254740992"},
		{sql: `999999999999999::bigint`, kind: cells.Number, text: "999999999999999"},
		{sql: `(-32768)::smallint`, kind: cells.Number, text: "-32768"},
		{sql: `0.1::float8`, kind: cells.Number, text: "0.1"},
		{sql: `1.10::numeric`, format: "decimal:2", kind: cells.Number, text: "1.1"},
		{sql: `'NaN'::numeric`, kind: cells.Text, noted: "not_a_number", text: "NaN"},
		{sql: `'NaN'::numeric`, format: "decimal:2", kind: cells.Text, noted: "not_a_number", text: "NaN"},
		{sql: `'-Infinity'::float8`, kind: cells.Text, noted: "not_a_number", text: "-Infinity"},
		{sql: `'Infinity'::real`, format: "percent", kind: cells.Text, noted: "not_a_number", text: "Infinity"},
		{sql: `'NaN'::text`, kind: cells.Text, text: "NaN"},
		{sql: `'3.5'::text`, format: "decimal:1", kind: cells.Number, text: "3.5"},
		{sql: `'=1+1'::text`, kind: cells.Text, text: "=1+1"},
		{sql: `'_x0041_'::text`, kind: cells.Text, text: "_x0041_"},
		{sql: `E'a\tb\nc'::text`, kind: cells.Text, text: "a\tb\nc"},
		{sql: `''::text`, kind: cells.Text, text: ""},
		{sql: `'冷蔵庫 🧊'::varchar`, kind: cells.Text, text: "冷蔵庫 🧊"},
		{sql: `'\xdeadbeef'::bytea`, kind: cells.Text, text: `\xdeadbeef`},
		{sql: `'a3bb189e-8bf9-3888-9912-ace4e6543002'::uuid`, kind: cells.Text, text: "a3bb189e-8bf9-3888-9912-ace4e6543002"},
		{sql: `array[1,2]`, kind: cells.Text, text: "{1,2}"},
		{sql: `'{"b":1}'::jsonb`, kind: cells.Text, text: `{"b": 1}`},
		{sql: `'infinity'::timestamptz`, kind: cells.Text, noted: "time_out_of_range", text: "infinity"},
		{sql: `'0044-03-15 BC'::date`, kind: cells.Text, noted: "time_out_of_range", text: "0044-03-15 BC"},
		{sql: `'1899-12-31'::date`, kind: cells.Text, noted: "time_out_of_range", text: "1899-12-31"},
		{sql: `'0044-03-15 BC'::date`, format: "date", kind: cells.Text, noted: "time_out_of_range", text: "0044-03-15 BC"},
		{sql: `'0044-03-15 BC'::date`, format: "text", kind: cells.Text, text: "0044-03-15 BC"},
		{sql: `'-infinity'::date`, kind: cells.Text, noted: "time_out_of_range", text: "-infinity"},
		{sql: `timestamp '10000-01-01 08:00'`, kind: cells.Text, noted: "time_out_of_range", text: "10000-01-01 08:00:00"},
		{sql: `timestamptz '9999-12-31 20:00+00'`, format: "datetime", kind: cells.Text, noted: "time_out_of_range", text: "10000-01-01 05:00:00+09:00"},
		{sql: `'infinity'::text`, kind: cells.Text, text: "infinity"},
		{sql: `date '2026-10-31'`, format: "date", time: time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)},
		{sql: `timestamp '2026-10-31 23:59:59'`, format: "datetime", time: time.Date(2026, 10, 31, 23, 59, 0, 0, time.UTC)},
		{sql: `timestamptz '2026-10-31 15:00:00+00'`, format: "datetime", time: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
		{sql: `time '08:30'`, format: "time", time: time.Date(1899, 12, 31, 8, 30, 0, 0, time.UTC)},
		{sql: `interval '36:30:15'`, format: "duration", elapsed: 36*time.Hour + 30*time.Minute + 15*time.Second},
		{sql: `interval '1 month'`, format: "duration", kind: cells.Text, noted: "time_out_of_range", text: "1 mon"},
		{sql: `interval '1 mon 3 days'`, kind: cells.Text, noted: "time_out_of_range", text: "1 mon 3 days"},
		{sql: `interval '-1 hour'`, kind: cells.Text, noted: "time_out_of_range", text: "-01:00:00"},
		{sql: `1.5::numeric`, format: `excel:0.0"℃"`, kind: cells.Number, text: "1.5"},
		{sql: `0.255::numeric`, format: "percent:1", kind: cells.Number, text: "0.255"},
	} {
		column := "{name: v}"
		if at.format != "" {
			column = fmt.Sprintf("{name: v, format: '%s'}", at.format)
		}
		book, result := d.workbook(definition("records: |\n  select "+at.sql+" as v where @tenant = 'a'", `sheets: [{name: S, rows: records, columns: [`+column+`]}]`), request("x"))
		var got cells.Cell
		if err := book.Sheet("S").Rows(func(row int, line []cells.Cell) error {
			if row == 2 && len(line) > 0 {
				got = line[0]
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if noted := notedAt(result.Notes, "S!A2"); noted != at.noted {
			t.Errorf("%s under %q is noted as %q (%+v), want %q", at.sql, at.format, noted, result.Notes, at.noted)
		}
		switch {
		case at.elapsed != 0:
			if elapsed, ok := got.Elapsed(); !ok || elapsed != at.elapsed {
				t.Errorf("%s under %q is %+v (%s), want %s", at.sql, at.format, got, elapsed, at.elapsed)
			}
		case !at.time.IsZero():
			if shown, ok := got.Time(); !ok || shown.Sub(at.time).Abs() > time.Minute {
				t.Errorf("%s under %q is %+v (%s), want %s", at.sql, at.format, got, shown, at.time)
			}
		case got.Kind != at.kind || got.Text != at.text:
			t.Errorf("%s under %q is %s %q, want %s %q", at.sql, at.format, got.Kind, got.Text, at.kind, at.text)
		}
	}
}

// Values beyond their type are counted whole and named in part, among values that are
// not; a text column is never taken for one.
func TestOddValuesAreCounted(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	_, result := d.workbook(definition(`
records: |
  select case when i % 2 = 0 then 'NaN'::numeric else i end as n,
    case when i > 10 then 'infinity' else now() end as at,
    case when i = 12 then interval '1 mon 3 days' else i * interval '1 hour' end as took,
    'infinity' as memo, case i when 3 then 'NaN'::float8 when 4 then null else 1 end as f
  from generate_series(1, 12) i where @tenant = 'a' order by i`,
		`sheets: [{name: S, rows: records, columns: [{name: n, format: "decimal:2"}, {name: at, format: datetime}, {name: took, format: duration}, {name: memo}, {name: f}]}]`), request("x"))
	if result.Notes == nil {
		t.Fatal("nothing is noted, want two kinds of substitutions")
	}
	same(t, "substitutions", fmt.Sprint(result.Notes.Substitutions), fmt.Sprint([]jetsheet.Substitution{
		{Kind: "not_a_number", Count: 7, Cells: []string{"S!A3", "S!E4", "S!A5", "S!A7", "S!A9"}},
		{Kind: "time_out_of_range", Count: 3, Cells: []string{"S!B12", "S!B13", "S!C13"}},
	}))
}
