package ops

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

const monthly = "schedule: {cron: \"0 5 1 * *\", timeZone: Asia/Tokyo}\n"

// now lies between two ticks of monthly: 31 October and 30 November, 20:00 UTC.
var now = time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)

func TestStart(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	r.apply("by-hand", "")
	client := r.serve(now)
	steps := []struct {
		name string
		req  StartRequest
		// want is the beginning of the run, or part of the refusal.
		want string
		code Code
		next string
	}{
		{"no report", StartRequest{}, "no report is named", CodeInvalid, ""},
		{"misspelt report", StartRequest{Report: "ordres"}, `"ordres" is not applied; applied are orders, by-hand`, CodeUnknown, "jetsheet reports apply"},
		{"hostile report", StartRequest{Report: "a.*>"}, "is not applied", CodeUnknown, ""},
		{"scope first", StartRequest{Report: "orders", Tenant: "a"}, "there is no run of 2026-10-31T20:00:00Z yet", CodeInvalid, "jetsheet runs start orders --tick 2026-10-31T20:00:00Z"},
		{"target alone", StartRequest{Report: "orders", Target: "b"}, "name the tenant too", CodeInvalid, ""},
		{"no tick", StartRequest{Report: "orders", Tick: "2026-11-01T00:00:00Z"}, "the nearest are 2026-11-01T05:00:00+09:00 and 2026-12-01T05:00:00+09:00", CodeInvalid, ""},
		{"day without tick", StartRequest{Report: "orders", Tick: "2026-11-05"}, "the nearest are", CodeInvalid, ""},
		{"not a time", StartRequest{Report: "orders", Tick: "yesterday"}, "is no instant", CodeInvalid, ""},
		{"future", StartRequest{Report: "orders", Tick: "2026-11-30T20:00:00Z"}, "has not come: it is 2026-11-10T00:00:00Z; its schedule begins the run then, and the newest that has come is 2026-10-31T20:00:00Z", CodeInvalid, ""},
		{"future by hand", StartRequest{Report: "by-hand", Tick: "2026-11-30T20:00:00Z"}, "has not come: it is 2026-11-10T00:00:00Z; name an instant that has passed", CodeInvalid, ""},
		{"dry run", StartRequest{Report: "orders", DryRun: true}, "20261031T200000Z-orders-0", "", "jetsheet runs start orders"},
		{"whole", StartRequest{Report: "orders"}, "20261031T200000Z-orders-0", "", "jetsheet runs wait"},
		{"twice", StartRequest{Report: "orders"}, "nothing to do: run 20261031T200000Z-orders-0 is open", CodeNothing, "--again"},
		{"twice with scope", StartRequest{Report: "orders", Tenant: "it's"}, "nothing to do", CodeNothing, `--tenant='it'\''s' --again`},
		{"older tick by local time", StartRequest{Report: "orders", Tick: "2026-10-01 05:00"}, "20260930T200000Z-orders-0", "", ""},
		{"older tick by day", StartRequest{Report: "orders", Tick: "2026-09-01"}, "20260831T200000Z-orders-0", "", ""},
		{"older tick by id", StartRequest{Report: "orders", Tick: "20260731T200000Z"}, "20260731T200000Z-orders-0", "", ""},
		{"again", StartRequest{Report: "orders", Again: true}, "20261031T200000Z-orders-1794268800000", "", ""},
		{"again at the same time", StartRequest{Report: "orders", Again: true, Tenant: "*", Target: ">"}, "20261031T200000Z-orders-1794268800001", "", ""},
		{"without schedule", StartRequest{Report: "by-hand"}, "20261110T000000Z-by-hand-0", "", ""},
		{"without schedule again", StartRequest{Report: "by-hand", Again: true, Tenant: "a"}, "20261110T000000Z-by-hand-1794268800000", "", ""},
	}
	for _, step := range steps {
		answer, err := client.Start(t.Context(), step.req)
		if step.code == "" {
			if err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if answer.Run.String() != step.want || !strings.Contains(answer.Next, step.next) {
				t.Errorf("%s: got run %s, next %q, want %s, %q", step.name, answer.Run, answer.Next, step.want, step.next)
			}
			_, err := r.runs.Get(t.Context(), answer.Run.String())
			if known := err == nil; known == step.req.DryRun {
				t.Errorf("%s: run is there: %t, want %t", step.name, known, !step.req.DryRun)
			}
			continue
		}
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Code != step.code || !strings.Contains(refusal.Text, step.want) || !strings.Contains(refusal.Next, step.next) {
			t.Errorf("%s: got %#v, want %s, %q, next %q", step.name, err, step.code, step.want, step.next)
		}
	}
	again, err := r.reader.Record(t.Context(), jetsheet.RunID{Tick: tick, Report: "orders", Rerun: 1794268800001})
	if err != nil || again.Frozen.Scope != (jetsheet.Scope{Tenant: "*", Target: ">"}) {
		t.Errorf("got %+v, %v, want the scope */>", again, err)
	}
}

