package delivery_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

func TestWhyAMessageWasRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Second)
	subject := jetsheet.RequestSubject(jetsheet.LaneSmall, b.conversion("a"))
	if _, err := b.js.Publish(t.Context(), subject, []byte("{}")); err != nil || delivery.AlreadyQueued(err) || delivery.WrongLastSequence(err) {
		t.Fatalf("first request: %v", err)
	}
	_, queued := b.js.Publish(t.Context(), subject, []byte("{}"))

	s, err := b.js.Stream(t.Context(), jetsheet.StreamConversions)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.MaxMsgs = 1
	if _, err := b.js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	_, full := b.js.Publish(t.Context(), jetsheet.RequestSubject(jetsheet.LaneSmall, b.conversion("b")), []byte("{}"))

	done := jetsheet.DoneSubject(b.conversion("a"))
	first := jetstream.WithExpectLastSequencePerSubject(0)
	if _, err := b.js.Publish(t.Context(), done, []byte("{}"), first); err != nil {
		t.Fatal(err)
	}
	_, second := b.js.Publish(t.Context(), done, []byte("{}"), first)

	for what, at := range map[string]struct {
		err           error
		queued, wrong bool
	}{
		"queued already":    {queued, true, false},
		"stream full":       {full, false, false},
		"record was first":  {second, false, true},
		"no error":          {nil, false, false},
		"connection closed": {jetstream.ErrNoStreamResponse, false, false},
	} {
		if at.err == nil && what != "no error" {
			t.Errorf("%s: the server took it", what)
		}
		if delivery.AlreadyQueued(at.err) != at.queued || delivery.WrongLastSequence(at.err) != at.wrong {
			t.Errorf("%s: %v is queued %t, wrong sequence %t; want %t, %t", what, at.err, delivery.AlreadyQueued(at.err), delivery.WrongLastSequence(at.err), at.queued, at.wrong)
		}
	}

	stream, err := b.js.Stream(t.Context(), jetsheet.StreamDone)
	if err != nil {
		t.Fatal(err)
	}
	if has, err := delivery.HasMessage(t.Context(), stream, done); err != nil || !has {
		t.Errorf("%s has a message: %t, %v; want true", done, has, err)
	}
	other := jetsheet.DoneSubject(b.conversion("b"))
	if m, err := delivery.LastMessage(t.Context(), stream, other); err != nil || m != nil {
		t.Errorf("%s: %v, %v; want nil", other, m, err)
	}
}
