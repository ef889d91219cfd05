package provider_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/jetsheet/jetsheet/flags/provider"
)

// bindScript binds a provider whose first news are given.
func bindScript(t *testing.T, first provider.News, config provider.Config) (*bound, *script) {
	t.Helper()
	s := newScript()
	config.Source = s
	go s.tell(first)
	b, err := bind(t, config)
	if (err != nil) != (first.Problem != nil) {
		t.Fatalf("SetProviderAndWait = %v after %+v", err, first)
	}
	return b, s
}

func TestStates(t *testing.T) {
	t.Parallel()
	b, s := bindScript(t, good(1, true), provider.Config{Grace: time.Hour})
	for i, step := range []struct {
		news provider.News
		want openfeature.State
		is   error
	}{
		{unreachable(), openfeature.StaleState, errNetwork},
		{invalid(2), openfeature.StaleState, nil},
		{unreachable(), openfeature.StaleState, errNetwork},
		{good(1, true), openfeature.ReadyState, nil},
		{missing(), openfeature.StaleState, provider.ErrMissing},
		{unreachable(), openfeature.StaleState, errNetwork},
		{missing(), openfeature.StaleState, provider.ErrMissing},
		{invalid(3), openfeature.StaleState, nil},
		{good(4, true), openfeature.ReadyState, nil},
	} {
		s.tell(step.news)
		b.waitState(t, step.want)
		if problem := b.Status().Problem; (problem == nil) != (step.want == openfeature.ReadyState) || step.is != nil && !errors.Is(problem, step.is) {
			t.Errorf("step %d: Problem = %v in the state %s, want %v", i, problem, step.want, step.is)
		}
		reason := openfeature.DefaultReason
		if step.want != openfeature.ReadyState {
			reason = provider.ReasonStale
		}
		got, err := b.client.BooleanValueDetails(t.Context(), "beta", false, openfeature.NewEvaluationContext("42", nil))
		if err != nil || !got.Value || got.Variant != "on" || got.Reason != reason {
			t.Errorf("step %d: beta = %+v, %v, want that of the last good document for the reason %s", i, got, err, reason)
		}
	}
}

func TestEventsSayWhy(t *testing.T) {
	t.Parallel()
	b, s := bindScript(t, good(1, true), provider.Config{})
	s.tell(invalid(2))
	b.waitState(t, openfeature.StaleState)
	waitFor(t, func() error {
		for _, event := range b.told() {
			if event.kind == openfeature.ProviderStale && event.EventMetadata["code"] == "PARSE_ERROR" && event.EventMetadata["version"] == "revision 1" &&
				event.EventMetadata["state"] == "STALE" && event.Message != "" && event.ProviderName == "jetsheet" {
				return nil
			}
		}
		return fmt.Errorf("events %+v, want STALE with code, version and message", b.told())
	})
}

func TestOutOfReachForTooLong(t *testing.T) {
	t.Parallel()
	b, s := bindScript(t, good(1, true), provider.Config{Grace: 100 * time.Millisecond})
	for range 2 {
		s.tell(unreachable())
		b.waitState(t, openfeature.ErrorState)
		if !b.beta(t, false) {
			t.Error("beta = false in the state ERROR, want that of the last good document")
		}
		s.tell(good(1, true))
		b.waitState(t, openfeature.ReadyState)
	}
}

func TestOneProviderForSeveralDomains(t *testing.T) {
	t.Parallel()
	b, s := bindScript(t, good(1, false), provider.Config{})
	if err := b.api.SetProviderAndWait(t.Context(), b.Provider, openfeature.WithDomain("other")); err != nil {
		t.Fatal(err)
	}
	other := b.api.NewClient(openfeature.WithDomain("other"))
	s.tell(invalid(2))
	b.waitState(t, openfeature.StaleState)
	waitFor(t, func() error {
		if got := other.State(); got != openfeature.StaleState {
			return fmt.Errorf("the other domain is in %s, want STALE", got)
		}
		return nil
	})
}

// TestStatesWhileTheSDKStarts has news come just when Init returns and the SDK tells
// its outcome: whatever comes last must be the state in the end.
func TestStatesWhileTheSDKStarts(t *testing.T) {
	t.Parallel()
	races := 2_000
	if testing.Short() {
		races = 200
	}
	var all sync.WaitGroup
	slots := make(chan struct{}, 200)
	for i := range races {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			raceInit(t, rand.New(rand.NewPCG(uint64(i), 1)))
		})
	}
	all.Wait()
}

