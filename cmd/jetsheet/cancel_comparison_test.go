package main

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// TestCancelledComparisonsAreReplayed cancels a run all of whose workbooks wait for the
// previous system's: it closes at once. A replay takes that back, and compares. What was
// compared stays so, however it is asked for again.
func TestCancelledComparisonsAreReplayed(t *testing.T) {
	t.Parallel()
	i := install(t, strings.NewReplacer("(1, 10) t", "(1, 2) t", "(1, 40) s", "(1, 5) s").Replace(killSchema))
	for name, flags := range roleFlags {
		i.start(name, flags...)
	}
	i.start("ops")
	i.route(jetsheet.RouteShadow)
	id := i.apply(strings.Replace(killReport, "output: {", `output: {previous: "old/{tenant}/{period}/{target}.xlsx", `, 1), killTick())
	consumer, err := i.js.Consumer(t.Context(), jetsheet.StreamRendered, jetsheet.ConsumerUploaderShadow)
	if err != nil {
		t.Fatal(err)
	}
	i.await("ten workbooks that wait", time.Minute, func() bool {
		info, err := consumer.Info(t.Context())
		return err == nil && info.NumAckPending == 10
	})
	i.awaitOps(id)
	i.run(exitDone, "runs", "cancel", id.String(), "--reason", "wrong month")
	i.closed(id, 30*time.Second)
	if got, want := *i.record(id).Closed, (jetsheet.Counts{Expected: 10, Failed: 10}); got != want {
		t.Fatalf("the cancelled run closed with %+v, want %+v", got, want)
	}

	i.route(jetsheet.RouteNew)
	i.closed(i.apply(strings.NewReplacer("records-monthly", "old-monthly", `key: "`, `key: "old/`).Replace(killReport), killTick()), time.Minute)
	replay := []string{"failures", "replay", "--run", id.String(), "--cause", "cancelled", "--wait"}
	i.run(exitDone, replay...)
	sequences := i.comparedEqual(id, 10)
	i.run(exitNothing, replay...)

	// Raw, as the runbook's pages do it with the nats CLI alone.
	failed, err := i.js.Stream(t.Context(), jetsheet.StreamFailed)
	if err != nil {
		t.Fatal(err)
	}
	c := jetsheet.Conversion{Run: id, Tenant: "1", Target: "site.1"}
	m, err := failed.GetLastMsgForSubject(t.Context(), jetsheet.FailedSubject(c))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.js.Publish(t.Context(), jetsheet.RequestSubject(jetsheet.LaneExpress, c), m.Data); err != nil {
		t.Fatal(err)
	}
	i.await("the request is taken", time.Minute, func() bool {
		stream, err := i.js.Stream(t.Context(), jetsheet.StreamConversions)
		return err == nil && stream.CachedInfo().State.Msgs == 0
	})
	i.await("nothing is rendered of it", time.Minute, func() bool {
		info, err := consumer.Info(t.Context())
		return err == nil && info.NumAckPending == 0 && info.NumPending == 0
	})
	if again := i.comparedEqual(id, 10); again != sequences {
		t.Errorf("the last of DONE was %d and is %d after a raw replay, want it unchanged", sequences, again)
	}
}

// comparedEqual checks that so many workbooks of a run are compared and equal, and returns
// the sequence of the last outcome.
func (i *installation) comparedEqual(id jetsheet.RunID, want int) (last uint64) {
	i.t.Helper()
	got := 0
	err := delivery.Scan(i.t.Context(), i.js, jetsheet.StreamDone, false, func(m jetstream.Msg) error {
		var d jetsheet.Done
		if err := jetsheet.Decode(m.Data(), &d); err != nil {
			return err
		}
		if d.Comparison != nil && d.Comparison.Result == jetsheet.ResultEqual {
			got++
		}
		meta, err := m.Metadata()
		if err == nil {
			last = meta.Sequence.Stream
		}
		return err
	}, jetsheet.RunDoneSubjects(id))
	if err != nil || got != want {
		i.t.Fatalf("%d workbooks of %s are compared and equal, %v, want %d", got, id, err, want)
	}
	return last
}
