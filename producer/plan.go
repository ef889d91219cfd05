package producer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// expressTargets is up to how many targets a narrowed re-run goes to the express
// lane: a person waits for it.
const expressTargets = 20

// plan reads the targets of a run in one read-only transaction, puts them in
// publishing order, stores the plan and moves the run on. Two producers may do it
// at once: the one that writes the run's record first wins, the other obeys.
func (p *Producer) plan(ctx context.Context, run *jetsheet.Run) (*jetsheet.Run, error) {
	began := time.Now()
	d, err := p.cfg.Parse(run.ID().Report, []byte(run.Frozen.Definition))
	if err != nil {
		return nil, &planError{jetsheet.ClassPermanent, jetsheet.CauseDefinition, err}
	}
	if err := p.due(ctx, run.ID()); err != nil {
		return nil, err
	}
	route, err := p.cfg.Router(run.Frozen.Flags)
	if err != nil {
		return nil, &planError{jetsheet.ClassPermanent, jetsheet.CauseDefinition, err}
	}
	c, err := newCollector(p.cfg.TempDir, run.Frozen.Scope, route)
	if err != nil {
		return nil, err
	}
	defer c.close()
	snapshot, err := readTargets(ctx, p.cfg.Database, d, run.ID().Tick, c)
	if err != nil {
		return nil, err
	}
	c.finish()
	summary, err := p.storePlan(ctx, run.ID(), c)
	if err != nil {
		return nil, err
	}
	summary.Snapshot = jetsheet.Snapshot{ID: snapshot.ID, At: snapshot.At}
	summary.At = time.Now().UTC()
	planned, err := p.recordPlan(ctx, run.ID(), summary)
	if err != nil {
		return nil, err
	}
	p.log.InfoContext(ctx, "run planned", slog.String("run", run.ID().String()), slog.Int("targets", summary.Targets),
		slog.Int("expected", summary.Expected), slog.Duration("elapsed", time.Since(began)))
	return planned, nil
}

// planError says why planning stands still.
type planError struct {
	class jetsheet.Class
	cause jetsheet.Cause
	err   error
}

func (e *planError) Error() string { return e.err.Error() }
func (e *planError) Unwrap() error { return e.err }

// due refuses a tick in the future: a run started by hand must not see half of its
// period.
func (p *Producer) due(ctx context.Context, run jetsheet.RunID) error {
	now, err := p.cfg.Now(ctx)
	if err != nil {
		return statementProblem(err)
	}
	if run.Tick.After(now) {
		return &planError{jetsheet.ClassUnavailable, "", fmt.Errorf("the tick %s has not come by the database's clock (%s)", run.Tick.Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
	}
	return nil
}

func statementProblem(err error) error {
	var s *query.StatementError
	if !errors.As(err, &s) {
		return err
	}
	class, cause := s.Failure()
	return &planError{class, cause, err}
}

// collector gathers targets: their lines on disk, what ordering needs in memory,
// about 150 bytes a target.
type collector struct {
	scope   jetsheet.Scope
	route   func(string) jetsheet.Route
	routes  map[string]jetsheet.Route
	spool   *os.File
	size    int64
	entries []entry
	tenants map[string]int32
	turns   []int32
	seen    map[digest]int32 // conversion → entry
	keys    map[digest]int32 // output key → entry
}

type digest [16]byte

func digestOf(parts ...string) digest {
	h := sha256.New()
	for _, part := range parts {
		_, _ = io.WriteString(h, part)
		_, _ = h.Write([]byte{0})
	}
	return digest(h.Sum(nil)[:16])
}

func newCollector(dir string, scope jetsheet.Scope, route func(string) jetsheet.Route) (*collector, error) {
	spool, err := os.CreateTemp(dir, "jetsheet-targets-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file for the plan: %w", err)
	}
	return &collector{
		scope: scope, route: route, spool: spool,
		routes: map[string]jetsheet.Route{}, tenants: map[string]int32{},
		seen: map[digest]int32{}, keys: map[digest]int32{},
	}, nil
}

func (c *collector) close() {
	_ = c.spool.Close()
	_ = os.Remove(c.spool.Name())
}

func (c *collector) addRows(d *report.Definition, tick time.Time, rows *query.Rows) error {
	columns := rows.Columns()
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = column.Name
	}
	resolver, err := d.NewResolver(tick, names)
	if err != nil {
		return &planError{jetsheet.ClassPermanent, jetsheet.CauseStatement, fmt.Errorf("targets query: %w", err)}
	}
	lines := newSpoolWriter(c.spool)
	row := make([]report.Value, len(columns))
	for rows.Next() {
		for i, v := range rows.Values() {
			row[i] = report.Value{Text: v.Text(), Null: v.IsNull()}
		}
		// The error stands in the target as its problem.
		target, _ := resolver.Resolve(row)
		if !c.scope.Matches(target.Tenant, target.Target) {
			continue
		}
		if err := c.add(&target, lines); err != nil {
			return err
		}
	}
	return lines.Flush()
}

