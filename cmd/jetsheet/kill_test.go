package main

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// killSchema has 10 tenants with 40 sites of 1 to 40 records each.
const killSchema = `
create table records (tenant_id bigint, site text, n int, recorded_at timestamptz, primary key (tenant_id, site, n));
insert into records select t, 'site.' || s, n, '2026-10-15T00:00:00Z'
  from generate_series(1, 10) t, generate_series(1, 40) s, generate_series(1, s) n;
`

const killReport = `
report: records-monthly
schedule: {cron: "0 5 1 * *", timeZone: Asia/Tokyo}
period: month
targets: |
  select tenant_id as tenant, site as target, count(*) as weight from records
  where recorded_at >= @from and recorded_at < @until group by 1, 2
queries:
  records: |
    select n, site from records
    where tenant_id = @tenant and site = @target and recorded_at >= @from and recorded_at < @until order by n
workbook: {sheets: [{name: records, rows: records}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
lanes: {large: 35}
`

// TestKilledRoleLosesNothing kills a role in the middle of a run and starts it again:
// every workbook is there once, whole and right, and at no instant is a conversion
// nowhere.
func TestKilledRoleLosesNothing(t *testing.T) {
	t.Parallel()
	for _, victim := range []string{"producer", "renderer", "uploader"} {
		t.Run(victim, func(t *testing.T) {
			t.Parallel()
			i := install(t, killSchema)
			running := map[string]*role{}
			for _, name := range []string{"producer", "renderer", "uploader"} {
				if name != victim {
					running[name] = i.start(name, roleFlags[name]...)
				}
			}
			running[victim] = i.start(victim, roleFlags[victim]...)
			tick := time.Date(2026, 11, 1, 5, 0, 0, 0, time.FixedZone("JST", 9*60*60))
			id := i.apply(killReport, tick)
			stop := i.watchConservation(id)
			kills := 0
			for _, when := range []int{5, 60, 150} {
				i.await(fmt.Sprintf("%d workbooks", when), time.Minute, func() bool { return i.done(id) >= when })
				running[victim].kill()
				kills++
				running[victim] = i.start(victim, roleFlags[victim]...)
			}
			i.await("run closed", 2*time.Minute, func() bool {
				run := i.record(id)
				return run != nil && run.State == jetsheet.RunClosed
			})
			if samples := stop(); samples.publishing == 0 || samples.open == 0 {
				t.Errorf("samples of the conservation law: %+v, want some of each", samples)
			} else {
				t.Logf("%d kills, samples %+v", kills, samples)
			}
			i.checkKillWorkbooks(id)
			for name, role := range running {
				if code := role.stop(); code != exitDone {
					t.Errorf("%s ended with exit code %d after a signal, want 0", name, code)
				}
			}
		})
	}
}

// roleFlags make what a crash leaves behind be taken over within the test's patience.
var roleFlags = map[string][]string{
	"producer": {"--producer-claim-ttl=2s", "--producer-interval=2s", "--producer-lane-window=40"},
	"renderer": {"--renderer-slots=2"},
	"uploader": {"--uploader-slots=2"},
}

func (i *installation) checkKillWorkbooks(id jetsheet.RunID) {
	i.t.Helper()
	run := i.record(id)
	want := jetsheet.Counts{Expected: 400, Done: 400}
	if run.Closed == nil || *run.Closed != want {
		i.t.Errorf("the run closed with %+v, want %+v", run.Closed, want)
	}
	objects := i.objects()
	if len(objects) != 400 {
		i.t.Errorf("%d objects, want 400", len(objects))
	}
	for tenant := 1; tenant <= 10; tenant++ {
		for site := 1; site <= 40; site++ {
			key := fmt.Sprintf("%d/2026-10/site=2E%d.xlsx", tenant, site)
			if _, ok := objects[key]; !ok {
				i.t.Errorf("no object %s", key)
				continue
			}
			if rows := i.column(key); len(rows) != site || rows[0] != "1" || rows[site-1] != strconv.Itoa(site) {
				i.t.Errorf("object %s has the rows %v, want 1..%d", key, rows, site)
			}
		}
	}
}
