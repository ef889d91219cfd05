package renderer

import (
	"bytes"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// A re-run that finds the same records makes the same bytes, whatever else happened in
// the database and however much later.
func TestSameRecordsSameBytesInEveryRun(t *testing.T) {
	t.Parallel()
	d := newDatabase(t, `create table other (n int)`)
	const records = `records: "select i as n, i * interval '1 min' as d from generate_series(1, 500) i where @tenant = 'a'"`
	rendered := func(workbook string, change func(*jetsheet.Request)) ([]byte, jetsheet.Snapshot) {
		r := request("x")
		change(r)
		data, result, err := d.render(definition(records, workbook), r)
		if err != nil {
			t.Fatal(err)
		}
		return data, result.Snapshot
	}
	first := func(*jetsheet.Request) {}
	for name, test := range map[string]struct {
		workbook string
		again    func(*jetsheet.Request)
		same     bool
	}{
		"a re-run":             {simpleSheet, func(r *jetsheet.Request) { r.Run.Rerun = 1_790_000_000_000 }, true},
		"another tick":         {simpleSheet, func(r *jetsheet.Request) { r.Run.Tick = tick.Add(time.Hour) }, false},
		"the time of the data": {`sheets: [{name: S, rows: records, footer: "{dataAsOf}"}]`, func(r *jetsheet.Request) { r.Run.Rerun = 7 }, false},
		"rows and period":      {`sheets: [{name: S, rows: records, title: "{period}", footer: "{rows}"}]`, func(r *jetsheet.Request) { r.Run.Rerun = 7 }, true},
	} {
		before, at := rendered(test.workbook, first)
		d.exec(`insert into other values (1)`)
		eventually(t, "the next second", func() bool { return time.Since(at.At) > time.Second })
		after, later := rendered(test.workbook, test.again)
		if at.ID == later.ID || !later.At.After(at.At) {
			t.Errorf("%s: snapshots %+v and %+v, want two", name, at, later)
		}
		if got := bytes.Equal(before, after); got != test.same {
			t.Errorf("%s: same bytes %v, want %v", name, got, test.same)
		}
	}
}
