package main

import (
	"testing"
	"time"
)

const traces = `File: bench
Type: cpu
Duration: 2s, Total samples = 120ms ( 6.00%)
-----------+-------------------------------------------------------
      50ms   internal/poll.(*FD).Write
             net.(*conn).Write (inline)
             github.com/nats-io/nats%2ego.(*Conn).publish
             github.com/jetsheet/jetsheet/renderer.(*Renderer).announce
             github.com/jetsheet/jetsheet/internal/delivery.(*Worker).process
-----------+-------------------------------------------------------
        stream:  CONVERSIONS
      1.02s   runtime.gcAssistAlloc
             github.com/jetsheet/jetsheet/producer.(*pass).next
-----------+-------------------------------------------------------
      10ms   runtime.futex
             runtime.findRunnable
-----------+-------------------------------------------------------
      40ms   github.com/nats-io/nats%2ego.(*Conn).processMsg
             github.com/nats-io/nats%2ego.(*Conn).readLoop
-----------+-------------------------------------------------------
`

func TestAttribute(t *testing.T) {
	t.Parallel()
	stacks, err := parseTraces([]byte(traces))
	if err != nil {
		t.Fatal(err)
	}
	const milli = time.Millisecond
	for name, c := range map[string]struct {
		tiers [][]part
		want  map[string]time.Duration
	}{
		"packages": {packages(), map[string]time.Duration{"nats.go": 90 * milli, "garbage collector": 1020 * milli, restLabel: 10 * milli}},
		"hops": {hops(), map[string]time.Duration{
			"publish the rendered event": 50 * milli, "NATS connection, reading": 40 * milli, "garbage collector": 1020 * milli, restLabel: 10 * milli,
		}},
	} {
		got := attribute(stacks, c.tiers)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		for label, want := range c.want {
			if got[label] != want {
				t.Errorf("%s: %q took %s, want %s", name, label, got[label], want)
			}
		}
	}
	if stacks, err := parseTraces([]byte("-----------+--\n  fast  main.main\n")); err == nil {
		t.Errorf("a trace without a time gave %v, want an error", stacks)
	}
}
