package notify

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The life of a notice: opened once, updated, closed.
func TestToldOnceUpdatedAndClosed(t *testing.T) {
	t.Parallel()
	r, b, n := boxed(t)
	key := concern("r", 0).Key
	r.source.set(concern("r", 1))
	r.round(n)
	if said := b.said(); len(said) != 0 {
		t.Errorf("at once: %q was sent, want nothing before %s", said, settle)
	}
	r.source.set(concern("r", 40))
	r.clock.advance(settle)
	for range 3 {
		r.round(n)
	}
	r.source.set(concern("r", 41))
	r.clock.advance(updateEvery - time.Second)
	r.round(n)
	r.clock.advance(time.Second)
	r.round(n)
	r.source.set(concern("r", 100))
	r.clock.advance(doubledEvery)
	r.round(n)
	r.source.set()
	r.round(n)
	r.round(n)
	want := []string{"open " + key + " 40", "update " + key + " 41", "update " + key + " 100", "close " + key + " 0"}
	if said := b.said(); !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
	for i, m := range b.got {
		if wantTicket := map[bool]string{false: "t-" + m.Notice.ID}[i == 0]; m.Number != i+1 || m.Ticket != wantTicket {
			t.Errorf("message %d: number %d, ticket %q, want %d, %q", i, m.Number, m.Ticket, i+1, wantTicket)
		}
	}
	if o := r.overview(); o.Open != 0 || len(o.Channels) != 1 || o.Channels[0].Holder != "" {
		t.Errorf("afterwards: %+v, want nothing open and a channel that nobody holds", o)
	}
}

func TestMendedBeforeAnybodyHeard(t *testing.T) {
	t.Parallel()
	r, b, n := boxed(t)
	r.source.set(concern("r", 1))
	r.round(n)
	r.source.set()
	r.clock.advance(time.Hour)
	r.round(n)
	if said := b.said(); len(said) != 0 {
		t.Errorf("got %q, want nothing", said)
	}
}

