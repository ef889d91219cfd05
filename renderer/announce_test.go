package renderer

import (
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

// What a request has behind it goes on with its event: the uploader counts from there.
func TestEventCarriesAttemptAndTrace(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(simple, simpleSheet))
	r := request("x")
	s.exec(`insert into sizes values ('x', 3)`)
	m := nats.NewMsg(jetsheet.RequestSubject(r.Lane, r.Conversion()))
	m.Data = s.json(r)
	m.Header.Set(jetsheet.HeaderAttempt, "1")
	m.Header.Set(jetsheet.HeaderTrace, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if _, err := s.js.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.rendered(r)
	event := s.last(jetsheet.StreamRendered, jetsheet.RenderedSubject(r.Route, r.Conversion()))
	for _, header := range []string{jetsheet.HeaderAttempt, jetsheet.HeaderTrace} {
		if got, want := event.Header.Get(header), m.Header.Get(header); got != want {
			t.Errorf("%s is %q in the event, want %q", header, got, want)
		}
	}
}
