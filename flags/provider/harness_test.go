package provider_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/jetsheet/jetsheet/flags/provider"
)

// document has one flag, on or off, and a targeting that knows two ids.
func document(on bool) []byte {
	return fmt.Appendf(nil, `{"flags": {"beta": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": %q,
		"targeting": {"if": [{"in": [{"var": "targetingKey"}, ["always-1", "always-2"]]}, "on"]}}}}`, map[bool]string{true: "on", false: "off"}[on])
}

// bound is a provider in an API of its own, with the events it told.
type bound struct {
	*provider.Provider
	api    *openfeature.EvaluationAPI
	client *openfeature.Client

	mu     sync.Mutex
	events []told
}

// told is an event as a handler gets it.
type told struct {
	kind openfeature.EventType
	openfeature.EventDetails
}

// bind sets a provider and waits for Init, whose error it returns.
func bind(tb testing.TB, config provider.Config) (*bound, error) {
	tb.Helper()
	p, err := provider.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	b := &bound{Provider: p, api: isolated.NewAPI()}
	b.client = b.api.NewClient()
	for _, kind := range []openfeature.EventType{
		openfeature.ProviderReady, openfeature.ProviderStale, openfeature.ProviderError, openfeature.ProviderConfigChange,
	} {
		handler := func(details openfeature.EventDetails) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.events = append(b.events, told{kind, details})
		}
		b.api.AddHandler(kind, &handler)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.api.Shutdown(ctx); err != nil {
			tb.Errorf("Shutdown: %v", err)
		}
	})
	return b, b.api.SetProviderAndWait(tb.Context(), p)
}

// mustBind is bind for a source with a document.
func mustBind(tb testing.TB, config provider.Config) *bound {
	tb.Helper()
	b, err := bind(tb, config)
	if err != nil {
		tb.Fatalf("SetProviderAndWait: %v", err)
	}
	return b
}

// beta evaluates the flag for whom the targeting does not know.
func (b *bound) beta(tb testing.TB, fallback bool) bool {
	tb.Helper()
	return b.client.Boolean(tb.Context(), "beta", fallback, openfeature.NewEvaluationContext("42", nil))
}

func (b *bound) told() []told {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]told{}, b.events...)
}

// waitState waits until both the SDK and the provider are in a state.
func (b *bound) waitState(tb testing.TB, want openfeature.State) {
	tb.Helper()
	waitFor(tb, func() error {
		if got, own := b.client.State(), b.Status(); got != want || own.State != want {
			return fmt.Errorf("the SDK is in %s, the provider in %s (%w), want %s", got, own.State, own.Problem, want)
		}
		return nil
	})
}

func (b *bound) waitBeta(tb testing.TB, want bool) {
	tb.Helper()
	waitFor(tb, func() error {
		if got := b.beta(tb, !want); got != want {
			return fmt.Errorf("beta is %v, want %v; status %+v", got, want, b.Status())
		}
		return nil
	})
}

// waitFor waits for a condition with a limit that only a failure reaches.
func waitFor(tb testing.TB, holds func() error) {
	tb.Helper()
	limit := time.After(20 * time.Second)
	ticks := time.NewTicker(2 * time.Millisecond)
	defer ticks.Stop()
	for {
		err := holds()
		if err == nil {
			return
		}
		select {
		case <-ticks.C:
		case <-limit:
			tb.Fatal(err)
		}
	}
}

// script is a source that tells what a test gives it.
type script struct {
	news chan provider.News
	// done is told after each of the news was taken.
	done chan struct{}
}

func newScript() *script {
	return &script{news: make(chan provider.News), done: make(chan struct{})}
}

func (s *script) Run(ctx context.Context, tell func(provider.News)) {
	for {
		select {
		case news := <-s.news:
			tell(news)
			select {
			case s.done <- struct{}{}:
			case <-ctx.Done():
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// tell returns once the news are taken.
func (s *script) tell(news provider.News) {
	s.news <- news
	<-s.done
}

func good(version int, on bool) provider.News {
	return provider.News{Document: document(on), Version: fmt.Sprint("revision ", version)}
}

func invalid(version int) provider.News {
	return provider.News{Document: []byte(`{"flags": {"beta": 1}}`), Version: fmt.Sprint("revision ", version)}
}

var errNetwork = errors.New("network of the test")

func unreachable() provider.News {
	return provider.News{Problem: fmt.Errorf("%w: %w", provider.ErrUnreachable, errNetwork)}
}

func missing() provider.News { return provider.News{Problem: provider.ErrMissing} }
