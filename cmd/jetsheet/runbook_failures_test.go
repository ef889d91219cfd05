package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet"
)

// setScene brings about what a page is about.
type setScene func(s *sceneRig) *scene

// failureScenes are the scenes of all causes, and of what else needs nothing but a
// pipeline that works.
func failureScenes() map[string]setScene {
	scenes := map[string]setScene{
		string(jetsheet.CauseBadMessage):  sceneBadMessage,
		string(jetsheet.CauseKeyOccupied): sceneKeyOccupied,
		string(jetsheet.CauseHeld):        sceneHeld,
		string(jetsheet.CauseCancelled):   sceneCancelled,
		string(jetsheet.CauseDefinition):  sceneDefinition,
		string(jetsheet.CauseStalled):     sceneStalled,

		string(jetsheet.CauseTemplateUnknown): sceneTemplateUnknown,
		// The first for good; the second three times, as one that broke on the way.
		string(jetsheet.CauseUploadRefused): refusedByS3("EntityTooLarge"),
		string(jetsheet.CauseInternal):      refusedByS3("BadDigest"),

		"missing_run": sceneMissingRun,
		"stuck_run":   sceneStuckRun,
		"raw":         sceneRaw,
		"README":      sceneContents,
	}
	for _, wrong := range wrongData() {
		scenes[string(wrong.cause)] = func(s *sceneRig) *scene {
			sc := s.corrects(s.failed(s.define(wrong.rows, wrong.edits...), wrong.cause), wrong.correct)
			sc.steps["redefined"] = func() { s.redefine(wrong.redefine...) }
			return sc
		}
	}
	for cause, p := range plantedCauses() {
		scenes[string(cause)] = func(s *sceneRig) *scene { return s.planted(p.stage, p.message) }
	}
	return scenes
}

// wrong is data or a definition that fails for one cause, and the statement that corrects
// it. Where the page mends the definition as well, the statement leaves one workbook to
// fail again, which redefine mends: pairs of old and new text.
type wrong struct {
	cause    jetsheet.Cause
	rows     string
	edits    []string
	correct  string
	redefine []string
}

func wrongData() []wrong {
	const query = "select 10 / n as each from TABLE where tenant = @tenant and target = @target"
	return []wrong{
		{cause: jetsheet.CauseTenantID, rows: `(null, '1', 1), ('b', '1', 1)`, correct: "update TABLE set tenant = 'a' where tenant is null"},
		{cause: jetsheet.CauseTargetID, rows: `('a', null, 1), ('b', '1', 1)`, correct: "update TABLE set target = '1' where target is null"},
		{
			cause: jetsheet.CauseTargetInvalid, rows: `('a', '1', 1, 'Asia/Nowhere'), ('b', '1', 1, 'Asia/Tokyo')`,
			edits:   []string{"target, name from", "target, name as time_zone from"},
			correct: "update TABLE set name = 'Asia/Tokyo'",
		},
		{cause: jetsheet.CauseDuplicateTarget, rows: `('a', '1', 1), ('a', '1', 2), ('b', '1', 1)`, correct: "delete from TABLE where n = 2"},
		{
			cause: jetsheet.CauseRequestTooLarge, rows: `('a', '1', 1, repeat('x', 70000)), ('b', '1', 1, 'x')`,
			edits:   []string{"name: Rows", `name: "{name}"`},
			correct: "update TABLE set name = 'x'",
		},
		{
			cause: jetsheet.CauseStatement, rows: baseRows,
			correct:  "update TABLE set n = 1 where tenant = 'b'",
			redefine: []string{"10 / n", "10 / nullif(n, 0)"},
		},
		{
			cause: jetsheet.CauseStatementTime, rows: `('a', '1', 9), ('b', '1', 9), ('c', '1', 0)`,
			edits:   []string{query, "select pg_sleep(n)::text as slept from TABLE where tenant = @tenant and target = @target", "output:", "limits: {statement: 1s}\noutput:"},
			correct: "update TABLE set n = 0", // of another, the page would be followed for minutes
		},
		{
			cause: jetsheet.CauseTooManyRows, rows: `('a', '1', 9), ('b', '1', 9), ('c', '1', 1), ('d', '1', 9)`,
			edits:    []string{query, "select generate_series(1, n) as i from TABLE where tenant = @tenant and target = @target", "output:", "limits: {rows: 2}\noutput:"},
			correct:  "update TABLE set n = 1 where tenant = 'b'",
			redefine: []string{"rows: 2}", "rows: 20}"},
		},
		{
			cause: jetsheet.CauseNoRecords, rows: baseRows,
			edits:    []string{query, query + " and n > 0", "output:", "empty: fail\noutput:"},
			correct:  "update TABLE set n = 1 where tenant = 'b'",
			redefine: []string{"empty: fail", "empty: file"},
		},
		{
			cause: jetsheet.CauseWorkbook, rows: `('a', '1', 1, null), ('b', '1', 1, null), ('c', '1', 1, 'each'), ('d', '1', 1, null)`,
			edits: []string{
				"workbook:", "  fields: select name from TABLE where tenant = @tenant and target = @target\nworkbook:",
				"rows: rows}", "rows: rows, columnsFrom: fields}",
			},
			correct:  "update TABLE set name = 'each' where tenant = 'b'",
			redefine: []string{"select name from", "select coalesce(name, 'each') as name from"},
		},
	}
}

