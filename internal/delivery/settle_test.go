package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

func TestFailureIsRecordedByItsClass(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handle handler
		cause  jetsheet.Cause
		text   string
		retry  bool
	}{
		"permanent": {func(context.Context, *delivery.Job) error {
			return delivery.Permanent(jetsheet.CauseTooManyRows, errors.New("1048577 rows"))
		}, jetsheet.CauseTooManyRows, "1048577 rows", false},
		"transient": {func(context.Context, *delivery.Job) error {
			return delivery.Transient(jetsheet.CauseStatement, errors.New("deadlock detected"))
		}, jetsheet.CauseStatement, "deadlock detected", true},
		"without a class": {func(context.Context, *delivery.Job) error {
			return errors.New("odd")
		}, jetsheet.CauseInternal, "odd", true},
		"panic": {func(context.Context, *delivery.Job) error { panic("index out of range") }, jetsheet.CausePanic, "index out of range", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 2*time.Second)
			var settled atomic.Int64
			body := b.publish(jetsheet.LaneSmall, "a")
			cfg := b.config(1, tt.handle)
			cfg.Settled = func(context.Context, *delivery.Job) { settled.Add(1) }
			b.start(cfg)
			b.eventually("the stage hears that the request is settled", func() bool { return settled.Load() == 1 })
			if !b.drained() {
				t.Errorf("the stage heard of it with %d requests in the stream, want 0", b.queued())
			}
			f := b.failureOf("a")
			if f == nil || f.Cause != tt.cause || f.Stage != jetsheet.StageRenderer || f.Retrying() != tt.retry || f.Attempts != 1 {
				t.Fatalf("FAILED record: got %+v, want cause %s, retry %t", f, tt.cause, tt.retry)
			}
			if f.Worker != "worker-1" || f.Version != "test" || time.Since(f.At) > time.Minute {
				t.Errorf("FAILED record: got worker %q of version %q at %s, want worker-1 of test just now", f.Worker, f.Version, f.At)
			}
			for _, part := range []string{"report demo", `tenant "t1"`, `target "a"`, tt.text} {
				if !strings.Contains(f.Message, part) {
					t.Errorf("message: got %q, want %q in it", f.Message, part)
				}
			}
			if want := b.conversion("a").Address().Trace(); f.Trace != want {
				t.Errorf("trace: got %q, want the conversion's %q", f.Trace, want)
			}
			if !bytes.Equal(f.Request, body) {
				t.Errorf("body: got %q, want the request %q", f.Request, body)
			}
		})
	}
}

// TestFailureKeepsWhatTheRequestBrought fails a request that somebody asked for in a trace
// of his own and with a replay, and one that cannot be read.
func TestFailureKeepsWhatTheRequestBrought(t *testing.T) {
	t.Parallel()
	b := setup(t, 2*time.Second)
	const trace, replay = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "20261122T170824123Z-abcdef"
	header := nats.Header{jetsheet.HeaderTrace: {trace}, jetsheet.HeaderReplay: {replay}, jetsheet.HeaderDefinition: {"abc"}}
	body := b.publish(jetsheet.LaneSmall, "a")
	b.publishRaw(jetsheet.RequestSubject(jetsheet.LaneExpress, b.conversion("a")), body, header)
	b.publishRaw(jetsheet.RequestSubject(jetsheet.LaneSmall, b.conversion("bad")), []byte("{"), header)
	b.start(b.config(1, func(_ context.Context, job *delivery.Job) error {
		if job.Message.Header.Get(jetsheet.HeaderReplay) == "" {
			return nil
		}
		return delivery.Permanent(jetsheet.CauseTooManyRows, errors.New("too many"))
	}))
	b.eventually("all requests are settled", b.drained)
	for _, target := range []string{"a", "bad"} {
		if f := b.failureOf(target); f == nil || f.Trace != trace || f.Replay != replay || f.Definition != "abc" {
			t.Errorf("target %s: got %+v, want trace, replay and definition of the request", target, f)
		}
	}
}

