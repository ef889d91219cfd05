package producer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// collector gathers targets: their lines on disk, what ordering needs in memory,
// about 150 bytes a target.
type collector struct {
	scope jetsheet.Scope
	route func(string) jetsheet.Route
	// freeze, if set, gives a target that is expected its template.
	freeze  func(*jetsheet.Target) error
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

// add takes one target. A row whose conversion was there before is counted there.
func (c *collector) add(t *jetsheet.Target, lines *spoolWriter) error {
	t.Route = c.routeOf(t.Tenant)
	t.Tenant, t.Target = tame(t.Tenant), tame(t.Target)
	id := digestOf(jetsheet.Token(t.Tenant), jetsheet.Token(t.Target))
	if first, ok := c.seen[id]; ok {
		c.entries[first].repeat(t.Problem)
		c.breakEntry(first, jetsheet.CauseDuplicateTarget, "the targets query returned tenant and target more than once; make it return one row per workbook")
		return nil
	}
	if c.freeze != nil && t.Problem == nil && t.Route.Expected() {
		if err := c.freeze(t); err != nil {
			return err
		}
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
	tenant, turn := c.turn(t.Tenant, t.Lane)
	c.entries = append(c.entries, entry{
		offset: c.size, size: int32(len(line)), tenant: tenant, turn: turn, //nolint:gosec // a line is below 64 KiB
		weight: t.Weight, lane: t.Lane, route: t.Route, faulty: t.Problem != nil,
	})
	c.size += int64(len(line))
	return nil
}

// maxTargetBytes leaves room in a request for what the producer adds.
const maxTargetBytes = jetsheet.MaxRequestBytes - 1024

// maxProblemBytes bounds what a target's problem says; it may quote the row.
const maxProblemBytes = 1 << 10

// encodeTarget writes a target's line. One that does not fit a request or cannot be
// written becomes a problem and loses what made it so: its ids are enough to fail
// it by.
func encodeTarget(t *jetsheet.Target) ([]byte, error) {
	line, err := json.Marshal(t)
	if err == nil && len(line) <= maxTargetBytes {
		return line, nil
	}
	problem := t.Problem
	switch {
	case problem != nil:
		problem = &jetsheet.TargetProblem{Cause: problem.Cause, Message: cut(problem.Message, maxProblemBytes)}
	case err != nil:
		problem = &jetsheet.TargetProblem{Cause: jetsheet.CauseTargetInvalid, Message: cut(err.Error(), maxProblemBytes)}
	default:
		problem = &jetsheet.TargetProblem{
			Cause:   jetsheet.CauseRequestTooLarge,
			Message: fmt.Sprintf("the columns of the targets row take %d bytes, the most is %d; return fewer or shorter columns", len(line), maxTargetBytes),
		}
	}
	*t = jetsheet.Target{Tenant: t.Tenant, Target: t.Target, Route: t.Route, Weight: t.Weight, Problem: problem}
	if line, err = json.Marshal(t); err != nil {
		return nil, fmt.Errorf("encode target %q of tenant %q: %w", t.Target, t.Tenant, err)
	}
	return line, nil
}

// tame makes an id of any length and bytes fit a plan and a failure. Such an id
// fails its target all the same; its digest keeps it apart from others like it.
func tame(id string) string {
	if len(id) <= report.MaxIDBytes && utf8.ValidString(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return cut(id, 64) + "…sha256:" + hex.EncodeToString(sum[:])
}

// cut returns at most n bytes of s, as UTF-8.
func cut(s string, n int) string {
	return strings.ToValidUTF8(s[:min(len(s), n)], "\uFFFD")
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

// turn counts the small targets of each tenant: its large ones are no reason to let
// the small ones wait.
func (c *collector) turn(tenant string, lane jetsheet.Lane) (number, turn int32) {
	number, ok := c.tenants[tenant]
	if !ok {
		number = int32(len(c.turns)) //nolint:gosec // fewer tenants than targets
		c.tenants[tenant] = number
		c.turns = append(c.turns, 0)
	}
	turn = c.turns[number]
	if lane == jetsheet.LaneSmall {
		c.turns[number]++
	}
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
