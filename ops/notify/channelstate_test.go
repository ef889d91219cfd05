package notify

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func ripe(n int) []*Notice {
	var notices []*Notice
	for i := range n {
		c := concern(fmt.Sprintf("r%02d", i), 1)
		notices = append(notices, next(nil, &c, start.Add(time.Duration(i)*time.Millisecond)))
	}
	return notices
}

func sentBefore(now time.Time, n int) *ChannelState {
	s := &ChannelState{Name: "c"}
	for i := range n {
		s.Sent = append(s.Sent, now.Add(time.Duration(i-30)*time.Minute))
	}
	return s
}

func TestChooseWithinTheLimit(t *testing.T) {
	t.Parallel()
	now := start.Add(time.Minute)
	storm := next(nil, &Concern{Kind: KindStorm, Key: "notice.storm.c", Channel: "c", Count: 1}, start)
	for _, tc := range []struct {
		name        string
		sent, ready int
		storm       bool
		want        string
		held        int
	}{
		{"nothing to tell", 0, 0, false, "", 0},
		{"room for all", 0, 19, false, "notice.failures.r00", 0},
		{"one too many", 0, 20, false, "notice.failures.r00", 1},
		{"the last place is the storm notice's", 19, 1, false, "", 1},
		{"the storm notice takes it", 19, 1, true, "notice.storm.c", 1},
		{"the storm notice comes first", 0, 40, true, "notice.storm.c", 21},
		{"no place at all", 20, 5, true, "", 5},
	} {
		notices := ripe(tc.ready)
		if tc.storm {
			notices = append(notices, storm)
		}
		e := choose(sentBefore(now, tc.sent), notices, now)
		got := ""
		if e.notice != nil {
			got = e.notice.Key
		}
		if got != tc.want || e.held != tc.held {
			t.Errorf("%s: got %q, %d held back, want %q, %d", tc.name, got, e.held, tc.want, tc.held)
		}
		if got == "" && tc.ready > 0 && !e.wake.After(now) {
			t.Errorf("%s: looks again at %s, want a time after %s", tc.name, e.wake, now)
		}
	}
}

func TestChooseWaits(t *testing.T) {
	t.Parallel()
	now := start.Add(time.Minute)
	for name, s := range map[string]*ChannelState{
		"for who sends now":  {Name: "c", Holder: "other", Until: now.Add(time.Second)},
		"after a failure":    {Name: "c", NextTry: now.Add(time.Second)},
		"for more to happen": {Name: "c"},
	} {
		notices := ripe(1)
		if name == "for more to happen" {
			notices[0].OpenedAt = now.Add(time.Second - settle)
		}
		if e := choose(s, notices, now); e.notice != nil || !e.wake.Equal(now.Add(time.Second)) {
			t.Errorf("%s: got %+v, want nothing now and a look after a second", name, e)
		}
	}
	abandoned := &ChannelState{Name: "c", Holder: "dead", Until: now}
	if e := choose(abandoned, ripe(1), now); e.notice == nil {
		t.Errorf("after a hold that has run out: got %+v, want the message", e)
	}
}

func TestARefusedMessageHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	notices := ripe(2)
	notices[0].failed("c", "", errDown)
	if e := choose(&ChannelState{Name: "c"}, notices, start.Add(time.Minute)); e.notice != notices[1] {
		t.Errorf("got %+v, want the message that was not refused", e.notice)
	}
}

func TestPauses(t *testing.T) {
	t.Parallel()
	asked := &RetryAfterError{After: 30 * time.Minute, Err: errDown}
	for _, tc := range []struct {
		failures int
		err      error
		want     time.Duration
	}{
		{1, errDown, 5 * time.Second},
		{2, errDown, 10 * time.Second},
		{7, errDown, 320 * time.Second},
		{8, errDown, longestPause},
		{1000, errDown, longestPause},
		{1, asked, 30 * time.Minute},
		{1, errors.Join(asked), 30 * time.Minute},
		{1, &RetryAfterError{After: 48 * time.Hour, Err: errDown}, longestAsked},
		{4, &RetryAfterError{After: time.Second, Err: errDown}, 40 * time.Second},
	} {
		if got := pauseAfter(tc.failures, tc.err); got != tc.want {
			t.Errorf("after %d failures (%v): got %s, want %s", tc.failures, tc.err, got, tc.want)
		}
	}
}

// A storm ends when it is calm, not with each place that gets free.
func TestStormEnds(t *testing.T) {
	t.Parallel()
	s := sentBefore(start, stormLimit)
	for _, step := range []struct {
		after time.Duration
		held  int
		since time.Duration // -1: no storm
	}{
		{0, 7, 0}, {time.Minute, 7, 0}, {2 * time.Minute, 0, 0}, {31 * time.Minute, 0, 0}, {50 * time.Minute, 0, -1},
	} {
		s.hold(step.held, start.Add(step.after))
		want := start.Add(step.since)
		if step.since < 0 {
			want = time.Time{}
		}
		if !s.HeldSince.Equal(want) {
			t.Errorf("after %s with %d held back: a storm since %s, want %s", step.after, step.held, s.HeldSince, want)
		}
	}
}

// Messages of one instant each keep their place when one of them was not sent.
func TestUnreserveFreesOnePlace(t *testing.T) {
	t.Parallel()
	s := &ChannelState{Sent: []time.Time{start, start, start.Add(time.Second)}}
	s.unreserve(start)
	s.unreserve(start.Add(time.Hour))
	if len(s.within(start)) != 2 {
		t.Errorf("got %v, want two places taken", s.Sent)
	}
}
