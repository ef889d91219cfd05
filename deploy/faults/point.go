package faults

import (
	"cmp"
	"slices"
	"time"
)

// Wire is what a role is connected to.
type Wire string

// The connections of a role.
const (
	WireNATS     Wire = "nats"
	WirePostgres Wire = "postgres"
	WireS3       Wire = "s3"
	WireWebhook  Wire = "webhook"
	WireSlack    Wire = "slack"
	WireGitHub   Wire = "github"
)

// Point is a kind of effect that a role has on what it is connected to, or the other way
// round. The same code meets the same points in every run: nothing in one names a run, a
// tenant or a worker.
type Point struct {
	Role   string
	Wire   Wire
	Effect string // such as "publish conversions.done"
}

// String returns the three parts with spaces between.
func (p Point) String() string { return p.Role + " " + string(p.Wire) + " " + p.Effect }

// Compare orders points by role, wire and effect.
func (p Point) Compare(q Point) int {
	return cmp.Or(cmp.Compare(p.Role, q.Role), cmp.Compare(p.Wire, q.Wire), cmp.Compare(p.Effect, q.Effect))
}

// Takes says whether an action can be played at the point. All can but one: the rows of
// an answer come once, whatever the network does, because the protocol is a stream.
func (p Point) Takes(action Action) bool {
	return action != Duplicate || p.Wire != WirePostgres || !isRows(p.Effect)
}

// Action is what a fault does to an effect.
type Action string

// The actions.
const (
	// Fail: the effect does not happen, and the role is told: the connection ends, S3
	// and what is told of notices answer 503.
	Fail Action = "error"
	// Crash: the role is killed before the effect.
	Crash Action = "crash"
	// ApplyThenFail: the effect happens, and the connection ends before the role hears
	// of it.
	ApplyThenFail Action = "apply-then-error"
	// Delay: the effect happens later than the lease of what the role works on, and with
	// it everything behind it on the connection. Where the role has gone in the meantime
	// it happens all the same.
	Delay Action = "delay"
	// Duplicate: the effect happens twice.
	Duplicate Action = "duplicate"
)

// Actions returns all of them.
func Actions() []Action { return []Action{Fail, Crash, ApplyThenFail, Delay, Duplicate} }

// Fault is an action at one occurrence of a point.
type Fault struct {
	Point  Point
	Action Action
	// Nth is which occurrence after the fault was armed is met; 0 means the first.
	Nth int
	// Late is how long a [Delay] takes.
	Late time.Duration
}

// SortPoints returns the points of counts in their order.
func SortPoints(counts map[Point]int) []Point {
	points := make([]Point, 0, len(counts))
	for p := range counts {
		points = append(points, p)
	}
	slices.SortFunc(points, Point.Compare)
	return points
}
