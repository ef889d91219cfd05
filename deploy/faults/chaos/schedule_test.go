//go:build unix

package main

import (
	"testing"
	"time"
)

func TestScheduleIsAFunctionOfItsSeed(t *testing.T) {
	t.Parallel()
	first, second := newSchedule(7, time.Minute).String(), newSchedule(7, time.Minute).String()
	if first != second {
		t.Errorf("seed 7 gives two schedules:\n%s\nand\n%s", first, second)
	}
	if other := newSchedule(8, time.Minute).String(); other == first {
		t.Errorf("seeds 7 and 8 give the same schedule:\n%s", other)
	}
}

func TestScheduleOfAMinuteHasEveryKind(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		seen := map[kind]int{}
		for _, f := range newSchedule(seed, time.Minute).faults {
			seen[f.kind]++
			if f.at < 0 || f.at >= time.Minute || f.length < 0 || f.length > 3*lease {
				t.Errorf("seed %d: %s is out of bounds", seed, f)
			}
		}
		for _, m := range manners() {
			if seen[m.kind] == 0 {
				t.Errorf("seed %d: no %q within a minute, got %v", seed, m.kind, seen)
			}
		}
	}
}

func TestOrdersAreAboutWhatWasStarted(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		started := map[string]int{}
		for _, o := range newSchedule(seed, time.Minute).orders {
			switch {
			case o.what == "start":
				started[o.report]++
			case o.what == "again" && o.nth >= started[o.report]:
				t.Errorf("seed %d: %s, but only %d ticks were started", seed, o, started[o.report])
			}
		}
	}
}
