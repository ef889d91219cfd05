package notify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

// tick is the tick of the tests' runs: an hour before their clock.
var tick = start.Add(-time.Hour)

func runOf(rerun int64) jetsheet.RunID {
	return jetsheet.RunID{Tick: tick, Report: "readings", Rerun: rerun}
}

func (r *rig) seeing() *JetStreamSource {
	r.t.Helper()
	s, err := NewSource(r.t.Context(), SourceConfig{JetStream: r.js, Parse: func(file string, data []byte) (*report.Definition, error) {
		return report.Options{CheckFormat: func(string) error { return nil }}.Parse(file, data)
	}})
	r.check(err)
	return s
}

// see looks and returns the concerns of a kind.
func (r *rig) see(s *JetStreamSource, kind Kind) []Concern {
	r.t.Helper()
	sight := s.Look(r.t.Context(), r.clock.now())
	for kind, err := range sight.Blind {
		r.t.Fatalf("notices of kind %s are out of sight: %v", kind, err)
	}
	var found []Concern
	for _, c := range sight.Concerns {
		if c.Kind == kind {
			found = append(found, c)
		}
	}
	return found
}

func (r *rig) kv(name string) jetstream.KeyValue {
	r.t.Helper()
	kv, err := r.js.KeyValue(r.t.Context(), name)
	r.check(err)
	return kv
}

func (r *rig) put(bucket, key string, record any) {
	r.t.Helper()
	_, err := r.kv(bucket).Put(r.t.Context(), key, r.json(record))
	r.check(err)
}

func (r *rig) run(id jetsheet.RunID, state jetsheet.RunState, change ...func(*jetsheet.Run)) {
	r.t.Helper()
	run := &jetsheet.Run{
		Envelope: jetsheet.CurrentEnvelope(), State: state,
		Frozen: jetsheet.Frozen{Envelope: jetsheet.CurrentEnvelope(), Run: id, FrozenAt: r.clock.now()},
	}
	for _, c := range change {
		c(run)
	}
	r.put(jetsheet.BucketRuns, jetsheet.RunKey(id), run)
}

// fail writes FAILED records without waiting for each.
func (r *rig) fail(id jetsheet.RunID, cause jetsheet.Cause, from, until int, change ...func(*jetsheet.Failure)) {
	r.t.Helper()
	for i := from; i < until; i++ {
		c := jetsheet.Conversion{Run: id, Tenant: "ten.ant", Target: fmt.Sprintf("t%04d", i)}
		request := jetsheet.Request{Envelope: jetsheet.CurrentEnvelope(), Run: id, Target: jetsheet.Target{Tenant: c.Tenant, Target: c.Target}}
		f := jetsheet.Failure{
			Stage: jetsheet.StageRenderer, Cause: cause, Message: fmt.Sprintf("cell B%d", i), Attempts: 1, Worker: "w", Version: "v",
			At: start, Request: r.json(&request),
		}
		for _, do := range change {
			do(&f)
		}
		_, err := r.js.PublishMsgAsync(f.Msg(jetsheet.FailedSubject(c)), jetstream.WithStallWait(time.Minute))
		r.check(err)
	}
	r.published()
}

func (r *rig) published() {
	r.t.Helper()
	select {
	case <-r.js.PublishAsyncComplete():
	case <-time.After(20 * time.Second):
		r.t.Fatal("messages are not acknowledged")
	}
}

func (r *rig) done(id jetsheet.RunID, from, until int) {
	r.t.Helper()
	for i := from; i < until; i++ {
		c := jetsheet.Conversion{Run: id, Tenant: "ten.ant", Target: fmt.Sprintf("t%04d", i)}
		_, err := r.js.PublishAsync(jetsheet.DoneSubject(c), []byte("{}"), jetstream.WithStallWait(time.Minute))
		r.check(err)
	}
	r.published()
}

// counts returns the count of each cause; an unripe one's is -1.
func counts(concerns []Concern) map[jetsheet.Cause]int {
	by := map[jetsheet.Cause]int{}
	for _, c := range concerns {
		by[c.Cause] = c.Count
		if c.Unripe {
			by[c.Cause] = -1
		}
	}
	return by
}

func (r *rig) wantCounts(s *JetStreamSource, what string, want map[jetsheet.Cause]int) []Concern {
	r.t.Helper()
	concerns := r.see(s, KindFailures)
	if got := counts(concerns); fmt.Sprint(got) != fmt.Sprint(want) {
		r.t.Errorf("%s: got %v, want %v", what, got, want)
	}
	return concerns
}

type byCause = map[jetsheet.Cause]int

