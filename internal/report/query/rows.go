package query

import (
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Snapshot is the state of the database that all statements of a Read saw.
type Snapshot struct {
	// ID is pg_current_snapshot(), such as 795:799:795,797: what
	// pg_visible_in_snapshot understands.
	ID string
	// At is PostgreSQL's now() in the transaction.
	At time.Time
}

// Column is a column of a result.
type Column struct {
	// Name is as the statement gives it; names may repeat.
	Name string
	// Kind is what its values are, NULL and odd ones (see the kinds) apart.
	Kind Kind
	// TypeName is PostgreSQL's name of the type, such as int8 or timestamptz;
	// [DB.Check] gives the standard names and those of the user's own types,
	// which are empty in a Read.
	TypeName string
}

// plan is a prepared statement and how its values are read.
type plan struct {
	description *pgconn.StatementDescription
	columns     []Column
	wires       []wire
	formats     []int16
}

func newPlan(description *pgconn.StatementDescription, types *pgtype.Map) *plan {
	n := len(description.Fields)
	p := &plan{
		description: description,
		columns:     make([]Column, n),
		wires:       make([]wire, n),
		formats:     make([]int16, n),
	}
	for i, field := range description.Fields {
		w := wireOf(field.DataTypeOID)
		p.wires[i], p.formats[i] = w, w.format
		p.columns[i] = Column{Name: field.Name, Kind: w.kind}
		if t, ok := types.TypeForOID(field.DataTypeOID); ok {
			p.columns[i].TypeName = t.Name
		}
	}
	return p
}

// Rows are the rows of one statement. They belong to the call of Read that
// handed them out.
type Rows struct {
	plan     *plan
	reader   *pgconn.ResultReader
	query    Query
	snapshot Snapshot
	zone     *time.Location
	fail     func(error) error
	values   []Value
	count    int64
	err      error
}

// Columns are the columns of the result, in order. Do not change them.
func (r *Rows) Columns() []Column { return r.plan.columns }

// Snapshot is what the whole Read sees.
func (r *Rows) Snapshot() Snapshot { return r.snapshot }

// Next goes on to the next row and reports whether there is one. It returns
// false after the last row and after an error, which Err gives.
func (r *Rows) Next() bool {
	if r.err != nil {
		return false
	}
	if !r.reader.NextRow() {
		r.close()
		return false
	}
	if r.count++; r.count > r.query.maxRows() {
		r.err = &StatementError{
			Name: r.query.Name, Kind: TooManyRows,
			Message: "more than " + strconv.FormatInt(r.query.maxRows(), 10) + " rows",
		}
		return false
	}
	return r.decode(r.reader.Values())
}

func (r *Rows) decode(raw [][]byte) bool {
	for i, field := range raw {
		switch {
		case field == nil:
			r.values[i] = Value{}
		case r.query.Text:
			r.values[i] = Value{kind: KindText, raw: field}
		default:
			v, err := decode(r.plan.wires[i], r.plan.description.Fields[i].DataTypeOID, r.zone, field)
			if err != nil {
				r.err = &StatementError{
					Name: r.query.Name, Kind: Unexpected,
					Message: "row " + strconv.FormatInt(r.count, 10) + ", column " + r.plan.columns[i].Name + ": " + err.Error(),
				}
				return false
			}
			r.values[i] = v
		}
	}
	return true
}

// Values are the values of the row that Next went to, one per column. The slice
// and what the values borrow are used again by the next call of Next.
func (r *Rows) Values() []Value { return r.values }

// Count is the number of rows handed out so far.
func (r *Rows) Count() int64 { return r.count }

// Err is the error that ended the rows, a *StatementError, or nil.
func (r *Rows) Err() error { return r.err }

// finish reads over what the caller left unread, so that a statement's error is
// never missed.
func (r *Rows) finish() error {
	if r.err == nil {
		r.close()
	}
	return r.err
}

// close notes the error that ended the rows, if one did, and behind which row: where a
// record cannot be computed, that is how it is found.
func (r *Rows) close() {
	_, err := r.reader.Close()
	if err == nil {
		return
	}
	r.err = r.fail(err)
	var failed *StatementError
	if errors.As(r.err, &failed) && failed.Kind != Unavailable && failed.Kind != Interrupted {
		failed.AfterRow = r.count
	}
}
