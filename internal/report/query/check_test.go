package query_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

func TestCheckSaysWhatPostgreSQLWouldMakeOfIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.admin(t, "create type mood as enum ('ok')", "create domain degrees as numeric(5,1)",
		"create table r (id bigint, tenant_id uuid, at timestamptz, local timestamp, day date, mood mood, degrees degrees, name varchar(20), data jsonb)")
	checks, err := b.db.Check(t.Context(), nil, []query.Query{
		named(t, "records", "select id, mood, degrees, name, data from r where tenant_id = @tenant and id = @target and at >= @from and local < @until and day < @until and mood = @row_mood"),
		named(t, "fields", "select 1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%v", checks)
	want := "[{records [{tenant uuid} {target bigint} {from timestamp with time zone} {until timestamp with time zone} {row_mood mood}] " +
		"[{id int bigint} {mood other mood} {degrees numeric degrees} {name text character varying(20)} {data json jsonb}] []} " +
		"{fields [] [{?column? int integer}] []}]"
	// A domain's column is described under its base type.
	want = strings.Replace(want, "{degrees numeric degrees}", "{degrees numeric numeric(5,1)}", 1)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCheckFindsProblems(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.admin(t, "create table r (id bigint, name text)")
	for text, want := range map[string]string{
		"select id,\n  '記録', nam from r where id = @target":       `query q: line 2, column 9: column "nam" does not exist (SQLSTATE 42703); Perhaps you meant to reference the column "r.name".`,
		"select @tenant, * from s":                                `query q: line 1, column 24: relation "s" does not exist (SQLSTATE 42P01)`,
		"select 1 +":                                              "query q: line 1, column 11: syntax error at end of input (SQLSTATE 42601)",
		"select nofunc(@from)":                                    "query q: line 1, column 8: function nofunc(timestamp with time zone) does not exist (SQLSTATE 42883); No function matches the given name and argument types. You might need to add explicit type casts.",
		"select id, name, id from r":                              `query q: column "id" is given more than once; name one of them differently with AS`,
		"with x as (delete from r returning id) select id from x": "query q: a query only reads, this one writes",
		"select id from r for update":                             "query q: a query only reads, this one locks rows; leave out FOR UPDATE or FOR SHARE",
		"select id into x from r":                                 "query q: the statement gives no columns",
		"select format('%s', @target)":                            "query q: could not determine data type of parameter $1 (SQLSTATE 42P18); give the parameter a type: @name::text",
		"select from r":                                           "query q: the statement gives no columns",
	} {
		checks, err := b.db.Check(t.Context(), load(t, "Asia/Tokyo"), []query.Query{named(t, "q", text), named(t, "next", "select 1")})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if len(checks[0].Problems) == 0 || checks[0].Problems[0].Error() != want || checks[0].Problems[0].Kind != query.Invalid {
			t.Errorf("%s\n got %v\nwant %s", text, checks[0].Problems, want)
		}
		if len(checks[1].Problems) > 0 {
			t.Errorf("%s: the next statement has problems too: %v", text, checks[1].Problems)
		}
	}
	if got := one(t, b.db, query.Scope{}, "select count(*) from pg_prepared_statements where name = 'jetsheet_check'"); got != "0" {
		t.Errorf("%s statements are left prepared, want 0", got)
	}
}

func TestCheckFindsMissingRightsAndLeavesPoliciesAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	role := rowSecurity(t, b)
	checks, err := role.Check(t.Context(), nil, []query.Query{named(t, "own", "select * from records"), named(t, "denied", "select * from secrets")})
	if err != nil {
		t.Fatal(err)
	}
	if len(checks[0].Problems) > 0 {
		t.Errorf("a policy that raises without a tenant: got problems %v", checks[0].Problems)
	}
	want := []string{"query denied: permission denied for table secrets"}
	var got []string
	for _, p := range checks[1].Problems {
		got = append(got, p.Error())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// rowSecurity makes two tables, one of them with a policy that insists on a
// tenant, and returns a DB of a role that is bound by it. The role's name is the
// database's own.
func rowSecurity(t testing.TB, b bundle) *query.DB {
	t.Helper()
	u, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	role := "reader_" + strings.Trim(u.Path, "/")
	b.admin(t,
		"create table records (tenant_id bigint, n int)", "create table secrets (n int)",
		"insert into records select t, n from generate_series(1, 5) t, generate_series(1, 3) n",
		`create function app_tenant() returns bigint stable language plpgsql as $$ begin
			if coalesce(current_setting('app.tenant', true), '') = '' then raise exception 'no tenant is set'; end if;
			return current_setting('app.tenant')::bigint; end $$`,
		"alter table records enable row level security",
		"create policy own on records using (tenant_id = app_tenant())",
		`create role "`+role+`"`, `grant select on records to "`+role+`"`)
	config, err := pgxpool.ParseConfig(b.url)
	if err != nil {
		t.Fatal(err)
	}
	query.Configure(config)
	config.MaxConns = 2
	config.ConnConfig.RuntimeParams["role"] = role
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		admin, err := pgx.Connect(ctx, b.url)
		if err != nil {
			t.Error(err)
			return
		}
		for _, statement := range []string{`drop owned by "` + role + `"`, `drop role "` + role + `"`} {
			if _, err := admin.Exec(ctx, statement); err != nil {
				t.Errorf("%s: %v", statement, err)
			}
		}
		if err := admin.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return query.New(open(t, config))
}
