package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// TestShadowRun compares 400 workbooks with those of the previous system, whose uploader is
// killed in the middle of it. One of them differs in one cell, and one comes late. Then
// every command tells what came of it.
func TestShadowRun(t *testing.T) {
	t.Parallel()
	i := install(t, killSchema)
	running := i.startRoles("producer", "renderer", "uploader")
	i.playPrevious()
	before := i.objects()
	const late = "old/5/2026-10/site=2E1.xlsx"
	content := i.takeAway(late)
	i.execute("update records set site = 'moved' where tenant_id = 3 and site = 'site.7' and n = 2")
	i.execute("create view shown as select tenant_id, n, case site when 'moved' then 'site.7' else site end as target, site, recorded_at from records")
	i.route(jetsheet.RouteShadow)
	definition := strings.NewReplacer("site as target", "target", "from records", "from shown", "site = @target", "target = @target").Replace(killReport)
	definition = strings.Replace(definition, "output: {", `output: {previous: "old/{tenant}/{period}/{target}.xlsx", waive: [{what: format, reason: "no matter"}], `, 1)
	id := i.apply(definition, killTick())
	for _, when := range []int{5, 60, 150} {
		i.await("comparisons", time.Minute, func() bool { return i.done(id) >= when })
		running["uploader"].kill()
		running["uploader"] = i.start("uploader", roleFlags["uploader"]...)
	}
	i.await("all but the late one", 2*time.Minute, func() bool { return i.done(id) == 399 })
	i.tellsWaiting(id)
	if _, err := i.s3.Client().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &i.bucket, Key: new(late), Body: bytes.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
	i.closed(id, time.Minute)
	if run := i.record(id); *run.Closed != (jetsheet.Counts{Expected: 400, Done: 400}) {
		t.Errorf("the run closed with %+v, want 400 done", *run.Closed)
	}
	if after := i.objects(); !maps.Equal(before, after) {
		t.Errorf("%d objects before and %d after: comparing wrote to S3", len(before), len(after))
	}
	results := map[jetsheet.ComparisonResult]int{}
	err := delivery.Scan(t.Context(), i.js, jetsheet.StreamDone, false, func(m jetstream.Msg) error {
		var d jetsheet.Done
		if err := jetsheet.Decode(m.Data(), &d); err != nil {
			return err
		}
		results[d.Comparison.Result]++
		return nil
	}, jetsheet.RunDoneSubjects(id))
	if want := map[jetsheet.ComparisonResult]int{jetsheet.ResultEqual: 399, jetsheet.ResultDifferent: 1}; err != nil || !maps.Equal(results, want) {
		t.Errorf("results are %v, %v, want %v", results, err, want)
	}
	i.tellsResult(id)
}

// playPrevious makes the previous system's workbooks, by a report of its own.
func (i *installation) playPrevious() {
	i.t.Helper()
	old := strings.NewReplacer("records-monthly", "old-monthly", `key: "`, `key: "old/`).Replace(killReport)
	i.closed(i.apply(old, killTick()), 2*time.Minute)
	if n := len(i.objects()); n != 400 {
		i.t.Fatalf("%d workbooks of the previous system, want 400", n)
	}
}

// takeAway deletes an object and returns what it held.
func (i *installation) takeAway(key string) []byte {
	i.t.Helper()
	out, err := i.s3.Client().GetObject(i.t.Context(), &s3.GetObjectInput{Bucket: &i.bucket, Key: &key})
	if err != nil {
		i.t.Fatal(err)
	}
	content, err := io.ReadAll(out.Body)
	if err == nil {
		_, err = i.s3.Client().DeleteObject(i.t.Context(), &s3.DeleteObjectInput{Bucket: &i.bucket, Key: &key})
	}
	if err != nil {
		i.t.Fatal(err)
	}
	return content
}

func (i *installation) tells(code int, want []string, args ...string) {
	i.t.Helper()
	out, _ := i.run(code, args...)
	for _, part := range want {
		if !strings.Contains(out, part) {
			i.t.Errorf("jetsheet %s does not say %q:\n%s", strings.Join(args, " "), part, out)
		}
	}
}

// tellsWaiting checks what is said of the workbook that waits for the other one.
func (i *installation) tellsWaiting(id jetsheet.RunID) {
	i.t.Helper()
	waiting := []string{"old/5/2026-10/site=2E1.xlsx, which is waited for 24 h at most", "does the previous system make it"}
	i.tells(exitDone, waiting, "workbooks", "show", "--run", id.String(), "--tenant", "5", "--target", "site.1")
	i.tells(exitDone, []string{"equal 398", "up to 1 workbook for the previous system's"}, "runs", "show", id.String())
}

// tellsResult checks what is said of a closed run in which one workbook differs.
func (i *installation) tellsResult(id jetsheet.RunID) {
	i.t.Helper()
	const sum = "different 1, equal 399"
	run := id.String()
	command := "jetsheet workbooks list --run " + run + " --state different"
	i.tells(exitDone, []string{sum, command}, "runs", "show", run)
	i.tells(exitDone, []string{sum, command}, "runs", "wait", run)
	i.tells(exitDone, []string{"compared", sum, "sound"}, "verify", run)
	out, _ := i.run(exitDone, "workbooks", "list", "--run", run, "--state", "different", "--json")
	var w struct {
		Tenant, Target string
		Comparison     jetsheet.Comparison
	}
	if err := json.Unmarshal([]byte(out), &w); err != nil || w.Tenant != "3" || w.Target != "site.7" || w.Comparison.Count != 1 {
		i.t.Fatalf("the workbook that differs is %+v, %v, want that of tenant 3 in one cell:\n%s", w, err, out)
	}
	if d := w.Comparison.Differences[0]; d != (jetsheet.Difference{Sheet: "records", Cell: "B3", Column: "site", What: jetsheet.DifferentValue, Ours: "moved", Previous: "site.7"}) {
		i.t.Errorf("it differs in %+v", d)
	}
	name := run + "/3/site.7"
	i.tells(exitDone, []string{"B3", "moved", "s3://exports/old/3/2026-10/site=2E7.xlsx", "jetsheet workbooks get --previous", "jetsheet compare ours.xlsx previous.xlsx"},
		"workbooks", "show", name)
	file := filepath.Join(i.t.TempDir(), "previous.xlsx")
	i.run(exitDone, "workbooks", "get", "--previous", name, "-o", file)
	i.tells(exitDone, []string{"equal: 16 cells"}, "compare", file, i.s3.Path(i.bucket, "old/3/2026-10/site=2E7.xlsx"))
}
