package producer

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// exhaust pulls from a lane and settles nothing until the server has given up so many
// requests. It gives up, and says so, only while somebody pulls, as renderers do.
func (r *rig) exhaust(lane jetsheet.Lane, requests int) {
	r.t.Helper()
	c, err := r.js.Consumer(r.t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(lane))
	if err != nil {
		r.t.Fatal(err)
	}
	cfg := c.CachedInfo().Config
	cfg.MaxDeliver, cfg.AckWait = 2, 300*time.Millisecond
	if c, err = r.js.UpdateConsumer(r.t.Context(), jetsheet.StreamConversions, cfg); err != nil {
		r.t.Fatal(err)
	}
	given := make(chan *nats.Msg, 10)
	sub, err := r.conn.ChanSubscribe(jetsheet.SubjectRequestsGivenUp, given)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	r.eventually("the server has given up", func() bool {
		if _, err := c.Fetch(1, jetstream.FetchMaxWait(100*time.Millisecond)); err != nil {
			r.t.Fatal(err)
		}
		return len(given) >= requests
	})
}

// The server's word that it gave up a request is enough to look soon; the interval is
// an hour. That goes for a replay in a closed run too.
func TestGivenUpRequestIsTriedAgainSoon(t *testing.T) {
	t.Parallel()
	for name, closed := range map[string]bool{"open": false, "closed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.cfg.Interval = time.Hour
			r.sites(1, 1, "a")
			lane := jetsheet.LaneSmall
			id := r.applyDaily()
			r.start()
			r.until(id, jetsheet.RunOpen)
			if closed {
				c, err := r.js.Consumer(t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(lane))
				if err != nil {
					t.Fatal(err)
				}
				m, err := c.Next()
				if err != nil {
					t.Fatal(err)
				}
				if err := r.fail(m, site(id, 1), 1, time.Time{}); err != nil {
					t.Fatal(err)
				}
				r.until(id, jetsheet.RunClosed)
				lane = jetsheet.LaneBulk
				r.replay(lane, site(id, 1))
			}
			r.exhaust(lane, 1)
			s, err := r.js.Stream(t.Context(), jetsheet.StreamConversions)
			if err != nil {
				t.Fatal(err)
			}
			again := jetsheet.RequestSubject(jetsheet.LaneSmall, site(id, 1))
			r.eventually("the request is queued again with its attempt", func() bool {
				m, err := s.GetLastMsgForSubject(t.Context(), again)
				return err == nil && m.Header.Get(jetsheet.HeaderAttempt) == "1"
			})
			if n := len(r.subjects(jetsheet.StreamConversions)); n != 1 {
				t.Errorf("%d requests, want the new one alone", n)
			}
			if f := r.failures()[site(id, 1).Address().Key()]; f.Cause != jetsheet.CauseDeadRequest || f.Attempts != 1 || !f.Retrying() || f.Trace != site(id, 1).Address().Trace() {
				t.Errorf("failure is %+v, want dead_request of the conversion's trace, to be tried again", f)
			}
		})
	}
}

// A dead request whose conversion has an outcome by now only goes.
func TestDeadRequestOfASettledConversion(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Interval = 300 * time.Millisecond
	id := r.open(2)
	if err := r.done(site(id, 1)); err != nil {
		t.Fatal(err)
	}
	f := jetsheet.Failure{Stage: jetsheet.StageRenderer, Cause: jetsheet.CausePanic, Attempts: 1, At: time.Now(), Request: []byte("{}")}
	if _, err := r.js.PublishMsg(t.Context(), f.Msg(jetsheet.FailedSubject(site(id, 2)))); err != nil {
		t.Fatal(err)
	}
	r.exhaust(jetsheet.LaneSmall, 2)
	r.eventually("the requests are gone", func() bool { return len(r.subjects(jetsheet.StreamConversions)) == 0 })
	if got := r.failures(); len(got) != 1 || got[site(id, 2).Address().Key()].Cause != jetsheet.CausePanic {
		t.Errorf("failures %+v, want the panic alone", got)
	}
}

// A dead message that asks for no conversion is recorded like one that a worker could not
// read, and keeps no other from being looked at.
func TestDeadMessageOfNoConversion(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.cfg.Interval = 300 * time.Millisecond
	const stray = "conversions.request.small.by.hand"
	if _, err := r.js.Publish(t.Context(), stray, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	id := r.open(1)
	if err := r.done(site(id, 1)); err != nil {
		t.Fatal(err)
	}
	r.exhaust(jetsheet.LaneSmall, 2)
	r.eventually("the messages are gone", func() bool { return len(r.subjects(jetsheet.StreamConversions)) == 0 })
	s, err := r.js.Stream(t.Context(), jetsheet.StreamFailed)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.GetLastMsgForSubject(t.Context(), jetsheet.StrayFailedSubject(stray))
	if err != nil {
		t.Fatalf("record of the stray message: %v", err)
	}
	f, err := jetsheet.ParseFailure(m.Header, m.Data)
	if err != nil || f.Cause != jetsheet.CauseBadMessage || f.Retrying() || string(f.Request) != "hello" {
		t.Errorf("record: got %+v, %v, want a bad_message with what was published", f, err)
	}
}