// plantedCauses are those that this test does not bring about: [sceneRig.planted]. Each
// says where it is.
func plantedCauses() map[jetsheet.Cause]struct {
	stage   jetsheet.Stage
	message string
} {
	type planted = struct {
		stage   jetsheet.Stage
		message string
	}
	return map[jetsheet.Cause]planted{
		// No key that reports validate lets through gives two targets one key, and the
		// producer reads no other: package producer hands itself such a plan.
		jetsheet.CauseDuplicateKey: {jetsheet.StageProducer, `more than one target has the output key "x"`},
		// It takes a binary of a newer version, and one to mend it: TestOldAndNewSideBySide builds one.
		jetsheet.CauseMessageVersion: {jetsheet.StageRenderer, "the request needs a newer worker"},
		// It takes a bug: package delivery is given a handler that has one.
		jetsheet.CausePanic: {jetsheet.StageRenderer, "panic: index out of range [3] with length 3"},
	}
}

// sceneTemplateUnknown has one customer ask for a template that is not stored yet.
func sceneTemplateUnknown(s *sceneRig) *scene {
	sc := s.failed(s.define(`('a', '1', 1, 'customers-form'), ('b', '1', 1, null)`, "target, name from", "target, name as template from"), jetsheet.CauseTemplateUnknown)
	form := excelize.NewFile()
	s.check(form.SetCellStr("Sheet1", "A1", "{{#rows}}{{each}}{{/rows}}"))
	s.check(errors.Join(form.SaveAs(filepath.Join(s.dir, s.report, "form.xlsx")), form.Close()))
	sc.values["NAME"], sc.values["FILE"] = "customers-form", s.report+"/form"
	return sc
}

// sceneDefinition damages the record of a run whose failures are tried again.
func sceneDefinition(s *sceneRig) *scene {
	sc := s.failed(s.define(baseRows), jetsheet.CauseStatement)
	s.execute("update " + s.table + " set n = 1")
	kv, err := s.js.KeyValue(s.t.Context(), jetsheet.BucketRuns)
	s.check(err)
	before, err := kv.Get(s.t.Context(), jetsheet.RunKey(s.id()))
	s.check(err)
	var run jetsheet.Run
	s.check(jetsheet.Decode(before.Value(), &run))
	run.Frozen.Definition = strings.Replace(run.Frozen.Definition, "queries:", "querys:", 1)
	damaged, err := json.Marshal(&run)
	s.check(err)
	_, err = kv.Put(s.t.Context(), jetsheet.RunKey(s.id()), damaged)
	s.check(err)
	s.run(exitDifferences, "failures", "replay", "--run", s.id().String(), "--wait")
	sc.prints = string(jetsheet.CauseDefinition)
	if n := len(s.failures(jetsheet.CauseDefinition)); n != 3 {
		s.t.Fatalf("%d failures of %s, want 3", n, sc.prints)
	}
	return sc
}

// sceneStalled has statements that take longer than a worker may work.
func sceneStalled(s *sceneRig) *scene {
	sc := s.define(`('a', '1', 300), ('b', '1', 300), ('c', '1', 0)`, "select 10 / n as each from", "select pg_sleep(n)::text as slept from")
	return s.corrects(s.failed(sc, jetsheet.CauseStalled), "update TABLE set n = 0")
}

// refusedByS3 has S3 refuse the scene's workbooks with an error that fails them.
func refusedByS3(code string) setScene {
	return func(s *sceneRig) *scene {
		mend := s.front.refuseBelow(s.table+"/", &refusal{http.StatusBadRequest, code})
		sc := s.failed(s.define(baseRowsThatWork), jetsheet.Cause(s.table))
		sc.steps["corrected"] = mend
		return sc
	}
}

