package ops

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// failMany fails n targets for one cause.
func (r *rig) failMany(id jetsheet.RunID, n int, cause jetsheet.Cause) []jetsheet.Target {
	r.t.Helper()
	targets := make([]jetsheet.Target, n)
	acks := make([]jetstream.PubAckFuture, n)
	for i := range targets {
		targets[i] = target(fmt.Sprintf("t%d", i%100), fmt.Sprintf("c%d", i))
		f := jetsheet.Failure{
			Stage: jetsheet.StageRenderer, Cause: cause, Message: "it failed", Attempts: 3, Worker: "w", Version: "v", At: tick,
			Request: r.request(id, &targets[i]),
		}
		var err error
		acks[i], err = r.js.PublishMsgAsync(f.Msg(jetsheet.FailedSubject(conversion(id, &targets[i]))), jetstream.WithStallWait(time.Minute))
		r.check(err)
	}
	for _, ack := range acks {
		select {
		case <-ack.Ok():
		case err := <-ack.Err():
			r.t.Fatal(err)
		}
	}
	return targets
}

// queued reads the request of a conversion in a lane; nil when there is none.
func (r *rig) queued(lane jetsheet.Lane, c jetsheet.Conversion) *jetstream.RawStreamMsg {
	r.t.Helper()
	stream, err := r.js.Stream(r.t.Context(), jetsheet.StreamConversions)
	r.check(err)
	m, err := lastMessage(r.t.Context(), stream, jetsheet.RequestSubject(lane, c))
	r.check(err)
	return m
}

// waiting is how many requests are in a lane.
func (r *rig) waiting(lane jetsheet.Lane) int {
	r.t.Helper()
	stream, err := r.js.Stream(r.t.Context(), jetsheet.StreamConversions)
	r.check(err)
	info, err := stream.Info(r.t.Context(), jetstream.WithSubjectFilter(jetsheet.LaneSubjects(lane)))
	r.check(err)
	return len(info.State.Subjects)
}

// ask asks an endpoint as the nats CLI does.
func (r *rig) ask(endpoint, body string) string {
	r.t.Helper()
	m, err := r.conn.Request(jetsheet.SubjectOps+"."+endpoint, []byte(body), 40*time.Second)
	if err != nil {
		r.t.Fatalf("%s %s: %v", endpoint, body, err)
	}
	if !json.Valid(m.Data) {
		r.t.Fatalf("%s %s: got %q, want JSON", endpoint, body, m.Data)
	}
	return string(m.Data)
}

// eventually waits for a condition.
func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for !holds() {
		select {
		case <-pace.C:
		case <-limit.C:
			r.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// replayed waits until a replay has queued all.
func (r *rig) replayed(client *Client, id string) (status *ReplayStatus) {
	r.t.Helper()
	r.eventually("all are queued", func() bool {
		var err error
		status, err = client.ReplayStatus(r.t.Context(), id)
		r.check(err)
		return status.State == ReplayDone
	})
	return status
}

func refusedWith(t *testing.T, what string, err error, code Code, text string) {
	t.Helper()
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Code != code || !strings.Contains(refusal.Text, text) {
		t.Errorf("%s: got %v, want %s with %q", what, err, code, text)
	}
}

func TestReplayOneGoesToExpress(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	a := target("a.b", "冷蔵庫 🧊")
	r.store(id, jetsheet.Scope{}, a)
	// Spaces, an unknown field and the order of the keys must survive.
	body := append(bytes.Replace(r.request(id, &a), []byte(`{`), []byte(`{ "later":1.50, `), 1), '\n')
	f := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseStatement, Message: "m", Attempts: 3, Worker: "w", Version: "v", At: tick,
		Trace: "00-abc", Request: body,
	}
	r.publish(f.Msg(jetsheet.FailedSubject(conversion(id, &a))))

	dry, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders"}, DryRun: true})
	if err != nil || dry.Matched != 1 || dry.Weight != 1 || len(dry.Samples) != 1 || dry.Samples[0].Tenant != "a.b" || dry.ID != "" || r.waiting(jetsheet.LaneExpress) != 0 {
		t.Fatalf("dry run: got %+v, %v, want one sample and nothing queued", dry, err)
	}
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Conversion: conversion(id, &a).String()}, By: "me", Reason: "mended"})
	if err != nil || answer.Queued != 1 || answer.State != ReplayDone || answer.Lane != jetsheet.LaneExpress {
		t.Fatalf("got %+v, %v, want one queued in express", answer, err)
	}
	m := r.queued(jetsheet.LaneExpress, conversion(id, &a))
	if m == nil || !bytes.Equal(m.Data, body) {
		t.Fatalf("queued %v, want the request byte for byte", m)
	}
	if m.Header.Get(jetsheet.HeaderTrace) != "00-abc" || m.Header.Get(jetsheet.HeaderReplay) != answer.ID || len(m.Header) != 2 {
		t.Errorf("headers are %v, want trace and replay alone", m.Header)
	}
	_, err = client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: id.String()}})
	refusedWith(t, "pressed twice", err, CodeNothing, "1 pending")
	status, err := client.ReplayStatus(t.Context(), answer.ID)
	if want := (jetsheet.Counts{Expected: 1, Pending: 1}); err != nil || status.Now != want || status.By != "me" || status.Reason != "mended" {
		t.Errorf("status: got %+v, %v, want %+v", status, err, want)
	}
}

