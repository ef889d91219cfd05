package notify

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// TestNoticesNameTheirPage: each resource that is waited for has a page of its own, and
// those about the channels lead somewhere as well.
func TestNoticesNameTheirPage(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var concerns []Concern
	for _, resource := range jetsheet.Resources() {
		concerns = append(concerns, paused([]jetsheet.WorkerState{{
			Stage: jetsheet.StageUploader, Worker: "u", Paused: "it", PausedOn: resource, PausedSince: now,
		}}, now, time.Minute)...)
	}
	resources := len(concerns)
	concerns = append(concerns, channelConcerns(map[string]*ChannelState{"slack": {
		Name: "slack", Failures: failingAfter, NextTry: now, HeldSince: now, Held: 1, Sent: []time.Time{now},
	}}, now)...)
	concerns = append(concerns, missed("r", []time.Time{now}, false), missed("r", []time.Time{now}, true))
	if want := resources + 4; len(concerns) != want || resources != len(jetsheet.Resources()) {
		t.Fatalf("got %d concerns, %d of resources, want %d and %d: %+v", len(concerns), resources, want, len(jetsheet.Resources()), concerns)
	}
	of := map[string]Concern{}
	for i, c := range concerns {
		if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(c.Runbook))); c.Runbook == "" || err != nil {
			t.Errorf("%s: page %q: %v, want one that is there", c.Title, c.Runbook, err)
		}
		if other, twice := of[c.Runbook]; i < resources && twice {
			t.Errorf("%s and %s have the page %s, want one for each", c.Resource, other.Resource, c.Runbook)
		}
		of[c.Runbook] = c
	}
}
