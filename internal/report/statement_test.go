package report_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jetsheet/jetsheet/internal/report"
)

func TestParseStatementFindsParameters(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text, sql string
		params    []string
	}{
		"numbered in order, once each": {
			"select a from t where b = @tenant and c=@target and d <> @tenant",
			"select a from t where b = $1 and c=$2 and d <> $1",
			[]string{"tenant", "target"},
		},
		"instants are cast": {
			"select a from t where d >= @from and d < @until and e <= @tick",
			"select a from t where d >= $1::timestamptz and d < $2::timestamptz and e <= $3::timestamptz",
			[]string{"from", "until", "tick"},
		},
		"folded to lower case": {"select @Tenant, @TENANT", "select $1, $1", []string{"tenant"}},
		"a name in another script": {
			"select @row_拠点名, 'x'", "select $1, 'x'", []string{"row_拠点名"},
		},
		"closing semicolons go":     {"select @tenant ;; -- done\n", "select $1", []string{"tenant"}},
		"a comment at the end goes": {"select 1 /* @x */", "select 1", nil},
		"without space":             {"select (@a)||@b,@c+@d", "select ($1)||$2,$3+$4", []string{"a", "b", "c", "d"}},
		"comparisons":               {"select a>=@p, b<=@p, c<>@p, d!=@p, e=@p, f>@p", "select a>=$1, b<=$1, c<>$1, d!=$1, e=$1, f>$1", []string{"p"}},
		"json operators":            {"select d->>@row_key, d->@row_key", "select d->>$1, d->$1", []string{"row_key"}},
		"strings":                   {"select '@a', 'it''s @b', '\\', @c", "select '@a', 'it''s @b', '\\', $1", []string{"c"}},
		"escape strings":            {`select E'\'@a', e'\\', @b`, `select E'\'@a', e'\\', $1`, []string{"b"}},
		"escape string goes on": {
			"select E'a' -- x\n '\\'@b', @c", "select E'a' -- x\n '\\'@b', $1", []string{"c"},
		},
		"a name that ends in e is no escape": {`select type'\', @a`, `select type'\', $1`, []string{"a"}},
		"identifiers":                        {`select "@a", "x""@b" from t`, `select "@a", "x""@b" from t`, nil},
		"dollar quotes": {
			"select $$ @a ' $$, $q$ $$ @b $q$, a$b, @c", "select $$ @a ' $$, $q$ $$ @b $q$, a$b, $1", []string{"c"},
		},
		"comments": {"select -- @a '\n/* @b /* ' */ @c */ @d", "select -- @a '\n/* @b /* ' */ @c */ $1", []string{"d"}},
		"operators": {
			"select a @> b, a <@ b, a @@ b, a @? '$', @-@ a, @ 5, a @>b, a @@to_tsquery(b), a ^@b, a &@ b from t",
			"select a @> b, a <@ b, a @@ b, a @? '$', @-@ a, @ 5, a @>b, a @@to_tsquery(b), a ^@b, a &@ b from t", nil,
		},
		"after an operand":          {`select a@b, (a)@b, "a"@b, 'a'@b, a[1]@b`, `select a@b, (a)@b, "a"@b, 'a'@b, a[1]@b`, nil},
		"operator then parameter":   {"select a @> @p, a <@ @p, a < @p", "select a @> $1, a <@ $1, a < $1", []string{"p"}},
		"directly after a comment":  {"select a =/* x */@p --y\n", "select a =/* x */$1", []string{"p"}},
		"parentheses before select": {"((select 1) union (select @a))", "((select 1) union (select $1))", []string{"a"}},
		"with, values, table":       {"\n WITH x AS (VALUES (@a)) TABLE x", "\n WITH x AS (VALUES ($1)) TABLE x", []string{"a"}},
		"casts":                     {"select @from::date, cast(@a as uuid)", "select $1::timestamptz::date, cast($2 as uuid)", []string{"from", "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := report.ParseStatement(tc.text)
			if err != nil {
				t.Fatalf("ParseStatement(%q): %v", tc.text, err)
			}
			if got.SQL != tc.sql || !slices.Equal(got.Params, tc.params) || got.Text != tc.text {
				t.Errorf("ParseStatement(%q)\n got %q %q\nwant %q %q", tc.text, got.SQL, got.Params, tc.sql, tc.params)
			}
		})
	}
}

func TestParseStatementRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           "line 1, column 1: the statement is empty",
		" -- nothing\n ;":            "line 1, column 1: the statement is empty",
		"()":                         "line 1, column 2: a query begins with select, with, values or table; it only reads",
		"select 1;\nselect 2":        "line 2, column 1: a second statement begins here; a query is one statement",
		"delete from t":              "line 1, column 1: a query begins with select, with, values or table; it only reads; this one begins with delete",
		"\n  /* x */ explain select": "line 2, column 11: a query begins with select, with, values or table; it only reads; this one begins with explain",
		"'select'":                   "line 1, column 1: a query begins with select, with, values or table; it only reads",
		"select $1":                  "line 1, column 8: numbered parameters are not used here; write a name: @tenant, @from, …",
		"select $x":                  "line 1, column 8: a $ that begins no dollar quote",
		"select 'a":                  "line 1, column 8: a string has no end; ' is missing",
		`select E'a\'`:               "line 1, column 9: a string has no end; ' is missing",
		`select "記録`:                 `line 1, column 8: a quoted identifier has no end; " is missing`,
		"select '記録', $q$ $$":        "line 1, column 14: a dollar quote has no end; $q$ is missing",
		"select 1\n/* /* */":         "line 2, column 1: a comment has no end; */ is missing",
		"select a <@until":           `line 1, column 10: <@ directly before a name reads both ways; write < @until to compare with the parameter or <@ until for "is contained by"`,
		"select @a$b":                "line 1, column 10: a $ directly after a parameter",
		"select '\x00'":              "line 1, column 9: a NUL byte",
		"select '\xff'":              "line 1, column 9: bytes that are not UTF-8",
	} {
		_, err := report.ParseStatement(text)
		if _, ok := errors.AsType[*report.SyntaxError](err); !ok || err.Error() != want {
			t.Errorf("ParseStatement(%q)\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestStatementPosition(t *testing.T) {
	t.Parallel()
	const text = "select '記録', @from,\n  @tenant, nope from t"
	s, err := report.ParseStatement(text)
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string][2]int{
		"select":       {1, 1},
		"'記録'":         {1, 8},
		"$1":           {1, 14},
		"::timestampt": {1, 14},
		"$2":           {2, 3},
		"nope":         {2, 12},
		"from t":       {2, 17},
	} {
		character := 1 + utf8.RuneCountInString(s.SQL[:strings.Index(s.SQL, what)])
		if line, column := s.Position(character); line != want[0] || column != want[1] {
			t.Errorf("Position(%d), where %q stands in %q: got %d:%d, want %d:%d", character, what, s.SQL, line, column, want[0], want[1])
		}
	}
	if line, column := s.Position(1000); line != 2 || column != 23 {
		t.Errorf("Position beyond the end: got %d:%d, want 2:23", line, column)
	}
}

// Whatever the text, the pieces between parameters are untouched, and the SQL
// without its parameters is as long as the text without its names.
func FuzzParseStatement(f *testing.F) {
	for _, seed := range []string{
		"select a from t where b = @tenant and d >= @from;",
		"with x as (select E'\\'' '@a' \"@b\" $q$@c$q$ /* /* @d */ */) select a@>@e -- @f",
		"select a <@b", "values (@a||@b, '記録', @row_拠点)", "table t; ;", "select 'x\\", "(((select @@x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := report.ParseStatement(text)
		if err != nil {
			var syntax *report.SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Column < 1 {
				t.Fatalf("ParseStatement(%q): error without a place: %v", text, err)
			}
			return
		}
		for i, name := range s.Params {
			if name == "" || slices.Index(s.Params, name) != i || name != strings.ToLower(name) {
				t.Fatalf("ParseStatement(%q): params %q are not unique lower-case names", text, s.Params)
			}
		}
		if again, err := report.ParseStatement(s.Text); err != nil || again.SQL != s.SQL {
			t.Fatalf("ParseStatement(%q) twice: %q and %q, %v", text, s.SQL, again.SQL, err)
		}
		if len(s.Params) == 0 && !strings.HasPrefix(text, s.SQL) {
			t.Fatalf("ParseStatement(%q) without parameters changed the text: %q", text, s.SQL)
		}
		last := [2]int{1, 1}
		for character := range utf8.RuneCountInString(s.SQL) + 2 {
			line, column := s.Position(character + 1)
			if line < last[0] || (line == last[0] && column < last[1]) {
				t.Fatalf("Position in %q goes back from %v to %d:%d at character %d", s.SQL, last, line, column, character+1)
			}
			last = [2]int{line, column}
		}
	})
}
