//go:build unix

package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// kind is a kind of fault.
type kind string

// The kinds of faults.
const (
	killRole       kind = "kill -9 of a role"
	stopRole       kind = "SIGTERM of a role"
	freezeRole     kind = "SIGSTOP of a role"
	killNATS       kind = "kill -9 of nats-server"
	freezeNATS     kind = "SIGSTOP of nats-server"
	stopPostgres   kind = "immediate stop of PostgreSQL"
	s3Error        kind = "S3: 500"
	s3SlowDown     kind = "S3: 503 SlowDown"
	s3Forbidden    kind = "S3: 403"
	s3ResetBefore  kind = "S3: reset before the effect"
	s3ResetAfter   kind = "S3: reset after the effect"
	s3Hang         kind = "S3: hang"
	halfOpenNATS   kind = "half-open connection to NATS"
	halfOpenPG     kind = "half-open connection to PostgreSQL"
	lateNATS       kind = "silent connection to NATS, late bytes"
	latePG         kind = "silent connection to PostgreSQL, late bytes"
	resetNATS      kind = "reset connection to NATS"
	resetPG        kind = "reset connection to PostgreSQL"
	answerLostNATS kind = "connection to NATS without answers"
)

// manner is how a kind of fault is drawn: how often it lies in the deck, whom it meets,
// how long it takes.
type manner struct {
	kind        kind
	cards       int
	targets     []string
	least, most time.Duration
}

// lease is how long the work of a worker that went silent waits for another one.
const lease = 2 * time.Second

var databaseRoles = []string{"producer-1", "producer-2", "renderer-1", "renderer-2"}

// allRoles are the processes of roles.
func allRoles() []string {
	return []string{"producer-1", "producer-2", "renderer-1", "renderer-2", "uploader-1", "uploader-2", "ops-1"}
}

func manners() []manner {
	const ms = time.Millisecond
	return []manner{
		{killRole, 5, allRoles(), 0, 2500 * ms},
		{stopRole, 2, allRoles(), 0, 1500 * ms},
		{freezeRole, 4, allRoles(), lease + 500*ms, 3 * lease},
		{killNATS, 2, []string{"nats-server"}, 0, 2000 * ms},
		{freezeNATS, 1, []string{"nats-server"}, 500 * ms, 3000 * ms},
		{stopPostgres, 2, []string{"postgresql"}, 0, 2500 * ms},
		{s3Error, 1, allRoles(), 300 * ms, 3000 * ms},
		{s3SlowDown, 1, allRoles(), 300 * ms, 3000 * ms},
		{s3Forbidden, 1, allRoles(), 300 * ms, 3000 * ms},
		{s3ResetBefore, 1, allRoles(), 300 * ms, 3000 * ms},
		{s3ResetAfter, 2, allRoles(), 300 * ms, 3000 * ms},
		{s3Hang, 1, allRoles(), 1000 * ms, 3 * lease},
		{halfOpenNATS, 2, allRoles(), lease, 3 * lease},
		{halfOpenPG, 1, databaseRoles, 500 * ms, 3 * lease},
		{lateNATS, 2, allRoles(), lease, 3 * lease},
		{latePG, 1, databaseRoles, 500 * ms, 3 * lease},
		{resetNATS, 1, allRoles(), 0, 0},
		{resetPG, 1, databaseRoles, 0, 0},
		{answerLostNATS, 2, allRoles(), lease, 3 * lease},
	}
}

// fault is one fault of a schedule.
type fault struct {
	at     time.Duration // since the schedule's beginning
	kind   kind
	target string
	length time.Duration
}

func (f fault) String() string {
	return fmt.Sprintf("%6.2fs  %-43s %-11s for %.2fs", f.at.Seconds(), f.kind, f.target, f.length.Seconds())
}

// order is something that a person asks for.
type order struct {
	at   time.Duration
	what string // start, again, replay, cancel
	// report and nth say what it is about: the nth tick, or the nth run there is.
	report string
	nth    int
	tenant string
}

func (o order) String() string {
	text := fmt.Sprintf("%6.2fs  %s %s %d", o.at.Seconds(), o.what, o.report, o.nth)
	if o.tenant != "" {
		text += " of " + o.tenant
	}
	return text
}

// schedule is all that happens in a run of the harness.
type schedule struct {
	faults []fault
	orders []order
}

// newSchedule draws a schedule. It depends on nothing but its arguments.
func newSchedule(seed uint64, length time.Duration) schedule {
	return schedule{faults: drawFaults(rand.New(rand.NewPCG(seed, 1)), length), orders: drawOrders(rand.New(rand.NewPCG(seed, 2)), length)} //nolint:gosec // it must be repeatable
}

// drawFaults deals kinds from a deck that is shuffled anew when it is empty: a short
// schedule has many kinds, a long one has all.
func drawFaults(random *rand.Rand, length time.Duration) []fault {
	var faults []fault
	var deck []manner
	for at := between(random, 500*time.Millisecond, 1500*time.Millisecond); at < length; at += between(random, 500*time.Millisecond, 2*time.Second) {
		if len(deck) == 0 {
			for _, m := range manners() {
				deck = append(deck, slices.Repeat([]manner{m}, m.cards)...)
			}
			random.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		m := deck[0]
		deck = deck[1:]
		faults = append(faults, fault{at: at, kind: m.kind, target: m.targets[random.IntN(len(m.targets))], length: between(random, m.least, m.most)})
	}
	return faults
}

// drawOrders has a run started every two seconds or so, and made again, replayed or
// cancelled in between.
func drawOrders(random *rand.Rand, length time.Duration) []order {
	var orders []order
	ticks := map[string]int{}
	for at := between(random, 0, time.Second); at < length; at += between(random, time.Second, 3*time.Second) {
		o := order{at: at, report: reportNames[random.IntN(len(reportNames))], nth: random.IntN(100)}
		switch p := random.IntN(20); {
		case p < 8 || ticks[o.report] == 0:
			o.what, o.nth = "start", ticks[o.report]
			ticks[o.report]++
		case p < 14:
			o.what, o.nth = "again", random.IntN(ticks[o.report])
			if random.IntN(2) == 0 {
				o.tenant = tenantName(random.IntN(tenants))
			}
		case p < 18:
			o.what = "replay"
		default:
			o.what = "cancel"
		}
		orders = append(orders, o)
	}
	return orders
}

func between(random *rand.Rand, least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	return least + time.Duration(random.Int64N(int64(most-least))).Round(10*time.Millisecond)
}

// String is the schedule as it is printed.
func (s schedule) String() string {
	type line struct {
		at   time.Duration
		text string
	}
	var lines []line
	for _, f := range s.faults {
		lines = append(lines, line{f.at, f.String()})
	}
	for _, o := range s.orders {
		lines = append(lines, line{o.at, o.String()})
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.at, b.at) })
	var text strings.Builder
	for _, l := range lines {
		_, _ = fmt.Fprintln(&text, l.text)
	}
	return text.String()
}
