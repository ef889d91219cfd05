package notify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// The storm limit.
const (
	// stormLimit is the most messages through one channel within stormWindow. The last
	// of them is kept for the storm notice.
	stormLimit  = 20
	stormWindow = time.Hour
)

// The pauses after a failure.
const (
	firstPause = 5 * time.Second
	// longestPause bounds the pause that we choose, longestAsked the one that a server
	// asks for.
	longestPause = 10 * time.Minute
	longestAsked = time.Hour
)

// lease is how long a process holds a channel for a message that may take so long. Another
// one takes over after it; clocks of machines may be apart by less than half of it.
func lease(limit time.Duration) time.Duration { return 3 * limit }

// failingAfter is after how many failures in a row a channel counts as failing.
const failingAfter = 3

// ChannelState is what is known of a channel, in the KV bucket
// [jetsheet.BucketNotices] under [jetsheet.ChannelKey]. Whoever sends holds it.
type ChannelState struct {
	jetsheet.Envelope
	Name string `json:"name"`
	// Holder is the process that sends a message now, Until when it must have; both
	// are zero when nobody does.
	Holder string    `json:"holder,omitempty"`
	Until  time.Time `json:"until,omitzero"`
	// Sent holds the times of the messages that count for the storm limit.
	Sent []time.Time `json:"sent,omitempty"`
	// Held is how many messages the storm limit holds back now.
	Held int `json:"held,omitempty"`
	// HeldSince is since when it holds messages back.
	HeldSince time.Time `json:"heldSince,omitzero"`
	// Failures counts failures in a row, FailingSince is the first one's time,
	// LastError the last one's text, NextTry when the next message may be tried.
	Failures     int       `json:"failures,omitempty"`
	FailingSince time.Time `json:"failingSince,omitzero"`
	LastError    string    `json:"lastError,omitempty"`
	NextTry      time.Time `json:"nextTry,omitzero"`
}

// Failing says whether the channel has failed so often that somebody should look, or its
// server asks for so long a pause that nobody is to wait for more failures: the third one
// came after two hours.
func (s *ChannelState) Failing() bool {
	return s.Failures >= failingAfter || s.Failures > 0 && s.NextTry.Sub(s.FailingSince) >= longestPause
}

// within returns the times that count for the storm limit now, oldest first.
func (s *ChannelState) within(now time.Time) []time.Time {
	sent := slices.DeleteFunc(slices.Clone(s.Sent), func(at time.Time) bool { return !at.After(now.Add(-stormWindow)) })
	slices.SortFunc(sent, time.Time.Compare)
	return sent
}

// hold notes how many messages the storm limit holds back, and says whether that is
// news. A storm is over when nothing is held back and half of the limit is free: one
// that ended with each free place would be told of without end.
func (s *ChannelState) hold(held int, now time.Time) bool {
	since := s.HeldSince
	switch {
	case held > 0 && since.IsZero():
		since = now
	case held == 0 && len(s.within(now)) <= stormLimit/2:
		since = time.Time{}
	}
	news := held != s.Held || !since.Equal(s.HeldSince)
	s.Held, s.HeldSince = held, since
	return news
}

// succeeded notes that a message got through.
func (s *ChannelState) succeeded() {
	s.Failures, s.FailingSince, s.LastError, s.NextTry = 0, time.Time{}, "", time.Time{}
}

// failed notes that one did not: it does not count for the storm limit.
func (s *ChannelState) failed(err error, reserved, now time.Time) {
	s.unreserve(reserved)
	if s.Failures == 0 {
		s.FailingSince = now
	}
	s.Failures++
	s.LastError = cut(err.Error(), maxErrorBytes)
	s.NextTry = now.Add(pauseAfter(s.Failures, err))
}

// unreserve frees the place that a message was given, and no other of the same time.
func (s *ChannelState) unreserve(at time.Time) {
	if i := slices.IndexFunc(s.Sent, at.Equal); i >= 0 {
		s.Sent = slices.Delete(slices.Clone(s.Sent), i, i+1)
	}
}

// errand is what a channel is to do next.
type errand struct {
	// notice is nil when there is nothing to send now.
	notice *Notice
	action Action
	// held is how many messages the storm limit holds back.
	held int
	// wake is when to look again; zero when nothing is foreseen.
	wake time.Time
}

// choose decides, of everything that a channel has to tell, what comes now. It changes
// nothing.
func choose(state *ChannelState, notices []*Notice, now time.Time) errand {
	var e errand
	var ready []*Notice
	for _, n := range notices {
		switch action, at := n.due(state.Name); {
		case action == "":
		case at.After(now):
			e.sooner(at)
		default:
			ready = append(ready, n)
		}
	}
	slices.SortFunc(ready, func(a, b *Notice) int { return order(state.Name, a, b) })
	sent := state.within(now)
	room := stormLimit - len(sent)
	e.held = max(0, ordinary(ready)-max(0, room-1))
	if len(ready) == 0 {
		return e
	}
	first := ready[0]
	if need := placesFor(first); room < need {
		e.sooner(sent[len(sent)-stormLimit+need-1].Add(stormWindow))
		return e
	}
	if state.Holder != "" && state.Until.After(now) {
		e.sooner(state.Until)
		return e
	}
	if state.NextTry.After(now) {
		e.sooner(state.NextTry)
		return e
	}
	e.notice = first
	e.action, _ = first.due(state.Name)
	return e
}

func (e *errand) sooner(at time.Time) {
	if e.wake.IsZero() || at.Before(e.wake) {
		e.wake = at
	}
}

// ordinary counts the notices that are not of the limit itself.
func ordinary(notices []*Notice) int {
	n := 0
	for _, notice := range notices {
		if notice.Kind != KindStorm {
			n++
		}
	}
	return n
}

// placesFor is how many places have to be free for a message: the last one is the storm
// notice's.
func placesFor(n *Notice) int {
	if n.Kind == KindStorm {
		return 1
	}
	return 2
}

// order puts storm notices first, then what has failed least, so that one message that
// a server refuses holds up no other; then what is new before what is over before what
// has changed, then the oldest.
func order(channel string, a, b *Notice) int {
	rank := func(n *Notice) int {
		switch action, _ := n.due(channel); action {
		case ActionOpen:
			return 0
		case ActionClose:
			return 1
		default:
			return 2
		}
	}
	return cmp.Or(
		cmp.Compare(placesFor(a), placesFor(b)),
		cmp.Compare(a.Deliveries[channel].Attempts, b.Deliveries[channel].Attempts),
		cmp.Compare(rank(a), rank(b)),
		a.OpenedAt.Compare(b.OpenedAt),
		strings.Compare(a.Key, b.Key),
	)
}
