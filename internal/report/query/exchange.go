package query

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	beginSQL  = "begin transaction isolation level repeatable read, read only"
	commitSQL = "commit"
	// settingsSQL is the transaction's first statement, so its snapshot is
	// everybody's. The settings of formats make texts and literals mean the
	// same whatever the defaults of database and role are; the parser of
	// statements relies on standard_conforming_strings.
	settingsSQL = `select pg_current_snapshot()::text, now(),
 set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true),
 set_config('TimeZone', $3, true), set_config('app.tenant', $4, true),
 set_config('plan_cache_mode', 'force_custom_plan', true),
 set_config('standard_conforming_strings', 'on', true),
 set_config('DateStyle', 'ISO', true), set_config('IntervalStyle', 'postgres', true),
 set_config('extra_float_digits', '1', true), set_config('bytea_output', 'hex', true)`
	settingsColumns = 12
)

// exchange is one transaction's conversation on one connection.
type exchange struct {
	*transaction
	session  *session
	conn     *pgxpool.Conn
	pipeline *pgconn.Pipeline
	commit   string // the name of the prepared commit
	started  time.Time
}

func newExchange(t *transaction, conn *pgxpool.Conn) *exchange {
	return &exchange{transaction: t, session: sessionOf(conn, t.db.generation.Load()), conn: conn}
}

// run is the whole conversation; caller is the context of the call, limited ends
// with it or with the time limit.
func (x *exchange) run(caller, limited context.Context) error {
	x.started = time.Now()
	x.pipeline = x.session.conn.StartPipeline(limited)
	if !x.db.named {
		return x.runUnnamed(caller)
	}
	answers := x.sendBegin()
	plans, prepared := x.prepare(caller)
	if len(prepared) > 0 {
		if err := x.sync(append(answers, prepared...)); err != nil {
			return x.failed(caller, err)
		}
		answers = nil
	}
	for i := range x.bound {
		x.send(i, plans[i].plan)
	}
	x.pipeline.SendQueryPrepared(x.commit, nil, nil, nil)
	if err := x.pipeline.Sync(); err != nil {
		return x.failed(caller, err)
	}
	if err := all(answers); err != nil {
		return x.failed(caller, err)
	}
	for i := range x.bound {
		if err := x.receive(caller, i, plans[i].plan); err != nil {
			return err
		}
	}
	return x.failed(caller, all([]func() error{x.expectDone, x.expectSync}))
}

// runUnnamed keeps nothing on the connection: for poolers that hand every
// transaction another one.
func (x *exchange) runUnnamed(caller context.Context) error {
	x.pipeline.SendQueryParams(beginSQL, nil, nil, nil, nil)
	x.pipeline.SendQueryParams(settingsSQL, x.settings(), nil, nil, settingsFormats())
	if err := x.sync([]func() error{x.expectDone, x.expectSnapshot}); err != nil {
		return x.failed(caller, err)
	}
	for i := range x.bound {
		slot := &planSlot{}
		x.pipeline.SendPrepare("", x.bound[i].sql, nil)
		if err := x.sync([]func() error{x.expectPlan(caller, i, "", slot)}); err != nil {
			return x.failed(caller, err)
		}
		x.send(i, slot.plan)
		if err := x.pipeline.Sync(); err != nil {
			return x.failed(caller, err)
		}
		if err := x.receive(caller, i, slot.plan); err != nil {
			return err
		}
		if err := x.expectSync(); err != nil {
			return x.failed(caller, err)
		}
	}
	x.pipeline.SendQueryParams(commitSQL, nil, nil, nil, nil)
	return x.failed(caller, x.sync([]func() error{x.expectDone}))
}

