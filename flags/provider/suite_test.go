package provider_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/open-feature/go-sdk/openfeature"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags/provider"
)

// place is where a source looks, and how a person changes what is there.
type place struct {
	source provider.Source
	put    func(document []byte)
	remove func()
}

// TestSources holds every source to the same behaviour.
func TestSources(t *testing.T) {
	t.Parallel()
	t.Run("file", func(t *testing.T) { t.Parallel(); sourceSuite(t, filePlace) })
	t.Run("kv", func(t *testing.T) { t.Parallel(); sourceSuite(t, kvPlace) })
}

func filePlace(tb testing.TB) place {
	path := filepath.Join(tb.TempDir(), "flags.json")
	check := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	return place{
		source: provider.FileEvery(path, 20*time.Millisecond),
		put: func(document []byte) {
			check(os.WriteFile(path+".new", document, 0o600))
			check(os.Rename(path+".new", path))
		},
		remove: func() { check(os.Remove(path)) },
	}
}

func kvPlace(tb testing.TB) place {
	_, js := localtest.NATS(tb)
	kv, err := js.CreateKeyValue(tb.Context(), jetstream.KeyValueConfig{Bucket: "flags", History: 8})
	if err != nil {
		tb.Fatal(err)
	}
	return place{
		source: kvSource(tb, js),
		put:    func(document []byte) { put(tb, kv, document) },
		remove: func() {
			if err := kv.Delete(tb.Context(), "cutover"); err != nil {
				tb.Fatal(err)
			}
		},
	}
}

func kvSource(tb testing.TB, js jetstream.JetStream, options ...provider.KVOption) provider.Source {
	tb.Helper()
	source, err := provider.KV(js, "flags", "cutover", options...)
	if err != nil {
		tb.Fatal(err)
	}
	return source
}

func put(tb testing.TB, kv jetstream.KeyValue, document []byte) {
	tb.Helper()
	if _, err := kv.Put(tb.Context(), "cutover", document); err != nil {
		tb.Fatal(err)
	}
}

func sourceSuite(t *testing.T, maker func(tb testing.TB) place) {
	for name, test := range map[string]func(t *testing.T, at place){
		"changes arrive":                     changesArrive,
		"an invalid document is not used":    invalidIsNotUsed,
		"a removed document stays in use":    removedStays,
		"a missing document may come later":  missingMayCome,
		"an invalid document may be mended":  invalidMayBeMended,
		"it can be stopped and started":      stoppedAndStarted,
		"it stops while nothing was found":   stopsEarly,
		"the version is known to evaluators": versionIsKnown,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, maker(t))
		})
	}
}

func changesArrive(t *testing.T, at place) {
	at.put(document(false))
	b := mustBind(t, provider.Config{Source: at.source})
	b.waitBeta(t, false)
	for _, on := range []bool{true, false, true} {
		at.put(document(on))
		b.waitBeta(t, on)
	}
	waitFor(t, func() error {
		for _, event := range b.told() {
			if event.kind == openfeature.ProviderConfigChange && len(event.FlagChanges) == 1 && event.FlagChanges[0] == "beta" {
				return nil
			}
		}
		return errors.New("no event says that beta has changed")
	})
	b.waitState(t, openfeature.ReadyState)
}

func invalidIsNotUsed(t *testing.T, at place) {
	at.put(document(true))
	b := mustBind(t, provider.Config{Source: at.source})
	at.put([]byte(`{"flags": {"beta": {"variants": {}, "defaultVariant": "on"}}}`))
	b.waitState(t, openfeature.StaleState)
	if got := b.beta(t, false); !got {
		t.Error("an invalid document changed an evaluation")
	}
	if problem := b.Status().Problem; problem == nil || !strings.Contains(problem.Error(), `"beta"`) {
		t.Errorf("Problem = %v, want the flag's name in it", problem)
	}
	at.put(document(false))
	b.waitState(t, openfeature.ReadyState)
	b.waitBeta(t, false)
}