// add takes one target, unless it was there before.
func (c *collector) add(t *jetsheet.Target, lines *spoolWriter) error {
	t.Route = c.routeOf(t.Tenant)
	id := digestOf(jetsheet.Token(t.Tenant), jetsheet.Token(t.Target))
	if first, ok := c.seen[id]; ok {
		c.breakEntry(first, jetsheet.CauseDuplicateTarget, "the targets query returned tenant and target more than once; make it return one row per workbook")
		return nil
	}
	number := int32(len(c.entries)) //nolint:gosec // a plan of 2^31 targets does not fit anywhere
	c.seen[id] = number
	if t.Problem == nil {
		c.claimKey(t, number)
	}
	if !t.Route.Expected() || t.Route == jetsheet.RouteHold || t.Problem != nil {
		t.Lane = ""
	}
	line, err := encodeTarget(t)
	if err != nil {
		return err
	}
	if _, err := lines.Write(line); err != nil {
		return fmt.Errorf("write temporary plan: %w", err)
	}
	tenant, turn := c.turn(t.Tenant)
	c.entries = append(c.entries, entry{
		offset: c.size, size: int32(len(line)), tenant: tenant, turn: turn, //nolint:gosec // a line is below 64 KiB
		weight: t.Weight, lane: t.Lane, route: t.Route, faulty: t.Problem != nil,
	})
	c.size += int64(len(line))
	return nil
}

// maxTargetBytes leaves room in a request for what the producer adds.
const maxTargetBytes = jetsheet.MaxRequestBytes - 512

// encodeTarget writes a target's line; one that would not fit a request becomes a
// problem.
func encodeTarget(t *jetsheet.Target) ([]byte, error) {
	line, err := json.Marshal(t)
	if err == nil && len(line) > maxTargetBytes {
		t.Values, t.Lane = nil, ""
		t.Problem = &jetsheet.TargetProblem{
			Cause:   jetsheet.CauseRequestTooLarge,
			Message: fmt.Sprintf("the columns of the targets row take %d bytes, the most is %d; return fewer or shorter columns", len(line), maxTargetBytes),
		}
		line, err = json.Marshal(t)
	}
	if err != nil {
		return nil, fmt.Errorf("encode target %q of tenant %q: %w", t.Target, t.Tenant, err)
	}
	return line, nil
}

// claimKey lets no two targets have one output key: whichever came last would
// otherwise replace or refuse the other, depending on who is faster.
func (c *collector) claimKey(t *jetsheet.Target, number int32) {
	key := digestOf(t.Key)
	first, taken := c.keys[key]
	if !taken {
		c.keys[key] = number
		return
	}
	message := fmt.Sprintf("more than one target has the output key %q; make output.key tell them apart", t.Key)
	c.breakEntry(first, jetsheet.CauseDuplicateKey, message)
	t.Problem = &jetsheet.TargetProblem{Cause: jetsheet.CauseDuplicateKey, Message: message}
}

func (c *collector) breakEntry(number int32, cause jetsheet.Cause, message string) {
	e := &c.entries[number]
	if e.faulty {
		return
	}
	e.faulty, e.lane = true, ""
	e.broken = &jetsheet.TargetProblem{Cause: cause, Message: message}
}

func (c *collector) routeOf(tenant string) jetsheet.Route {
	route, ok := c.routes[tenant]
	if !ok {
		route = c.route(tenant)
		c.routes[tenant] = route
	}
	return route
}

