package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// hungryReport makes small workbooks of all sites but one, whose only value is larger than
// what the renderer may use.
const hungryReport = `
report: records-monthly
schedule: {cron: "0 5 1 * *", timeZone: Asia/Tokyo}
period: month
targets: select 'a' as tenant, 'site.' || n as target, 1 as weight from generate_series(1, 40) n
queries:
  records: |
    select case when @target = 'site.7' then repeat('x', 250000000) else 'small' end as note where @tenant <> ''
workbook: {sheets: [{name: records, rows: records}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`

// noMemory is how a Go program ends when it is given no more.
var noMemory = regexp.MustCompile(`(?m)^(fatal error: .*(memory|pages)|runtime/cgo: pthread_create failed)`)

// TestWorkerOutOfMemory has a conversion that no renderer survives: each dies by itself at
// the limit of its memory, and a supervisor starts another one. The conversion ends as
// FAILED with the cause, and every other one is done.
func TestWorkerOutOfMemory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("PostgreSQL makes a value of 250 MB four times")
	}
	i := install(t, "")
	i.startRoles("producer", "uploader")
	i.startOps()
	id := i.apply(hungryReport, killTick())
	died, stop := i.supervise("ulimit -s 512 && ulimit -d 300000 && exec jetsheet renderer --renderer-slots=2")
	i.closed(id, 3*time.Minute)
	stop()
	deaths := len(died)
	for range deaths {
		if log := <-died; !noMemory.MatchString(log) {
			t.Errorf("a renderer ended, and not for want of memory:\n%s", log)
		}
	}
	if run, want := i.record(id), (jetsheet.Counts{Expected: 40, Done: 39, Failed: 1}); *run.Closed != want {
		t.Errorf("closed with %+v, want %+v", *run.Closed, want)
	}
	if n := len(i.objects()); n != 39 {
		t.Errorf("%d objects, want 39", n)
	}
	if deaths != jetsheet.MaxStarts {
		t.Errorf("%d renderers died, want %d", deaths, jetsheet.MaxStarts)
	}
	out, _ := i.run(exitDone, "failures", "list", "--json")
	var f ops.FailureInfo
	if err := json.Unmarshal([]byte(out), &f); err != nil || f.Cause != jetsheet.CauseWorkerCrash || f.Target != "site.7" || f.Attempts != deaths ||
		!strings.HasPrefix(f.Message, `report records-monthly, tenant "a", target "site.7": 4 attempts ended without an outcome`) {
		t.Errorf("got the failure %s (%v), want worker_crash of site.7 that says so", out, err)
	}
}

// supervise runs a command again and again until stop is called; died has what each said
// that ended by itself.
func (i *installation) supervise(command string) (died chan string, stop func()) {
	died = make(chan string, 100)
	ctx, cancel := context.WithCancel(context.WithoutCancel(i.t.Context()))
	var supervisor sync.WaitGroup
	supervisor.Go(func() {
		for ctx.Err() == nil && len(died) < cap(died) {
			c := exec.CommandContext(ctx, "sh", "-c", command)
			c.Env = i.env
			log, err := c.CombinedOutput()
			if ctx.Err() == nil {
				died <- fmt.Sprintf("%s\n%v", log, err)
			}
		}
	})
	stop = func() {
		cancel()
		supervisor.Wait()
	}
	i.t.Cleanup(stop)
	return died, stop
}
