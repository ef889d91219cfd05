package ops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet"
)

// State is where a workbook is.
type State string

// The states of a workbook, in the order of its way.
const (
	// StatePrevious: the previous system makes it.
	StatePrevious State = "previous"
	// StatePlanned: it is not queued yet.
	StatePlanned State = "planned"
	// StateQueued: its request waits for a renderer.
	StateQueued State = "queued"
	// StateRendering: a renderer has it in hand.
	StateRendering State = "rendering"
	// StateWaiting: a worker has it in hand and waits for something unavailable.
	StateWaiting State = "waiting"
	// StateRendered: it is made and waits for an uploader.
	StateRendered State = "rendered"
	// StateUploading: an uploader has it in hand.
	StateUploading State = "uploading"
	// StateRetrying: an attempt failed and another one follows by itself.
	StateRetrying State = "retrying"
	// StateFailed: it failed, and somebody has to mend it.
	StateFailed State = "failed"
	// StatePublished, StateSkipped, StateCompared and StateSuperseded are the outcomes
	// of [jetsheet.DoneState].
	StatePublished  = State(jetsheet.DonePublished)
	StateSkipped    = State(jetsheet.DoneSkipped)
	StateCompared   = State(jetsheet.DoneCompared)
	StateSuperseded = State(jetsheet.DoneSuperseded)
)

// States lists every state.
func States() []State {
	return []State{
		StatePrevious, StatePlanned, StateQueued, StateRendering, StateWaiting, StateRendered, StateUploading,
		StateRetrying, StateFailed, StatePublished, StateSkipped, StateCompared, StateSuperseded,
	}
}

func (s State) done() bool {
	return s == StatePublished || s == StateSkipped || s == StateCompared || s == StateSuperseded
}

func (s State) pending() bool { return s != StatePrevious && s != StateFailed && !s.done() }

// Names of several states at once, for filters.
const (
	// AnyDone matches every outcome but a failure.
	AnyDone = "done"
	// AnyPending matches everything that is expected and has no outcome.
	AnyPending = "pending"
)

// CheckRunState returns an error that names the known states where a filter's state of a run
// is none of them. The empty state matches every run.
func CheckRunState(state jetsheet.RunState) error {
	known := []jetsheet.RunState{jetsheet.RunPlanning, jetsheet.RunPublishing, jetsheet.RunOpen, jetsheet.RunClosed}
	if state == "" || slices.Contains(known, state) {
		return nil
	}
	return errNotKnown("state of a run", state, known)
}

// errNotKnown names what a filter may say.
func errNotKnown[T ~string](what string, got T, known []T) error {
	names := make([]string, 0, len(known))
	for _, name := range known {
		names = append(names, string(name))
	}
	return fmt.Errorf("unknown %s %q; known are %s", what, string(got), strings.Join(names, ", "))
}

// CheckState returns an error that names the known states where a filter's state is
// none of them. The empty state matches every workbook.
func CheckState(state string) error {
	var known []string
	for _, s := range States() {
		known = append(known, string(s))
	}
	for _, r := range jetsheet.ComparisonResults() {
		known = append(known, string(r))
	}
	known = append(known, AnyPending, AnyDone)
	if state == "" || slices.Contains(known, state) {
		return nil
	}
	return errNotKnown("state", state, known)
}

// comparisonResult returns a filter's state as the result of a comparison, or "".
func comparisonResult(filter string) jetsheet.ComparisonResult {
	if result := jetsheet.ComparisonResult(filter); slices.Contains(jetsheet.ComparisonResults(), result) {
		return result
	}
	return ""
}

// in says whether the state is what a filter asks for.
func (s State) in(filter string) bool {
	switch filter {
	case "":
		return true
	case AnyDone:
		return s.done()
	case AnyPending:
		return s.pending()
	default:
		return s == State(filter)
	}
}