func TestFailuresByRunAndCause(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.seeing()
	r.run(runOf(0), jetsheet.RunOpen)
	r.wantCounts(s, "nothing failed", byCause{})
	r.fail(runOf(0), jetsheet.CauseWorkbook, 0, 7)
	r.fail(runOf(0), jetsheet.CausePanic, 7, 8)
	r.fail(runOf(0), jetsheet.CauseInternal, 8, 9, func(f *jetsheet.Failure) { f.RetryAt = start.Add(time.Minute) })
	r.fail(runOf(0), jetsheet.CauseStalled, 9, 10, func(f *jetsheet.Failure) { f.Dismissed = true })
	concerns := r.wantCounts(s, "failures", byCause{jetsheet.CauseWorkbook: 7, jetsheet.CausePanic: 1, jetsheet.CauseInternal: -1})
	for _, c := range concerns {
		if c.Cause != jetsheet.CauseWorkbook {
			continue
		}
		if len(c.Samples) != MaxSamples || c.Samples[0] != (Sample{Tenant: "ten.ant", Target: "t0000", Message: "cell B0"}) ||
			c.FirstError != "cell B0" || !c.Since.Equal(start) || c.Report != "readings" || c.Run != runOf(0).String() {
			t.Errorf("got %+v", c)
		}
		if want := "jetsheet failures replay --run " + c.Run + " --cause workbook_invalid"; c.Command != want {
			t.Errorf("command %q, want %q", c.Command, want)
		}
	}
	r.done(runOf(0), 0, 3)
	r.wantCounts(s, "three are done", byCause{jetsheet.CauseWorkbook: 4, jetsheet.CausePanic: 1, jetsheet.CauseInternal: -1})
	r.fail(runOf(0), jetsheet.CausePanic, 3, 4)
	r.fail(runOf(0), jetsheet.CauseWorkbook, 4, 5, func(f *jetsheet.Failure) { f.Dismissed = true })
	r.wantCounts(s, "one failed anew, one was dismissed", byCause{jetsheet.CauseWorkbook: 2, jetsheet.CausePanic: 2, jetsheet.CauseInternal: -1})
	r.fail(runOf(0), jetsheet.CausePanic, 0, 1) // a late worker's word about what is done
	r.wantCounts(s, "done stays done", byCause{jetsheet.CauseWorkbook: 2, jetsheet.CausePanic: 2, jetsheet.CauseInternal: -1})
	r.done(runOf(0), 3, 10)
	r.wantCounts(s, "all are done", byCause{})
	r.wantCounts(r.seeing(), "and a process that starts sees the same", byCause{})
}

// What a later run of the same tick has made is mended.
func TestALaterRunMends(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.seeing()
	r.run(runOf(0), jetsheet.RunOpen)
	r.run(jetsheet.RunID{Tick: tick, Report: "others", Rerun: 5}, jetsheet.RunOpen)
	r.fail(runOf(0), jetsheet.CauseWorkbook, 0, 300) // more than are asked for one by one
	r.wantCounts(s, "failed", byCause{jetsheet.CauseWorkbook: 300})
	r.run(runOf(5), jetsheet.RunOpen)
	r.done(jetsheet.RunID{Tick: tick, Report: "others", Rerun: 5}, 0, 300)
	r.done(runOf(5), 0, 299)
	r.wantCounts(s, "all but one made again", byCause{jetsheet.CauseWorkbook: 1})
	r.wantCounts(r.seeing(), "seen by a process that starts", byCause{jetsheet.CauseWorkbook: 1})
	r.fail(runOf(5), jetsheet.CausePanic, 400, 401)
	r.done(runOf(0), 400, 401)
	r.wantCounts(s, "an earlier run mends nothing of a later one", byCause{jetsheet.CauseWorkbook: 1, jetsheet.CausePanic: 1})
}

// The streams were lost and made anew, and count from one again.
func TestStreamsMadeAnew(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.seeing()
	r.fail(runOf(0), jetsheet.CauseWorkbook, 0, 5)
	r.wantCounts(s, "failed", byCause{jetsheet.CauseWorkbook: 5})
	stream, err := r.js.Stream(t.Context(), jetsheet.StreamFailed)
	r.check(err)
	r.check(r.js.DeleteStream(t.Context(), jetsheet.StreamFailed))
	_, err = r.js.CreateStream(t.Context(), stream.CachedInfo().Config)
	r.check(err)
	r.wantCounts(s, "made anew", byCause{})
	r.fail(runOf(0), jetsheet.CausePanic, 0, 2)
	r.wantCounts(s, "failed again", byCause{jetsheet.CausePanic: 2})
}

