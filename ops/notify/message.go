package notify

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Channel tells people of notices. Send is called by one goroutine at a time.
type Channel interface {
	// Name is the channel's name, unique in an installation: what was sent is known by it.
	Name() string
	// Send sends a message and returns the channel's own name for the notice, which the
	// next message about it carries; also with an error, as far as it is known. An error
	// means that the message is sent again; see [RetryAfterError].
	Send(ctx context.Context, m *Message) (ticket string, err error)
}

// Message is what a channel is to tell.
type Message struct {
	Action Action
	// Notice is not changed.
	Notice *Notice
	// Number counts this channel's messages about the notice, from 1.
	Number int
	// Ticket is what the last Send about the notice returned.
	Ticket string
	// Again says that this message was tried before, perhaps with success.
	Again bool
	At    time.Time
}

// RetryAfterError is an error of a server that says when to come again.
type RetryAfterError struct {
	After time.Duration
	Err   error
}

func (e *RetryAfterError) Error() string { return e.Err.Error() }

func (e *RetryAfterError) Unwrap() error { return e.Err }

// headline is a message in one line.
func (m *Message) headline() string {
	n := m.Notice
	switch m.Action {
	case ActionClose:
		return "closed: " + n.Title
	case ActionUpdate:
		return fmt.Sprintf("now %s: %s", n.howMany(), n.Title)
	default:
		return fmt.Sprintf("%s (%s)", n.Title, n.howMany())
	}
}

// howMany is the count with the noun that the kind counts.
func (n *Notice) howMany() string {
	noun := map[Kind]string{
		KindFailures: "conversion", KindMissing: "tick", KindStuck: "run", KindPaused: "worker",
		KindUnattended: "waiting conversion", KindReturned: "group", KindChannel: "channel", KindStorm: "message",
	}[n.Kind]
	if n.Kind == KindFailures && n.Run == strayRun {
		noun = "message"
	}
	if n.Count != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n.Count, noun)
}

// part is one labelled part of a message's body.
type part struct {
	label string
	text  string
	// code is set for what is shown as it is: commands, and what came from outside.
	code bool
}

// parts is a message's body; a closed notice needs to say only how it was, and where to see
// how failures ended: what was dismissed, or lost with FAILED, is not mended.
func (m *Message) parts() []part {
	n := m.Notice
	if m.Action == ActionClose {
		was := fmt.Sprintf("Open from %s to %s; at most %d at a time.", utc(n.OpenedAt), utc(n.MendedAt), n.Most)
		if n.Kind != KindFailures || n.Run == strayRun {
			return []part{{text: was}}
		}
		return []part{
			{text: was + " What had failed is made, was dismissed, or is no longer on record."},
			{label: "Look", text: "jetsheet runs show " + n.Run, code: true},
		}
	}
	var parts []part
	add := func(label, text string, code bool) {
		if text != "" {
			parts = append(parts, part{label, text, code})
		}
	}
	add("Since", utc(n.Since), false)
	add("First error", cut(n.FirstError, maxErrorBytes), true)
	if m.Action == ActionOpen {
		add("Samples", samplesText(n.Samples), true)
	}
	add("First", n.Correct, false)
	add("Mend", n.Command, true)
	add("With the nats CLI", n.Raw, true)
	add("Runbook", n.Runbook, false)
	return parts
}

func samplesText(samples []Sample) string {
	var lines []string
	for _, s := range samples {
		about := s.Worker + s.Subject
		if s.Tenant != "" || s.Target != "" {
			about = fmt.Sprintf("tenant %q target %q", s.Tenant, s.Target)
		}
		lines = append(lines, about+": "+cut(oneLine(s.Message), 200))
	}
	return strings.Join(lines, "\n")
}

func utc(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// oneLine replaces line breaks and what else would break a message up.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// cut shortens text to a number of bytes, at a character.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}
