package faults_test

import (
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/deploy/faults"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestMain(m *testing.M) { localtest.Main(m) }

// late is what a delay takes in these tests.
const late = 300 * time.Millisecond

// bench is a director that notes which roles it was told to kill.
type bench struct {
	*faults.Director
	killed chan string
}

func newBench() *bench {
	b := &bench{killed: make(chan string, 8)}
	b.Director = faults.NewDirector(func(role string) { b.killed <- role })
	return b
}

// arm makes a fault wait for the next occurrence of an effect of the role under test.
func (b *bench) arm(wire faults.Wire, effect string, action faults.Action) *faults.Armed {
	return b.Arm(faults.Fault{Point: faults.Point{Role: "role", Wire: wire, Effect: effect}, Action: action, Late: late})
}

// check says whether what an action promises is what was seen: how often the effect
// happened, whether its caller heard of it, after how long.
func (b *bench) check(t *testing.T, armed *faults.Armed, action faults.Action, applied int, heard error, took time.Duration) {
	t.Helper()
	want := map[faults.Action]int{faults.Fail: 0, faults.Crash: 0, faults.ApplyThenFail: 1, faults.Delay: 1, faults.Duplicate: 2}[action]
	if applied != want {
		t.Errorf("%s: the effect happened %d times, want %d", action, applied, want)
	}
	if wantHeard := action == faults.Delay || action == faults.Duplicate; wantHeard != (heard == nil) {
		t.Errorf("%s: the caller was told %v, want success: %t", action, heard, wantHeard)
	}
	if action == faults.Delay && took < late {
		t.Errorf("%s: it took %s, want at least %s", action, took, late)
	}
	select {
	case <-armed.Fired():
	default:
		t.Errorf("%s: the fault did not fire", action)
	}
	select {
	case role := <-b.killed:
		if action != faults.Crash || role != "role" {
			t.Errorf("%s: %q was killed", action, role)
		}
	default:
		if action == faults.Crash {
			t.Errorf("%s: nobody was killed", action)
		}
	}
}
