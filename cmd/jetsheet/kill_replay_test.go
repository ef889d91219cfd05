package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// replaySchema has 3,000 rows whose workbooks fail until they are mended.
const replaySchema = `
create table prices (tenant text, target text, quantity int);
insert into prices select 't' || n % 50, 's' || n, 0 from generate_series(1, 3000) n;
`

const replayReport = `
report: prices
schedule: {cron: "0 5 1 * *", timeZone: Asia/Tokyo}
period: month
targets: select tenant, target from prices
queries:
  prices: select 10 / quantity as each from prices where tenant = @tenant and target = @target
workbook: {sheets: [{name: prices, rows: prices}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`

const replayTargets = 3000

// TestKilledOpsGoesOnWithAReplay kills ops while it queues: the next process goes on, and
// pressing again meanwhile does no harm. Every workbook is made once.
func TestKilledOpsGoesOnWithAReplay(t *testing.T) {
	t.Parallel()
	i := install(t, replaySchema)
	for _, name := range []string{"producer", "renderer", "uploader"} {
		i.start(name)
	}
	victim := i.start("ops")
	id := i.apply(replayReport, time.Date(2026, 11, 1, 5, 0, 0, 0, time.FixedZone("JST", 9*60*60)))
	i.await("everything has failed", 2*time.Minute, func() bool {
		run := i.record(id)
		return run != nil && run.State == jetsheet.RunClosed && run.Closed.Failed == replayTargets
	})
	i.execute("update prices set quantity = 2")
	i.awaitOps(id)
	var output bytes.Buffer
	asked := exec.CommandContext(t.Context(), "jetsheet", "failures", "replay", "--run", id.String())
	asked.Env, asked.Stdout, asked.Stderr = i.env, &output, &output
	if err := asked.Start(); err != nil {
		t.Fatal(err)
	}
	i.await("the first is done", time.Minute, func() bool { return i.done(id) > 0 })
	victim.kill()
	i.start("ops")
	i.await("the replay was asked for again", time.Minute, func() bool {
		code, stdout, stderr := i.try("failures", "replay", "--run", id.String())
		if code != exitDone && code != exitNothing && code != exitUnreachable {
			t.Fatalf("failures replay: exit code %d\n%s%s", code, stdout, stderr)
		}
		return code != exitUnreachable
	})
	// Two at a time, in the lane bulk.
	i.await("all are done", 5*time.Minute, func() bool { return i.done(id) == replayTargets })
	_ = asked.Process.Signal(os.Interrupt) // it may have been answered or not
	_ = asked.Wait()
	i.await("the replay that was cut off is over", time.Minute, func() bool { return len(i.runningReplays()) == 0 })
	if got := len(i.objects()); got != replayTargets {
		t.Errorf("%d workbooks on S3, want %d", got, replayTargets)
	}
	code, stdout, stderr := i.try("failures", "replay", "--run", id.String())
	if code != exitNothing {
		t.Errorf("replay of what is done: exit code %d, want %d\n%s%s", code, exitNothing, stdout, stderr)
	}
}

// execute runs a statement on the installation's database.
func (i *installation) execute(statement string) {
	i.t.Helper()
	conn, err := pgx.Connect(i.t.Context(), i.database)
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := conn.Exec(i.t.Context(), statement); err != nil {
		i.t.Fatal(err)
	}
	if err := conn.Close(i.t.Context()); err != nil {
		i.t.Fatal(err)
	}
}

// runningReplays lists the ids of replays that are not over.
func (i *installation) runningReplays() []string {
	i.t.Helper()
	kv, err := i.js.KeyValue(i.t.Context(), jetsheet.BucketProgress)
	if err != nil {
		i.t.Fatal(err)
	}
	keys, err := kv.ListKeysFiltered(i.t.Context(), jetsheet.ReplayKeys)
	if err != nil {
		i.t.Fatal(err)
	}
	var running []string
	for key := range keys.Keys() {
		entry, err := kv.Get(i.t.Context(), key)
		if err != nil {
			i.t.Fatal(err)
		}
		var replay ops.Replay
		if err := jetsheet.Decode(entry.Value(), &replay); err != nil {
			i.t.Fatal(err)
		}
		if replay.State == ops.ReplayRunning {
			running = append(running, replay.ID)
		}
	}
	return running
}