func TestThirdTransientFailureIsFinal(t *testing.T) {
	t.Parallel()
	for name, counted := range map[string]bool{"counted by the header": true, "counted by the progress record": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 2*time.Second)
			b.start(b.config(1, func(context.Context, *delivery.Job) error {
				return delivery.Transient(jetsheet.CauseStatement, errors.New("deadlock detected"))
			}))
			body := b.publish(jetsheet.LaneSmall, "a")
			for attempt := 1; attempt <= jetsheet.MaxAttempts; attempt++ {
				b.eventually("the request is settled", b.drained)
				f := b.failureOf("a")
				if f == nil || f.Attempts != attempt || f.Retrying() != (attempt < jetsheet.MaxAttempts) {
					t.Fatalf("FAILED record after attempt %d: got %+v", attempt, f)
				}
				if f.Retrying() && !f.RetryAt.After(f.At) {
					t.Errorf("retryAt of attempt %d: got %s, want after %s", attempt, f.RetryAt, f.At)
				}
				if attempt == jetsheet.MaxAttempts {
					break
				}
				header := nats.Header{}
				if counted {
					header.Set(jetsheet.HeaderAttempt, strconv.Itoa(f.Attempts))
					if err := b.progressBucket().Purge(t.Context(), b.progressKey("a")); err != nil {
						t.Fatal(err)
					}
				} else {
					b.eventually("the attempt is counted", func() bool { return b.progress("a").Attempts == attempt })
				}
				b.publishRaw(jetsheet.RequestSubject(jetsheet.LaneSmall, b.conversion("a")), body, header)
			}
		})
	}
}

func TestBadMessageFailsAndTheWorkerGoesOn(t *testing.T) {
	t.Parallel()
	b := setup(t, 2*time.Second)
	other := b.publish(jetsheet.LaneBulk, "other")
	bad := map[string]struct {
		subject, failed string
		body            string
	}{
		"not JSON":              {jetsheet.RequestSubject(jetsheet.LaneSmall, b.conversion("x1")), jetsheet.FailedSubject(b.conversion("x1")), "\x00\xff{"},
		"empty":                 {jetsheet.RequestSubject(jetsheet.LaneSmall, b.conversion("x2")), jetsheet.FailedSubject(b.conversion("x2")), ""},
		"without envelope":      {jetsheet.RequestSubject(jetsheet.LaneSmall, b.conversion("x3")), jetsheet.FailedSubject(b.conversion("x3")), `{"run":"x"}`},
		"of another conversion": {jetsheet.RequestSubject(jetsheet.LaneSmall, b.conversion("x4")), jetsheet.FailedSubject(b.conversion("x4")), string(other)},
		"subject of no conversion": {
			"conversions.request.small.some.thing",
			"conversions.failed.unknown." + jetsheet.Token("conversions.request.small.some.thing"), string(other),
		},
	}
	for _, m := range bad {
		b.publishRaw(m.subject, []byte(m.body), nil)
	}
	b.publish(jetsheet.LaneSmall, "good")
	var seen calls
	b.start(b.config(2, func(_ context.Context, job *delivery.Job) error { seen.add(job); return nil }))
	b.eventually("all requests are settled", b.drained)
	for name, m := range bad {
		f := b.failure(m.failed)
		if f == nil || f.Cause != jetsheet.CauseBadMessage || f.Retrying() {
			t.Errorf("%s: FAILED record on %s: got %+v, want cause bad_message, final", name, m.failed, f)
		} else if string(f.Request) != m.body {
			t.Errorf("%s: body: got %q, want %q", name, f.Request, m.body)
		}
	}
	if got := seen.all.Load(); got != 2 || seen.count("good") != 1 || seen.count("other") != 1 {
		t.Errorf("handled: got %v, want good and other once each", seen.of)
	}
}

// everyReader is in each message that any version reads, newerReader in one for the next.
const everyReader = `"minReader":1`

func newerReader() []byte { return fmt.Appendf(nil, `"minReader":%d`, jetsheet.SchemaVersion+1) }

func TestMessageForANewerWorkerIsGivenBack(t *testing.T) {
	t.Parallel()
	b := setup(t, 600*time.Millisecond)
	body := bytes.Replace(b.publish(jetsheet.LaneBulk, "a"), []byte(everyReader), newerReader(), 1)
	b.publishRaw(jetsheet.RequestSubject(jetsheet.LaneSmall, b.conversion("a")), body, nil)
	extra := bytes.Replace(b.publish(jetsheet.LaneBulk, "b"), []byte(`{`), []byte(`{"future":{"x":[1]},`), 1)
	b.publishRaw(jetsheet.RequestSubject(jetsheet.LaneSmall, b.conversion("b")), extra, nil)
	var seen calls
	stop := b.start(b.config(2, func(_ context.Context, job *delivery.Job) error { seen.add(job); return nil }))
	began := time.Now()
	b.eventually("the newer message was given back twice", func() bool {
		return strings.Count(b.logs.String(), "message given back for a newer worker") >= 3
	})
	if took := time.Since(began); took < 2*b.ackWait {
		t.Errorf("the third delivery came after %s, want at least 2 × AckWait %s", took, b.ackWait)
	}
	b.eventually("the others are settled", func() bool { return b.queued() == 1 })
	if got := seen.count("b"); got != 2 {
		t.Errorf("handler calls for the request with unknown fields: got %d, want 2", got)
	}
	if got := b.failures(); got != 0 {
		t.Errorf("FAILED records: got %d, want 0", got)
	}
	stop()
	// A worker that may read it takes it.
	cfg := b.config(1, func(_ context.Context, job *delivery.Job) error { seen.add(job); return nil })
	cfg.Request = func(data []byte) (delivery.Content, error) {
		return readRequest(bytes.Replace(data, newerReader(), []byte(everyReader), 1))
	}
	b.start(cfg)
	b.eventually("the newer message is settled", b.drained)
}

