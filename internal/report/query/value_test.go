package query_test

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

func TestValuesOfEveryType(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.admin(t, "create type mood as enum ('ok', 'bad')", "create domain degrees as numeric(6,2)",
		"create domain label as text", "create type pair as (a int, b text)")
	const null = "null "
	cases := []struct{ sql, want string }{
		{"true", "bool true"},
		{"false", "bool false"},
		{"(-32768)::smallint", "int -32768"},
		{"(-2147483648)::integer", "int -2147483648"},
		{"9223372036854775807::bigint", "int 9223372036854775807"},
		{"(-9223372036854775808)::bigint", "int -9223372036854775808"},
		{"4294967295::oid", "int 4294967295"},
		{"0.1::real", "float 0.1"},
		{"0.1::double precision", "float 0.1"},
		{"1e300::double precision", "float 1e+300"},
		{"'NaN'::double precision", "text NaN"},
		{"'-Infinity'::double precision", "text -Infinity"},
		{"'Infinity'::real", "text Infinity"},
		{"12345678901234567890.12345678901234567890", "numeric 12345678901234567890.12345678901234567890"},
		{"3.50::numeric", "numeric 3.50"},
		{"'NaN'::numeric", "text NaN"},
		{"-36.5::degrees", "numeric -36.50"},
		{"'冷蔵庫'", "text 冷蔵庫"},
		{"''::text", "text "},
		{"'abc'::varchar(10)", "text abc"},
		{"'ab'::char(4)", "text ab  "},
		{"'x'::\"char\"", "text x"},
		{"'n'::name", "text n"},
		{"'a'::label", "text a"},
		{"'<a/>'::xml", "text <a/>"},
		{"date '2026-10-31'", "date 2026-10-31"},
		{"date '0001-01-01'", "date 0001-01-01"},
		{"date '9999-12-31'", "date 9999-12-31"},
		{"date '10000-01-01'", "text 10000-01-01"},
		{"date '0044-03-15 BC'", "text 0044-03-15 BC"},
		{"date '0001-12-31 BC'", "text 0001-12-31 BC"},
		{"date 'infinity'", "text infinity"},
		{"date '-infinity'", "text -infinity"},
		{"timestamp '2026-10-25 02:30:00.5'", "timestamp 2026-10-25 02:30:00.5"},
		{"timestamp '1899-12-31 23:59:59.999999'", "timestamp 1899-12-31 23:59:59.999999"},
		{"timestamp '9999-12-31 23:59:59.999999'", "timestamp 9999-12-31 23:59:59.999999"},
		{"timestamp '294276-12-31 23:59:59'", "text 294276-12-31 23:59:59"},
		{"timestamp '4713-01-01 00:00:00 BC'", "text 4713-01-01 00:00:00 BC"},
		{"timestamp '0001-12-31 12:00:00.25 BC'", "text 0001-12-31 12:00:00.25 BC"},
		{"timestamp 'infinity'", "text infinity"},
		{"timestamptz '2026-10-25 00:30:00+00'", "timestamptz 2026-10-25 02:30:00+02:00"},
		{"timestamptz '2026-10-25 01:30:00+00'", "timestamptz 2026-10-25 02:30:00+01:00"},
		{"timestamptz '9999-12-31 22:30:00+00'", "timestamptz 9999-12-31 23:30:00+01:00"},
		{"timestamptz '9999-12-31 23:30:00+00'", "text 10000-01-01 00:30:00+01:00"},
		{"timestamptz '-infinity'", "text -infinity"},
		{"time '23:59:59.999999'", "time 23:59:59.999999"},
		{"time '24:00'", "time 24:00:00"},
		{"timetz '08:15+09'", "other 08:15:00+09"},
		{"interval '-36 hours -5 seconds'", "interval -36:00:05"},
		{"interval '0.000001 seconds'", "interval 00:00:00.000001"},
		{"interval '0'", "interval 00:00:00"},
		{"interval '1 day 02:00'", "text 1 day 02:00:00"},
		{"interval '1 month'", "text 1 mon"},
		{"interval '2562048 hours'", "text 2562048:00:00"},
		{`'{"b": 1, "a": "記録"}'::json`, `json {"b": 1, "a": "記録"}`},
		{`'{"b": 1, "a": [null]}'::jsonb`, `json {"a": [null], "b": 1}`},
		{`'\x00ff'::bytea`, "bytes \x00\xff"},
		{"'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", "other a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{"'ok'::mood", "other ok"},
		{"array[1,null,3]", "other {1,NULL,3}"},
		{"array['a b','c']", `other {"a b",c}`},
		{"'[1,5)'::int4range", "other [1,5)"},
		{"'192.168.0.0/24'::inet", "other 192.168.0.0/24"},
		{"b'101'", "other 101"},
		{"point '(1,2)'", "other (1,2)"},
		{"row(1,'x')::pair", "other (1,x)"},
		{"row(1,'x')", "other (1,x)"},
		{"to_tsvector('simple', 'b a')", "other 'a':2 'b':1"},
		{"null", null},
		{"null::int", null},
		{"null::timestamptz", null},
		{"null::mood[]", null},
	}
	list := make([]string, len(cases))
	for i, tc := range cases {
		list[i] = tc.sql
	}
	q := named(t, "types", "select "+strings.Join(list, ", "))
	scope := query.Scope{Zone: load(t, "Europe/Berlin")}
	for _, settings := range []string{"", "alter role all set DateStyle = 'German'", "alter role all set IntervalStyle = 'iso_8601'"} {
		if settings != "" {
			b.admin(t, strings.Replace(settings, "role all", "database "+quotedName(t, b), 1))
			b.pool.Reset()
		}
		_, err := b.db.Read(t.Context(), scope, []query.Query{q}, func(_ int, rows *query.Rows) error {
			for rows.Next() {
				for i, v := range rows.Values() {
					if got := v.Kind().String() + " " + v.Text(); got != cases[i].want {
						t.Errorf("%s (%s, column kind %s): got %q, want %q", cases[i].sql, settings, rows.Columns()[i].Kind, got, cases[i].want)
					}
					want := query.KindNull
					if strings.HasPrefix(cases[i].want, "text ") && rows.Columns()[i].Kind != query.KindText {
						want = rows.Columns()[i].Kind
					}
					if v.Odd() != want {
						t.Errorf("%s (%s): got odd %s, want %s", cases[i].sql, settings, v.Odd(), want)
					}
				}
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatalf("%s: %v", settings, err)
		}
	}
}

// Text that the caller asked for is no odd value.
func TestOddOfTextForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for text, want := range map[bool]query.Kind{false: query.KindDate, true: query.KindNull} {
		q := named(t, "q", "select date 'infinity'")
		q.Text = text
		_, err := b.db.Read(t.Context(), query.Scope{}, []query.Query{q}, func(_ int, rows *query.Rows) error {
			for rows.Next() {
				if v := rows.Values()[0]; v.Odd() != want || v.Kind() != query.KindText || v.Text() != "infinity" {
					t.Errorf("Text %v: got %s %q, odd %s; want text infinity, odd %s", text, v.Kind(), v.Text(), v.Odd(), want)
				}
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestValuesAreBorrowedUntilNext(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.db.Read(t.Context(), query.Scope{}, []query.Query{named(t, "q", "select repeat(chr(96 + n), 5), n from generate_series(1, 20) n")}, func(_ int, rows *query.Rows) error {
		for n := int64(1); rows.Next(); n++ {
			v := rows.Values()
			if want := strings.Repeat(string(rune(96+n)), 5); string(v[0].Bytes()) != want || v[1].Int() != n || rows.Count() != n {
				t.Errorf("row %d: got %q %d, count %d", n, v[0].Bytes(), v[1].Int(), rows.Count())
			}
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestColumnsNameTheirTypes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.db.Read(t.Context(), query.Scope{}, []query.Query{named(t, "q", "select 1::bigint as id, now() as at, '{}'::jsonb as data where false")}, func(_ int, rows *query.Rows) error {
		want := []query.Column{{Name: "id", Kind: query.KindInt, TypeName: "int8"}, {Name: "at", Kind: query.KindTimestampTZ, TypeName: "timestamptz"}, {Name: "data", Kind: query.KindJSON, TypeName: "jsonb"}}
		for i, got := range rows.Columns() {
			if got != want[i] {
				t.Errorf("column %d: got %+v, want %+v", i, got, want[i])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
