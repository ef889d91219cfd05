package exclusive_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// oracle knows what really happened, and holds it against what must hold.
type oracle struct {
	violation string
	// stored has the digests of the documents that an operator stored.
	stored map[string]bool
	// answers has what callers were told, by run; routed the document that the runs of
	// a tick were frozen with.
	answers map[string]string
	routed  [ticks]string
	made    [ticks][len(tenants)][2]bool // by system
}

// system is one of the two.
type system int

const (
	previously system = iota
	pipeline
)

func (s system) String() string { return [...]string{"the previous system", "the pipeline"}[s] }

// makes says whether a tenant's workbook is the system's.
func (s system) makes(routes *flags.Routes, tenant string) bool {
	if s == previously {
		return routes.Previous(tenant)
	}
	return routes.Route(tenant) == jetsheet.RouteNew
}

// violate keeps the first violation; the schedule ends with it.
func (w *world) violate(format string, args ...any) {
	if w.violation == "" {
		w.violation = fmt.Sprintf(format, args...)
		w.say("world", "VIOLATION: "+w.violation)
	}
}

// checkAnswer: whoever is told something of a run is told the same, it is what an
// operator has stored, and a run made again is routed as the first one was.
func (w *world) checkAnswer(run jetsheet.RunID, frozen *jetsheet.Frozen, err error) {
	if err != nil {
		w.say(w.running.name, "gets no routes: "+err.Error())
		if frozen != nil || errors.Is(err, flags.ErrConflict) || errors.Is(err, flags.ErrRecord) {
			w.violate("%s: %s got %v and the error %v", run, w.running.name, frozen, err)
		}
		return // the caller comes again; one that never gets an answer does not settle
	}
	body, err := json.Marshal(frozen)
	if err != nil {
		w.violate("%s: encode %v: %v", run, frozen, err)
		return
	}
	w.say(w.running.name, "is told: "+w.describe(frozen.Flags))
	tick := tickOf(run)
	switch told := w.answers[run.String()]; {
	case told != "" && told != string(body):
		w.violate("%s: %s was told %s, somebody before it %s", run, w.running.name, body, told)
	case w.answers[run.String()] == "" && !w.wasStored(frozen.FlagsSHA256):
		w.violate("%s: it is frozen with a document that nobody stored: %s", run, frozen.Flags)
	case w.routed[tick] != "" && w.routed[tick] != frozen.FlagsSHA256:
		w.violate("%s: it is routed otherwise than another run of its tick", run)
	}
	w.answers[run.String()], w.routed[tick] = string(body), frozen.FlagsSHA256
}

// checkMade: a system made a workbook.
func (w *world) checkMade(run jetsheet.RunID, tenant int, by system) {
	made := &w.made[tickOf(run)][tenant]
	made[by] = true
	if made[previously] && made[pipeline] {
		w.violate("%s, tenant %s: both systems made the workbook", run, tenants[tenant])
	}
}

// checkEnd: nobody was left out but who is held, and nobody who is held was made. The
// routes are read from the record on S3.
func (w *world) checkEnd() {
	for tick := range ticks {
		run := w.runOf(tick, 0)
		var frozen jetsheet.Frozen
		if err := jetsheet.Decode(w.objects.stored[jetsheet.RecordKey(run)], &frozen); err != nil {
			w.violate("%s: its record on S3 cannot be read: %v", run, err)
			return
		}
		compiled, err := w.compile(frozen.Flags)
		if err != nil {
			w.violate("%s: its record on S3 has no routes: %v", run, err)
			return
		}
		for i, tenant := range tenants {
			for by, made := range w.made[tick][i] {
				if want := system(by).makes(compiled, tenant); made != want {
					w.violate("%s, tenant %s, routed %s: %s made the workbook: %v", run, tenant, compiled.Route(tenant), system(by), made)
				}
			}
		}
	}
}