// What is mended before anybody knows whether a channel has heard of it is told as mended:
// a receiver may have it open. A channel that has refused to hear has nothing open.
func TestMendedWhileNobodyKnowsWhoHeard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error // of the opening
		dies bool  // the process dies when it has sent it
		want []string
	}{
		{name: "no answer", err: errDown, want: []string{"open 1", "close 2"}},
		{name: "a process that dies", dies: true, want: []string{"open 1", "close 2"}},
		{name: "a gateway's word", err: &statusError{status: 504}, want: []string{"open 1", "close 2"}},
		{name: "refused", err: &statusError{status: 503}, want: []string{"open 1"}},
		{name: "not reached", err: &net.OpError{Op: "dial", Err: errDown}, want: []string{"open 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			b := &box{name: "box", fail: func(*Message) error { return c.err }}
			first, next := r.runner("ops-1", b), r.runner("ops-2", b)
			r.source.set(concern("r", 1))
			r.check(first.look(t.Context()))
			r.clock.advance(settle)
			if c.dies {
				first.bucket.kv = &failingKV{KeyValue: first.bucket.kv, broken: func() bool { return len(b.said()) > 0 }}
			}
			if _, err := first.couriers[0].step(t.Context()); (err != nil) != c.dies {
				t.Fatalf("the opening: got %v, want an error of NATS: %t", err, c.dies)
			}
			b.setFail(nil)
			r.source.set()
			for range 3 {
				r.clock.advance(lease(DefaultTimeout))
				r.round(next)
			}
			var got []string
			for _, m := range b.got {
				got = append(got, fmt.Sprintf("%s %d", m.Action, m.Number))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A close that may have been heard is followed by an opening when the same is so again.
func TestOpenAgainWhileNobodyKnowsWhoHeardTheClose(t *testing.T) {
	t.Parallel()
	r, b, n := boxed(t)
	key := concern("r", 0).Key
	r.open(n, concern("r", 1))
	b.setFail(func(*Message) error { return errDown })
	r.source.set()
	r.round(n)
	b.setFail(nil)
	r.open(n, concern("r", 1))
	r.round(n)
	want := []string{"open " + key + " 1", "close " + key + " 0", "open " + key + " 1"}
	if said := b.said(); !slices.Equal(said, want) {
		t.Fatalf("got %q, want %q", said, want)
	}
	if m := b.got[2]; m.Number != 3 || m.Again {
		t.Errorf("the opening is message %d, again: %t; want a third one", m.Number, m.Again)
	}
}

// What cannot be looked at is neither mended nor new.
func TestBlindKindsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	r, b, n := boxed(t)
	r.source.set(concern("r", 1))
	r.round(n)
	r.clock.advance(settle)
	r.source.Sight = Sight{Blind: map[Kind]error{KindFailures: errDown}}
	r.round(n)
	r.round(n)
	if o, said := r.overview(), b.said(); o.Open != 1 || len(said) != 1 {
		t.Errorf("got %d open, %q sent, want 1 and its opening", o.Open, said)
	}
}

func TestAFailingChannelIsTriedAgainAndVisible(t *testing.T) {
	t.Parallel()
	r := setup(t)
	bad, good := &box{name: "bad"}, &box{name: "good"}
	bad.fail = func(*Message) error { return errDown }
	n := r.runner("ops-1", bad, good)
	key := concern("r", 0).Key
	r.source.set(concern("r", 1))
	r.round(n)
	for range 200 { // 200 s: attempts after 0, 5, 15, 35, 75 and 155 s
		r.clock.advance(time.Second)
		r.round(n)
	}
	if got := len(bad.said()); got != 6 {
		t.Errorf("the failing channel was tried %d times in 200 s, want 6", got)
	}
	want := []string{"open " + key + " 1", "open notice.channel.bad 1"}
	if said := good.said(); !slices.Equal(said, want) {
		t.Errorf("the other channel was told %q, want %q", said, want)
	}
	if s := r.overview().Channels[0]; s.Name != "bad" || !s.Failing() || !strings.Contains(s.LastError, "down") {
		t.Errorf("overview of the failing channel: %+v", s)
	}
	bad.setFail(nil)
	r.clock.advance(longestPause)
	r.round(n)
	r.round(n)
	if said := bad.said(); said[len(said)-1] != "open "+key+" 1" || len(said) != 7 {
		t.Errorf("the channel was told %q, want the opening at last", said)
	}
	if said := good.said(); said[len(said)-1] != "close notice.channel.bad 0" {
		t.Errorf("the other channel was told %q, want a close at last", said)
	}
}

// A server that is used up for an hour says so once. The other channels do not wait until it
// has said so three times.
func TestALongPauseIsToldAtOnce(t *testing.T) {
	t.Parallel()
	r := setup(t)
	bad, good := &box{name: "bad"}, &box{name: "good"}
	bad.fail = func(*Message) error { return &RetryAfterError{After: time.Hour, Err: errDown} }
	n := r.runner("ops-1", bad, good)
	r.open(n, concern("r", 1))
	for range 2 {
		r.clock.advance(settle)
		r.round(n)
	}
	if want := "open notice.channel.bad 1"; !slices.Contains(good.said(), want) {
		t.Errorf("the other channel was told %q, want %q among it", good.said(), want)
	}
	bad.setFail(nil)
	r.clock.advance(time.Hour)
	r.round(n)
	r.round(n)
	if want := "close notice.channel.bad 0"; !slices.Contains(good.said(), want) || len(bad.said()) != 2 {
		t.Errorf("once it works, the other channel was told %q and the channel %q, want %q, and one try more", good.said(), bad.said(), want)
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	r := setup(t)
	b := &box{name: "box", fail: func(*Message) error { return &RetryAfterError{After: 7 * time.Minute, Err: errDown} }}
	n := r.runner("ops-1", b)
	r.source.set(concern("r", 1), concern("s", 1))
	r.round(n)
	r.clock.advance(settle)
	for range 7 {
		r.round(n)
		r.clock.advance(59 * time.Second)
	}
	if got := len(b.said()); got != 1 {
		t.Errorf("tried %d times within the time asked for, want once", got)
	}
	r.clock.advance(time.Minute)
	r.round(n)
	if got := len(b.said()); got != 2 {
		t.Errorf("tried %d times after it, want twice", got)
	}
}

// Through a channel go 19 messages and one about the rest; the rest follows later.
func TestStormIsCappedAndNothingIsLost(t *testing.T) {
	t.Parallel()
	r, b, n := boxed(t)
	var many []Concern
	for i := range 60 {
		many = append(many, concern(fmt.Sprintf("r%02d", i), i+1))
	}
	r.source.set(many...)
	for range 19 { // an hour less three minutes
		r.round(n)
		r.clock.advance(3 * time.Minute)
	}
	said := b.said()
	storms := slices.DeleteFunc(slices.Clone(said), func(s string) bool { return !strings.Contains(s, string(KindStorm)) })
	if len(said) != stormLimit || len(storms) != 1 {
		t.Errorf("within an hour %d messages, %q of the storm, want %d and one", len(said), storms, stormLimit)
	}
	if s := r.overview().Channels[0]; s.Held != 41 {
		t.Errorf("%d messages held back, want 41: %+v", s.Held, s)
	}
	r.source.set(many[:55]...) // some are mended before anybody heard of them
	for range 5 * 20 {
		r.round(n)
		r.clock.advance(3 * time.Minute)
	}
	opened := map[string]int{}
	for _, m := range b.got {
		if m.Notice.Kind == KindFailures && m.Action == ActionOpen {
			opened[m.Notice.Key]++
		}
	}
	for _, c := range many[:55] {
		if opened[c.Key] != 1 {
			t.Errorf("notice %s was opened %d times, want once", c.Key, opened[c.Key])
		}
	}
	for hour := range b.got {
		from := b.got[hour].At
		within := 0
		for _, m := range b.got[hour:] {
			if m.At.Before(from.Add(stormWindow)) {
				within++
			}
		}
		if within > stormLimit {
			t.Fatalf("%d messages within an hour from %s, want at most %d", within, from, stormLimit)
		}
	}
	if o := r.overview(); o.Open != 55 {
		t.Errorf("%d open, want 55 and no storm", o.Open)
	}
}

// Several processes at once send every message once.
func TestTwoProcessesSendOnce(t *testing.T) {
	t.Parallel()
	r := setup(t)
	b := &box{name: "box"}
	var runners []*Runner
	for i := range 4 {
		runners = append(runners, r.runner(fmt.Sprintf("ops-%d", i), b))
	}
	together := func() {
		var all sync.WaitGroup
		for _, n := range runners {
			all.Go(func() {
				for range 5 {
					if err := n.look(t.Context()); err != nil {
						t.Errorf("look: %v", err)
					}
					if _, err := n.couriers[0].step(t.Context()); err != nil {
						t.Errorf("step: %v", err)
					}
				}
			})
		}
		all.Wait()
	}
	r.source.set(concern("r", 1), concern("s", 2), concern("u", 3))
	together()
	r.clock.advance(settle)
	together()
	r.source.set()
	together()
	said := b.said()
	slices.Sort(said)
	var want []string
	for _, name := range []string{"r", "s", "u"} {
		want = append(want, "close "+concern(name, 0).Key+" 0")
	}
	for i, name := range []string{"r", "s", "u"} {
		want = append(want, fmt.Sprintf("open %s %d", concern(name, 0).Key, i+1))
	}
	if !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
}

// A process that dies while it sends leaves the channel to the others after a while, and
// its message is sent again.
func TestTakesOverFromAProcessThatDied(t *testing.T) {
	t.Parallel()
	r := setup(t)
	b := &box{name: "box"}
	dying, next := r.runner("ops-1", b), r.runner("ops-2", b)
	r.source.set(concern("r", 1))
	r.check(dying.look(t.Context()))
	r.clock.advance(settle)
	ctx, kill := context.WithCancel(t.Context())
	dying.bucket.kv = &failingKV{KeyValue: dying.bucket.kv, broken: func() bool { return len(b.said()) > 0 }}
	if _, err := dying.couriers[0].step(ctx); err == nil {
		t.Error("a process without NATS noted what it sent")
	}
	kill()
	r.round(next)
	if got := len(b.said()); got != 1 {
		t.Errorf("%d messages while the first process may still be at it, want 1", got)
	}
	r.clock.advance(lease(DefaultTimeout))
	r.round(next)
	r.round(next)
	if got := len(b.said()); got != 2 {
		t.Errorf("%d messages after its hold has run out, want 2", got)
	}
}