func TestMessageThatNobodyMayReadFailsInTheEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, 120*time.Millisecond)
	body := bytes.Replace(b.publish(jetsheet.LaneBulk, "a"), []byte(everyReader), newerReader(), 1)
	b.publishRaw(jetsheet.RequestSubject(jetsheet.LaneSmall, b.conversion("a")), body, nil)
	b.start(b.config(1, func(context.Context, *delivery.Job) error { return nil }))
	b.eventually("the requests are settled", b.drained)
	if f := b.failureOf("a"); f == nil || f.Cause != jetsheet.CauseMessageVersion || !bytes.Equal(f.Request, body) {
		t.Errorf("FAILED record: got %+v, want cause message_version with the request", f)
	}
}

func TestMessageStaysUntilItsFailureIsRecorded(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Second)
	stream, err := b.js.Stream(t.Context(), jetsheet.StreamFailed)
	if err != nil {
		t.Fatal(err)
	}
	sealed := stream.CachedInfo().Config
	if err := b.js.DeleteStream(t.Context(), jetsheet.StreamFailed); err != nil {
		t.Fatal(err)
	}
	var seen calls
	b.publish(jetsheet.LaneSmall, "a")
	b.start(b.config(1, func(_ context.Context, job *delivery.Job) error {
		seen.add(job)
		return delivery.Permanent(jetsheet.CauseStatement, errors.New("no such table"))
	}))
	b.eventually("the failure could not be recorded", func() bool { return b.logs.has("failure not recorded") })
	if got := b.queued(); got != 1 {
		t.Fatalf("requests in the stream without a failure record: got %d, want 1", got)
	}
	if _, err := b.js.CreateStream(t.Context(), sealed); err != nil {
		t.Fatal(err)
	}
	b.eventually("the request is settled", b.drained)
	if f := b.failureOf("a"); f == nil || f.Cause != jetsheet.CauseStatement {
		t.Errorf("FAILED record: got %+v, want cause %s", f, jetsheet.CauseStatement)
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Second)
	for name, remove := range map[string]func() error{
		"bucket progress": func() error { return b.js.DeleteKeyValue(t.Context(), jetsheet.BucketProgress) },
		"consumer CONVERSIONS/renderer-large": func() error {
			return b.js.DeleteConsumer(t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneLarge))
		},
		"stream CONVERSIONS": func() error { return b.js.DeleteStream(t.Context(), jetsheet.StreamConversions) },
	} {
		b.provision()
		if err := remove(); err != nil {
			t.Fatal(err)
		}
		_, err := delivery.New(t.Context(), b.config(1, nil))
		if !errors.Is(err, delivery.ErrNotSetUp) || !strings.HasPrefix(err.Error(), name+":") {
			t.Errorf("without %s: got error %v, want one that names it and wraps ErrNotSetUp", name, err)
		}
	}
	if _, err := delivery.New(t.Context(), b.config(0, nil)); err == nil {
		t.Error("with 0 slots: got no error")
	}
}

func TestCountAndScan(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Second)
	for _, target := range targets("d", 2500) {
		if _, err := b.js.PublishAsync(jetsheet.DoneSubject(b.conversion(target)), []byte(target), jetstream.WithStallWait(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	<-b.js.PublishAsyncComplete()
	all := jetsheet.RunDoneSubjects(b.run)
	if got, err := delivery.Count(t.Context(), b.js, jetsheet.StreamDone, all); err != nil || got != 2500 {
		t.Errorf("Count: got %d, %v, want 2500", got, err)
	}
	seen := 0
	err := delivery.Scan(t.Context(), b.js, jetsheet.StreamDone, false, func(m jetstream.Msg) error {
		if want := jetsheet.DoneSubject(b.conversion(string(m.Data()))); m.Subject() != want {
			t.Errorf("subject: got %s, want %s", m.Subject(), want)
		}
		seen++
		return nil
	}, all)
	if err != nil || seen != 2500 {
		t.Errorf("Scan: got %d messages, %v, want 2500", seen, err)
	}
	stop := errors.New("enough")
	err = delivery.Scan(t.Context(), b.js, jetsheet.StreamDone, true, func(jetstream.Msg) error { return stop }, all)
	if !errors.Is(err, stop) {
		t.Errorf("Scan ended by its caller: got %v, want %v", err, stop)
	}
}