func removedStays(t *testing.T, at place) {
	at.put(document(true))
	b := mustBind(t, provider.Config{Source: at.source})
	at.remove()
	b.waitState(t, openfeature.StaleState)
	if got, problem := b.beta(t, false), b.Status().Problem; !got || !errors.Is(problem, provider.ErrMissing) {
		t.Errorf("beta = %v, Problem = %v, want the last document and ErrMissing", got, problem)
	}
	at.put(document(true))
	b.waitState(t, openfeature.ReadyState)
}

func missingMayCome(t *testing.T, at place) {
	b, err := bind(t, provider.Config{Source: at.source, InitLimit: 100 * time.Millisecond})
	var failed *openfeature.ProviderInitError
	if !errors.As(err, &failed) || failed.ErrorCode != openfeature.GeneralCode {
		t.Errorf("SetProviderAndWait = %v, want a ProviderInitError", err)
	}
	b.waitState(t, openfeature.ErrorState)
	for _, fallback := range []bool{true, false} {
		details, err := b.client.BooleanValueDetails(t.Context(), "beta", fallback, openfeature.EvaluationContext{})
		if details.Value != fallback || details.ErrorCode != openfeature.ProviderNotReadyCode || err == nil {
			t.Errorf("evaluated to %+v, %v, want the default %v and PROVIDER_NOT_READY", details, err, fallback)
		}
	}
	at.put(document(true))
	b.waitState(t, openfeature.ReadyState)
	b.waitBeta(t, true)
}

func invalidMayBeMended(t *testing.T, at place) {
	at.put([]byte(`{`))
	b, err := bind(t, provider.Config{Source: at.source, InitLimit: 100 * time.Millisecond})
	var failed *openfeature.ProviderInitError
	if !errors.As(err, &failed) || failed.ErrorCode != openfeature.ParseErrorCode {
		t.Errorf("SetProviderAndWait = %v, want PARSE_ERROR", err)
	}
	b.waitState(t, openfeature.ErrorState)
	at.put(document(true))
	b.waitState(t, openfeature.ReadyState)
}

func stoppedAndStarted(t *testing.T, at place) {
	at.put(document(true))
	p, err := provider.New(provider.Config{Source: at.source})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := p.Init(openfeature.EvaluationContext{}); err != nil {
			t.Fatalf("Init: %v", err)
		}
		if got := p.BooleanEvaluation(t.Context(), "beta", false, nil); !got.Value {
			t.Errorf("beta = %+v after Init, want true", got)
		}
		for range 2 {
			p.Shutdown()
		}
		got := p.BooleanEvaluation(t.Context(), "beta", false, nil)
		if code := got.ResolutionDetail().ErrorCode; got.Value || code != openfeature.ProviderNotReadyCode || p.Status().State != openfeature.NotReadyState {
			t.Errorf("beta = %+v, state %s after Shutdown, want the default", got, p.Status().State)
		}
	}
}

func stopsEarly(t *testing.T, at place) {
	p, err := provider.New(provider.Config{Source: at.source, InitLimit: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Init(openfeature.EvaluationContext{}) }()
	waitFor(t, func() error {
		if errors.Is(p.Status().Problem, provider.ErrMissing) {
			return nil
		}
		return errors.New("it is not known that the document is missing")
	})
	if err := p.ShutdownWithContext(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := <-ended; err == nil {
		t.Error("Init = nil although it was stopped before there was a document")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.InitWithContext(ctx, openfeature.EvaluationContext{}); err == nil {
		t.Error("Init = nil although its context had ended")
	}
	p.Shutdown()
}

func versionIsKnown(t *testing.T, at place) {
	at.put(document(true))
	b := mustBind(t, provider.Config{Source: at.source})
	details, err := b.client.BooleanValueDetails(t.Context(), "beta", false, openfeature.EvaluationContext{})
	if err != nil {
		t.Fatal(err)
	}
	if version, err := details.FlagMetadata.GetString("version"); err != nil || version == "" || version != b.Status().Version {
		t.Errorf("version in the metadata = %q, %v, want %q", version, err, b.Status().Version)
	}
}
