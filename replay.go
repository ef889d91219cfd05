package jetsheet

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// HeaderReplay marks a request that a person asked for again with the id of the
// replay, see [NewReplayID]. ops sets it; it stays with the conversion: every stage
// passes it on to the rendered event, the failure and the next try, see
// [KeepHeaders]. A worker reads it to tell what was asked for after its run was
// cancelled, see [Mark.Stops], and which starts came before it.
const HeaderReplay = "Jetsheet-Replay"

// replayLayout is the first part of a replay's id, followed by milliseconds and Z.
const replayLayout = "20060102T150405"

// NewReplayID names a replay: when it was asked for, to the millisecond, and
// something that no other one of that moment has, [A-Za-z0-9]. Example:
// 20261122T170824123Z-k3f9q2.
func NewReplayID(at time.Time, nonce string) string {
	at = at.UTC()
	return at.Format(replayLayout) + fmt.Sprintf("%03dZ-", at.Nanosecond()/int(time.Millisecond)) + nonce
}

// ParseReplayID returns when a replay was asked for. It is not ok for text that is
// no replay's id.
func ParseReplayID(id string) (at time.Time, ok bool) {
	stamp, nonce, ok := strings.Cut(id, "Z-")
	if !ok || len(stamp) != len(replayLayout)+3 || !plainToken(nonce) {
		return time.Time{}, false
	}
	at, err := time.Parse(replayLayout, stamp[:len(replayLayout)])
	if err != nil {
		return time.Time{}, false
	}
	milliseconds, err := strconv.ParseUint(stamp[len(replayLayout):], 10, 16)
	if err != nil {
		return time.Time{}, false
	}
	return at.Add(time.Duration(milliseconds) * time.Millisecond), true
}

// ReplayedAt returns when a person asked for a message's conversion again; zero when
// nobody did.
func ReplayedAt(header nats.Header) time.Time {
	at, _ := ParseReplayID(header.Get(HeaderReplay))
	return at
}

// Stops says whether the cancelling of a run stops a request with these headers: one
// that a person asked for after the cancelling goes on. A nil mark stops nothing.
func (m *Mark) Stops(header nats.Header) bool {
	return m != nil && !ReplayedAt(header).After(m.At)
}

// KeepHeaders copies what stays with a conversion from one message to the next: its
// trace, its replay, the definition that it is made with and what it was compared with.
func KeepHeaders(to, from nats.Header) {
	for _, name := range []string{HeaderTrace, HeaderReplay, HeaderDefinition, HeaderCompared} {
		if value := from.Get(name); value != "" {
			to.Set(name, value)
		}
	}
}
