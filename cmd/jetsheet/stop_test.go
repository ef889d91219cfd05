package main

import (
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// TestStoppedRolesLoseNothing stops renderers and uploaders twenty times with work in
// hand, by a signal as an orchestrator sends it. They end in time and in order, what they
// had is made by others, and being interrupted is no attempt.
func TestStoppedRolesLoseNothing(t *testing.T) {
	t.Parallel()
	i := install(t, killSchema)
	i.startRoles("producer")
	flags := map[string][]string{
		"renderer": {"--renderer-slots=2", "--renderer-grace=20ms"},
		"uploader": {"--uploader-slots=2"},
	}
	running := map[string]*role{}
	for name := range flags {
		running[name] = i.start(name, flags[name]...)
	}
	// Reading takes a while, so that there is work in hand at every signal.
	slow := strings.Replace(killReport, "select n, site from records", "select n, site, pg_sleep(0.03 / (select count(*) from records r where r.tenant_id = records.tenant_id and r.site = records.site))::text as slept from records", 1)
	id := i.apply(slow, killTick())
	stop := i.watchConservation(id)
	for round := range 20 {
		name := []string{"renderer", "uploader"}[round%2]
		i.await("work goes on", time.Minute, func() bool { return i.done(id) >= min(390, 12*(round+1)) })
		began := time.Now()
		if code := running[name].terminate(); code != exitDone {
			t.Errorf("round %d: %s ended with exit code %d after a signal, want 0", round, name, code)
		}
		if said := running[name].log.String(); strings.Index(said, "role stopping") < 1 || strings.Index(said, "role stopping") > strings.Index(said, "role stopped") {
			t.Errorf("round %d: %s said %q, want that it stops, and then that it has", round, name, said)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("round %d: %s took %s to stop", round, name, took)
		}
		running[name] = i.start(name, flags[name]...)
	}
	i.closed(id, time.Minute)
	stop()
	i.checkKillWorkbooks(id)
	i.nothingFailed()
	i.noStarts()
}

// noStarts checks that no start of an attempt is left that has no outcome.
func (i *installation) noStarts() {
	i.t.Helper()
	kv, err := i.js.KeyValue(i.t.Context(), jetsheet.BucketProgress)
	if err != nil {
		i.t.Fatal(err)
	}
	keys, err := kv.ListKeysFiltered(i.t.Context(), "renderer.>", "uploader.>")
	if err != nil {
		i.t.Fatal(err)
	}
	for key := range keys.Keys() {
		entry, err := kv.Get(i.t.Context(), key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue
		}
		if err != nil {
			i.t.Fatal(err)
		}
		var p jetsheet.Progress
		if err := json.Unmarshal(entry.Value(), &p); err != nil || len(p.Starts) > 0 {
			i.t.Errorf("%s: %d starts without an outcome (%v): %s", key, len(p.Starts), err, entry.Value())
		}
	}
}

// terminate asks the process to end, as an orchestrator does, and returns its exit code.
func (r *role) terminate() int {
	_ = r.command.Process.Signal(syscall.SIGTERM)
	_ = r.command.Wait()
	return r.command.ProcessState.ExitCode()
}
