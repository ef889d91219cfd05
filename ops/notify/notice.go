package notify

import (
	"crypto/rand"
	"maps"
	"slices"
	"time"

	"github.com/jetsheet/jetsheet"
)

// How often people hear of one notice.
const (
	// settle is how long a notice waits before its first message, so that the first of
	// a thousand failures does not say "1 failed".
	settle = 10 * time.Second
	// updateEvery is the least time between two messages about one notice.
	updateEvery = 10 * time.Minute
	// doubledEvery is the same where the count has doubled meanwhile.
	doubledEvery = time.Minute
)

// Notice is what people were told of one concern, in the KV bucket
// [jetsheet.BucketNotices] under Key. It is moved forward by compare-and-set.
type Notice struct {
	jetsheet.Envelope
	// ID marks this notice outside, e.g. in a ticket. It cannot be guessed, so that
	// nobody who may open tickets can draw its messages elsewhere.
	ID string `json:"id"`
	Concern
	// Most is the highest count so far.
	Most     int       `json:"most"`
	OpenedAt time.Time `json:"openedAt"`
	// UpdatedAt is when the concern last changed.
	UpdatedAt time.Time `json:"updatedAt"`
	// MendedAt is when it was no longer so; zero while it is.
	MendedAt time.Time `json:"mendedAt,omitzero"`
	// Deliveries is what was sent, by channel.
	Deliveries map[string]Delivery `json:"deliveries,omitempty"`
}

// Delivery is what one channel was told of a notice.
type Delivery struct {
	// Ticket is the channel's own name for it, e.g. an issue's number.
	Ticket string `json:"ticket,omitempty"`
	// Open says whether the channel shows the notice as open.
	Open bool `json:"open"`
	// Messages counts what was sent, and what may have been before a message of another kind.
	Messages int `json:"messages"`
	// SentAt and SentCount are of the last message, SentVersion is when the concern it
	// told of had changed.
	SentAt      time.Time `json:"sentAt,omitzero"`
	SentCount   int       `json:"sentCount,omitempty"`
	SentVersion time.Time `json:"sentVersion,omitzero"`
	// Begun is a message that the channel may have heard though nobody knows: it was about
	// to be sent, and then nothing was written down, or there was no answer.
	Begun Action `json:"begun,omitempty"`
	// Attempts counts failed attempts at the next message; LastError is the last one's.
	Attempts  int    `json:"attempts,omitempty"`
	LastError string `json:"lastError,omitempty"`
}

// Mended says whether the concern is no longer so.
func (n *Notice) Mended() bool { return !n.MendedAt.IsZero() }

// next is the whole state machine of a notice: what becomes of it when the concern is
// seen as it is, nil when it is not seen. It returns nil where nothing changes. Neither
// previous nor seen is changed.
func next(previous *Notice, seen *Concern, now time.Time) *Notice {
	switch {
	case seen == nil:
		if previous == nil || previous.Mended() {
			return nil
		}
		mended := previous.clone()
		mended.Count, mended.MendedAt, mended.UpdatedAt = 0, now, now
		return mended
	case previous == nil:
		if seen.Unripe {
			return nil
		}
		return opened(&Notice{Envelope: jetsheet.CurrentEnvelope(), ID: rand.Text()}, seen, now)
	case seen.Unripe:
		return nil
	case previous.Mended():
		return opened(previous.clone(), seen, now)
	case previous.says(seen):
		return nil
	}
	changed := previous.clone()
	changed.Concern, changed.UpdatedAt = *seen, now
	changed.Most = max(changed.Most, seen.Count)
	return changed
}

// opened opens a notice, or opens it again: its ticket stays the same.
func opened(n *Notice, seen *Concern, now time.Time) *Notice {
	n.Concern, n.Most = *seen, seen.Count
	n.OpenedAt, n.UpdatedAt, n.MendedAt = now, now, time.Time{}
	return n
}

func (n *Notice) clone() *Notice {
	c := *n
	c.Deliveries = maps.Clone(n.Deliveries)
	return &c
}

// says tells whether the notice says of the concern what there is to say.
func (n *Notice) says(c *Concern) bool {
	return n.Count == c.Count && n.Title == c.Title && n.FirstError == c.FirstError && n.Correct == c.Correct &&
		n.Command == c.Command && n.Since.Equal(c.Since) && slices.Equal(n.Samples, c.Samples)
}

// Action is what a message does to the notice in a channel.
type Action string

// The actions.
const (
	ActionOpen   Action = "open"
	ActionUpdate Action = "update"
	ActionClose  Action = "close"
)

// due says what a channel is to be told of the notice and from when on; no action when
// it has been told everything.
func (n *Notice) due(channel string) (Action, time.Time) {
	d := n.Deliveries[channel]
	switch {
	case !n.tells(channel):
		return "", time.Time{}
	case n.Mended() && (d.Open || d.Begun == ActionOpen):
		return ActionClose, n.MendedAt
	case n.Mended():
		return "", time.Time{} // it never knew
	case !d.Open || d.Begun == ActionClose:
		return ActionOpen, n.OpenedAt.Add(settle)
	case d.SentVersion.Equal(n.UpdatedAt):
		return "", time.Time{}
	case n.Kind == KindStorm:
		return ActionUpdate, d.SentAt.Add(stormWindow)
	case n.Count >= 2*d.SentCount && n.Count > d.SentCount:
		return ActionUpdate, d.SentAt.Add(doubledEvery)
	default:
		return ActionUpdate, d.SentAt.Add(updateEvery)
	}
}

// tells says whether a channel is to hear of the notice at all.
func (n *Notice) tells(channel string) bool {
	switch n.Kind {
	case KindStorm:
		return n.Channel == channel
	case KindChannel:
		return n.Channel != channel
	default:
		return true
	}
}

// begin notes that a message is about to be sent, and says whether that was tried before,
// perhaps with success. A message of another kind that may have been heard counts as sent:
// it keeps its number, by which receivers know what they have heard already.
func (n *Notice) begin(channel string, action Action) (again bool) {
	d := n.Deliveries[channel]
	again = d.Attempts > 0 || d.Begun == action
	if d.Begun != "" && d.Begun != action {
		d.Messages++
		d.Open, again = d.Begun != ActionClose, false
	}
	d.Begun = action
	n.put(channel, d)
	return again
}

// sent notes that a channel was told of the notice as told holds it. The notice may have
// moved on since.
func (n *Notice) sent(channel string, action Action, told *Notice, ticket string, now time.Time) {
	d := n.Deliveries[channel]
	d.Ticket, d.Open = ticket, action != ActionClose
	d.Messages++
	d.SentAt, d.SentCount, d.SentVersion = now, told.Count, told.UpdatedAt
	d.Begun, d.Attempts, d.LastError = "", 0, ""
	n.put(channel, d)
}

// failed notes that a message could not be sent.
func (n *Notice) failed(channel, ticket string, err error) {
	d := n.Deliveries[channel]
	d.Ticket = ticket
	d.Attempts++
	d.LastError = cut(err.Error(), maxErrorBytes)
	if refused(err) {
		d.Begun = ""
	}
	n.put(channel, d)
}

func (n *Notice) put(channel string, d Delivery) {
	if n.Deliveries == nil {
		n.Deliveries = map[string]Delivery{}
	}
	n.Deliveries[channel] = d
}
