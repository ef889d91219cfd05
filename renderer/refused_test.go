package renderer

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// refusing is a JetStream that refuses to publish outcomes, as a server does: without an
// answer.
type refusing struct {
	jetstream.JetStream
	begin   string
	tries   atomic.Int32
	granted atomic.Bool
}

// PublishMsg implements [jetstream.JetStream].
func (r *refusing) PublishMsg(ctx context.Context, m *nats.Msg, o ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	if strings.HasPrefix(m.Subject, r.begin) {
		r.tries.Add(1)
		if !r.granted.Load() {
			return nil, context.DeadlineExceeded
		}
	}
	return r.JetStream.PublishMsg(ctx, m, o...)
}

// Publish implements [jetstream.JetStream].
func (r *refusing) Publish(ctx context.Context, subject string, data []byte, o ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	return r.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: data}, o...)
}

// A workbook whose event is refused is made once, and is told of once the right is there.
func TestRefusedEventKeepsTheWorkbook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows  int
		begin string
		want  string
	}{
		"rendered": {5, "conversions.rendered.", "stream RENDERED: permission denied: publish to conversions.rendered.publish.… (user renderer)"},
		"skipped":  {0, "conversions.done.", "stream DONE: permission denied: publish to conversions.done.… (user renderer)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, jetsheet.TopologyOptions{})
			s.freeze(definition(simple, simpleSheet))
			js := &refusing{JetStream: s.js, begin: c.begin}
			s.cfg.JetStream = js
			var renders atomic.Int32
			s.cfg.Render = func(ctx context.Context, source Source, dst io.Writer) (*Result, error) {
				renders.Add(1)
				return Render(ctx, source, dst)
			}
			r := request("x")
			s.cfg.Refusal = func(_ time.Time, concerns func(string) bool) *delivery.RefusedError {
				for _, subject := range []string{jetsheet.RenderedSubject(r.Route, r.Conversion()), jetsheet.DoneSubject(r.Conversion())} {
					if concerns(subject) {
						return &delivery.RefusedError{Action: "publish", Subject: subject, User: "user renderer"}
					}
				}
				return nil
			}
			s.start()
			s.ask("x", c.rows)
			eventually(t, "it was tried again", func() bool { return js.tries.Load() > 2 })
			eventually(t, "people can read what is refused", func() bool { return s.progress(r).Waiting == c.want })
			js.granted.Store(true)
			if c.rows > 0 {
				if e := s.rendered(r); e.Rows != int64(c.rows) {
					t.Errorf("event %+v, want %d rows", e, c.rows)
				}
			}
			s.settled()
			objects, err := s.store.List(t.Context())
			if c.rows > 0 && (err != nil || len(objects) != 1) {
				t.Errorf("objects %v (%v), want one", objects, err)
			}
			if n := renders.Load(); n != 1 {
				t.Errorf("rendered %d times, want once", n)
			}
			eventually(t, "the record is the final one", func() bool { p := s.progress(r); return p.Waiting == "" && p.Starts == nil })
			if p := s.progress(r); p.Rows != int64(c.rows) {
				t.Errorf("progress has %d rows, want %d", p.Rows, c.rows)
			}
			if n := s.count(jetsheet.StreamFailed); n != 0 {
				t.Errorf("%d failures, want none", n)
			}
		})
	}
}
