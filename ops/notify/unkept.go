package notify

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/jetsheet/jetsheet"
)

// unkept is since when notices cannot be kept: NATS has no room, or does not answer. What
// is of concern then can be stored nowhere, and of all things that one goes untold. So
// each process tells of it by itself, from its own memory: with several processes people
// hear of it several times.
type unkept struct {
	grace time.Duration

	mu     sync.Mutex
	since  time.Time
	notice *Notice // nil until it has lasted
}

// note takes note of how a look has ended, and says whether there is something to tell.
func (u *unkept) note(err error, now time.Time) (news bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case err == nil:
		news = u.notice != nil
		u.since, u.notice = time.Time{}, nil
	case u.since.IsZero():
		u.since = now
	case u.notice == nil && now.Sub(u.since) >= u.grace:
		u.notice, news = unkeptNotice(err, u.since, now), true
	}
	return news
}

func (u *unkept) current() *Notice {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.notice
}

func unkeptNotice(err error, since, now time.Time) *Notice {
	seen := &Concern{
		Kind: KindPaused, Key: jetsheet.NoticeKey(string(KindPaused), "ops", string(jetsheet.ResourceNATS)), Resource: jetsheet.ResourceNATS,
		Title: "notices cannot be kept: NATS takes no messages or does not answer", Count: 1,
		FirstError: cut(err.Error(), maxErrorBytes), Since: since,
		Correct: correctResource(jetsheet.ResourceNATS) + "; until then this is the only notice",
		Command: "jetsheet workers", Runbook: runbookPage("paused_nats"),
	}
	return opened(&Notice{Envelope: jetsheet.CurrentEnvelope(), ID: rand.Text()}, seen, now)
}

// directly is what a courier has told without the bucket.
type directly struct {
	told *Notice // nil for nothing
	Delivery
}

// tellDirectly tells that notices cannot be kept, or that they are again. What could not be
// sent is tried again when the courier looks the next time.
func (c *courier) tellDirectly(ctx context.Context) {
	now, d := c.unkept.current(), &c.direct
	var m *Message
	switch {
	case d.told == nil && now != nil:
		m = &Message{Action: ActionOpen, Notice: now}
	case d.told != nil && now != d.told:
		mended := d.told.clone()
		mended.Count, mended.MendedAt = 0, c.now().UTC()
		m = &Message{Action: ActionClose, Notice: mended}
	default:
		return
	}
	m.Number, m.Ticket, m.Again, m.At = d.Messages+1, d.Ticket, d.Attempts > 0, c.now().UTC()
	limited, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	ticket, err := c.channel.Send(limited, m)
	d.Ticket = ticket
	if err != nil {
		d.Attempts++
		c.log.WarnContext(ctx, "notice not sent, trying again", slog.String("channel", c.channel.Name()), slog.String("notice", m.Notice.Key), slog.Any("err", err))
		return
	}
	d.Messages, d.Attempts = d.Messages+1, 0
	if d.told = m.Notice; m.Action == ActionClose {
		c.direct = directly{}
	}
}
