package provider_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags/provider"
)

func createBucket(tb testing.TB, js jetstream.JetStream) jetstream.KeyValue {
	tb.Helper()
	kv, err := js.CreateKeyValue(tb.Context(), jetstream.KeyValueConfig{Bucket: "flags", History: 8})
	if err != nil {
		tb.Fatal(err)
	}
	return kv
}

func TestBucketIsMadeLater(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	b, err := bind(t, provider.Config{Source: kvSource(t, js), InitLimit: 50 * time.Millisecond})
	if err == nil || !errors.Is(b.Status().Problem, provider.ErrMissing) {
		t.Errorf("SetProviderAndWait = %v, Problem = %v, want ErrMissing", err, b.Status().Problem)
	}
	put(t, createBucket(t, js), document(true))
	b.waitState(t, openfeature.ReadyState)
	b.waitBeta(t, true)
}

// TestBucketIsMadeAnew deletes a bucket under the watch, which does not notice. The
// new one counts its revisions from 1 again.
func TestBucketIsMadeAnew(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	kv := createBucket(t, js)
	for range 5 {
		put(t, kv, document(true))
	}
	b := mustBind(t, provider.Config{Source: kvSource(t, js, provider.WithWatchdog(200*time.Millisecond))})
	for _, on := range []bool{false, true} {
		if err := js.DeleteKeyValue(t.Context(), "flags"); err != nil {
			t.Fatal(err)
		}
		put(t, createBucket(t, js), document(on))
		b.waitBeta(t, on)
		b.waitState(t, openfeature.ReadyState)
	}
	if err := js.DeleteKeyValue(t.Context(), "flags"); err != nil {
		t.Fatal(err)
	}
	b.waitState(t, openfeature.StaleState)
	if !b.beta(t, false) || !errors.Is(b.Status().Problem, provider.ErrMissing) {
		t.Errorf("Problem = %v, want ErrMissing and the last document", b.Status().Problem)
	}
}

func TestServerRestarts(t *testing.T) {
	t.Parallel()
	r := newRestarted(t)
	put(t, createBucket(t, r.js), document(false))
	b := mustBind(t, provider.Config{Source: kvSource(t, r.js), Grace: time.Hour})
	for _, on := range []bool{true, false, true} {
		r.server.Shutdown()
		b.waitState(t, openfeature.StaleState)
		if got := b.beta(t, on); got == on {
			t.Errorf("beta = %v while the server is down, want the last document", got)
		}
		r.start(t)
		r.putByAnother(t, document(on))
		b.waitBeta(t, on)
		b.waitState(t, openfeature.ReadyState)
	}
}

// TestNothingIsAskedWhileNothingHappens counts requests on the server.
func TestNothingIsAskedWhileNothingHappens(t *testing.T) {
	t.Parallel()
	conn, js := localtest.NATS(t)
	put(t, createBucket(t, js), document(true))
	mustBind(t, provider.Config{Source: kvSource(t, js)})
	before := conn.Stats().OutMsgs
	<-time.After(time.Second)
	if sent := conn.Stats().OutMsgs - before; sent > 0 {
		t.Errorf("%d messages were sent in a second in which nothing happened", sent)
	}
}

// TestRapidPuts puts faster than documents are read: the last one counts.
func TestRapidPuts(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	kv := createBucket(t, js)
	put(t, kv, document(false))
	b := mustBind(t, provider.Config{Source: kvSource(t, js)})
	for i := range 499 {
		put(t, kv, document(i%2 == 0))
	}
	// Unlike all before: the version of a document is that at which it came into use.
	put(t, kv, bytes.Replace(document(false), []byte("always-2"), []byte("always-3"), 1))
	waitFor(t, func() error {
		if got := b.Status().Version; got != "revision "+strconv.Itoa(501) {
			return fmt.Errorf("version is %q, want revision 501", got)
		}
		return nil
	})
	b.waitBeta(t, false)
}

// TestNothingIsLeftBehind starts and stops a provider again and again: neither the
// connection nor the server may keep anything of it.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	conn, js := localtest.NATS(t)
	put(t, createBucket(t, js), document(true))
	p, err := provider.New(provider.Config{Source: kvSource(t, js)})
	if err != nil {
		t.Fatal(err)
	}
	before := 0
	for i := range 100 {
		if err := p.Init(openfeature.EvaluationContext{}); err != nil {
			t.Fatalf("Init number %d: %v", i, err)
		}
		p.Shutdown()
		if i == 0 { // the answers' subscription is made with the first request
			before = conn.NumSubscriptions()
		}
	}
	stream, err := js.Stream(t.Context(), "KV_flags")
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() error {
		info, err := stream.Info(t.Context())
		if err != nil {
			return err
		}
		if now := conn.NumSubscriptions(); now > before || info.State.Consumers > 0 {
			return fmt.Errorf("%d subscriptions, %d before; %d consumers", now, before, info.State.Consumers)
		}
		return nil
	})
}

func TestWatchdogIsNotTooOften(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	if s, err := provider.KV(js, "flags", "cutover", provider.WithWatchdog(time.Millisecond)); s != nil || err == nil {
		t.Errorf("KV = %v, %v, want an error", s, err)
	}
}
