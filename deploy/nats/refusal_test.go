package nats_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// TestARefusalIsASilence shows what README.md says of refusals: the caller hears
// nothing until its deadline, the connection's error handler hears of it at once, and
// nothing has happened.
func TestARefusalIsASilence(t *testing.T) {
	t.Parallel()
	i := install(t, "select 1")
	l := i.links["renderer"]
	if _, err := l.js.Publish(t.Context(), "conversions.failed.run.tenant.target", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	for what, refused := range map[string]struct {
		subject string
		call    func(context.Context) error
	}{
		"delete a stream": {"$JS.API.STREAM.DELETE.FAILED", func(ctx context.Context) error {
			return l.js.DeleteStream(ctx, jetsheet.StreamFailed)
		}},
		"read a failure": {"$JS.API.STREAM.INFO.FAILED", func(ctx context.Context) error {
			_, err := l.js.Stream(ctx, jetsheet.StreamFailed)
			return err
		}},
		"write a report": {"$JS.API.STREAM.INFO.KV_reports", func(ctx context.Context) error {
			_, err := l.js.KeyValue(ctx, jetsheet.BucketReports)
			return err
		}},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		err := refused.call(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want a time-out", what, err)
		}
		l.awaitRefusal("publish", refused.subject)
	}
	info, err := i.streamOf("operator", jetsheet.StreamFailed).Info(t.Context())
	if err != nil || info.State.Msgs != 1 {
		t.Errorf("stream FAILED: got %+v, %v, want the one message", info, err)
	}
}

// TestRightsDoNotCoverReplySubjects holds the limit that README.md names: whoever may
// ask JetStream anything can have the answer sent to any subject. If this fails,
// nats-server has closed the gap, and README.md can say so.
func TestRightsDoNotCoverReplySubjects(t *testing.T) {
	t.Parallel()
	i := install(t, "select 1")
	l := i.links["exports"]
	if err := l.conn.PublishRequest("$JS.API.CONSUMER.INFO.DONE.exports", "conversions.done.run.tenant.target", nil); err != nil {
		t.Fatal(err)
	}
	done := i.streamOf("operator", jetsheet.StreamDone)
	eventually(t, "the answer lies in stream DONE", func() bool {
		_, err := done.GetLastMsgForSubject(t.Context(), "conversions.done.run.tenant.target")
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			t.Fatal(err)
		}
		return err == nil
	})
	if complaints := l.all(); len(complaints) > 0 {
		t.Errorf("NATS complains: %q", complaints)
	}
}
