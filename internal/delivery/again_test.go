package delivery_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// TestAgainIsNoDuplicate: a message that is stored again has its headers, and its id does
// not keep it out.
func TestAgainIsNoDuplicate(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}})
	if err != nil {
		t.Fatal(err)
	}
	m := nats.NewMsg("s")
	m.Data = []byte("body")
	m.Header.Set("Jetsheet-Later", "kept")
	if _, err := js.PublishMsg(t.Context(), m, jetstream.WithMsgID("id"), jetstream.WithExpectLastSequencePerSubject(0)); err != nil {
		t.Fatal(err)
	}
	stored, err := stream.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	ack, err := js.PublishMsg(t.Context(), delivery.Again(stored))
	if err != nil || ack.Duplicate {
		t.Fatalf("got %+v, %v, want it stored again", ack, err)
	}
	again, err := stream.GetMsg(t.Context(), ack.Sequence)
	if err != nil {
		t.Fatal(err)
	}
	if again.Subject != "s" || string(again.Data) != "body" || again.Header.Get("Jetsheet-Later") != "kept" || len(again.Header) != 1 {
		t.Errorf("got %s %v %s, want the body and the one header that is not the server's", again.Subject, again.Header, again.Data)
	}
}
