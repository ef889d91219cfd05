package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/ops/templates"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// quotients is a report of a form whose statement fails for two of the targets.
const quotients = `
report: quotients
title: TITLE
schedule: {cron: "0 12 1 * *", timeZone: UTC, catchUp: latest}
period: month
targets: select tenant_id as tenant, id as target from sites where id <> 'empty'
queries:
  records: select n, 10 / divisor as q from records where tenant_id = @tenant and site = @target order by n
workbook: {template: form}
output: {key: "{tenant}/{target}/{period}.xlsx"}
`

// titled is a form that says which one it is, and the report's title.
func titled(t *testing.T, name string) []byte {
	t.Helper()
	f := excelize.NewFile()
	if err := f.SetSheetRow("Sheet1", "A1", &[]any{name + " {{title}}", "{{#records}}{{n}}", "{{q}}{{/records}}"}); err != nil {
		t.Fatal(err)
	}
	return written(t, f)
}

// A run keeps the template of its plan, whatever is stored under the name afterwards: in
// replays too, and with another definition. One that is gone comes back by the file that
// it was put from.
func TestTemplateOfARunStays(t *testing.T) {
	t.Parallel()
	r := newVerifyRig(t, localtest.Database(t, local.SQLTemplate(readTestdata(t, "verify", "schema.sql"))))
	r.sql("update records set divisor = 0 where tenant_id = 'テ/1' and site = 'one' and n = 1")
	first := titled(t, "first")
	r.putTemplate("form", 0, first)
	id := r.make(verifyTick, strings.Replace(quotients, "TITLE", "old", 1))[0]
	if closed := r.record(id).Closed; closed.Failed != 2 || closed.Done != 4 {
		t.Fatalf("closed with %+v, want 4 done and 2 failed", closed)
	}
	r.sql("update records set divisor = 1")
	r.putTemplate("form", 1, titled(t, "second"))

	broken := jetsheet.Conversion{Run: id, Tenant: "b c", Target: "broken"}
	r.replay(broken, "")
	r.titleIs(broken, "first old")

	objects, err := r.parts.js.ObjectStore(t.Context(), jetsheet.StoreTemplates)
	if err == nil {
		err = objects.Delete(t.Context(), jetsheet.TemplateObject(templates.Digest(first)))
	}
	if err != nil {
		t.Fatal(err)
	}
	r.apply(verifyTick, strings.Replace(quotients, "TITLE", "new", 1))
	other := jetsheet.Conversion{Run: id, Tenant: "テ/1", Target: "one"}
	if got := r.replay(other, "current"); got == nil || got.Cause != jetsheet.CauseWorkbook || !strings.Contains(got.Message, "jetsheet templates put") {
		t.Errorf("without its template it became %+v, want a failure with the command that mends it", got)
	}
	r.putTemplate("form", 2, first)
	r.putTemplate("form", 3, titled(t, "third"))
	if got := r.replay(other, "current"); got != nil {
		t.Fatalf("with its template again it failed with %s, %q", got.Cause, got.Message)
	}
	r.titleIs(other, "first new")
	if found := r.verify(r.record(id), "", true); !found.Sound() || found.Published != 6 {
		t.Errorf("%d published, %d problems\n%s", found.Published, found.ProblemCount, problemsText(found))
	}
	newer := other
	newer.Run = r.again(id)
	r.titleIs(newer, "third old")
}

