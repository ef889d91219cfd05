package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// urgency is how a server is told to end.
type urgency int

const (
	fast      urgency = iota // cut connections, write everything
	immediate                // cut connections, recover at the next start
	kill                     // no longer asked
)

// process is a running server. Exactly one goroutine waits for it and closes done.
type process struct {
	pid  int
	done chan struct{}
	err  error // valid once done is closed
}

// stop ends the process and waits for it: politely where the data is kept, at once where it is thrown away.
func (p *process) stop(ctx context.Context, s *postgresServer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*stopLimit)
	defer cancel()
	how := immediate
	if s.durable || !strings.HasPrefix(s.data, s.home) {
		how = fast
	}
	for _, u := range []urgency{how, kill} {
		select {
		case <-p.done:
			return nil
		default:
		}
		if err := interrupt(ctx, p.pid, s.data, u); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop postgresql %d: %w", p.pid, err)
		}
		patience := time.NewTimer(stopLimit)
		select {
		case <-p.done:
			patience.Stop()
			return nil
		case <-patience.C:
		}
	}
	return fmt.Errorf("postgresql %d did not end within %s", p.pid, 2*stopLimit)
}

// serverEnvironment is what the server and initdb inherit: nothing of PostgreSQL's own variables, which would override
// our settings.
func serverEnvironment(home string) []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "PG") && !strings.HasPrefix(name, "LC_") && name != "LANG" && name != "LANGUAGE" && name != "HOME" && name != "TZ" {
			env = append(env, v)
		}
	}
	return append(env, "HOME="+home, "LC_ALL=C", "TZ=UTC")
}
