package query

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// checkLimit is the time limit of parsing and planning one statement.
const checkLimit = 30 * time.Second

// Checked is what PostgreSQL makes of a statement without running it.
type Checked struct {
	// Name is the query's.
	Name string
	// Params are the parameters with their inferred types, in the order of
	// [report.Statement].Params.
	Params []ParamType
	// Columns are the result's.
	Columns []Column
	// Problems are all found, each of kind Invalid; empty when the statement
	// is right. Bad values and rights that policies withhold only show when it
	// runs.
	Problems []*StatementError
}

// ParamType is a parameter with the type that PostgreSQL infers.
type ParamType struct{ Name, TypeName string }

// Check has PostgreSQL parse and plan statements, in the given zone (nil is
// UTC), and runs none of them. A wrong statement is no error of Check but among
// its Problems; Check fails only where PostgreSQL could not be asked.
func (db *DB) Check(ctx context.Context, zone *time.Location, queries []Query) ([]Checked, error) {
	scope := Scope{Zone: zone, StatementLimit: checkLimit}
	name, err := scope.zoneName()
	if err != nil {
		return nil, err
	}
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, failure{}.classify(ctx, err)
	}
	defer conn.Release()
	checks := make([]Checked, 0, len(queries))
	for _, q := range queries {
		limited, cancel := context.WithTimeout(ctx, checkLimit+answerGrace)
		c := checker{conn: conn, pg: conn.Conn().PgConn(), zone: name, query: q, started: time.Now()}
		checked, err := c.run(ctx, limited)
		cancel()
		if err != nil {
			return nil, err
		}
		checks = append(checks, checked)
	}
	return checks, nil
}

// checker looks at one statement in a transaction of its own: an error ends the
// transaction.
type checker struct {
	conn    *pgxpool.Conn
	pg      *pgconn.PgConn
	zone    string
	query   Query
	started time.Time
}

func (c checker) run(caller, ctx context.Context) (Checked, error) {
	checked := Checked{Name: c.query.Name}
	err := c.inTransaction(ctx, &checked)
	if _, end := c.pg.Exec(ctx, "rollback").ReadAll(); err == nil {
		err = end
	}
	err = failure{name: c.query.Name, statement: c.query.Statement, started: c.started, limit: checkLimit}.classify(caller, err)
	var problem *StatementError
	if errors.As(err, &problem) && (problem.Kind == Invalid || problem.Kind == TimeLimit) {
		problem.Kind = Invalid
		checked.Problems = append(checked.Problems, problem)
		return checked, nil
	}
	return checked, err
}

func (c checker) inTransaction(ctx context.Context, checked *Checked) error {
	if _, err := c.pg.Exec(ctx, "begin transaction read only").ReadAll(); err != nil {
		return err
	}
	settings := [][]byte{milliseconds(checkLimit), milliseconds(idleLimit), []byte(c.zone), nil}
	if err := c.pg.ExecParams(ctx, settingsSQL, settings, nil, nil, nil).Read().Err; err != nil {
		return err
	}
	description, err := c.pg.Prepare(ctx, "", c.query.Statement.SQL, nil)
	if err != nil {
		return err
	}
	plan := newPlan(description, c.conn.Conn().TypeMap())
	checked.Columns = plan.columns
	if err := c.nameTypes(ctx, description, checked); err != nil {
		return err
	}
	checked.Problems = append(checked.Problems, c.columnProblems(plan.columns)...)
	problem, err := c.explain(ctx, len(description.ParamOIDs))
	if problem != nil {
		checked.Problems = append(checked.Problems, problem)
	}
	return err
}

// nameTypes asks for the names of all types at once, also the user's own.
func (c checker) nameTypes(ctx context.Context, description *pgconn.StatementDescription, checked *Checked) error {
	var oids, modifiers []string
	for _, oid := range description.ParamOIDs {
		oids, modifiers = append(oids, strconv.FormatUint(uint64(oid), 10)), append(modifiers, "-1")
	}
	for _, field := range description.Fields {
		oids = append(oids, strconv.FormatUint(uint64(field.DataTypeOID), 10))
		modifiers = append(modifiers, strconv.Itoa(int(field.TypeModifier)))
	}
	result := c.pg.ExecParams(ctx,
		"select format_type(t, m) from unnest($1::oid[], $2::int[]) with ordinality u (t, m, n) order by n",
		[][]byte{[]byte("{" + strings.Join(oids, ",") + "}"), []byte("{" + strings.Join(modifiers, ",") + "}")},
		nil, nil, nil).Read()
	if result.Err != nil {
		return result.Err
	}
	for i, row := range result.Rows {
		if column := i - len(description.ParamOIDs); column >= 0 {
			checked.Columns[column].TypeName = string(row[0])
		} else {
			checked.Params = append(checked.Params, ParamType{Name: c.query.Statement.Params[i], TypeName: string(row[0])})
		}
	}
	return nil
}

// columnProblems finds what makes a result ambiguous.
func (c checker) columnProblems(columns []Column) (problems []*StatementError) {
	if len(columns) == 0 {
		return append(problems, c.problem("the statement gives no columns"))
	}
	seen := make(map[string]int, len(columns))
	for _, column := range columns {
		if seen[column.Name]++; seen[column.Name] == 2 {
			problems = append(problems, c.problem("column "+strconv.Quote(column.Name)+" is given more than once; name one of them differently with AS"))
		}
	}
	return problems
}

// explain plans the statement with NULL parameters: only then PostgreSQL looks
// at rights, and shows what would write or lock. Any other error says nothing
// about the real parameters (a policy that insists on a tenant raises here).
func (c checker) explain(ctx context.Context, params int) (*StatementError, error) {
	const name = "jetsheet_check"
	if _, err := c.pg.Exec(ctx, "prepare "+name+" as "+c.query.Statement.SQL).ReadAll(); err != nil {
		return c.afterPlanning(err)
	}
	execute := "explain (format json) execute " + name
	if params > 0 {
		execute += "(null" + strings.Repeat(", null", params-1) + ")"
	}
	results, err := c.pg.Exec(ctx, execute).ReadAll()
	if closing := c.pg.Deallocate(ctx, name); closing != nil {
		return nil, closing
	}
	if err != nil {
		return c.afterPlanning(err)
	}
	for _, row := range results[0].Rows {
		switch tree := string(row[0]); {
		case strings.Contains(tree, `"Node Type": "ModifyTable"`):
			return c.problem("a query only reads, this one writes"), nil
		case strings.Contains(tree, `"Node Type": "LockRows"`):
			return c.problem("a query only reads, this one locks rows; leave out FOR UPDATE or FOR SHARE"), nil
		}
	}
	return nil, nil
}

func (c checker) afterPlanning(err error) (*StatementError, error) {
	var server *pgconn.PgError
	if !errors.As(err, &server) || kindOfState(server.Code) == Unavailable {
		return nil, err
	}
	if server.Code != codeDenied {
		return nil, nil
	}
	return c.problem(oneLine(server.Message)), nil
}

func (c checker) problem(message string) *StatementError {
	return &StatementError{Name: c.query.Name, Kind: Invalid, Message: message}
}
