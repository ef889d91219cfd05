package query

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jetsheet/jetsheet/internal/report"
)

// ErrorKind says what to do about an error.
type ErrorKind string

// The kinds. Another try helps in none of the cases Invalid and TooManyRows.
const (
	// Invalid is the report's fault: syntax, a column or table that does not
	// exist or may not be read, a text that is no value of its type, division
	// by zero, an exception raised in SQL, an attempt to write.
	Invalid ErrorKind = "invalid"
	// TimeLimit: the statement took longer than it may, or the transaction
	// idled longer than it may.
	TimeLimit ErrorKind = "time_limit"
	// TooManyRows: the statement gives more rows than it may.
	TooManyRows ErrorKind = "too_many_rows"
	// Unavailable: the database cannot be reached or cannot work just now
	// (refused, lost, too many connections, starting or stopping, fail-over,
	// disk or memory full, a definition changed under way). Wait and try again.
	Unavailable ErrorKind = "unavailable"
	// Interrupted: the caller's context ended. The error wraps its cause.
	Interrupted ErrorKind = "interrupted"
	// Unexpected is everything else, such as an internal error or a statement
	// cancelled by an administrator. It may be worth a few more tries.
	Unexpected ErrorKind = "unexpected"
)

// StatementError is what went wrong in a statement, or around all of them.
// It holds no credentials, and of records only what PostgreSQL's message quotes.
type StatementError struct {
	// Name is the query's name; empty when no single statement is to blame.
	Name string
	Kind ErrorKind
	// SQLState is PostgreSQL's five-character code, empty when the error is
	// not PostgreSQL's.
	SQLState string
	// Message says what is wrong; Detail and Hint are PostgreSQL's, or empty.
	Message, Detail, Hint string
	// Line and Column are the place in the statement's text, from 1; 0 when
	// there is none.
	Line, Column int
	// Sent, for the kind Unavailable: the database had taken the statement when it went
	// away or gave up, so it may be the statement that it cannot do.
	Sent bool
	// AfterRow is how many rows the statement had given before it failed at the next one; 0
	// where it had given none, or where the rows are not to blame.
	AfterRow int64

	cause error
}

func (e *StatementError) Error() string {
	var b strings.Builder
	b.WriteString("database: ")
	if e.Name != "" {
		b.Reset()
		b.WriteString("query " + e.Name + ": ")
	}
	if e.Line > 0 {
		b.WriteString("line " + strconv.Itoa(e.Line) + ", column " + strconv.Itoa(e.Column) + ": ")
	}
	if e.AfterRow > 0 {
		b.WriteString("after row " + strconv.FormatInt(e.AfterRow, 10) + ": ")
	}
	b.WriteString(e.Message)
	if e.SQLState != "" {
		b.WriteString(" (SQLSTATE " + e.SQLState + ")")
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Unwrap returns the context's cause where the kind is Interrupted.
func (e *StatementError) Unwrap() error { return e.cause }

// KindOf is the kind of the StatementError that err is or wraps, empty when
// there is none.
func KindOf(err error) ErrorKind {
	var e *StatementError
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// errStale marks the prepared statement that PostgreSQL will not run any more.
var errStale = errors.New("a prepared statement is out of date")

// failure is what is known about the circumstances of an error.
type failure struct {
	name      string
	statement report.Statement
	started   time.Time
	limit     time.Duration
}

// classify makes a StatementError of what pgx returned; ctx is the caller's. Nil
// stays nil.
func (f failure) classify(ctx context.Context, err error) error {
	var already *StatementError
	if err == nil || errors.As(err, &already) {
		return err
	}
	var server *pgconn.PgError
	isServer := errors.As(err, &server)
	if ctx.Err() != nil && (!isServer || server.Code == codeCanceled) {
		cause := context.Cause(ctx)
		return &StatementError{Name: f.name, Kind: Interrupted, Message: "interrupted: " + cause.Error(), cause: cause}
	}
	var connecting *pgconn.ConnectError
	isConnecting := errors.As(err, &connecting)
	if isServer {
		e := f.fromServer(server)
		if isConnecting { // whatever it says, no statement of a report was looked at
			e.Kind = Unavailable
		}
		e.Sent = e.Kind == Unavailable && !isConnecting && f.name != "" && ofTheStatement(server.Code)
		return e
	}
	message := oneLine(withoutRepeats(err.Error()))
	if errors.Is(err, context.DeadlineExceeded) && !isConnecting {
		message = "PostgreSQL neither answered nor kept the time limit"
	}
	return &StatementError{Name: f.name, Kind: Unavailable, Message: message, Sent: !isConnecting && f.name != ""}
}

func (f failure) fromServer(server *pgconn.PgError) *StatementError {
	e := &StatementError{
		Name:     f.name,
		Kind:     kindOfState(server.Code),
		SQLState: server.Code,
		Message:  oneLine(server.Message),
		Detail:   server.Detail,
		Hint:     oneLine(server.Hint),
	}
	if server.Position > 0 && f.name != "" {
		e.Line, e.Column = f.statement.Position(int(server.Position))
	}
	switch server.Code {
	case codeStale, codeNoStatement:
		if server.Code == codeNoStatement || server.Routine == "RevalidateCachedQuery" {
			e.Kind, e.cause = Unavailable, errStale
		}
		if server.Code == codeNoStatement {
			e.Hint = joinHints(e.Hint, "behind PgBouncer set its max_prepared_statements, or default_query_exec_mode=exec in the database URL")
		}
	case codeCanceled:
		if f.timedOut(server.Message) {
			e.Kind, e.Message = TimeLimit, "the statement took longer than "+f.limit.String()
		}
	case codeReadOnly:
		e.Message = "a query only reads, this one writes: " + e.Message
	case codeNoType:
		e.Hint = joinHints(e.Hint, "give the parameter a type: @name::text")
	}
	return e
}

// timedOut tells the time limit from a cancellation by somebody else; both have
// one code, and the message may be in any language.
func (f failure) timedOut(message string) bool {
	switch {
	case strings.Contains(message, "statement timeout"):
		return true
	case strings.Contains(message, "user request"):
		return false
	}
	return f.limit > 0 && time.Since(f.started) >= f.limit
}

func joinHints(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// withoutRepeats leaves out lines that were there before: pgx has one for each attempt to
// connect, and tries the same address with TLS and without.
func withoutRepeats(s string) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " ")
}
