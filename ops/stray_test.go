package ops

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

// strayOf is the subject under which a worker writes that a request's subject names no
// conversion.
func strayOf(subject string) string { return "conversions.failed.unknown." + jetsheet.Token(subject) }

// TestStrayMessagesAreSeen: what failed under a subject that names no run is listed, shown,
// and dismissed, and no filter that names a run, report, tenant or target picks it.
func TestStrayMessagesAreSeen(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id, planned := runOf("orders", 0), target("a", "1")
	r.store(id, jetsheet.Scope{}, planned)
	r.fail(id, &planned, jetsheet.CauseBadMessage, time.Time{})
	byWorker, byHand := strayOf("conversions.request.small.some.thing"), "conversions.failed.$(reboot).a.1"
	f := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseBadMessage, Message: "message on conversions.request.small.some.thing: not a conversion's subject",
		Attempts: 1, Worker: "w", Version: "v", At: tick, RetryAt: tick, Request: r.request(id, &planned),
	}
	r.publish(f.Msg(byWorker))
	r.publish(&nats.Msg{Subject: byHand, Data: []byte("?")})
	names := func(filter FailureFilter) []string {
		t.Helper()
		names := []string{}
		_, err := client.Failures(t.Context(), filter, 0, func(f *FailureInfo) error {
			names = append(names, f.Conversion)
			return nil
		})
		r.check(err)
		return names
	}
	ofRun := conversion(id, &planned).String()
	for _, test := range []struct {
		filter FailureFilter
		want   []string
	}{
		{FailureFilter{}, []string{byHand, byWorker, ofRun}},
		{FailureFilter{Cause: jetsheet.CauseBadMessage}, []string{byHand, byWorker, ofRun}},
		{FailureFilter{Stray: true}, []string{byHand, byWorker}},
		{FailureFilter{Until: tick.Add(time.Hour)}, []string{byWorker, ofRun}},
		{FailureFilter{Conversion: byHand}, []string{byHand}},
		{FailureFilter{Run: "orders"}, []string{ofRun}},
		{FailureFilter{Report: "orders"}, []string{ofRun}},
		{FailureFilter{Tenant: "a"}, []string{ofRun}},
		{FailureFilter{Target: "1"}, []string{ofRun}},
		{FailureFilter{Stray: true, Run: "orders"}, []string{}},
	} {
		if got := names(test.filter); !slices.Equal(got, test.want) {
			t.Errorf("%+v: got %q, want %q", test.filter, got, test.want)
		}
	}
	detail, err := client.Failure(t.Context(), byHand)
	if err != nil || !detail.Stray || detail.State != StateFailed || detail.At.IsZero() || string(detail.Request) != `"?"` ||
		detail.Dismiss != `jetsheet failures dismiss 'conversions.failed.$(reboot).a.1' --reason REASON` {
		t.Errorf("got %+v, %v", detail, err)
	}
	_, err = client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Stray: true}})
	refusedWith(t, "replay", err, CodeNothing, "2 not to be mended by a replay")
	if err == nil || !strings.Contains(err.Error(), "jetsheet failures dismiss --stray") {
		t.Errorf("got %v, want the command that dismisses them", err)
	}
	dismiss := func(filter FailureFilter, undo bool, want int) {
		t.Helper()
		answer, err := client.Dismiss(t.Context(), DismissRequest{FailureFilter: filter, Undo: undo})
		if err != nil || answer.Changed != want {
			t.Errorf("dismiss %+v, undo %t: got %+v, %v, want %d", filter, undo, answer, err, want)
		}
	}
	dismiss(FailureFilter{Conversion: byHand}, false, 1)
	if got, want := names(FailureFilter{Stray: true}), []string{byWorker}; !slices.Equal(got, want) {
		t.Errorf("after one was dismissed: got %q, want %q", got, want)
	}
	dismiss(FailureFilter{Conversion: byHand}, true, 1)
	dismiss(FailureFilter{Stray: true}, false, 2)
	if got, want := names(FailureFilter{}), []string{ofRun}; !slices.Equal(got, want) {
		t.Errorf("after all were dismissed: got %q, want %q", got, want)
	}
}
