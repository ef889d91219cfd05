package main

import (
	"io/fs"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/deploy/sample"
)

// verifyTick is due, and the month before it has the rig's records.
var verifyTick = time.Date(2026, time.November, 1, 12, 0, 0, 0, time.UTC)

// TestVerifyFindsASoundRunSound checks untouched runs cell by cell: one with every kind
// of value, and the sample's reports.
func TestVerifyFindsASoundRunSound(t *testing.T) {
	t.Parallel()
	database := localtest.Database(t, local.SQLTemplate(readTestdata(t, "verify", "schema.sql")))
	r := newVerifyRig(t, database)
	id := r.make(verifyTick, readTestdata(t, "verify", "report.yaml"))[0]
	found := r.verify(r.record(id), "", true)
	if !found.Sound() || found.Open {
		t.Errorf("%d problems in an untouched run:\n%s", found.ProblemCount, problemsText(found))
	}
	if found.Expected != 7 || found.Checked != 7 || found.Published != 5 || found.Skipped != 1 || found.Failed != 1 || found.Rows != 5*4*18 || found.Cells < 5*18*20 || len(found.Notices) > 0 {
		t.Errorf("got %+v, want 5 of 7 published with 360 rows, 1 skipped, 1 failed", found)
	}

	newer := r.again(id)
	for run, want := range map[string][2]int64{id.String(): {0, 5}, newer.String(): {5, 0}} {
		record := r.record(id)
		if run == newer.String() {
			record = r.record(newer)
		}
		found := r.verify(record, "", true)
		if !found.Sound() || found.Published != want[0] || found.Replaced != want[1] {
			t.Errorf("run %s after another: %d problems, %d published, %d replaced, want 0 and %v\n%s",
				run, found.ProblemCount, found.Published, found.Replaced, want, problemsText(found))
		}
		if published := found.Published > 0; published != (found.Rows > 0) || published != (found.SizeBytes > 0) {
			t.Errorf("run %s: %d published with %d rows and %d bytes, want the figures of the same workbooks",
				run, found.Published, found.Rows, found.SizeBytes)
		}
	}
	if found := r.verify(r.record(newer), "a", true); !found.Sound() || found.Expected != 3 || found.Published != 2 || found.Skipped != 1 {
		t.Errorf("tenant a: got %+v, want 2 published and 1 skipped of 3", found)
	}
}

// TestVerifyOfTheSample checks the sample's reports cell by cell.
func TestVerifyOfTheSample(t *testing.T) {
	t.Parallel()
	database := localtest.Database(t)
	tick := lastTick(time.Now())
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sample.Load(t.Context(), conn, sample.Options{Tenants: 5, Month: tick.Add(-24 * time.Hour), Seed: 3}); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := newVerifyRig(t, database)
	files, err := sample.Reports()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var definitions []string
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		definitions = append(definitions, string(text))
	}
	for _, id := range r.make(tick, definitions...) {
		found := r.verify(r.record(id), "", true)
		if !found.Sound() || found.Published == 0 || found.Cells == 0 {
			t.Errorf("run %s: %d problems, %d published, %d cells\n%s", id, found.ProblemCount, found.Published, found.Cells, problemsText(found))
		}
		t.Logf("%s: %d published, %d rows, %d cells in %.1f s", id, found.Published, found.Rows, found.Cells, found.Seconds)
	}
}

// splitReport makes one workbook with more rows than a sheet has.
const splitReport = `
report: split
schedule: {cron: "0 12 1 * *", timeZone: UTC, catchUp: latest}
period: month
targets: select 'a' as tenant, 'b' as target
queries:
  records: select n, @tenant as tenant_id from generate_series(1, 1048600) n order by n
workbook: {sheets: [{name: "A long name of exactly 31 chars.", rows: records}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`

// TestVerifyOfASplitSheet goes on in a second sheet.
func TestVerifyOfASplitSheet(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it writes and reads a million rows; run without -short")
	}
	r := newVerifyRig(t, localtest.Database(t))
	r.keep(r.make(verifyTick, splitReport)[0])
	found := r.verify(r.run, "", true)
	if !found.Sound() || found.Rows != 1_048_600 || found.Cells != 2*(1_048_600+2) {
		t.Errorf("got %d rows, %d cells, want 1,048,600 and 2 sheets' headers more\n%s", found.Rows, found.Cells, problemsText(found))
	}
	t.Logf("%d cells in %.1f s", found.Cells, found.Seconds)
}