func TestReplayLeavesAloneWhatItCannotMend(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	names := []string{"done", "queued", "rendered", "retrying", "dismissed", "held", "bad-key", "lost", "crash", "other"}
	targets := make([]jetsheet.Target, len(names))
	for i, name := range names {
		targets[i] = target("t", name)
	}
	r.store(id, jetsheet.Scope{}, targets...)
	causes := map[string]jetsheet.Cause{"held": jetsheet.CauseHeld, "bad-key": jetsheet.CauseDuplicateKey, "other": jetsheet.CauseStatement}
	for i := range targets {
		cause := jetsheet.CauseWorkerCrash
		if c, ok := causes[names[i]]; ok {
			cause = c
		}
		var retryAt time.Time
		if names[i] == "retrying" {
			retryAt = time.Now().Add(time.Hour)
		}
		r.fail(id, &targets[i], cause, retryAt)
	}
	r.done(id, &targets[0], jetsheet.DonePublished)
	r.queue(id, &targets[1])
	r.rendered(id, &targets[2])
	if _, err := client.Dismiss(t.Context(), DismissRequest{FailureFilter: FailureFilter{Tenant: "t", Target: "dismissed"}, By: "me", Reason: "gone"}); err != nil {
		t.Fatal(err)
	}
	// What lies there is no request of this conversion.
	bad := jetsheet.Failure{Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseInternal, Message: "m", Attempts: 1, Worker: "w", Version: "v", At: tick, Request: []byte("{}")}
	r.publish(bad.Msg(jetsheet.FailedSubject(conversion(id, &targets[7]))))

	want := Skipped{Done: 1, Pending: 3, Dismissed: 1, Held: 1, NotReplayable: 1}
	dry, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{All: true}, DryRun: true})
	if err != nil || dry.Left != want || dry.Matched != 3 || len(dry.Advice) != 2 {
		t.Errorf("dry run: got %+v, %v, want %+v left and 3 matched", dry, err, want)
	}
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Report: "orders"}})
	if err != nil || answer.Left != want || answer.Queued != 2 || answer.Skipped != (Skipped{NotReplayable: 1}) || answer.Lane != jetsheet.LaneBulk {
		t.Errorf("got %+v, %v, want %+v left and 2 queued", answer, err, want)
	}
	if got := r.waiting(jetsheet.LaneBulk); got != 2 {
		t.Errorf("%d requests in bulk, want 2", got)
	}
	for _, step := range []struct {
		name   string
		filter FailureFilter
	}{
		{"held by its cause", FailureFilter{Cause: jetsheet.CauseHeld}},
		{"dismissed by its name", FailureFilter{Run: id.String(), Tenant: "t", Target: "dismissed"}},
	} {
		if answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: step.filter}); err != nil || answer.Queued != 1 {
			t.Errorf("%s: got %+v, %v, want 1 queued", step.name, answer, err)
		}
	}
	_, err = client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Cause: jetsheet.CauseDuplicateKey}})
	refusedWith(t, "not replayable", err, CodeNothing, "1 not to be mended")
	if !strings.Contains(err.Error(), "jetsheet runs start orders --tick 2026-10-31T20:00:00Z --again") {
		t.Errorf("got %v, want the command that mends it", err)
	}
}

