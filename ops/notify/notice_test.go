package notify

import (
	"testing"
	"time"
)

// told is a notice whose channel "c" was told of it as it was at a time.
func told(n *Notice, at time.Time) *Notice {
	n = n.clone()
	action, _ := n.due("c")
	n.sent("c", action, n, "7", at)
	return n
}

func TestNextState(t *testing.T) {
	t.Parallel()
	c := concern("r", 3)
	more, none := concern("r", 5), concern("r", 0)
	none.Unripe = true
	open := next(nil, &c, start)
	if open == nil || open.Mended() || open.Count != 3 || open.ID == "" || !open.OpenedAt.Equal(start) {
		t.Fatalf("a new concern: got %+v, want an open notice", open)
	}
	later := start.Add(time.Minute)
	mended := next(open, nil, later)
	if mended == nil || !mended.Mended() || mended.Count != 0 || mended.Most != 3 {
		t.Fatalf("a concern that is gone: got %+v, want a mended notice", mended)
	}
	for _, tc := range []struct {
		name     string
		previous *Notice
		seen     *Concern
	}{
		{"nothing was and nothing is", nil, nil},
		{"too early", nil, &none},
		{"the same", open, &c},
		{"being tried again", open, &none},
		{"mended and still so", mended, nil},
		{"mended and too early", mended, &none},
	} {
		if got := next(tc.previous, tc.seen, later); got != nil {
			t.Errorf("%s: got %+v, want no change", tc.name, got)
		}
	}
	if got := next(open, &more, later); got == nil || got.Count != 5 || got.Most != 5 || !got.OpenedAt.Equal(start) || got.ID != open.ID {
		t.Errorf("more of it: got %+v", got)
	}
	if got := next(mended, &c, later); got == nil || got.Mended() || !got.OpenedAt.Equal(later) || got.ID != open.ID {
		t.Errorf("again: got %+v, want the same notice opened again", got)
	}
}

func TestWhenAMessageIsDue(t *testing.T) {
	t.Parallel()
	c := concern("r", 4)
	fresh := next(nil, &c, start)
	sentAt := start.Add(settle)
	opened := told(fresh, sentAt)
	count := func(n int) *Notice {
		c := concern("r", n)
		return next(opened, &c, sentAt.Add(time.Second))
	}
	mended := next(opened, nil, sentAt.Add(time.Second))
	for _, tc := range []struct {
		name   string
		notice *Notice
		action Action
		at     time.Time
	}{
		{"new", fresh, ActionOpen, start.Add(settle)},
		{"told", opened, "", time.Time{}},
		{"a little more", count(5), ActionUpdate, sentAt.Add(updateEvery)},
		{"less", count(1), ActionUpdate, sentAt.Add(updateEvery)},
		{"doubled", count(8), ActionUpdate, sentAt.Add(doubledEvery)},
		{"mended", mended, ActionClose, mended.MendedAt},
		{"mended and told", told(mended, sentAt.Add(time.Minute)), "", time.Time{}},
		{"mended before anybody heard of it", next(fresh, nil, sentAt), "", time.Time{}},
		{"again", next(told(mended, sentAt.Add(time.Minute)), &c, sentAt.Add(time.Hour)), ActionOpen, sentAt.Add(time.Hour + settle)},
	} {
		action, at := tc.notice.due("c")
		if action != tc.action || !at.Equal(tc.at) {
			t.Errorf("%s: got %q at %s, want %q at %s", tc.name, action, at, tc.action, tc.at)
		}
	}
}

func TestWhoHearsOfWhat(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind Kind
		want map[string]bool
	}{
		{KindFailures, map[string]bool{"a": true, "b": true}},
		{KindStorm, map[string]bool{"a": true, "b": false}},
		{KindChannel, map[string]bool{"a": false, "b": true}},
	} {
		n := Notice{Concern: Concern{Kind: tc.kind, Channel: "a"}}
		for channel, want := range tc.want {
			if got := n.tells(channel); got != want {
				t.Errorf("channel %s hears of a notice of kind %s about a: got %t, want %t", channel, tc.kind, got, want)
			}
		}
	}
}
