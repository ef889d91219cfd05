package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
)

// byHandSchema has hostile ids: each is one workbook, except for those that cannot be
// one.
var byHandSchema = `
create table sites (tenant text, site text, weight bigint);
create table readings (tenant text, site text, at timestamptz, value numeric);
insert into sites values
  ('*', '>', 1), ('>', '*', 1), ('a.b', '../x', 1), ('with space', '冷蔵庫 🧊', 1), ('9223372036854775807', '$JS', 1), ('../x', 'k', 1), ('😀', 'k', 1),
  ('` + longID + `', 'x', 1), ('ok', null, 1), ('ok', 'twice', 1), ('ok', 'twice', 1), ('empty', 'nothing', 1);
insert into readings select tenant, site, date_trunc('month', now() at time zone 'Asia/Tokyo') at time zone 'Asia/Tokyo' - interval '2 days', 3.5
  from sites where tenant <> 'empty';
`

var longID = strings.Repeat("x", 300)

const byHandReport = `
report: readings
schedule: {cron: "0 5 1 * *", timeZone: Asia/Tokyo}
period: month
targets: select tenant, site as target, weight from sites
queries:
  readings: select at, value from readings where tenant = @tenant and site = @target and at >= @from and at < @until
workbook: {sheets: [{name: "{target}", rows: readings}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`

// TestServicesStartedByHand is the way of somebody who runs everything: setup, apply,
// the roles as processes, a run, and an answer.
func TestServicesStartedByHand(t *testing.T) {
	t.Parallel()
	i := install(t, byHandSchema)
	for _, name := range []string{"producer", "renderer", "uploader", "ops"} {
		i.start(name, roleFlags[name]...)
	}
	file := filepath.Join(t.TempDir(), "readings.yaml")
	if err := os.WriteFile(file, []byte(byHandReport), 0o600); err != nil {
		t.Fatal(err)
	}
	i.run(exitDone, "reports", "validate", file)
	i.run(exitDone, "reports", "apply", file)
	i.run(exitDone, "runs", "start", "readings")
	out, _ := i.run(exitDifferences, "runs", "wait", "readings", "--timeout=1m")
	if !strings.Contains(out, string(jetsheet.CauseTargetID)) {
		t.Errorf("runs wait does not name the cause:\n%s", out)
	}
	objects := i.objects()
	for _, key := range []string{"=2A/", "a=2Eb/", "with=20space/", "9223372036854775807/", "=2E=2E=2Fx/", "=F0=9F=98=80/", "=3E/"} {
		found := 0
		for object := range objects {
			if strings.HasPrefix(object, key) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%d workbooks below %s, want 1: %v", found, key, objects)
		}
	}
	if len(objects) != 7 {
		t.Errorf("%d workbooks, want 7: %v", len(objects), objects)
	}
	states := map[string]int{}
	list, _ := i.run(exitDone, "workbooks", "list", "--json")
	for line := range strings.Lines(list) {
		var w struct {
			State string `json:"state"`
		}
		if err := json.Unmarshal([]byte(line), &w); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		states[w.State]++
	}
	// The id of 300 characters, the NULL and the row given twice fail; each alone.
	if states["published"] != 7 || states["failed"] != 3 || states["skipped"] != 1 {
		t.Errorf("states %v, want 7 published, 3 failed, 1 skipped", states)
	}
	i.run(exitNothing, "runs", "start", "readings")
	i.run(exitDone, "runs", "start", "readings", "--again", "--tenant=a.b", "--target=../x")
	i.run(exitDone, "runs", "wait", "readings", "--timeout=1m")
}
