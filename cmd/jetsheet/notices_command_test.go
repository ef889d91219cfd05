package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops/notify"
)

const toldReport = `
report: told
period: month
timeZone: Asia/Tokyo
targets: select 'a' as tenant, 'bad_message' as target
queries:
  rows: select @target as n from (select @tenant) as t
workbook: {sheets: [{name: rows, rows: rows}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`

// rawCommand is a request with the nats CLI, as notices write it.
var rawCommand = regexp.MustCompile(`^nats req (conversions\.ops\.[a-z]+) '(\{.*)\}'$`)

// TestNoticesCommandsRun has a failure of every cause, and a message that belongs to no
// run: each has one notice, and whoever types what it says does what it says.
func TestNoticesCommandsRun(t *testing.T) {
	t.Parallel()
	i := install(t, "")
	i.startOps()
	i.startRoles("producer")
	id := i.apply(toldReport, killTick())
	i.await("the run is started", time.Minute, func() bool {
		code, _, _ := i.try("runs", "start", id.Report, "--tick", id.Tick.Format(time.RFC3339))
		return code == exitDone // once ops answers
	})
	i.await("it is planned", time.Minute, func() bool { run := i.record(id); return run != nil && run.Plan != nil })
	fail := func(subject string, cause jetsheet.Cause) {
		t.Helper()
		f := jetsheet.Failure{Stage: jetsheet.StageRenderer, Cause: cause, Message: "oh", Attempts: 1, Worker: "w", Version: "v", At: time.Now()}
		if _, err := i.js.PublishMsg(t.Context(), f.Msg(subject)); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]bool{}
	for _, cause := range jetsheet.Causes() {
		fail(jetsheet.FailedSubject(jetsheet.Conversion{Run: id, Tenant: "a", Target: string(cause)}), cause)
		want[id.String()+" "+string(cause)] = true
	}
	fail("conversions.failed.unknown.x", jetsheet.CauseBadMessage)
	want[" "+string(jetsheet.CauseBadMessage)] = true

	var notices []*notify.Notice
	i.await("a notice of each", time.Minute, func() bool {
		overview, err := notify.Read(t.Context(), i.js)
		if err != nil {
			t.Fatal(err)
		}
		notices = overview.Notices
		return len(notices) >= len(want)
	})
	for _, n := range notices {
		name := n.Run + " " + string(n.Cause)
		if !want[name] || n.Count != 1 {
			t.Errorf("got a notice of %q with %d failures, want one of each cause: %+v", name, n.Count, n.Concern)
		}
		delete(want, name)
		args := strings.Fields(n.Command)
		if len(args) == 0 || args[0] != "jetsheet" || strings.ContainsAny(n.Command, `'"\$;|&<>`) {
			t.Errorf("%s: got the command %q, want one of jetsheet", name, n.Command)
			continue
		}
		if code, out, said := i.try(append(args[1:], "--dry-run")...); code != exitDone {
			t.Errorf("%s --dry-run: exit code %d, want 0\n%s%s", n.Command, code, out, said)
		}
		i.tryRaw(n.Raw)
	}
	for name := range want {
		t.Errorf("there is no notice of %q", name)
	}
}

// tryRaw asks the service for what a command with the nats CLI would do.
func (i *installation) tryRaw(command string) {
	i.t.Helper()
	parts := rawCommand.FindStringSubmatch(command)
	if parts == nil {
		i.t.Errorf("got %q, want a request with the nats CLI", command)
		return
	}
	m, err := i.conn.Request(parts[1], []byte(parts[2]+`,"dryRun":true}`), 20*time.Second)
	if err != nil {
		i.t.Fatalf("%s: %v", command, err)
	}
	var answer struct {
		Matched int
		Rerun   int64
		Error   string
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil || answer.Error != "" || answer.Matched != 1 && answer.Rerun == 0 {
		i.t.Errorf("%s: got %s, %v, want that it is about one failure, or another run", command, m.Data, err)
	}
}
