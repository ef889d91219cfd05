package exclusive_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/internal/report"
)

// Sizes of a schedule: small, because a violation needs few callers.
const (
	ticks     = 2
	copies    = 2 // of each system
	maxReruns = 3
)

// The most turns that a schedule takes with faults, and without until all is over.
const (
	faultyTurns = 160
	settleTurns = 6_000
)

// world is everything outside of the processes, and decides whose turn it is.
type world struct {
	rng    *rand.Rand
	actors []*actor
	// running is whose turn it is, nil before the first one.
	running *actor
	turns   int
	faulty  bool
	weights [faults]int
	rate    float64
	// calm is how rarely the operator does something, in turns.
	calm int
	// awayUntil is the turn before which the server answers nobody.
	awayUntil int

	runs, flags *bucket
	objects     *objects
	// newest is what the operator means tenants to be routed by; documentAt is the turn
	// at which it is stored again after it was lost, 0 when it is stored.
	newest     []byte
	documentAt int
	reruns     int
	// reschedules says that the report's schedule changes instead of that NATS is lost;
	// schedule is its newest one, scheduleOf the one by which a tick comes.
	reschedules bool
	schedule    int
	scheduleOf  [ticks]int

	// documents has what was stored and not looked at yet, compiled what was.
	documents [][]byte
	compiled  map[string]*flags.Routes
	parsed    map[string]*report.Definition

	oracle
	tracing bool
	trace   []string
}

// result is what came of a schedule.
type result struct {
	violation string
	turns     int
	trace     []string
}

// play runs the schedule of a seed: the same seed and mutation give the same turns.
func play(seed uint64, m mutation, tracing bool) result {
	w := newWorld(seed, tracing)
	for i := range copies {
		w.add(fmt.Sprint("previous-", i+1), m.previous(w))
		w.add(fmt.Sprint("pipeline-", i+1), m.pipeline(w))
		w.add(fmt.Sprint("again-", i+1), m.again(w))
	}
	w.add("reader-1", reader(w))
	defer func() {
		for _, a := range w.actors {
			a.process.End()
		}
	}()
	w.advance(faultyTurns, func() bool { return false })
	w.faulty, w.documentAt = false, min(w.documentAt, w.turns+1)
	w.say("world", "no faults from here")
	if !w.advance(settleTurns, w.settled) && w.violation == "" {
		w.violate("it does not settle")
	}
	if w.violation == "" {
		w.checkEnd()
	}
	return result{w.violation, w.turns, w.trace}
}

func newWorld(seed uint64, tracing bool) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 0x666c6167)), faulty: true, tracing: tracing, calm: 5 + int(seed%8)*5}
	w.runs, w.flags, w.objects = newBucket(w, "runs"), newBucket(w, "flags"), newObjects(w)
	w.compiled, w.parsed = map[string]*flags.Routes{}, map[string]*report.Definition{}
	w.oracle = oracle{stored: map[string]bool{}, answers: map[string]string{}}
	for f := lost; f < faults; f++ {
		w.weights[f] = w.rng.IntN(10) * w.rng.IntN(2)
	}
	w.weights[lost]++ // so that there is one
	w.rate = float64(w.rng.IntN(35)) / 100
	w.reschedules = w.rng.IntN(4) == 0
	w.decide()
	if w.rng.IntN(3) == 0 {
		w.documentAt = 1 + w.rng.IntN(60) // the first document comes late
	} else {
		w.storeDocument(w.newest)
	}
	return w
}

func (w *world) add(name string, life func()) {
	a := &actor{w: w, name: name, life: life}
	a.start()
	w.actors = append(w.actors, a)
}

// advance takes turns until enough, and says whether that was reached.
func (w *world) advance(turns int, enough func() bool) bool {
	for end := w.turns + turns; w.turns < end && w.violation == ""; {
		w.turns++
		if enough() {
			return true
		}
		w.operate()
		if a := w.choose(); a != nil {
			w.running = a
			a.turn()
		}
	}
	return false
}

