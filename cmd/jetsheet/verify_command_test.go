package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/ops/verify"
)

// TestVerifyCommand runs the command as people and programs do.
func TestVerifyCommand(t *testing.T) {
	t.Parallel()
	r := newVerifyRig(t, localtest.Database(t, local.SQLTemplate(readTestdata(t, "verify", "schema.sql"))))
	r.keep(r.make(verifyTick, readTestdata(t, "verify", "report.yaml"))[0])

	stdout, _ := r.command(exitDone, nil, "verify-me", "--deep")
	contains(t, stdout, "run        20261101T120000Z-verify-me-0\n", "published  5, 360 rows", "skipped    1\n", "failed     1: jetsheet runs show", "result     sound\n")
	stdout, stderr := r.command(exitDone, nil, r.id.String(), "--json")
	var found verify.Report
	if err := json.Unmarshal([]byte(stdout), &found); err != nil || found.Run != r.id || found.Published != 5 || !strings.Contains(stdout, `"problems":[],"problemCount":0`) {
		t.Errorf("--json: %v, got %s, want one object with 5 published", err, stdout)
	}
	contains(t, stderr, "verify: 7 of 7 done in ")

	r.remove("a/2026-10/two.xlsx")
	stdout, _ = r.command(exitDifferences, nil, "20261101", "--tenant=a")
	contains(t, stdout, "1 problem\n", "object_missing  a/two ", "s3://workbooks/a/2026-10/two.xlsx",
		"jetsheet runs start verify-me --tick 2026-11-01T12:00:00Z --tenant=a --target=two --again\n")
	r.command(exitDone, nil, "verify-me", "--tenant=b c")
	r.restore()
	testEditedByHand(r)
	r.sql("update records set note = 'later' where n = 1")
	stdout, _ = r.command(exitDifferences, nil, "verify-me", "--deep", "--max=1")
	contains(t, stdout, "cell_differs", `text "note 1"`, `text "later"`, "more, see --max and --json\n", "mind: the data may have been changed after 20")

	_, stderr = r.command(exitNothing, nil, "verify-me", "--tenant=nobody")
	contains(t, stderr, "nothing to verify")
	r.storePlanning()
	_, stderr = r.command(exitNothing, nil, "20261101T120000Z-verify-me-1")
	contains(t, stderr, "no plan to check it against", "jetsheet runs show 20261101T120000Z-verify-me-1")
	_, stderr = r.command(exitFailure, nil, "unknown")
	contains(t, stderr, "jetsheet runs list")
	r.command(exitUsage, nil, "verify-me", "--max=-1")
	r.command(exitUsage, nil, "verify-me", "--concurrency=0")
	r.command(exitUnreachable, []string{"JETSHEET_S3_ENDPOINT=http://127.0.0.1:1"}, r.id.String())
	r.command(exitUnreachable, []string{"JETSHEET_DATABASE_URL=postgres://nobody@127.0.0.1:1/none"}, r.id.String(), "--deep")
	r.command(exitDone, []string{"JETSHEET_DATABASE_URL=postgres://nobody@127.0.0.1:1/none"}, r.id.String())
}

// testEditedByHand: who saves a workbook again where it lay keeps its metadata or, with
// most tools, loses it. Either way the advice does not cost them what they wrote.
func testEditedByHand(r *verifyRig) {
	const key = "a/2026-10/two.xlsx"
	edited := r.objects[key].clone()
	edited.body = append(slices.Clone(edited.body), "edited"...)
	r.put(key, edited)
	stdout, _ := r.command(exitDifferences, nil, "verify-me", "--tenant=a")
	contains(r.t, stdout, "object_damaged", "copy it elsewhere: it is replaced with: jetsheet runs start verify-me")
	edited.meta = nil
	r.put(key, edited)
	stdout, _ = r.command(exitDifferences, nil, "verify-me", "--tenant=a")
	contains(r.t, stdout, "object_foreign", "s3://workbooks/"+key, "an object without metadata of a workbook", "saved the workbook there by hand",
		"with: aws s3 mv s3://BUCKET/KEY ELSEWHERE, then: jetsheet runs start verify-me --tick 2026-11-01T12:00:00Z --tenant=a --target=two --again;")
	r.restore()
}

// TestVerifyOfAnOpenRun holds that what is pending is no problem while the run is open,
// and one when it is closed.
func TestVerifyOfAnOpenRun(t *testing.T) {
	t.Parallel()
	r := newVerifyRig(t, localtest.Database(t, local.SQLTemplate(readTestdata(t, "verify", "schema.sql"))))
	r.keep(r.make(verifyTick, readTestdata(t, "verify", "report.yaml"))[0])
	subject, _ := r.done("a/2026-10/one.xlsx")
	if err := purgeDone(r, subject); err != nil {
		t.Fatal(err)
	}
	open := *r.run
	open.State = jetsheet.RunOpen
	if found := r.verify(&open, "", true); !found.Sound() || !found.Open || found.Pending != 1 || found.Published != 4 || found.Checked != 6 {
		t.Errorf("open run: got %+v, want 1 pending, 4 published, no problem\n%s", found, problemsText(found))
	}
	if found := r.verify(r.run, "", true); found.ProblemCount != 1 || found.Kinds[verify.KindNoOutcome] != 1 {
		t.Errorf("closed run: got %v, want one %s\n%s", found.Kinds, verify.KindNoOutcome, problemsText(found))
	}
	// A request that waits, such as a replay's, is on its way to an outcome.
	request := jetsheet.Conversion{Run: r.id, Tenant: "a", Target: "one"}
	if _, err := r.parts.js.Publish(t.Context(), jetsheet.RequestSubject(jetsheet.LaneBulk, request), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if found := r.verify(r.run, "", true); !found.Sound() || found.Pending != 1 {
		t.Errorf("closed run with a request: got %v and %d pending, want 1 pending\n%s", found.Kinds, found.Pending, problemsText(found))
	}
}

// storePlanning stores the record of a run that has no plan yet.
func (r *verifyRig) storePlanning() {
	r.t.Helper()
	kv, err := r.parts.js.KeyValue(r.t.Context(), jetsheet.BucketRuns)
	if err != nil {
		r.t.Fatal(err)
	}
	run := *r.run
	run.Frozen.Run.Rerun, run.State, run.Plan, run.Closed = 1, jetsheet.RunPlanning, nil, nil
	body, err := json.Marshal(run)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := kv.Create(r.t.Context(), jetsheet.RunKey(run.ID()), body); err != nil {
		r.t.Fatal(err)
	}
}

// contains checks that a text has parts.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("got %q, want %q in it", text, part)
		}
	}
}