// TestReplayAsTheNATSCLIAsks: plain requests, plain JSON.
func TestReplayAsTheNATSCLIAsks(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.serve(now)
	id := runOf("orders", 0)
	targets := r.failMany(id, 20, jetsheet.CauseStatement)
	r.store(id, jetsheet.Scope{}, targets...)
	dry := r.ask("replay", `{"run":"20261031T200000Z-orders-0","dryRun":true}`)
	for _, want := range []string{`"matched":20`, `"weight":20`, `"lane":"bulk"`, `"causes":{"statement_invalid":20}`, `"samples":[{"conversion":"20261031T200000Z-orders-0/t0/c0"`} {
		if !strings.Contains(dry, want) {
			t.Errorf("dry run: got %s, want %s in it", dry, want)
		}
	}
	for _, misleads := range []string{`"state"`, `"id"`, `"owner"`, `0001-01-01`, `"schema":0`} {
		if strings.Contains(dry, misleads) {
			t.Errorf("dry run: got %s, want no %s: nothing was begun", dry, misleads)
		}
	}
	if strings.Count(dry, `"message":"it failed"`) != maxSamples || r.waiting(jetsheet.LaneBulk) != 0 {
		t.Errorf("dry run: got %s, want %d samples and nothing queued", dry, maxSamples)
	}
	var answer ReplayAnswer
	r.check(json.Unmarshal([]byte(r.ask("replay", `{"run":"orders","tenant":"t7","by":"me"}`)), &answer))
	if answer.Queued != 1 || r.queued(jetsheet.LaneExpress, conversion(id, &targets[7])) == nil {
		t.Errorf("got %+v, want t7 queued", answer)
	}
	if got := r.ask("replay", `{"report":"orders","since":"2026-10-31T20:00:00Z","until":"2026-10-31T20:00:01Z"}`); !strings.Contains(got, `"queued":19`) {
		t.Errorf("by time: got %s, want the other 19 queued", got)
	}
	if got := r.ask("status", `{"replay":"`+answer.ID+`"}`); !strings.Contains(got, `"now":{"expected":1,"done":0,"failed":0,"pending":1}`) {
		t.Errorf("status: got %s", got)
	}
	if got := r.ask("cancel", `{"replay":"`+answer.ID+`","by":"me"}`); !strings.Contains(got, `"removed":1`) {
		t.Errorf("cancel: got %s", got)
	}
	if got := r.ask("dismiss", `{"run":"orders","tenant":"t7","reason":"gone"}`); !strings.Contains(got, `"matched":1,"changed":1`) {
		t.Errorf("dismiss: got %s", got)
	}
}

func TestReplayRefusals(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.serve(now)
	r.store(runOf("orders", 0), jetsheet.Scope{}, target("a", "b"))
	for _, test := range []struct{ endpoint, body, want string }{
		{"replay", ``, `nothing says which failures are meant`},
		{"replay", `{"dryRun":true}`, `nothing says which failures are meant`},
		{"replay", `{"cause":"nonsense"}`, `unknown cause \"nonsense\"; known are bad_message`},
		{"replay", `{"run":"nope"}`, `"code":"unknown"`},
		{"replay", `{"run":"orders","report":"other"}`, `is not of the report other`},
		{"replay", `{"run":"orders","tennant":"a"}`, `unknown field`},
		{"replay", `{"run":"orders"} {"dryRun":true}`, `stands behind`},
		{"replay", `{"run":"orders"}, "dryRun":true}`, `stands behind`},
		{"replay", `{"conversion":"a/b"}`, `is no conversion`},
		{"replay", `{"conversion":"20261031T200000Z-orders-0/*/b"}`, `is no conversion`},
		{"replay", `{"run":"orders","conversion":"20261031T200000Z-orders-0/a/b"}`, `leave these out`},
		{"replay", `{"run":"orders"}`, `"error":"nothing to replay: no failure matches"`},
		{"replay", `{"since":"yesterday"}`, `"code":"invalid"`},
		{"replay", `{"since":"2026-11-02T00:00:00Z","until":"2026-11-01T00:00:00Z"}`, `no failure is both`},
		{"dismiss", `{"since":"2026-11-02T00:00:00Z","until":"2026-11-02T00:00:00Z"}`, `no failure is both`},
		{"dismiss", `{}`, `nothing says which failures are meant`},
		{"dismiss", `{"run":"orders"}`, `"code":"nothingToDo"`},
		{"cancel", `{}`, `name what to cancel`},
		{"cancel", `{"run":"orders","replay":"x"}`, `name what to cancel`},
		{"cancel", `{"replay":"x"}`, `there is no replay \"x\"`},
		{"cancel", `{"replay":"20261122T170824123Z-abcdef"}`, `"code":"unknown"`},
		{"status", `{"replay":"x.>"}`, `"code":"unknown"`},
	} {
		if got := r.ask(test.endpoint, test.body); !strings.Contains(got, `"error":`) || !strings.Contains(got, test.want) {
			t.Errorf("%s %s: got %s, want an error with %s", test.endpoint, test.body, got, test.want)
		}
	}
}