// choose picks one of those that are awake, nil if there is none.
func (w *world) choose() *actor {
	n := 0
	var chosen *actor
	for _, a := range w.actors {
		if a.wakeAt > w.turns {
			continue
		}
		if n++; w.rng.IntN(n) == 0 {
			chosen = a
		}
	}
	return chosen
}

// settled says whether both copies of both systems have made all they had to, and the
// others have had a last answer.
func (w *world) settled() bool {
	for _, a := range w.actors {
		if !a.finished {
			return false
		}
	}
	return true
}

// operate is what people and machines do to NATS.
func (w *world) operate() {
	if w.documentAt > 0 && w.turns >= w.documentAt {
		w.runs.gone, w.flags.gone, w.documentAt = false, false, 0
		w.storeDocument(w.newest)
	}
	if !w.faulty || w.rng.IntN(w.calm) > 0 {
		return
	}
	switch w.rng.IntN(12) {
	case 0:
		w.say("world", "the server is started again")
		w.awayUntil = w.turns + 2 + w.rng.IntN(15)
	case 1:
		if w.reschedules {
			w.reschedule()
		} else {
			w.wipe()
		}
	case 2:
		if w.documentAt == 0 {
			w.storeDocument([]byte(`{"flags": {"cutover": {}}}`))
			w.documentAt = w.turns + 1 + w.rng.IntN(30)
		}
	case 3:
		if w.documentAt == 0 {
			w.say("world", "the flag document is deleted")
			_, _ = w.flags.remove(flagsKey) // the bucket is there: documentAt says so
			w.documentAt = w.turns + 1 + w.rng.IntN(30)
		}
	default:
		w.decide()
		if w.documentAt == 0 {
			w.storeDocument(w.newest)
		}
	}
}

// wipe takes all of NATS. Somebody sets it up again, with or without a document at
// first.
func (w *world) wipe() {
	w.say("world", "all of NATS is gone")
	w.runs.wipe()
	w.flags.wipe()
	w.documentAt = w.turns + 1 + w.rng.IntN(40)
	if w.rng.IntN(2) == 0 {
		w.runs.gone, w.flags.gone = false, false
	}
}

// decide makes up where the operator wants tenants to be.
func (w *world) decide() {
	var routes [len(tenants)]int
	for i := range routes {
		routes[i] = w.rng.IntN(4)
	}
	w.newest = document(routes)
}

// storeDocument puts a document in the bucket, valid or not.
func (w *world) storeDocument(body []byte) {
	w.documents = append(w.documents, body)
	w.say("world", "flags: "+w.describe(body))
	_, _ = w.flags.store(flagsKey, body) // without a bucket it is stored later, see documentAt
}

// wasStored says whether an operator stored the document of a digest.
func (w *world) wasStored(sha256 string) bool {
	for _, body := range w.documents {
		if parsed, err := flags.ParseDocument(body); err == nil {
			w.stored[parsed.SHA256()] = true
		}
	}
	w.documents = nil
	return w.stored[sha256]
}

// compile is flags.Compile, once for each document: the answers do not change.
func (w *world) compile(document []byte) (*flags.Routes, error) {
	if known := w.compiled[string(document)]; known != nil {
		return known, nil
	}
	compiled, err := flags.Compile(document)
	if err == nil {
		w.compiled[string(document)] = compiled
	}
	return compiled, err
}

// describe says in a trace what a document says.
func (w *world) describe(document []byte) string {
	if !w.tracing {
		return ""
	}
	compiled, err := flags.Compile(document)
	if err != nil {
		return err.Error()
	}
	var each []string
	for _, tenant := range tenants {
		each = append(each, string(compiled.Route(tenant)))
	}
	return "tenants are routed " + strings.Join(each, ", ")
}

func (w *world) say(who, what string) {
	if w.tracing {
		w.trace = append(w.trace, fmt.Sprintf("%5d %-10s %s", w.turns, who, what))
	}
}
