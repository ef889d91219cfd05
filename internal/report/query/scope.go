package query

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet/internal/report"
)

const (
	// DefaultStatementLimit is the time limit of one statement where the
	// report sets none.
	DefaultStatementLimit = 5 * time.Minute
	// DefaultMaxRows is the most rows of one statement where the report sets
	// no other limit.
	DefaultMaxRows = 10_000_000
	// idleLimit ends a transaction whose client does nothing between two
	// statements: a stuck worker must not hold back vacuum.
	idleLimit = 60 * time.Second
	// answerGrace is how much later than the statements' limits the client
	// gives up on a server that does not keep them itself.
	answerGrace = 30 * time.Second
)

// Scope is for whom and how statements are run.
type Scope struct {
	// Tenant is the value of @tenant and of the setting app.tenant. Empty:
	// app.tenant is empty, and a statement that uses @tenant is refused.
	Tenant string
	// Zone is the transaction's TimeZone and the zone in which timestamptz
	// values are handed out; nil is UTC. It must have a name that PostgreSQL
	// knows: not time.Local.
	Zone *time.Location
	// Params are the values of all other parameters by name. A statement that
	// uses one without a value is refused; values that no statement uses are
	// ignored.
	Params map[string]Param
	// StatementLimit is the time one statement may take, its rows' way to the
	// caller included. Zero is DefaultStatementLimit.
	StatementLimit time.Duration
}

// Param is a parameter's value. The zero value is the empty text.
type Param struct {
	// Text is the value in PostgreSQL's text form.
	Text string
	// Null binds NULL; Text is ignored.
	Null bool
}

// Instant is the value of @from, @until and @tick, exact to the microsecond.
func Instant(t time.Time) Param {
	return Param{Text: t.UTC().Format("2006-01-02 15:04:05.999999+00")}
}

// Query is one statement of a Read.
type Query struct {
	// Name is the query's name in the report, for errors.
	Name string
	// Statement is what to run.
	Statement report.Statement
	// Text asks for every column in PostgreSQL's text form: values are then of
	// KindText or KindNull only. It is how ids are read that must come back
	// as parameters unchanged.
	Text bool
	// MaxRows is the most rows it may give. Zero is DefaultMaxRows.
	MaxRows int64
}

func (q Query) maxRows() int64 {
	if q.MaxRows > 0 {
		return q.MaxRows
	}
	return DefaultMaxRows
}

func (s Scope) limit() time.Duration {
	if s.StatementLimit > 0 {
		return s.StatementLimit
	}
	return DefaultStatementLimit
}

func (s Scope) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// zoneName is the name for PostgreSQL. It also ends up in a comment, so what
// could end a comment is refused.
func (s Scope) zoneName() (string, error) {
	name := s.zone().String()
	odd := func(r rune) bool {
		return r != '_' && r != '+' && r != '-' && r != '/' &&
			(r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	if name == "" || name == "Local" || strings.ContainsFunc(name, odd) {
		return "", &StatementError{Kind: Invalid, Message: "time zone " + strconv.Quote(name) + " has no name that PostgreSQL knows; use one like Asia/Tokyo"}
	}
	return name, nil
}

// values are the parameters of one statement in the order of $1, $2, ….
func (s Scope) values(q Query) ([][]byte, error) {
	values := make([][]byte, len(q.Statement.Params))
	for i, name := range q.Statement.Params {
		param, ok := s.Params[name]
		if name == "tenant" {
			param, ok = Param{Text: s.Tenant}, s.Tenant != ""
		}
		if !ok {
			return nil, &StatementError{Name: q.Name, Kind: Invalid, Message: "parameter @" + name + " has no value" + s.known()}
		}
		if !param.Null {
			values[i] = []byte(param.Text)
		}
	}
	return values, nil
}

// known lists what there is, for whoever misspelt a name.
func (s Scope) known() string {
	names := make([]string, 0, len(s.Params)+1)
	for name := range s.Params {
		names = append(names, "@"+name)
	}
	if s.Tenant != "" {
		names = append(names, "@tenant")
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "; there are " + strings.Join(slices.Compact(names), ", ")
}
