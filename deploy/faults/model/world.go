package model

import (
	"fmt"
	"math/rand/v2"
)

// Sizes of a schedule: small, because a violation needs few conversions.
const (
	tenants = 3
	ticks   = 2
	maxRuns = 8
	maxConv = maxRuns * tenants

	previousCopies = 2
)

type (
	tenant int
	// conv is a conversion: run and tenant; a tenant has one target.
	conv int
	lane uint8
	// route says which system makes a tenant's workbook.
	route uint8
)

const noConv conv = -1

const (
	planned lane = iota
	express
)

const (
	legacy route = iota
	shadow
	moved // to this pipeline
	hold
	routes
)

// runID is a run's identity, by slot.
type runID struct {
	tick    int64 // orders runs
	rerun   int
	nominal int // the calendar's tick
}

// world is everything outside the processes: JetStream, S3, the database, the clock.
type world struct {
	rng    *rand.Rand
	bug    Bug
	actors []*actor
	now    int64
	steps  int

	faulty    bool
	rate      float64
	weights   [faults]int
	weightSum int
	calm      int   // how rarely the world is disturbed
	frail     int   // how rarely a workbook is lost or damaged as it is stored
	flaky     int   // how rarely rendering meets a transient error
	hurry     int64 // how rarely people press a button, in seconds
	twice     bool
	wiped     bool
	awayUntil int64 // nobody is answered before
	// unattended: nobody starts a run again that a wipe took away.
	unattended bool

	runs []runID
	// the database
	comes   bool // the last tenant's target
	version int  // of the records
	traits  [maxConv]trait

	// JetStream, gone with a wipe
	incarnation int
	conversions queue
	rendered    queue
	failed      [maxConv]*failure
	done        [maxConv]*outcome
	revision    int
	progress    [2][maxConv]*progress
	records     [maxRuns]*record
	claims      [maxRuns]claim
	plans       []*plan
	objects     []*object

	document frozen // the flag document
	// documentDue is when its operator stores it, or stores it again; 0 while it is there.
	documentDue int64

	// S3
	keyHasTick bool
	finals     [ticks * tenants]*final
	frozen     [maxRuns]*frozen

	made [ticks][tenants]bool // by the previous system

	oracle
	trace   []string
	tracing bool
}

// trait is what is special about a conversion's data.
type trait struct{ poison, killer, stumbles bool }

// failure is a FAILED record.
type failure struct {
	seq      int
	cause    cause
	attempts int
	retryAt  int64 // 0: final
	replayed int64
	at       int64
	step     int
}

func (f *failure) retrying() bool { return f.retryAt != 0 }

type cause string

const (
	held       cause = "held"
	cancelled  cause = "cancelled"
	bad        cause = "workbook_invalid"
	trouble    cause = "internal_error"
	stalled    cause = "stalled"
	crashing   cause = "worker_crash"
	deadOne    cause = "dead_request"
	lostOne    cause = "workbook_lost"
	occupied   cause = "key_occupied"
	definition cause = "definition_invalid"
)

// outcome is a DONE record.
type outcome struct {
	state string // published, compared, superseded
	sha   int
	step  int
}

// progress is a conversion's record of starts in one stage.
type progress struct {
	revision int
	starts   []start
	attempts int
}

type start struct {
	worker        string
	seq, delivery int
	at            int64
}

// object is a workbook in the object store.
type object struct {
	conv    conv
	sha     int
	gone    bool
	damaged bool
	harmed  bool // by the environment
}

// final is a workbook on S3. Its ETag follows from its bytes.
type final struct {
	conv    conv
	sha     int
	foreign bool
	broken  bool
}

// frozen is what a run was frozen with.
type frozen struct {
	document int
	routes   [tenants]route
}

