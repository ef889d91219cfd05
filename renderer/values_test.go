package renderer

import (
	"bytes"
	"fmt"
	"testing"
	"time"

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

// Every type comes out of the workbook as it went in.
func TestValuesReadBack(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for _, at := range []struct {
		sql, format string
		kind        cells.Kind
		text        string // or, for dates and durations:
		time        time.Time
		elapsed     time.Duration
	}{
		{sql: `true`, kind: cells.Bool, text: "TRUE"},
		{sql: `false`, format: "boolean", kind: cells.Bool, text: "FALSE"},
		{sql: `true`, format: "boolean:適/否", kind: cells.Text, text: "適"},
		{sql: `9007199254740992::bigint`, kind: cells.Text, text: "9007199254740992"},
		{sql: `999999999999999::bigint`, kind: cells.Number, text: "999999999999999"},
		{sql: `(-32768)::smallint`, kind: cells.Number, text: "-32768"},
		{sql: `0.1::float8`, kind: cells.Number, text: "0.1"},
		{sql: `1.10::numeric`, format: "decimal:2", kind: cells.Number, text: "1.1"},
		{sql: `'NaN'::numeric`, kind: cells.Text, text: "NaN"},
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
		{sql: `'infinity'::timestamptz`, kind: cells.Text, text: "infinity"},
		{sql: `'0044-03-15 BC'::date`, kind: cells.Text, text: "0044-03-15 BC"},
		{sql: `'1899-12-31'::date`, kind: cells.Text, text: "1899-12-31"},
		{sql: `date '2026-10-31'`, format: "date", time: time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)},
		{sql: `timestamp '2026-10-31 23:59:59'`, format: "datetime", time: time.Date(2026, 10, 31, 23, 59, 0, 0, time.UTC)},
		{sql: `timestamptz '2026-10-31 15:00:00+00'`, format: "datetime", time: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
		{sql: `time '08:30'`, format: "time", time: time.Date(1899, 12, 31, 8, 30, 0, 0, time.UTC)},
		{sql: `interval '36:30:15'`, format: "duration", elapsed: 36*time.Hour + 30*time.Minute + 15*time.Second},
		{sql: `interval '1 month'`, format: "duration", kind: cells.Text, text: "1 mon"},
		{sql: `1.5::numeric`, format: `excel:0.0"℃"`, kind: cells.Number, text: "1.5"},
		{sql: `0.255::numeric`, format: "percent:1", kind: cells.Number, text: "0.255"},
	} {
		column := "{name: v}"
		if at.format != "" {
			column = fmt.Sprintf("{name: v, format: '%s'}", at.format)
		}
		book, _ := d.workbook(definition("records: |\n  select "+at.sql+" as v where @tenant = 'a'", `sheets: [{name: S, rows: records, columns: [`+column+`]}]`), request("x"))
		var got cells.Cell
		if err := book.Sheet("S").Rows(func(row int, line []cells.Cell) error {
			if row == 2 && len(line) > 0 {
				got = line[0]
			}
			return nil
		}); err != nil {
			t.Fatal(err)
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
