package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	// stopLimit is how much longer a message in hand may take when the process stops: cut
	// short, nobody knows whether it was sent.
	stopLimit = 5 * time.Second
	// noteLimit bounds the writing down of what came of it.
	noteLimit = 10 * time.Second
	// retryRead is the pause after the bucket could not be read.
	retryRead = 5 * time.Second
)

// maxErrorBytes bounds the text of an error that is stored.
const maxErrorBytes = 500

// courier sends the messages of one channel, one at a time.
//
//	take the channel ─► read the notice again, note what is begun ─► send ─► note it in the notice ─► give the channel back
//
// Only who holds the channel sends, so several processes send a message once. A process
// that dies between sending and noting has sent a message that is sent again when its
// hold has run out; or, where the concern is mended by then, is followed by its close.
type courier struct {
	channel Channel
	bucket  *bucket
	holder  string
	now     func() time.Time
	log     *slog.Logger
	wake    chan struct{} // holds one
	// changed is called when something about the channel has changed that notices tell.
	changed func()
	limit   time.Duration // of one message
	unkept  *unkept
	// direct is what this process has told of notices that cannot be kept.
	direct directly
}

// nudge makes the courier look again.
func (c *courier) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run sends until ctx ends.
func (c *courier) run(ctx context.Context) {
	for ctx.Err() == nil {
		c.tellDirectly(ctx)
		at, err := c.step(ctx)
		pause := time.Duration(-1)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.log.WarnContext(ctx, "notices cannot be read or written, trying again", slog.String("channel", c.channel.Name()), slog.Any("err", err))
			pause = retryRead
		case !at.IsZero():
			pause = max(0, at.Sub(c.now()))
		}
		c.wait(ctx, pause)
	}
}

// wait waits for a nudge, or for a time that is not negative.
func (c *courier) wait(ctx context.Context, pause time.Duration) {
	var fired <-chan time.Time
	if pause >= 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		fired = timer.C
	}
	select {
	case <-ctx.Done():
	case <-c.wake:
	case <-fired:
	}
}

// step sends one message at most and returns when to look again, zero for not before
// something happens.
func (c *courier) step(ctx context.Context) (time.Time, error) {
	now := c.now()
	have, err := c.bucket.read(ctx)
	if err != nil {
		return time.Time{}, err
	}
	name := c.channel.Name()
	state := have.channels[name]
	if state == nil {
		state = &ChannelState{Name: name}
	}
	e := choose(state, have.list(), now)
	if probe := *state; probe.hold(e.held, now) {
		if _, err := c.bucket.changeChannel(ctx, name, func(s *ChannelState) bool { return s.hold(e.held, now) }); err != nil {
			return time.Time{}, err
		}
		c.changed()
	}
	if e.notice == nil {
		return e.wake, nil
	}
	if err := c.carry(ctx, e.notice.Key); err != nil {
		return time.Time{}, err
	}
	return now, nil
}

// carry sends what the channel has to be told of one notice, unless somebody else does.
func (c *courier) carry(ctx context.Context, key string) error {
	name, reserved := c.channel.Name(), c.now().UTC().Truncate(time.Microsecond)
	taken, err := c.bucket.changeChannel(ctx, name, func(s *ChannelState) bool {
		if s.Holder != "" && s.Until.After(reserved) {
			return false
		}
		s.Holder, s.Until = c.holder, reserved.Add(lease(c.limit))
		s.Sent = append(s.within(reserved), reserved)
		return true
	})
	if !taken || err != nil {
		return err
	}
	n, _, err := c.bucket.notice(ctx, key)
	if err != nil {
		return err // the hold runs out by itself
	}
	action, at := Action(""), time.Time{}
	if n != nil {
		action, at = n.due(name)
	}
	if action == "" || at.After(reserved) {
		return c.giveBack(ctx, func(s *ChannelState) { s.unreserve(reserved) })
	}
	again := n.begin(name, action)
	if err := c.bucket.changeNotice(ctx, key, func(n *Notice) { n.begin(name, action) }); err != nil {
		return err
	}
	ticket, sendErr := c.send(ctx, n, action, again)
	if sendErr != nil && ctx.Err() != nil && errors.Is(sendErr, context.Canceled) {
		return c.giveBack(ctx, func(s *ChannelState) { s.unreserve(reserved) })
	}
	return c.note(ctx, n, action, ticket, sendErr, reserved)
}

// send sends one message. The end of ctx leaves it a little time.
func (c *courier) send(ctx context.Context, n *Notice, action Action, again bool) (string, error) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.limit)
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		timer := time.NewTimer(stopLimit)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-limited.Done():
		}
	})()
	d := n.Deliveries[c.channel.Name()]
	return c.channel.Send(limited, &Message{
		Action: action, Notice: n, Number: d.Messages + 1, Ticket: d.Ticket, Again: again, At: c.now().UTC(),
	})
}

// note writes down what came of a message and gives the channel back.
func (c *courier) note(ctx context.Context, told *Notice, action Action, ticket string, sendErr error, reserved time.Time) error {
	name, now := c.channel.Name(), c.now().UTC()
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteLimit)
	defer cancel()
	err := c.bucket.changeNotice(limited, told.Key, func(n *Notice) {
		if sendErr == nil {
			n.sent(name, action, told, ticket, now)
		} else {
			n.failed(name, ticket, sendErr)
		}
	})
	if err != nil {
		return err
	}
	attrs := []any{slog.String("channel", name), slog.String("notice", told.Key), slog.String("action", string(action))}
	var failing, well bool
	err = c.giveBack(limited, func(s *ChannelState) {
		failing, well = s.Failing(), s.Failures == 0
		if sendErr == nil {
			s.succeeded()
		} else {
			s.failed(sendErr, reserved, now)
		}
		failing, well = s.Failing() != failing, !well && s.Failures == 0
	})
	switch {
	case sendErr != nil:
		c.log.WarnContext(ctx, "notice not sent, trying again", append(attrs, slog.Any("err", sendErr))...)
	case well:
		c.log.InfoContext(ctx, "notice sent, the channel works again", attrs...)
	default:
		c.log.DebugContext(ctx, "notice sent", attrs...)
	}
	if failing {
		c.changed()
	}
	return err
}

// giveBack lets the channel go, if this process still holds it.
func (c *courier) giveBack(ctx context.Context, change func(*ChannelState)) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteLimit)
	defer cancel()
	_, err := c.bucket.changeChannel(limited, c.channel.Name(), func(s *ChannelState) bool {
		change(s)
		if s.Holder == c.holder {
			s.Holder, s.Until = "", time.Time{}
		}
		return true
	})
	return err
}