// replay asks for a conversion again, with a definition, and waits for what becomes of it:
// nil for one that is done.
func (r *verifyRig) replay(c jetsheet.Conversion, definition string) (failed *jetsheet.Failure) {
	r.t.Helper()
	request, err := json.Marshal(map[string]string{"run": c.Run.String(), "tenant": c.Tenant, "target": c.Target, "definition": definition})
	if err != nil {
		r.t.Fatal(err)
	}
	before := r.lastOf(jetsheet.StreamFailed, c.Address().FailedSubject())
	asked := false
	r.until(func() bool {
		if !asked {
			answer, err := r.parts.js.Conn().Request("conversions.ops.replay", request, time.Second)
			if asked = err == nil; asked && answer.Header.Get("Nats-Service-Error") != "" {
				r.t.Fatalf("replay: %s", answer.Data)
			}
			return false
		}
		if r.lastOf(jetsheet.StreamDone, c.Address().DoneSubject()) != nil {
			return true
		}
		last := r.lastOf(jetsheet.StreamFailed, c.Address().FailedSubject())
		if last == nil || last.Sequence == before.Sequence {
			return false
		}
		record, err := jetsheet.ParseFailure(last.Header, last.Data)
		if err != nil {
			r.t.Fatal(err)
		}
		failed = &record
		return true
	})
	return failed
}

// lastOf is the last message on a subject; nil for none.
func (r *verifyRig) lastOf(stream, subject string) *jetstream.RawStreamMsg {
	r.t.Helper()
	handle, err := r.parts.js.Stream(r.t.Context(), stream)
	if err != nil {
		r.t.Fatal(err)
	}
	last, err := handle.GetLastMsgForSubject(r.t.Context(), subject)
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		r.t.Fatal(err)
	}
	return last
}

// titleIs holds what the first cell of a conversion's workbook says.
func (r *verifyRig) titleIs(c jetsheet.Conversion, want string) {
	r.t.Helper()
	body := r.get(jetsheet.Token(c.Tenant) + "/" + jetsheet.Token(c.Target) + "/2026-10.xlsx").body
	book, err := cells.Open(bytes.NewReader(body), int64(len(body)), cells.Limits{})
	if err != nil {
		r.t.Fatal(err)
	}
	var got string
	err = book.Sheets()[0].Rows(func(row int, line []cells.Cell) error {
		if row == 1 {
			got = line[0].Text
		}
		return nil
	})
	if err != nil || got != want {
		r.t.Errorf("the workbook of %s says %q, %v, want %q", c, got, err, want)
	}
}

// Filled forms are compared in shadow with what the previous system made of the same one.
func TestShadowOfTemplates(t *testing.T) {
	t.Parallel()
	r := newVerifyRig(t, localtest.Database(t, local.SQLTemplate(readTestdata(t, "verify", "schema.sql"))))
	r.sql("update records set divisor = 1")
	r.putTemplate("form", 0, titled(t, "the form"))
	previous := strings.NewReplacer("report: quotients", "report: previous", `key: "`, `key: "old/`)
	r.make(verifyTick, previous.Replace(quotients))
	r.sql("update records set divisor = 5 where tenant_id = 'a' and site = 'one' and n = 3")
	kv, err := r.parts.js.KeyValue(t.Context(), jetsheet.BucketFlags)
	if err == nil {
		_, err = kv.Put(t.Context(), jetsheet.FlagsKey, flags.InitialDocument(jetsheet.RouteShadow))
	}
	if err != nil {
		t.Fatal(err)
	}
	id := r.make(verifyTick, strings.Replace(quotients, `output: {`, `output: {previous: "old/{tenant}/{target}/{period}.xlsx", `, 1))[0]
	r.keep(id)
	got := map[jetsheet.ComparisonResult]int{}
	for _, body := range r.outcomes {
		var done jetsheet.Done
		if err := jetsheet.Decode(body, &done); err != nil {
			t.Fatal(err)
		}
		got[done.Comparison.Result]++
		if done.Comparison.Result == jetsheet.ResultDifferent && (done.Tenant != "a" || done.Target != "one") {
			t.Errorf("%s is different: %+v", done.Conversion(), done.Comparison)
		}
	}
	if got[jetsheet.ResultEqual] != 5 || got[jetsheet.ResultDifferent] != 1 || len(r.outcomes) != 6 {
		t.Errorf("results %v, want 5 equal and 1 different", got)
	}
	if found := r.verify(r.run, "", true); !found.Sound() || found.Compared != 6 {
		t.Errorf("%d compared, %d problems\n%s", found.Compared, found.ProblemCount, problemsText(found))
	}
}
