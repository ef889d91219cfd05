package ops

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// orders is a definition with a statement, which may use the column shop of its targets.
func orders(statement string, more ...string) string {
	return fmt.Sprintf(`report: orders
period: month
targets: select 'a' as tenant, 'b' as target, 'n' as name, 's' as shop
queries: {rows: "%s"}
workbook: {sheets: [{name: "{name}", rows: rows}]}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`, statement) + strings.Join(more, "\n") + "\n"
}

const (
	brokenStatement = "select 1 / 0 as n where @tenant = 'a'"
	mendedStatement = "select 1 as n where @tenant = 'a'"
)

// applyText applies a definition as it is, right or wrong, and returns its digest.
func (r *rig) applyText(name, text string) string {
	r.t.Helper()
	kv, err := r.js.KeyValue(r.t.Context(), jetsheet.BucketReports)
	r.check(err)
	_, err = kv.Put(r.t.Context(), name, r.json(&jetsheet.Applied{Envelope: jetsheet.CurrentEnvelope(), Definition: text}))
	r.check(err)
	d, err := parse(name, []byte(text))
	if err != nil {
		return ""
	}
	return d.Digest
}

// frozen stores a run with the definition that it was frozen with and a failure of each
// target.
func (r *rig) frozen(id jetsheet.RunID, text string, targets ...jetsheet.Target) {
	r.t.Helper()
	run := r.store(id, jetsheet.Scope{}, targets...)
	run.Frozen.Definition = text
	r.put(run)
	for i := range targets {
		r.fail(id, &targets[i], jetsheet.CauseStatement, time.Time{})
	}
}

// definitions counts the definitions stored for replays.
func (r *rig) definitions() (n int) {
	r.t.Helper()
	keys, err := r.runs.ListKeys(r.t.Context())
	r.check(err)
	for key := range keys.Keys() {
		if jetsheet.IsDefinitionKey(key) {
			n++
		}
	}
	return n
}

func TestReplayWithTheCurrentDefinition(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	one, other := target("a", "b"), target("a", "c")
	r.frozen(id, orders(brokenStatement), one, other)
	r.applyText("orders", orders(brokenStatement))
	ask := func(to string, definition ReplayDefinition, dry bool) (*ReplayAnswer, error) {
		return client.Replay(t.Context(), ReplayRequest{
			FailureFilter: FailureFilter{Run: id.String(), Target: to}, Definition: definition, DryRun: dry, By: "me",
		})
	}
	dry, err := ask("b", DefinitionCurrent, true)
	if err != nil || len(dry.Notices) != 1 || !strings.Contains(dry.Notices[0], "is the one that run "+id.String()+" was frozen with; to change it: jetsheet reports apply DIR") {
		t.Errorf("nothing new applied: got %+v, %v, want that said", dry, err)
	}
	mended := r.applyText("orders", orders(mendedStatement))
	dry, err = ask("b", DefinitionCurrent, true)
	if err != nil || len(dry.Notices) != 0 || dry.Definitions["orders"] != mended || r.definitions() != 0 {
		t.Errorf("dry run: got %+v, %v and %d stored, want %s named and none stored", dry, err, r.definitions(), mended)
	}

	answer, err := ask("b", DefinitionCurrent, false)
	if err != nil || answer.Queued != 1 || answer.Definition != DefinitionCurrent || answer.Definitions["orders"] != mended {
		t.Fatalf("got %+v, %v, want one queued with %s", answer, err, mended)
	}
	if m := r.queued(jetsheet.LaneExpress, conversion(id, &one)); m == nil || m.Header.Get(jetsheet.HeaderDefinition) != mended {
		t.Errorf("queued %+v, want the definition %s named", m, mended)
	}
	entry, err := r.runs.Get(t.Context(), jetsheet.DefinitionKey(mended))
	r.check(err)
	if stored, err := jetsheet.DecodeStoredDefinition(entry.Value(), mended); err != nil || stored.Definition != orders(mendedStatement) || stored.Report != "orders" || stored.StoredBy != "me" {
		t.Errorf("stored %+v, %v, want the definition", stored, err)
	}
	if runs, err := r.reader.Runs(t.Context(), RunFilter{}); err != nil || len(runs) != 1 {
		t.Errorf("runs: got %d, %v, want the definition not among them", len(runs), err)
	}

	// Once more, and with another one in its place.
	if answer, err = ask("c", DefinitionCurrent, false); err != nil || answer.Definitions["orders"] != mended || r.definitions() != 1 {
		t.Errorf("the same once more: got %+v, %v and %d stored, want one", answer, err, r.definitions())
	}
}

