package jetsheet_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

func TestReplayIDTellsWhen(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 17, 8, 24, 7_999_999, time.FixedZone("JST", 9*60*60))
	id := jetsheet.NewReplayID(at, "k3f9q2")
	if want := "20261122T080824007Z-k3f9q2"; id != want {
		t.Errorf("got id %s, want %s", id, want)
	}
	got, ok := jetsheet.ParseReplayID(id)
	if want := at.Truncate(time.Millisecond); !ok || !got.Equal(want) {
		t.Errorf("ParseReplayID(%s) = %s, %t, want %s", id, got, ok, want)
	}
	for _, bad := range []string{
		"", "Z-", "20261122T080824007Z-", "20261122T080824007Z-a.b", "20261122T080824007-a", "20261322T080824007Z-a",
		"20261122T080824+07Z-a", "20261122T08082407Z-a", "x20261122T080824007Z-a", "20261122T080824007Z-*",
	} {
		if at, ok := jetsheet.ParseReplayID(bad); ok || !at.IsZero() {
			t.Errorf("ParseReplayID(%q) = %s, %t, want refused", bad, at, ok)
		}
	}
}

func TestMarkStopsWhatWasAskedForBefore(t *testing.T) {
	t.Parallel()
	cancelled := &jetsheet.Mark{At: time.Date(2026, 11, 22, 17, 0, 0, 0, time.UTC)}
	replayed := func(at time.Time) nats.Header {
		return nats.Header{jetsheet.HeaderReplay: {jetsheet.NewReplayID(at, "a")}}
	}
	for _, test := range []struct {
		name   string
		mark   *jetsheet.Mark
		header nats.Header
		want   bool
	}{
		{"no mark", nil, nil, false},
		{"planned", cancelled, nil, true},
		{"replayed before", cancelled, replayed(cancelled.At.Add(-time.Second)), true},
		{"replayed at that moment", cancelled, replayed(cancelled.At), true},
		{"replayed after", cancelled, replayed(cancelled.At.Add(time.Millisecond)), false},
		{"a header that is no id", cancelled, nats.Header{jetsheet.HeaderReplay: {"yes"}}, true},
	} {
		if got := test.mark.Stops(test.header); got != test.want {
			t.Errorf("%s: got %t, want %t", test.name, got, test.want)
		}
	}
}

func TestKeepHeadersLeavesOutTheServers(t *testing.T) {
	t.Parallel()
	to := nats.Header{}
	jetsheet.KeepHeaders(to, nats.Header{
		jetsheet.HeaderTrace: {"00-1"}, jetsheet.HeaderReplay: {"r"}, jetsheet.HeaderDefinition: {"d"}, jetsheet.HeaderAttempt: {"2"}, "Nats-Msg-Id": {"x"},
	})
	if len(to) != 3 || to.Get(jetsheet.HeaderDefinition) != "d" || to.Get(jetsheet.HeaderTrace) != "00-1" || to.Get(jetsheet.HeaderReplay) != "r" {
		t.Errorf("got %v, want trace, replay and definition alone", to)
	}
}