func TestStartAtTheSameTimeMakesOneRun(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			var refusal *Error
			if _, err := client.Start(t.Context(), StartRequest{Report: "orders"}); err != nil && (!errors.As(err, &refusal) || refusal.Code != CodeNothing) {
				t.Errorf("Start: %v", err)
			}
		})
	}
	group.Wait()
	runs, err := r.reader.Runs(t.Context(), RunFilter{})
	if err != nil || len(runs) != 1 {
		t.Errorf("got %d runs, %v, want 1", len(runs), err)
	}
}

// TestStartDifferentPartsAtTheSameTime: the clock stands still here, so everybody
// takes the same number first.
func TestStartDifferentPartsAtTheSameTime(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now)
	if _, err := client.Start(t.Context(), StartRequest{Report: "orders"}); err != nil {
		t.Fatal(err)
	}
	tenants := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	var group sync.WaitGroup
	for _, tenant := range tenants {
		group.Go(func() {
			answer, err := client.Start(t.Context(), StartRequest{Report: "orders", Tenant: tenant, Again: true})
			if err != nil {
				t.Errorf("Start: %v", err)
				return
			}
			run, err := r.reader.Record(t.Context(), answer.Run)
			if err != nil || run.Frozen.Scope != (jetsheet.Scope{Tenant: tenant}) {
				t.Errorf("tenant %s got run %s of %+v, %v", tenant, answer.Run, run, err)
			}
		})
	}
	group.Wait()
	if runs, err := r.reader.Runs(t.Context(), RunFilter{}); err != nil || len(runs) != 1+len(tenants) {
		t.Errorf("got %d runs, %v, want %d", len(runs), err, 1+len(tenants))
	}
}

func TestStartWithoutReportsNamesSetup(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now)
	r.check(r.js.DeleteKeyValue(t.Context(), jetsheet.BucketReports))
	_, err := client.Start(t.Context(), StartRequest{Report: "orders"})
	var answered *Error
	if !errors.As(err, &answered) || answered.Code != CodeUnavailable || !strings.Contains(err.Error(), "jetsheet setup") {
		t.Errorf("got %v, want an answer of code %s that names jetsheet setup", err, CodeUnavailable)
	}
}

func TestStartWithoutFlagDocumentFreezesNothing(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now)
	kv, err := r.js.KeyValue(t.Context(), jetsheet.BucketFlags)
	r.check(err)
	r.check(kv.Delete(t.Context(), jetsheet.FlagsKey))
	_, err = client.Start(t.Context(), StartRequest{Report: "orders"})
	if err == nil || !strings.Contains(err.Error(), "jetsheet setup") {
		t.Errorf("got %v, want an error that names jetsheet setup", err)
	}
	if _, err := r.runs.Get(t.Context(), runOf("orders", 0).String()); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("got %v, want no run", err)
	}
}
