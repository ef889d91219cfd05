package notify

import (
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
)

// Every cause has a command, and none that anybody could put words into.
func TestEveryCauseHasACommand(t *testing.T) {
	t.Parallel()
	run := runOf(0)
	for _, cause := range append(jetsheet.Causes(), "'; rm -rf ~; '") {
		_, command, raw := mendFailures(run, cause, jetsheet.Scope{})
		again := strings.HasPrefix(command, "jetsheet runs start readings --tick ") && strings.HasSuffix(command, " --again")
		replay := strings.HasPrefix(command, "jetsheet failures replay --run "+run.String())
		if !again && !replay || replay != strings.HasPrefix(raw, "nats req conversions.ops.replay '") || again != strings.HasPrefix(raw, "nats req conversions.ops.start '") {
			t.Errorf("cause %q: got command %q and raw %q", cause, command, raw)
		}
		if strings.ContainsAny(command, "';~") || strings.Count(raw, "'") > 2 {
			t.Errorf("cause %q: command %q or raw %q holds more than a word of it", cause, command, raw)
		}
	}
}

// A cause that is no cause is a title and a key like any other.
func TestStrangeCause(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fail(runOf(0), "<!channel> @all", 0, 1)
	for _, c := range r.see(r.seeing(), KindFailures) {
		if strings.ContainsAny(c.Title+c.Command+c.Runbook+c.Key, "<>@!") {
			t.Errorf("got %+v", c)
		}
	}
	n := r.runnerOver(r.seeing(), "ops-1")
	r.round(n)
	if o := r.overview(); o.Open != 1 {
		t.Errorf("%d notices, want 1", o.Open)
	}
}