func TestDismissAndUndo(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	targets := r.failMany(id, 3, jetsheet.CauseStatement)
	r.store(id, jetsheet.Scope{}, targets...)
	mine := jetsheet.FailedSubject(conversion(id, &targets[0]))
	before, err := lastMessage(t.Context(), r.reader.failed, mine)
	r.check(err)
	withUnknown := delivery.Again(before)
	withUnknown.Header.Set("Jetsheet-Later", "kept")
	r.publish(withUnknown)

	filter := FailureFilter{Run: "orders"}
	dry, err := client.Dismiss(t.Context(), DismissRequest{FailureFilter: filter, DryRun: true})
	if err != nil || dry.Matched != 3 || dry.Changed != 0 {
		t.Errorf("dry run: got %+v, %v, want 3 matched and none changed", dry, err)
	}
	dismiss := func(undo bool, filter FailureFilter, want, before int) {
		t.Helper()
		answer, err := client.Dismiss(t.Context(), DismissRequest{FailureFilter: filter, Undo: undo, By: "me@h", Reason: "no\nneed"})
		if err != nil || answer.Matched != want || answer.Changed != want || answer.Left != (Skipped{Dismissed: before}) {
			t.Errorf("undo %t: got %+v, %v, want %d changed, %d dismissed before", undo, answer, err, want, before)
		}
	}
	nothing := func(undo bool, filter FailureFilter, text string) {
		t.Helper()
		_, err := client.Dismiss(t.Context(), DismissRequest{FailureFilter: filter, Undo: undo})
		refusedWith(t, fmt.Sprintf("undo %t once more", undo), err, CodeNothing, text)
	}
	first := FailureFilter{Run: "orders", Tenant: targets[0].Tenant, Target: targets[0].Target}
	dismiss(false, first, 1, 0)
	nothing(false, first, "nothing to dismiss: 1 dismissed before")
	dismiss(false, filter, 2, 1)
	nothing(false, filter, "3 dismissed before")
	dismiss(true, first, 1, 0)
	dismiss(true, filter, 2, 0)
	nothing(true, filter, "nothing to take back: no dismissed failure matches")
	dismiss(false, filter, 3, 0)
	m, err := lastMessage(t.Context(), r.reader.failed, mine)
	r.check(err)
	f, err := jetsheet.ParseFailure(m.Header, m.Data)
	if err != nil || !f.Dismissed || f.Dismissal.By != "me@h" || f.Dismissal.Reason != "no need" || f.Dismissal.At.IsZero() {
		t.Errorf("got %+v, %v, want who dismissed it, when and why", f, err)
	}
	if !bytes.Equal(m.Data, before.Data) || m.Header.Get("Jetsheet-Later") != "kept" || f.Cause != jetsheet.CauseStatement || f.Attempts != 3 {
		t.Errorf("got %v %s, want the record as it was", m.Header, m.Data)
	}
	info, err := r.reader.Info(t.Context(), id)
	if err != nil || info.Counts.Failed != 3 {
		t.Errorf("got %+v, %v, want 3 failed: a dismissed one stays failed", info, err)
	}
	_, err = client.Replay(t.Context(), ReplayRequest{FailureFilter: filter})
	refusedWith(t, "replay of dismissed ones", err, CodeNothing, "3 dismissed")
	if answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: "orders", Dismissed: true}}); err != nil || answer.Queued != 3 {
		t.Errorf("replay with the dismissed ones: got %+v, %v, want 3", answer, err)
	}
}

func TestFailuresAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("orders", 0)
	targets := r.failMany(id, 300, jetsheet.CauseStatement)
	r.store(id, jetsheet.Scope{}, targets...)
	r.done(id, &targets[0], jetsheet.DonePublished)
	var got []string
	listing, err := r.reader.Failures(t.Context(), FailureFilter{Report: "orders"}, 150, func(f *FailureInfo) error {
		got = append(got, f.Target)
		return nil
	})
	if err != nil || len(got) != 150 || got[0] != "c299" || got[149] != "c150" || listing.Matched != 299 || listing.Left.Done != 1 {
		t.Errorf("got %d from %s, %+v, %v, want c299 to c150 of 299", len(got), got[0], listing, err)
	}
	d, err := r.reader.Failure(t.Context(), conversion(id, &targets[7]).String())
	if err != nil || d.State != StateFailed || d.Tenant != "t7" || !strings.Contains(d.Next, "jetsheet failures replay 20261031T200000Z-orders-0/t7/c7") ||
		!strings.Contains(d.Raw, "conversions.request.express.20261031T200000Z-orders-0.t7.c7") || !bytes.Equal(d.Request, r.request(id, &targets[7])) {
		t.Errorf("got %+v, %v", d, err)
	}
	d, err = r.reader.Failure(t.Context(), conversion(id, &targets[0]).String())
	if err != nil || d.State != StatePublished {
		t.Errorf("one that is done: got %+v, %v", d, err)
	}
	if _, err := r.reader.Failure(t.Context(), id.String()+"/x/y"); !errors.Is(err, ErrUnknownFailure) {
		t.Errorf("got %v, want %v", err, ErrUnknownFailure)
	}
	if n, err := delivery.Count(t.Context(), r.js, jetsheet.StreamFailed, jetsheet.RunFailedSubjects(id)); err != nil || n != 300 {
		t.Errorf("%d failures, %v, want them untouched", n, err)
	}
}
