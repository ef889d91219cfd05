package notify

import (
	"context"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// benchmarkLook is what a look costs with 10,000 failures of one run: of a process that
// starts, and of one that has looked before and finds nothing new.
func benchmarkLook(b *testing.B, again bool) {
	_, js := localtest.NATS(b)
	if _, err := deploy.Provision(b.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		b.Fatal(err)
	}
	for i := range 10_000 {
		c := jetsheet.Conversion{Run: runOf(0), Tenant: "tenant", Target: time.Duration(i).String()}
		f := jetsheet.Failure{Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseWorkbook, Message: "cell B7", Attempts: 1, At: start}
		if _, err := js.PublishMsgAsync(f.Msg(jetsheet.FailedSubject(c))); err != nil {
			b.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	look := func(s *JetStreamSource) {
		if sight := s.Look(context.Background(), start); len(sight.Blind) > 0 || len(sight.Concerns) != 1 || sight.Concerns[0].Count != 10_000 {
			b.Fatalf("got %+v", sight)
		}
	}
	source := func() *JetStreamSource {
		s, err := NewSource(b.Context(), SourceConfig{JetStream: js})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	known := source()
	look(known)
	for b.Loop() {
		if !again {
			known = source()
		}
		look(known)
	}
}

func BenchmarkFirstLook(b *testing.B) { benchmarkLook(b, false) }

func BenchmarkLookWithNothingNew(b *testing.B) { benchmarkLook(b, true) }
