package ops

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// ReplayRequest asks for failed conversions to be tried again: the body of a request to
// conversions.ops.replay. Pressing twice is harmless.
//
// Held conversions are left out unless the filter names their cause or one conversion:
// neither system makes them, and to replay one is a person's decision that jetsheet
// does.
type ReplayRequest struct {
	FailureFilter
	// Definition says with which definition of their report they are made; empty means
	// [DefinitionFrozen], whatever an earlier replay used.
	Definition ReplayDefinition `json:"definition,omitempty"`
	// DryRun answers what would be replayed and changes nothing.
	DryRun bool `json:"dryRun,omitempty"`
	// By and Reason say who asks and why, for people.
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// ReplayState is how far a replay has come.
type ReplayState string

// The states of a replay.
const (
	// ReplayRunning: requests are being queued.
	ReplayRunning ReplayState = "running"
	// ReplayDone: all were queued once.
	ReplayDone ReplayState = "done"
	// ReplayCancelled: a person stopped it.
	ReplayCancelled ReplayState = "cancelled"
)

// Replay is the record of a replay, in the KV bucket [jetsheet.BucketProgress] under
// [jetsheet.ReplayKey]. It lives for as long as the bucket's entries do, seven days.
type Replay struct {
	jetsheet.Envelope
	// ID is also in the header [jetsheet.HeaderReplay] of every request it queues.
	ID     string        `json:"id,omitempty"`
	Filter FailureFilter `json:"filter"`
	Lane   jetsheet.Lane `json:"lane"`
	By     string        `json:"by,omitempty"`
	Reason string        `json:"reason,omitempty"`
	// Definition is empty for the frozen one. With [DefinitionCurrent], Definitions are the
	// sha256 of those that were applied when it was asked for, by report.
	Definition  ReplayDefinition  `json:"definition,omitempty"`
	Definitions map[string]string `json:"definitions,omitempty"`

	At    time.Time   `json:"at,omitzero"`
	State ReplayState `json:"state,omitempty"`
	// Matched is how many were to be replayed when it was asked for; Queued and Skipped
	// are what came of them so far.
	Matched int     `json:"matched"`
	Queued  int     `json:"queued"`
	Skipped Skipped `json:"skipped,omitzero"`
	// Waiting says why queueing does not go on; empty when it does.
	Waiting string `json:"waiting,omitempty"`
	// Cancelled says who stopped it; Removed is how many of its requests were taken back
	// before a worker had them.
	Cancelled *jetsheet.Mark `json:"cancelled,omitempty"`
	Removed   int            `json:"removed,omitempty"`

	// UpTo is FAILED's last sequence when it was asked for: what fails later is not its
	// own. After is how far it has come. Together with Owner, the process that queues,
	// they let another process go on.
	UpTo      uint64    `json:"upTo"`
	After     uint64    `json:"after,omitempty"`
	Owner     string    `json:"owner,omitempty"`
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// ReplayAnswer says what a replay does, or would do.
type ReplayAnswer struct {
	// Replay is the record so far. A dry run has none: ID, State, At, UpdatedAt and Owner are
	// empty.
	Replay
	DryRun bool `json:"dryRun,omitempty"`
	// Left counts what the filter picks and the replay leaves alone.
	Left Skipped `json:"left,omitzero"`
	// Notices are what a person should know of current definitions in the place of those of
	// the first runs.
	Notices []string `json:"notices,omitempty"`
	// Advice says what helps those that cannot be replayed.
	Advice []CauseAdvice `json:"advice,omitempty"`
	// Causes counts the matched ones by cause. Weight and Samples are of a dry run.
	Causes  map[jetsheet.Cause]int `json:"causes,omitempty"`
	Weight  int64                  `json:"weight,omitempty"`
	Samples []ReplaySample         `json:"samples,omitempty"`
	// Next follows the replay.
	Next string `json:"next,omitempty"`
}

// ReplaySample is one of the conversions that would be replayed.
type ReplaySample struct {
	Conversion string         `json:"conversion"`
	Tenant     string         `json:"tenant"`
	Target     string         `json:"target"`
	Cause      jetsheet.Cause `json:"cause"`
	Message    string         `json:"message"`
}

// maxSamples is how many samples a dry run shows.
const maxSamples = 5

// preview completes the answer of a dry run.
func (p *replayer) preview(ctx context.Context, set *failureSet, answer *ReplayAnswer) error {
	for i := range set.list {
		answer.Weight += set.list[i].weight
	}
	infos, err := p.reader.failureInfos(ctx, set.list[:min(len(set.list), maxSamples)])
	for _, f := range infos {
		if f != nil {
			answer.Samples = append(answer.Samples, ReplaySample{
				Conversion: f.Conversion, Tenant: f.Tenant, Target: f.Target, Cause: f.Cause, Message: f.Message,
			})
		}
	}
	return err
}

// laneFor is where so many requests go: a single one does not wait behind others.
func laneFor(n int) jetsheet.Lane {
	if n == 1 {
		return jetsheet.LaneExpress
	}
	return jetsheet.LaneBulk
}

// nothingTo refuses to do something to failures: all that the filter picks are left alone,
// or it picks none.
func nothingTo(do, none string, left *Skipped) *Error {
	why := none
	if left.Total() > 0 {
		why = left.String()
	}
	return &Error{Text: "nothing to " + do + ": " + why, Next: "jetsheet failures list", Code: CodeNothing}
}

// nothingToReplay says why there is nothing to do.
func nothingToReplay(left *Skipped, advice []CauseAdvice) error {
	e := nothingTo("replay", "no failure matches", left)
	for _, a := range advice {
		e.Next = fmt.Sprintf("%s: %s", a.Cause, a.Next)
		break
	}
	return e
}

// String says in words what was left alone: "3 done, 2 pending"; it is empty for nothing.
func (s *Skipped) String() string {
	var parts []string
	for _, part := range []struct {
		n    int
		text string
	}{
		{s.Done, "done"},
		{s.Pending, "pending"},
		{s.Dismissed, "dismissed before"},
		{s.Held, "held"},
		{s.NotReplayable, "not to be mended by a replay"},
		{s.Superseded, "superseded by a later run"},
		{s.Changed, "changed meanwhile"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.text))
		}
	}
	return strings.Join(parts, ", ")
}

// errUnknownReplay is answered for an id that no replay has, or has any more.
func errUnknownReplay(id string) error {
	return &Error{
		Text: fmt.Sprintf("there is no replay %q; a replay is remembered for seven days", id),
		Next: "what is still failed shows: jetsheet failures list", Code: CodeUnknown,
	}
}

var errReplayTaken = errors.New("another process goes on with the replay, or somebody cancelled it")