func newWorld(seed uint64, o Options) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 0x6a657473)), bug: o.Bug, tracing: o.Trace, faulty: true, version: 1, unattended: o.Unattended}
	w.conversions = queue{w: w, name: "CONVERSIONS", unique: true, maxDeliver: maxDeliver}
	w.rendered = queue{w: w, name: "RENDERED", maxDeliver: never}
	w.drawWeights()
	w.calm, w.flaky, w.frail = 60+w.rng.IntN(1200), 2+w.rng.IntN(40), 2+w.rng.IntN(20)
	w.hurry = 30 + w.rng.Int64N(300)
	w.keyHasTick, w.comes = w.rng.IntN(3) == 0, w.rng.IntN(2) == 0
	if w.rng.IntN(4) == 0 {
		w.documentDue = w.rng.Int64N(60)
	}
	for t := range w.document.routes {
		w.document.routes[t] = moved
		if w.rng.IntN(3) == 0 {
			w.document.routes[t] = route(w.rng.IntN(int(routes)))
		}
	}
	for c := range w.traits {
		w.traits[c] = trait{poison: w.rng.IntN(12) == 0, killer: w.rng.IntN(12) == 0}
	}
	if w.rng.IntN(15) == 0 {
		w.finals[0] = &final{conv: noConv, foreign: true}
	}
	return w
}

// slot returns the number of a run, a new one where it is not known. It is -1 where a
// schedule has enough runs.
func (w *world) slot(id runID) int {
	for i, known := range w.runs {
		if known == id {
			return i
		}
	}
	if len(w.runs) == maxRuns {
		return -1
	}
	w.runs = append(w.runs, id)
	return len(w.runs) - 1
}

func tickAt(nominal int) int64 { return int64(nominal) * 200 }

// compare orders two runs by (tick, rerun).
func (w *world) compare(a, b int) int {
	x, y := w.runs[a], w.runs[b]
	switch {
	case x.tick != y.tick:
		return int(x.tick - y.tick)
	default:
		return x.rerun - y.rerun
	}
}

func convOf(run int, t tenant) conv { return conv(run*tenants + int(t)) }
func (c conv) run() int             { return int(c) / tenants }
func (c conv) tenant() tenant       { return tenant(int(c) % tenants) }

// key is where a conversion's workbook goes on S3.
func (w *world) key(c conv) int {
	if w.keyHasTick {
		return w.runs[c.run()].nominal*tenants + int(c.tenant())
	}
	return int(c.tenant())
}

// render returns the digest of a workbook: equal records give equal bytes.
func (w *world) render(c conv) int { return int(c)*10_000 + w.version }

func (w *world) flip(t tenant, r route) {
	w.document.document++
	w.document.routes[t] = r
	w.say(fmt.Sprintf("flags: tenant %d is routed %d from the next run on", t, r))
}

// present says whether the targets query returns a tenant now.
func (w *world) present(t tenant) bool { return t < tenants-1 || w.comes }

// wipe deletes all data of JetStream. Streams and buckets are set up again, sequences
// begin anew. Revisions of keys do not repeat, see DESIGN.md.
func (w *world) wipe() {
	w.wiped = true
	w.incarnation++
	if w.rng.IntN(2) == 0 { // else it is set up again at once
		w.documentDue = w.now + w.rng.Int64N(60)
	}
	w.forget()
	w.conversions.msgs, w.conversions.next, w.conversions.ids = nil, 0, nil
	w.rendered.msgs, w.rendered.next, w.rendered.ids = nil, 0, nil
	w.failed, w.done, w.progress = [maxConv]*failure{}, [maxConv]*outcome{}, [2][maxConv]*progress{}
	w.records, w.claims = [maxRuns]*record{}, [maxRuns]claim{}
	for _, p := range w.plans {
		p.gone = true
	}
	for _, o := range w.objects {
		o.gone, o.harmed = true, true
	}
	w.say("all data of JetStream is gone")
	for _, a := range w.actors { // what takes a broker's disk may stop others for a while
		if a.job != nil && !a.ended && !a.hung {
			a.frozen, a.wakeAt = true, w.now+20+w.rng.Int64N(180)
			w.note(a, noConv, "frozen")
		}
	}
}