// TestPlainReplayUsesTheFrozenDefinition: also where an earlier one used another.
func TestPlainReplayUsesTheFrozenDefinition(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	one := target("a", "b")
	r.frozen(id, orders(brokenStatement), one)
	f := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseWorkerCrash, Message: "m", Attempts: 1, Worker: "w", Version: "v", At: tick,
		Definition: strings.Repeat("0f", 32), Request: r.request(id, &one),
	}
	r.publish(f.Msg(jetsheet.FailedSubject(conversion(id, &one))))
	detail, err := r.reader.Failure(t.Context(), conversion(id, &one).String())
	if err != nil || detail.Definition != f.Definition || !strings.HasSuffix(detail.Next, "--definition current") {
		t.Errorf("got %+v, %v, want the definition named, and the command to use it again", detail, err)
	}
	answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: FailureFilter{Run: id.String()}, Definition: DefinitionFrozen})
	if err != nil || answer.Queued != 1 || answer.Definition != "" {
		t.Fatalf("got %+v, %v, want one queued", answer, err)
	}
	if m := r.queued(jetsheet.LaneExpress, conversion(id, &one)); m == nil || m.Header.Get(jetsheet.HeaderDefinition) != "" {
		t.Errorf("queued %+v, want no definition named", m)
	}
}

func TestReplayWithACurrentDefinitionThatCannotStandIn(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	id := runOf("orders", 0)
	one := target("a", "b")
	r.frozen(id, orders(brokenStatement), one)
	request := ReplayRequest{FailureFilter: FailureFilter{Run: id.String()}, Definition: DefinitionCurrent}
	refused := func(what string, code Code, text, next string) {
		t.Helper()
		_, err := client.Replay(t.Context(), request)
		refusedWith(t, what, err, code, text)
		var refusal *Error
		if errors.As(err, &refusal) && !strings.Contains(refusal.Next, next) {
			t.Errorf("%s: next is %q, want %q in it", what, refusal.Next, next)
		}
	}
	refused("never applied", CodeUnknown, `there is no current definition to replay with: report "orders" is not applied`, "jetsheet reports apply DIR, then replay again")
	r.applyText("orders", "report: orders\nconfetti: true\n")
	refused("not readable", CodeInvalid, "the applied definition of orders cannot be used", "jetsheet reports apply DIR, then replay again")
	r.applyText("orders", orders("select @row_shop as n where @tenant = 'a'"))
	refused("another column", CodeInvalid, "uses the columns shop of the targets row, which the run's plan does not have", "jetsheet runs start orders --tick 2026-10-31T20:00:00Z --again")
	reports, err := r.js.KeyValue(t.Context(), jetsheet.BucketReports)
	r.check(err)
	r.check(reports.Delete(t.Context(), jetsheet.ReportKey("orders")))
	refused("removed", CodeUnknown, `report "orders" is not applied`, "jetsheet reports apply DIR")
	if got := r.ask("replay", `{"run":"orders","definition":"newest"}`); !strings.Contains(got, `unknown definition \"newest\"; known are frozen and current`) {
		t.Errorf("another word: got %s", got)
	}
	if r.waiting(jetsheet.LaneExpress) != 0 || r.definitions() != 0 {
		t.Errorf("%d requests and %d definitions, want none", r.waiting(jetsheet.LaneExpress), r.definitions())
	}
	// Other targets and another key are no reason to refuse.
	r.applyText("orders", strings.Replace(orders(mendedStatement, "locale: ja"), "{period}/{target}", "{target}/{period}", 1))
	answer, err := client.Replay(t.Context(), request)
	if err != nil || len(answer.Notices) != 1 || !strings.Contains(answer.Notices[0], "has another locale, output.key; to plan them anew: jetsheet runs start orders --tick 2026-10-31T20:00:00Z --again") {
		t.Errorf("another key: got %+v, %v, want a notice", answer, err)
	}
}

// TestReplayTakenOverKeepsItsDefinitions: what was current when it was asked for counts,
// not what is when another process goes on.
func TestReplayTakenOverKeepsItsDefinitions(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id, later := runOf("orders", 0), runOf("later", 0)
	one, other := target("a", "b"), target("a", "c")
	r.frozen(id, orders(brokenStatement), one)
	r.frozen(later, "", other)
	r.applyText("orders", orders(mendedStatement, "locale: ja"))
	asked := strings.Repeat("0f", 32)
	entry := &replayEntry{Replay: Replay{
		ID: jetsheet.NewReplayID(time.Now(), "abcdef"), Filter: FailureFilter{All: true}, Lane: jetsheet.LaneBulk, State: ReplayRunning,
		Definition: DefinitionCurrent, Definitions: map[string]string{"orders": asked}, Matched: 1, UpTo: 100,
	}}
	r.check(entry.write(t.Context(), r.reader.progress))
	r.serveWith(Config{lease: 300 * time.Millisecond})
	r.eventually("the replay is over", func() bool {
		e, err := readReplay(t.Context(), r.reader.progress, entry.ID)
		r.check(err)
		return e.State == ReplayDone
	})
	if m := r.queued(jetsheet.LaneBulk, conversion(id, &one)); m == nil || m.Header.Get(jetsheet.HeaderDefinition) != asked {
		t.Errorf("queued %+v, want the definition %s", m, asked)
	}
	if m := r.queued(jetsheet.LaneBulk, conversion(later, &other)); m != nil {
		t.Errorf("queued %+v, want what was no part of the replay left alone", m)
	}
	if _, err := r.runs.Get(t.Context(), jetsheet.DefinitionKey(asked)); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("got %v, want nothing stored by who goes on", err)
	}
}