func raceInit(t *testing.T, random *rand.Rand) {
	kinds := []func() provider.News{
		func() provider.News { return good(1, true) }, func() provider.News { return good(2, false) },
		func() provider.News { return invalid(3) }, unreachable, missing,
	}
	s := newScript()
	var last provider.News
	loaded := false
	told := make(chan struct{})
	news := make([]provider.News, 1+random.IntN(5))
	pauses := make([]time.Duration, len(news))
	for i := range news {
		news[i] = kinds[random.IntN(len(kinds))]()
		loaded = loaded || news[i].Problem == nil && news[i].Version != "revision 3"
		last = news[i]
		if random.IntN(2) == 0 {
			pauses[i] = time.Duration(random.IntN(60_000)) * time.Microsecond
		}
	}
	go func() {
		defer close(told)
		for i, n := range news {
			<-time.After(pauses[i])
			s.tell(n)
		}
	}()
	b, err := bind(t, provider.Config{Source: s, Grace: time.Hour, InitLimit: time.Duration(1+random.IntN(40)) * time.Millisecond})
	<-told
	want := openfeature.StaleState
	switch {
	case !loaded:
		want = openfeature.ErrorState
	case last.Problem == nil && last.Version != "revision 3":
		want = openfeature.ReadyState
	}
	b.waitState(t, want)
	if settled := b.stays(want); !settled {
		t.Errorf("the state %s did not stay; Init = %v, news %v", want, err, news)
	}
}

// stays waits until all that is told again was told, and says whether the state is the
// same then.
func (b *bound) stays(want openfeature.State) bool {
	<-time.After(300 * time.Millisecond)
	return b.client.State() == want
}

// TestNoChangedKeyIsLost changes flags faster than a slow handler takes events, and
// wants the last change of every flag told after it was made.
func TestNoChangedKeyIsLost(t *testing.T) {
	t.Parallel()
	changes := 10_000
	if testing.Short() {
		changes = 1_000
	}
	const flags = 20
	values := make([]int, flags)
	news := func(version int) provider.News {
		document := []byte(`{"flags": {`)
		for i, value := range values {
			if i > 0 {
				document = append(document, ',')
			}
			document = fmt.Appendf(document, `"f%02d": {"state": "ENABLED", "variants": {"v": %d}, "defaultVariant": "v"}`, i, value)
		}
		return provider.News{Document: append(document, "}}"...), Version: fmt.Sprint("revision ", version)}
	}
	s := newScript()
	p, err := provider.New(provider.Config{Source: s})
	if err != nil {
		t.Fatal(err)
	}
	go s.tell(news(0))
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
		t.Fatal(err)
	}
	defer p.Shutdown()

	stop := make(chan struct{})
	var (
		reader sync.WaitGroup
		mu     sync.Mutex
	)
	seen := make([]int64, flags) // what a handler finds after it was told
	taken := 0
	reader.Go(func() {
		for {
			select {
			case event := <-p.EventChannel():
				mu.Lock()
				taken++
				if !slices.IsSorted(event.FlagChanges) {
					t.Errorf("FlagChanges = %q are not in order", event.FlagChanges)
				}
				for _, key := range event.FlagChanges {
					var i int
					if _, err := fmt.Sscanf(key, "f%d", &i); err != nil {
						t.Errorf("unknown key %q", key)
						continue
					}
					seen[i] = p.IntEvaluation(t.Context(), key, -1, nil).Value
				}
				mu.Unlock()
			case <-stop:
				return
			}
		}
	})
	for version := range changes {
		values[rand.IntN(flags)] = version + 1
		s.tell(news(version + 1))
	}
	waitFor(t, func() error {
		mu.Lock()
		defer mu.Unlock()
		for i, value := range values {
			if seen[i] != int64(value) {
				return fmt.Errorf("flag %d is %d, its last event was told at %d", i, value, seen[i])
			}
		}
		return nil
	})
	close(stop)
	reader.Wait()
	if taken == 0 || taken > changes+2 {
		t.Errorf("%d events for %d changes", taken, changes)
	}
	t.Logf("%d events for %d changes", taken, changes)
}

func TestNewNeedsASource(t *testing.T) {
	t.Parallel()
	if p, err := provider.New(provider.Config{}); p != nil || err == nil {
		t.Errorf("New without a source = %v, %v", p, err)
	}
	if s, err := provider.KV(nil, "flags", "cutover"); s != nil || err == nil {
		t.Errorf("KV without JetStream = %v, %v", s, err)
	}
}
