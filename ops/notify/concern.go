package notify

import (
	"context"
	"time"

	"github.com/jetsheet/jetsheet"
)

// Kind says what a notice is about.
type Kind string

// The kinds of notices.
const (
	// KindFailures: conversions of one run failed for one cause; or, with neither run nor
	// report, stray messages did, whose subjects name none.
	KindFailures Kind = "failures"
	// KindMissing: a report's tick has passed and there is no run.
	KindMissing Kind = "missing"
	// KindStuck: a run is frozen and cannot be planned.
	KindStuck Kind = "stuck"
	// KindPaused: workers of one stage wait for one thing.
	KindPaused Kind = "paused"
	// KindUnattended: work waits, and no worker of the stage lives.
	KindUnattended Kind = "unattended"
	// KindReturned: a group of tenants was taken back to the previous system.
	KindReturned Kind = "returned"
	// KindChannel: a channel fails; told through the other channels.
	KindChannel Kind = "channel"
	// KindStorm: a channel's limit holds messages back; told through that channel.
	KindStorm Kind = "storm"
)

// Concern is one thing that somebody should know, as it is now.
type Concern struct {
	Kind Kind `json:"kind"`
	// Key is the notice's key, the same for as long as the concern is about the same
	// thing; see [jetsheet.NoticeKey].
	Key string `json:"key"`
	// Title is one line without ids of the user's.
	Title string `json:"title"`
	// Report, Run, Cause, Stage, Resource and Channel say what it is about, as far as
	// the kind has them.
	Report   string            `json:"report,omitempty"`
	Run      string            `json:"run,omitempty"`
	Cause    jetsheet.Cause    `json:"cause,omitempty"`
	Stage    jetsheet.Stage    `json:"stage,omitempty"`
	Resource jetsheet.Resource `json:"resource,omitempty"`
	Channel  string            `json:"channel,omitempty"`
	// Count is how many there are now: conversions, ticks, workers, messages.
	Count int `json:"count"`
	// FirstError is the message of the first one; Since is when that was.
	FirstError string    `json:"firstError,omitempty"`
	Since      time.Time `json:"since,omitzero"`
	// Samples are the first ones, at most [MaxSamples].
	Samples []Sample `json:"samples,omitempty"`
	// Correct says what to put right first, if something has to be; Command is what
	// mends it then, ready to be typed. Raw does the same with the nats CLI alone.
	Correct string `json:"correct,omitempty"`
	Command string `json:"command,omitempty"`
	Raw     string `json:"raw,omitempty"`
	// Runbook is the page in deploy/runbook about it.
	Runbook string `json:"runbook,omitempty"`
	// Unripe is set while it is too early to open a notice. It keeps an open one open.
	Unripe bool `json:"-"`
}

// MaxSamples is the most samples of a notice.
const MaxSamples = 5

// Sample is one conversion that failed, or one worker that waits.
type Sample struct {
	Tenant string `json:"tenant,omitempty"`
	Target string `json:"target,omitempty"`
	// Subject names a stray message, which has neither tenant nor target, in FAILED.
	Subject string `json:"subject,omitempty"`
	Worker  string `json:"worker,omitempty"`
	Message string `json:"message"`
}

// Sight is everything that is of concern at one moment.
type Sight struct {
	Concerns []Concern
	// Blind holds the kinds that could not be looked at, and why: their notices stay
	// as they are.
	Blind map[Kind]error
	// Retried holds the runs of which conversions that were replayed have failed again and
	// are tried again by themselves. What they had failed of before is written nowhere, so
	// no notice about failures of such a run is closed.
	Retried map[string]bool
}

// hides says whether a notice may be about something that was not seen.
func (s *Sight) hides(n *Notice) bool {
	return s.Blind[n.Kind] != nil || n.Kind == KindFailures && s.Retried[n.Run]
}

// Source says what is of concern. Look is not called concurrently.
type Source interface {
	Look(ctx context.Context, now time.Time) Sight
}
