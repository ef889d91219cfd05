package turn_test

import (
	"slices"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/faults/turn"
)

func TestTurns(t *testing.T) {
	t.Parallel()
	var said []string
	life := func(name string, crash bool) *turn.Process {
		return turn.Start(func(p *turn.Process) {
			defer func() { said = append(said, name+" unwinds") }()
			said = append(said, name+" 1")
			p.Pause()
			if crash {
				p.Crash()
			}
			said = append(said, name+" 2")
		})
	}
	whole, crashing, stopped := life("whole", false), life("crashing", true), life("stopped", false)
	for _, p := range []*turn.Process{whole, crashing, stopped} {
		if !p.Next() {
			t.Error("a process has ended before its pause")
		}
	}
	if crashing.Next() || whole.Next() || whole.Next() {
		t.Error("a process goes on after its end")
	}
	for range 2 {
		stopped.End()
		whole.End()
	}
	want := []string{"whole 1", "crashing 1", "stopped 1", "crashing unwinds", "whole 2", "whole unwinds", "stopped unwinds"}
	if !slices.Equal(said, want) {
		t.Errorf("it went %q, want %q", said, want)
	}
}

func TestAPanicOfItsOwnIsPassedOn(t *testing.T) {
	t.Parallel()
	p := turn.Start(func(*turn.Process) { panic("mistake") })
	defer func() {
		if got := recover(); got != "mistake" {
			t.Errorf("recovered %v, want the process's panic", got)
		}
	}()
	p.Next()
	t.Error("the panic was swallowed")
}
