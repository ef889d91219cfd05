package main

import (
	"errors"
	"math"
	"testing"
	"time"
)

func TestAt(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	samples := []cpuSample{{begin, 100}, {begin.Add(10), 200}, {begin.Add(30), 200}, {begin.Add(40), 300}}
	for _, c := range []struct {
		after time.Duration
		want  time.Duration
		err   error
	}{{0, 100, nil}, {5, 150, nil}, {10, 200, nil}, {20, 200, nil}, {38, 280, nil}, {40, 300, nil}, {-1, 0, errNotSampled}, {41, 0, errNotSampled}} {
		got, err := at(samples, begin.Add(c.after))
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("at(%d) = %d, %v; want %d, %v", c.after, got, err, c.want, c.err)
		}
	}
}

func TestTenths(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var times []time.Time
	for i := range 100 { // ten a second, then five
		gap := 100 * time.Millisecond
		if i >= 50 {
			gap = 200 * time.Millisecond
		}
		last := begin
		if i > 0 {
			last = times[i-1]
		}
		times = append(times, last.Add(gap))
	}
	got := tenths(begin, times)
	for i, want := range []float64{10, 10, 10, 10, 10, 5, 5, 5, 5, 5} {
		if len(got) != 10 || math.Abs(got[i]-want) > 1e-9 {
			t.Fatalf("tenths = %v, want five of 10 and five of 5", got)
		}
	}
	if got := tenths(begin, times[:3]); len(got) != 3 {
		t.Errorf("tenths of 3 outcomes = %v, want 3 rates", got)
	}
}