// TestStrayMessages: what failed under a subject that names no run has a notice of its own,
// with the command that dismisses just that, until it is dismissed; and a record that cannot
// be read is a failure of its run.
func TestStrayMessages(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.seeing()
	unread := jetsheet.FailedSubject(jetsheet.Conversion{Run: runOf(0), Tenant: "a", Target: "b"})
	strays := []string{"conversions.failed.x", "conversions.failed.no-run.a.b"}
	for _, subject := range append(strays, unread) {
		_, err := r.js.Publish(t.Context(), subject, []byte("?"))
		r.check(err)
	}
	f := jetsheet.Failure{Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseMessageVersion, Message: "m", At: start, RetryAt: start}
	strays = append(strays, "conversions.failed.unknown.y")
	_, err := r.js.PublishMsg(t.Context(), f.Msg(strays[2]))
	r.check(err)
	want := func(what string, want ...string) []Concern {
		t.Helper()
		concerns, got := r.see(s, KindFailures), []string{}
		for _, c := range concerns {
			got = append(got, fmt.Sprintf("%q %s %d %s", c.Run, c.Cause, c.Count, c.Command))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s, want\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		return concerns
	}
	ofRun := fmt.Sprintf("%q bad_message 1 %s", runOf(0), jetsheet.StartAgain(runOf(0), jetsheet.Scope{Tenant: "a", Target: "b"}))
	concerns := want("published", `"" bad_message 2 jetsheet failures dismiss --stray --cause bad_message`,
		`"" message_version 1 jetsheet failures dismiss --stray --cause message_version`, ofRun)
	for _, c := range concerns {
		if len(c.Samples) != c.Count || c.FirstError == "" || c.Since.IsZero() || (c.Samples[0].Subject != "") != (c.Run == "") {
			t.Errorf("got %+v, want a sample of each that says where it is and what is wrong", c)
		}
	}
	if got, want := concerns[0].Raw, `nats req conversions.ops.dismiss '{"cause":"bad_message","stray":true}'`; got != want {
		t.Errorf("with the nats CLI: got %s, want %s", got, want)
	}
	dismiss := func(subjects ...string) {
		t.Helper()
		for _, subject := range subjects {
			m, err := s.failures.failed.GetLastMsgForSubject(t.Context(), subject)
			r.check(err)
			again := &nats.Msg{Subject: subject, Header: nats.Header{}, Data: m.Data}
			maps.Copy(again.Header, m.Header)
			(&jetsheet.Mark{At: start, By: "me"}).Dismiss(again.Header)
			_, err = r.js.PublishMsg(t.Context(), again)
			r.check(err)
		}
	}
	dismiss(strays...)
	want("the stray ones are dismissed", ofRun)
	dismiss(unread)
	want("all are dismissed")
}

func TestMissingRuns(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.seeing()
	apply := func(change func(*jetsheet.Applied)) {
		a := &jetsheet.Applied{Envelope: jetsheet.CurrentEnvelope(), ScheduledFrom: start.Add(-150 * time.Minute), Definition: `report: readings
schedule: {cron: "0 * * * *", timeZone: Asia/Tokyo}
period: day
targets: select 'a' as tenant, 'b' as target
queries:
  rows: select @tenant as t
workbook: {sheets: [{name: s, rows: rows}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`}
		change(a)
		r.put(jetsheet.BucketReports, "readings", a)
	}
	want := func(what string, count int, command string) {
		t.Helper()
		got := r.see(s, KindMissing)
		if count == 0 && len(got) == 0 {
			return
		}
		if count == 0 || len(got) != 1 || got[0].Count != count || got[0].Command != command {
			t.Errorf("%s: got %+v, want %d ticks and %q", what, got, count, command)
		}
	}
	apply(func(*jetsheet.Applied) {})
	want("no flag document", 2, "jetsheet setup") // the ticks at 3:00 and 4:00; 5:00 is now
	_, err := r.kv(jetsheet.BucketFlags).Put(t.Context(), jetsheet.FlagsKey, []byte("{}"))
	r.check(err)
	want("two ticks", 2, "jetsheet runs start readings --tick 2026-11-01T03:00:00Z")
	apply(func(a *jetsheet.Applied) { a.Paused = &jetsheet.Mark{By: "me"} })
	want("paused", 0, "")
	apply(func(*jetsheet.Applied) {})
	r.run(runOf(0), jetsheet.RunClosed) // of 4:00
	want("the newest has run", 0, "")
	r.clock.advance(tickGrace - time.Second)
	want("within the grace", 0, "")
	r.clock.advance(time.Second)
	want("after it", 1, "jetsheet runs start readings --tick 2026-11-01T05:00:00Z")
	r.run(jetsheet.RunID{Tick: start, Report: "readings", Rerun: 7}, jetsheet.RunClosed)
	want("a re-run is not the run", 1, "jetsheet runs start readings --tick 2026-11-01T05:00:00Z")
	r.check(r.kv(jetsheet.BucketReports).Delete(t.Context(), "readings"))
	want("removed", 0, "")
}

// TestMissingRunsOfANewReport: a report that is applied with a start in the past has ticks
// that passed long ago. Its runs are given time to begin.
func TestMissingRunsOfANewReport(t *testing.T) {
	t.Parallel()
	calendar, err := report.NewCalendar("0 * * * *", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		applied time.Duration
		unripe  bool
	}{{0, true}, {tickGrace - 1, true}, {tickGrace, false}} {
		b := &reportBook{reports: map[string]scheduled{"readings": {
			schedule: &report.Schedule{Calendar: calendar}, from: start.Add(-150 * time.Minute), written: start.Add(-test.applied),
		}}}
		got := b.missing(newRunBook(nil), false, start, tickGrace)
		if len(got) != 1 || got[0].Count != 2 || got[0].Unripe != test.unripe {
			t.Errorf("applied %s ago: got %+v, want two ticks, unripe %t", test.applied, got, test.unripe)
		}
	}
}

func TestStuckRuns(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.seeing()
	want := func(what string, count int, unripe bool, command string) {
		t.Helper()
		got := r.see(s, KindStuck)
		if len(got) != count || count == 1 && (got[0].Unripe != unripe || got[0].Command != command) {
			t.Errorf("%s: got %+v, want %d, unripe %t, command %q", what, got, count, unripe, command)
		}
	}
	show := "jetsheet runs show " + runOf(0).String()
	r.run(runOf(0), jetsheet.RunPlanning)
	want("frozen just now", 1, true, show)
	r.clock.advance(planGrace)
	want("frozen a while ago", 1, false, show)
	problem := &jetsheet.RunProblem{Class: jetsheet.ClassPermanent, Cause: jetsheet.CauseStatement, Message: "no table sites"}
	r.run(runOf(0), jetsheet.RunPlanning, func(run *jetsheet.Run) { run.Problem = problem })
	want("PostgreSQL refuses", 1, false, "jetsheet runs start readings --tick "+tick.Format(time.RFC3339)+" --again")
	r.run(runOf(0), jetsheet.RunPlanning, func(run *jetsheet.Run) { run.Cancelled = &jetsheet.Mark{By: "me"} })
	want("cancelled", 0, false, "")
	r.run(runOf(0), jetsheet.RunPublishing)
	want("planned", 0, false, "")
}

func TestStagesWithoutWorkers(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.seeing()
	want := func(what string, count int, unripe bool) {
		t.Helper()
		got := r.see(s, KindUnattended)
		if len(got) != count || count == 1 && (got[0].Unripe != unripe || got[0].Command != "jetsheet renderer" || got[0].Count != 1) {
			t.Errorf("%s: got %+v, want %d, unripe %t", what, got, count, unripe)
		}
	}
	want("nothing waits", 0, false)
	c := jetsheet.Conversion{Run: runOf(0), Tenant: "a", Target: "b"}
	_, err := r.js.Publish(t.Context(), jetsheet.RequestSubject(jetsheet.LaneSmall, c), []byte("{}"))
	r.check(err)
	want("one waits", 1, true)
	r.clock.advance(workerGrace)
	want("one waits for long", 1, false)
	state := jetsheet.WorkerState{Envelope: jetsheet.CurrentEnvelope(), Stage: jetsheet.StageRenderer, Worker: "renderer@h/1"}
	r.put(jetsheet.BucketProgress, jetsheet.WorkerKey(state.Stage, state.Worker), &state)
	want("a worker lives", 0, false)
	state.Paused, state.PausedOn, state.PausedSince, state.LastError = "PostgreSQL", jetsheet.ResourceDatabase, r.clock.now(), "connection refused"
	r.put(jetsheet.BucketProgress, jetsheet.WorkerKey(state.Stage, state.Worker), &state)
	want("it is paused", 0, false)
	paused := r.see(s, KindPaused)
	if len(paused) != 1 || !paused[0].Unripe {
		t.Errorf("paused just now: got %+v, want it unripe", paused)
	}
	r.clock.advance(DefaultPauseGrace)
	paused = r.see(s, KindPaused)
	if len(paused) != 1 || paused[0].Unripe || paused[0].FirstError != "connection refused" || paused[0].Resource != jetsheet.ResourceDatabase {
		t.Errorf("paused for a while: got %+v", paused)
	}
	r.check(r.kv(jetsheet.BucketProgress).Delete(t.Context(), jetsheet.WorkerKey(state.Stage, state.Worker)))
	want("it has stopped", 1, true)
}

// TestPausedReadsWell: what is told first is whole sentences, and names what goes on.
func TestPausedReadsWell(t *testing.T) {
	t.Parallel()
	for _, resource := range jetsheet.Resources() {
		text := correctResource(resource)
		first, rest, found := strings.Cut(text, " Work goes on by itself")
		if !found || !strings.HasSuffix(first, "?") && !strings.HasSuffix(first, ".") || strings.HasSuffix(rest, ".") || strings.Contains(text, "?;") {
			t.Errorf("%s: got %q, want a sentence or question before that work goes on", resource, text)
		}
	}
}