// sendBegin queues everything up to the settings, and says what will answer.
func (x *exchange) sendBegin() (answers []func() error) {
	s := x.session
	for _, name := range s.closing {
		x.pipeline.SendDeallocate(name)
		answers = append(answers, x.expectClosed)
	}
	s.closing = nil
	begin, settings, commit := s.begin, s.settings, s.commit
	fresh := begin == ""
	if fresh {
		begin, settings, commit = s.newName(), s.newName(), s.newName()
		x.pipeline.SendPrepare(begin, beginSQL, nil)
		answers = append(answers, x.expectPrepared)
	}
	x.pipeline.SendQueryPrepared(begin, nil, nil, nil)
	answers = append(answers, x.expectDone)
	if fresh { // only now: parsing a SELECT takes a snapshot, after which nothing may begin
		x.pipeline.SendPrepare(settings, settingsSQL, nil)
		x.pipeline.SendPrepare(commit, commitSQL, nil)
		answers = append(answers, x.expectPrepared, x.expectPrepared, func() error {
			s.begin, s.settings, s.commit = begin, settings, commit
			return nil
		})
	}
	x.pipeline.SendQueryPrepared(settings, x.settings(), nil, settingsFormats())
	x.commit = commit
	return append(answers, x.expectSnapshot)
}

// planSlot is filled when the answer to a prepare arrives.
type planSlot struct{ plan *plan }

// prepare finds the plans of all queries and queues what is not prepared yet.
func (x *exchange) prepare(caller context.Context) (plans []*planSlot, answers []func() error) {
	plans = make([]*planSlot, len(x.bound))
	for i, b := range x.bound {
		same := slices.IndexFunc(x.bound[:i], func(other bound) bool { return other.sql == b.sql })
		if same >= 0 {
			plans[i] = plans[same]
			continue
		}
		plans[i] = &planSlot{plan: x.session.find(b.sql)}
		if plans[i].plan == nil {
			name := x.session.newName()
			x.pipeline.SendPrepare(name, b.sql, nil)
			answers = append(answers, x.expectPlan(caller, i, name, plans[i]))
		}
	}
	return plans, answers
}

// sync sends what is queued and waits for all its answers.
func (x *exchange) sync(answers []func() error) error {
	if err := x.pipeline.Sync(); err != nil {
		return err
	}
	return all(append(answers, x.expectSync))
}

func (x *exchange) send(i int, p *plan) {
	formats := p.formats
	if x.bound[i].Text {
		formats = nil
	}
	x.pipeline.SendQueryStatement(p.description, x.bound[i].values, nil, formats)
}

// receive hands the rows of one query to the caller.
func (x *exchange) receive(caller context.Context, i int, p *plan) error {
	fail := func(err error) error { return x.blame(i).classify(caller, err) }
	reader, err := expect[*pgconn.ResultReader](x.pipeline)
	if err != nil {
		return fail(err)
	}
	rows := &Rows{
		plan: p, reader: reader, query: x.bound[i].Query, snapshot: x.snapshot, zone: x.scope.zone(), fail: fail,
		values: make([]Value, len(p.columns)),
	}
	x.delivered = true
	if err := x.each(i, rows); err != nil {
		if rows.err != nil && !errors.Is(err, rows.err) {
			return rows.err
		}
		return err
	}
	return rows.finish()
}

// end leaves the connection without a transaction, or closed.
func (x *exchange) end(limited context.Context, cancel context.CancelFunc, err error) {
	if err == nil {
		err = x.pipeline.Close()
	}
	if err == nil {
		return
	}
	timer := time.AfterFunc(drainLimit, cancel)
	defer timer.Stop()
	_ = x.pipeline.Close() // the error is known already, or the connection is closed
	if x.session.conn.IsClosed() || x.session.conn.TxStatus() == 'I' {
		return
	}
	// Should this fail, the pool closes the connection: it is in a transaction.
	_, _ = x.session.conn.Exec(limited, "rollback").ReadAll()
}

func (x *exchange) blame(i int) failure {
	b := x.bound[i]
	return failure{name: b.Name, statement: b.Statement, started: x.started, limit: x.scope.limit()}
}

// failed classifies what happened outside the queries' rows.
func (x *exchange) failed(caller context.Context, err error) error {
	return failure{started: x.started, limit: x.scope.limit()}.classify(caller, err)
}

func (x *exchange) settings() [][]byte {
	return [][]byte{
		milliseconds(x.scope.limit()), milliseconds(idleLimit), []byte(x.zone), []byte(x.scope.Tenant),
	}
}

func milliseconds(d time.Duration) []byte {
	return strconv.AppendInt(nil, max(d.Milliseconds(), 1), 10)
}

func settingsFormats() []int16 {
	formats := make([]int16, settingsColumns)
	formats[1] = formatBinary
	return formats
}