// sceneBadMessage publishes what is no request on the subject of a workbook that is not
// there yet.
func sceneBadMessage(s *sceneRig) *scene {
	sc := s.failed(s.define(`('a', '1', 0), ('c', '1', 1)`), jetsheet.CauseStatement)
	s.execute("update bad_message set n = 1")
	s.publish("conversions.request.express."+s.id().String()+".a.1", "not a request")
	s.await("the message has failed", time.Minute, func() bool { return len(s.failures(jetsheet.CauseBadMessage)) == 1 })
	sc.prints = string(jetsheet.CauseBadMessage)
	sc.steps["strayed"] = func() {
		const subject = "conversions.request.express.some.thing"
		s.publish(subject, "not a request")
		sc.values["SUBJECT"] = "conversions.failed.unknown." + jetsheet.Token(subject)
		s.await("the stray message has failed", time.Minute, func() bool {
			list, _ := s.run(exitDone, "failures", "list", "--stray", "--json")
			return strings.Contains(list, sc.values["SUBJECT"])
		})
	}
	return sc
}

// sceneKeyOccupied puts a file of somebody else's under a workbook's key.
func sceneKeyOccupied(s *sceneRig) *scene {
	sc := s.define(`('a', '1', 1), ('a', '2', 1), ('b', '1', 1)`)
	key := func(target string) *string { return aws.String(s.table + "/a/2026-10/" + target + ".xlsx") }
	for _, target := range []string{"1", "2"} {
		_, err := s.s3.Client().PutObject(s.t.Context(), &s3.PutObjectInput{Bucket: &s.bucket, Key: key(target), Body: bytes.NewReader([]byte("mine"))})
		s.check(err)
	}
	sc.steps["moved"] = func() {
		_, err := s.s3.Client().DeleteObject(s.t.Context(), &s3.DeleteObjectInput{Bucket: &s.bucket, Key: key("2")})
		s.check(err)
	}
	return s.failed(sc, jetsheet.CauseKeyOccupied)
}

// sceneHeld waits for the run that was frozen before the other scenes began.
func sceneHeld(s *sceneRig) *scene {
	sc := s.sceneOf()
	s.run(exitDifferences, "runs", "wait", s.report, "--timeout=2m")
	sc.prints = string(jetsheet.CauseHeld)
	sc.steps["decided"] = func() {}
	return sc
}

// sceneCancelled cancels a run that takes its time.
func sceneCancelled(s *sceneRig) *scene {
	sc := s.define(`('a', '1', 1)`, "select 10 / n as each from", "select pg_sleep(n)::text as slept from")
	s.execute("insert into cancelled select 't' || i, '1', 1 from generate_series(1, 60) i")
	s.begin()
	s.await("the run is planned", time.Minute, func() bool { run := s.record(s.id()); return run != nil && run.State == jetsheet.RunOpen })
	s.run(exitDone, "runs", "cancel", s.report, "--reason=mistake")
	s.execute("update cancelled set n = 0")
	s.run(exitDifferences, "runs", "wait", s.report, "--timeout=2m")
	failures := s.failures(jetsheet.CauseCancelled)
	sc.values["CONVERSION"], sc.prints = failures[0].Conversion, string(jetsheet.CauseCancelled)
	return sc
}

// sceneMissingRun applies a report with a schedule whose last tick nobody ran.
func sceneMissingRun(s *sceneRig) *scene {
	return s.define(`('a', '1', 1)`, "period:", `schedule: {cron: "0 5 1 * *", timeZone: Asia/Tokyo, catchUp: none}`+"\nperiod:")
}

// sceneStuckRun takes the table away that the targets are read from.
func sceneStuckRun(s *sceneRig) *scene {
	sc := s.define(`('a', '1', 1)`)
	s.execute("alter table stuck_run rename to away")
	s.begin()
	s.await("the run meets its problem", time.Minute, func() bool { run := s.record(s.id()); return run != nil && run.Problem != nil })
	sc.steps["corrected"] = func() { s.execute("alter table away rename to stuck_run") }
	sc.prints = "cannot be planned"
	return sc
}

// sceneRaw has failures to look at and to try again with the nats CLI alone.
func sceneRaw(s *sceneRig) *scene {
	sc := s.corrects(s.failed(s.define(baseRows), jetsheet.CauseStatement), "update TABLE set n = 1")
	sc.values["SUBJECT"] = s.id().String() + ".a.1"
	isDone := func(want int) func() {
		return func() {
			s.await("the workbooks are done", time.Minute, func() bool { return s.done(s.id()) == want })
		}
	}
	sc.steps["published"], sc.steps["replayed"] = isDone(2), isDone(4)
	return sc
}

// sceneContents has failures for the table of contents to show.
func sceneContents(s *sceneRig) *scene {
	return s.failed(s.define(baseRows), jetsheet.CauseStatement)
}