func (c *collector) turn(tenant string) (number, turn int32) {
	number, ok := c.tenants[tenant]
	if !ok {
		number = int32(len(c.turns)) //nolint:gosec // fewer tenants than targets
		c.tenants[tenant] = number
		c.turns = append(c.turns, 0)
	}
	turn = c.turns[number]
	c.turns[number]++
	return number, turn
}

// finish decides lanes that depend on the whole and sorts.
func (c *collector) finish() {
	queued := 0
	for i := range c.entries {
		if c.entries[i].lane != "" {
			queued++
		}
	}
	if c.scope != (jetsheet.Scope{}) && queued <= expressTargets {
		for i := range c.entries {
			if c.entries[i].lane != "" {
				c.entries[i].lane = jetsheet.LaneExpress
			}
		}
	}
	inPublishingOrder(c.entries)
}

// storePlan writes the plan into the object store, as a stream.
func (p *Producer) storePlan(ctx context.Context, run jetsheet.RunID, c *collector) (*jetsheet.PlanSummary, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	pr, pw := io.Pipe()
	type result struct {
		summary jetsheet.PlanSummary
		err     error
	}
	written := make(chan result, 1)
	go func() {
		w := jetsheet.NewPlanWriter(pw)
		err := c.writeTo(w)
		summary, closeErr := w.Close()
		err = errors.Join(err, closeErr)
		pw.CloseWithError(err)
		written <- result{summary, err}
	}()
	object := jetsheet.PlanObject(run, nuid.Next())
	_, err := p.plans.Put(ctx, jetstream.ObjectMeta{Name: object, Opts: &jetstream.ObjectMetaOptions{ChunkSize: jetsheet.ChunkBytes}}, fullChunks{pr})
	pr.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	r := <-written
	if err := errors.Join(err, r.err); err != nil {
		return nil, fmt.Errorf("store the plan of run %s: %w", run, err)
	}
	r.summary.Object = object
	return &r.summary, nil
}

// writeTo writes the targets in their order.
func (c *collector) writeTo(w *jetsheet.PlanWriter) error {
	return c.each(func(e *entry, line []byte) error {
		return w.WriteLine(line, e.route, e.lane, e.weight, e.faulty)
	})
}

// each calls do for every target in their order, with its line, which is valid until
// the next call.
func (c *collector) each(do func(e *entry, line []byte) error) error {
	buf := make([]byte, jetsheet.MaxRequestBytes)
	for i := range c.entries {
		e := &c.entries[i]
		line := buf[:e.size]
		if _, err := c.spool.ReadAt(line, e.offset); err != nil {
			return fmt.Errorf("read temporary plan: %w", err)
		}
		if changed, err := e.amend(line); err != nil {
			return err
		} else if changed != nil {
			line = changed
		}
		if err := do(e, line); err != nil {
			return err
		}
	}
	return nil
}

// amend rewrites a line whose target was given a problem or another lane later.
func (e *entry) amend(line []byte) ([]byte, error) {
	if e.broken == nil && e.lane != jetsheet.LaneExpress {
		return nil, nil
	}
	var t jetsheet.Target
	if err := json.Unmarshal(line, &t); err != nil {
		return nil, fmt.Errorf("read temporary plan: %w", err)
	}
	t.Lane = e.lane
	if e.broken != nil {
		t.Problem = e.broken
	}
	return encodeTarget(&t)
}

// recordPlan moves the run from planning to publishing, unless another producer
// did; then its plan is obeyed and ours goes away. After an error it is not known
// which plan the record has: ours stays until the store's age limit.
func (p *Producer) recordPlan(ctx context.Context, id jetsheet.RunID, summary *jetsheet.PlanSummary) (*jetsheet.Run, error) {
	run, err := p.updateRun(ctx, id, func(r *jetsheet.Run) bool {
		if r.Plan != nil {
			return false
		}
		r.Plan, r.Problem, r.State = summary, nil, jetsheet.RunPublishing
		return true
	})
	if err != nil {
		return nil, err
	}
	if run.Plan.Object != summary.Object {
		if err := p.plans.Delete(ctx, summary.Object); err != nil {
			p.log.DebugContext(ctx, "superfluous plan not deleted", slog.String("object", summary.Object), slog.Any("err", err))
		}
	}
	return run, nil
}

// planSum returns the sha256 of what is read, in hex.
func planSum(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
