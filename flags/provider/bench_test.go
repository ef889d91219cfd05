package provider_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/isolated"

	"github.com/jetsheet/jetsheet/flags/provider"
)

// large is a document with so many ids in five groups; 10,000 make 390 KB.
func large(ids int, variant string) []byte {
	var document bytes.Buffer
	document.WriteString(`{"$evaluators": {`)
	for group := range 5 {
		if group > 0 {
			document.WriteString(",")
		}
		fmt.Fprintf(&document, `"g%d": {"in": [{"var": "targetingKey"}, [`, group)
		for i := range ids / 5 {
			if i > 0 {
				document.WriteString(",")
			}
			fmt.Fprintf(&document, `"%08x-0000-4000-8000-%012x"`, group, i)
		}
		document.WriteString(`]]}`)
	}
	fmt.Fprintf(&document, `}, "flags": {"cutover": {"state": "ENABLED", "variants": {"legacy": "legacy", "new": "new"}, "defaultVariant": %q,
		"targeting": {"if": [{"$ref": "g0"}, "new", {"$ref": "g1"}, "new", {"$ref": "g2"}, "new", {"$ref": "g3"}, "new", {"$ref": "g4"}, "new"]}}}}`, variant)
	return document.Bytes()
}

const lastID = "00000004-0000-4000-8000-0000000007cf"

// newLarge returns a provider that reads a large document when it is started.
func newLarge(b *testing.B) (*provider.Provider, *script) {
	b.Helper()
	s := newScript()
	p, err := provider.New(provider.Config{Source: s})
	if err != nil {
		b.Fatal(err)
	}
	go s.tell(provider.News{Document: large(10_000, "legacy"), Version: "revision 1"})
	b.Cleanup(p.Shutdown)
	return p, s
}

// startLarge is newLarge, started.
func startLarge(b *testing.B) (*provider.Provider, *script) {
	b.Helper()
	p, s := newLarge(b)
	if err := p.Init(openfeature.EvaluationContext{}); err != nil {
		b.Fatal(err)
	}
	return p, s
}

func BenchmarkProvider(b *testing.B) {
	p, _ := startLarge(b)
	flat := openfeature.FlattenedContext{openfeature.TargetingKey: lastID}
	b.ReportAllocs()
	for b.Loop() {
		if got := p.StringEvaluation(b.Context(), "cutover", "", flat); got.Value != "new" {
			b.Fatal(got)
		}
	}
}

func BenchmarkClient(b *testing.B) {
	p, _ := newLarge(b)
	for name, one := range map[string]openfeature.FeatureProvider{"noop": openfeature.NoopProvider{}, "ours": p} {
		b.Run(name, func(b *testing.B) {
			api := isolated.NewAPI()
			if err := api.SetProviderAndWait(b.Context(), one); err != nil {
				b.Fatal(err)
			}
			client := api.NewClient()
			subject := openfeature.NewEvaluationContext(lastID, nil)
			b.ReportAllocs()
			for b.Loop() {
				_ = client.String(b.Context(), "cutover", "", subject)
			}
		})
	}
}

// BenchmarkLoad loads documents of 390 KB one after the other while another goroutine
// evaluates: how long does the longest of its evaluations take?
func BenchmarkLoad(b *testing.B) {
	p, s := startLarge(b)
	documents := []provider.News{
		{Document: large(10_000, "new"), Version: "revision 2"}, {Document: large(10_000, "legacy"), Version: "revision 3"},
	}
	flat := openfeature.FlattenedContext{openfeature.TargetingKey: lastID}
	var (
		reader      sync.WaitGroup
		evaluations int
		longest     time.Duration
	)
	stop := make(chan struct{})
	reader.Go(func() {
		for began := time.Now(); ; evaluations++ {
			select {
			case <-stop:
				return
			default:
			}
			p.StringEvaluation(context.Background(), "cutover", "", flat)
			now := time.Now()
			longest, began = max(longest, now.Sub(began)), now
		}
	})
	for i := 0; b.Loop(); i++ {
		s.tell(documents[i%2])
	}
	close(stop)
	reader.Wait()
	b.ReportMetric(float64(evaluations)/float64(b.N), "evaluations/op")
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest-evaluation")
}
