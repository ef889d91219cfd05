package uploader

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// While an installation is updated, an old uploader meets events of a newer renderer, or
// with a request of a newer producer in them. It gives them back untouched, for a newer
// uploader to take, and publishes the others.
func TestEventOfANewerBuildIsLeftToANewerUploader(t *testing.T) {
	t.Parallel()
	r := setup(t)
	publish := func(target string, change func(e *jetsheet.Rendered, request *jetsheet.Request)) []byte {
		request := r.request(1, target)
		e := r.render(request, []byte("content"))
		change(&e, &request)
		e.Request = mustJSON(t, request)
		m := nats.NewMsg(jetsheet.RenderedSubject(jetsheet.RouteNew, request.Conversion()))
		m.Data = mustJSON(t, e)
		if _, err := r.js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		return m.Data
	}
	next := jetsheet.SchemaVersion + 1
	want := map[string]bool{
		string(publish("event", func(e *jetsheet.Rendered, _ *jetsheet.Request) { e.Envelope = e.Requiring(next) })):                     true,
		string(publish("request", func(_ *jetsheet.Rendered, request *jetsheet.Request) { request.Envelope = request.Requiring(next) })): true,
	}
	publish("known", func(*jetsheet.Rendered, *jetsheet.Request) {})
	stop := r.run(r.uploader())
	known := r.request(1, "known")
	r.done(known.Conversion())
	r.eventually("both were given back twice", func() bool {
		return strings.Count(r.log.String(), "message given back for a newer worker") >= 4
	})
	stop()
	if failures, done := r.messages(jetsheet.StreamFailed), r.messages(jetsheet.StreamDone); failures != 0 || done != 1 {
		t.Errorf("%d failures and %d done records, want none and the one of the event that can be read", failures, done)
	}
	consumer, err := r.js.Consumer(t.Context(), jetsheet.StreamRendered, jetsheet.ConsumerUploader)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := consumer.Fetch(len(want), jetstream.FetchMaxWait(20*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for m := range batch.Messages() {
		if !want[string(m.Data())] {
			t.Errorf("got %s, want what was published", m.Data())
		}
		delete(want, string(m.Data()))
	}
	if len(want) != 0 {
		t.Errorf("a newer uploader is not given %d of the events", len(want))
	}
}
