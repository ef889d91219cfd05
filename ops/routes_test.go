package ops

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	r.apply("hourly", "schedule: {cron: \"0 * * * *\", timeZone: Asia/Tokyo}\n")
	r.apply("by-hand", "")
	r.apply("damaged", "nobody: knows\n")
	client := r.serve(now)
	const october = "20261031T200000Z-orders-0"
	for _, step := range []struct {
		name string
		req  RoutesRequest
		// want is the run, or part of the refusal.
		want string
		code Code
	}{
		{"nobody", RoutesRequest{Report: "orders", Period: "2026-10"}, "no tenant is named", CodeInvalid},
		{"too many", RoutesRequest{Report: "orders", Period: "2026-10", Tenants: make([]string, MaxRouteTenants+1)}, "at most 2000 at a time", CodeInvalid},
		{"no tick", RoutesRequest{Report: "orders", Tenants: []string{"a"}}, "name a tick", CodeInvalid},
		{"nothing", RoutesRequest{Tenants: []string{"a"}}, "name a run, or a report", CodeInvalid},
		{"unknown report", RoutesRequest{Report: "nope", Period: "2026-10", Tenants: []string{"a"}}, "not applied", CodeUnavailable},
		{"damaged definition", RoutesRequest{Report: "damaged", Period: "2026-10", Tenants: []string{"a"}}, "the applied definition of damaged cannot be used", CodeUnavailable},
		{"no such period", RoutesRequest{Report: "orders", Period: "2026-13", Tenants: []string{"a"}}, "no tick of the report orders that has come", CodeInvalid},
		{"far period", RoutesRequest{Report: "orders", Period: "2026-12", Tenants: []string{"a"}}, "no tick of the report orders that has come", CodeInvalid},
		{"period not over", RoutesRequest{Report: "orders", Period: "2026-11", Tenants: []string{"a"}}, "the tick 2026-11-30T20:00:00Z has not come", CodeUnavailable},
		{"tick not come", RoutesRequest{Report: "orders", Tick: "2026-12-01 05:00", Tenants: []string{"a"}}, "the tick 2026-11-30T20:00:00Z has not come", CodeUnavailable},
		{"run not come", RoutesRequest{Run: "20261130T200000Z-orders-0", Tenants: []string{"a"}}, "the tick 2026-11-30T20:00:00Z has not come", CodeUnavailable},
		{"several ticks", RoutesRequest{Report: "hourly", Period: "2026-10", Tenants: []string{"a"}}, "has several ticks, and runs at ", CodeInvalid},
		{"without a schedule", RoutesRequest{Report: "by-hand", Period: "2026-10", Tenants: []string{"a"}}, "has no schedule", CodeInvalid},
		{"period of another tick", RoutesRequest{Report: "orders", Tick: "2026-11-01 05:00", Period: "2026-09", Tenants: []string{"a"}}, `of the period "2026-10"`, CodeInvalid},
		{"run and tick", RoutesRequest{Run: october, Tick: "2026-11-01", Tenants: []string{"a"}}, "leave out", CodeInvalid},
		{"not a run", RoutesRequest{Run: "orders", Tenants: []string{"a"}}, "not a run id", CodeInvalid},
		{"no such rerun", RoutesRequest{Run: "20261031T200000Z-orders-7", Tenants: []string{"a"}}, "no such run", CodeUnavailable},
		{"a run that is no tick", RoutesRequest{Run: "20261031T210000Z-orders-0", Tenants: []string{"a"}}, "is no tick", CodeInvalid},
		{"by period", RoutesRequest{Report: "orders", Period: "2026-10", Tenants: []string{"a"}}, october, ""},
		{"by tick", RoutesRequest{Report: "orders", Tick: "2026-11-01", Tenants: []string{"a"}}, october, ""},
		{"by run", RoutesRequest{Run: october, Tenants: []string{"a"}}, october, ""},
		{"by run, not frozen", RoutesRequest{Run: "20260930T200000Z-orders-0", Tenants: []string{"a"}}, "20260930T200000Z-orders-0", ""},
		{"older period", RoutesRequest{Report: "orders", Period: "2026-07", Tenants: []string{"a"}}, "20260731T200000Z-orders-0", ""},
	} {
		answer, err := client.Routes(t.Context(), step.req)
		if step.code != "" {
			refusedWith(t, step.name, err, step.code, step.want)
			continue
		}
		if err != nil || answer.Run.String() != step.want || len(answer.Tenants) != 1 {
			t.Errorf("%s: got %+v, %v, want run %s", step.name, answer, err, step.want)
			continue
		}
		if _, err := r.runs.Get(t.Context(), step.want); err != nil {
			t.Errorf("%s: the run is not frozen: %v", step.name, err)
		}
	}
	if _, err := r.runs.Get(t.Context(), "20261031T210000Z-orders-0"); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("got %v, want nothing frozen by a refusal", err)
	}
}

// TestRoutesNameTicksThatHaveRuns: where a period does not say which run is meant, the ticks
// from before the schedule began are no answer, unless somebody asked for a run of one.
func TestRoutesNameTicksThatHaveRuns(t *testing.T) {
	t.Parallel()
	r := setup(t)
	const daily = "schedule: {cron: \"0 5 * * *\", timeZone: Asia/Tokyo}\n"
	ask := RoutesRequest{Report: "orders", Period: "2026-10", Tenants: []string{"a"}}
	client := r.serve(now)
	for _, step := range []struct {
		from time.Time
		want string
	}{
		{now.Add(-49 * time.Hour), "has several ticks, and runs at 2026-11-08T20:00:00Z, 2026-11-09T20:00:00Z"},
		{now.Add(-4 * time.Hour), "has several ticks, and no run: all are from before its schedule begins"}, // at a tick
	} {
		r.applyFrom("orders", daily, step.from)
		_, err := client.Routes(t.Context(), ask)
		refusedWith(t, step.from.String(), err, CodeInvalid, step.want)
	}
	_, err := client.Routes(t.Context(), RoutesRequest{Report: "orders", Tick: "2026-11-03 05:00", Tenants: ask.Tenants})
	r.check(err)
	_, err = client.Routes(t.Context(), ask)
	refusedWith(t, "one was asked for", err, CodeInvalid, "has several ticks, and runs at 2026-11-02T20:00:00Z")
}

// TestRoutesHoldWhateverTheFlagsBecome: two systems that ask at different times are told
// the same, and each tenant is one system's.
func TestRoutesHoldWhateverTheFlagsBecome(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now)
	kv, err := r.js.KeyValue(t.Context(), jetsheet.BucketFlags)
	r.check(err)
	tenants := make([]string, 0, 3000)
	for i := range 3000 {
		tenants = append(tenants, fmt.Sprintf("テナント %d.*>", i))
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	said := map[string]jetsheet.Route{}
	for _, route := range []jetsheet.Route{jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteHold, jetsheet.RouteNew} {
		group.Go(func() {
			if _, err := kv.Put(t.Context(), jetsheet.FlagsKey, flags.InitialDocument(route)); err != nil {
				t.Errorf("put the flags: %v", err)
			}
			for _, page := range [][]string{tenants[:1500], tenants[1500:]} {
				answer, err := client.Routes(t.Context(), RoutesRequest{Report: "orders", Period: "2026-10", Tenants: page})
				if err != nil || len(answer.Tenants) != len(page) {
					t.Errorf("got %d routes, %v, want %d", len(answer.Tenants), err, len(page))
					return
				}
				mu.Lock()
				for _, got := range answer.Tenants {
					if had, ok := said[got.Tenant]; ok && had != got.Route {
						t.Errorf("tenant %q was routed %s and %s", got.Tenant, had, got.Route)
					}
					said[got.Tenant] = got.Route
					if want := got.Route == jetsheet.RouteLegacy || got.Route == jetsheet.RouteShadow; got.Previous != want {
						t.Errorf("tenant %q, route %s: previous is %t", got.Tenant, got.Route, got.Previous)
					}
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(said) != len(tenants) {
		t.Errorf("%d tenants have a route, want %d", len(said), len(tenants))
	}
	body := `{"run":"20261031T200000Z-orders-0","tenants":["` + tenants[0] + `"]}`
	if got := r.ask("routes", body); !strings.Contains(got, `"route":"`+string(said[tenants[0]])+`"`) {
		t.Errorf("asked in JSON: got %s, want %s", got, said[tenants[0]])
	}
}

// TestRoutesOfNumbers: the previous system's ids may be numbers.
func TestRoutesOfNumbers(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	r.serve(now)
	kv, err := r.js.KeyValue(t.Context(), jetsheet.BucketFlags)
	r.check(err)
	_, err = kv.PutString(t.Context(), jetsheet.FlagsKey, `{"flags": {"cutover": {"state": "ENABLED", "variants": {"legacy": "legacy", "new": "new"}, "defaultVariant": "legacy",
		"targeting": {"if": [{"in": [{"var": "targetingKey"}, [7, 9007199254740993]]}, "new"]}}}}`)
	r.check(err)
	got := r.ask("routes", `{"report": "orders", "period": "2026-10", "tenants": [7.0, "7", 9007199254740993, 9007199254740992]}`)
	for _, want := range []string{
		`"tenants":[{"tenant":"7","route":"new","previous":false},{"tenant":"7","route":"new"`,
		`{"tenant":"9007199254740993","route":"new"`, `{"tenant":"9007199254740992","route":"legacy"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
	}
	for _, wrong := range []string{"[1.5]", "[null]", `"7"`} {
		if got := r.ask("routes", `{"report": "orders", "period": "2026-10", "tenants": `+wrong+`}`); !strings.Contains(got, "ids") || !strings.Contains(got, string(CodeInvalid)) {
			t.Errorf("tenants %s: got %s, want it to be refused", wrong, got)
		}
	}
}

// TestRoutesOfAPeriodWithAnotherSchedule: a run of the period is frozen, and the schedule was
// changed since. A run of today's tick would be frozen with today's flags.
func TestRoutesOfAPeriodWithAnotherSchedule(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now)
	ask := RoutesRequest{Report: "orders", Period: "2026-10", Tenants: []string{"a"}}
	before, err := client.Routes(t.Context(), ask)
	r.check(err)
	r.apply("orders", strings.Replace(monthly, "0 5", "0 6", 1))
	_, err = client.Routes(t.Context(), ask)
	refusedWith(t, "by period", err, CodeInvalid, "has several ticks, and runs at 2026-10-31T20:00:00Z, 2026-10-31T21:00:00Z")
	if _, err := r.runs.Get(t.Context(), "20261031T210000Z-orders-0"); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("got %v, want no second run of the period", err)
	}
	for _, step := range []struct {
		req  RoutesRequest
		want string
	}{
		{RoutesRequest{Run: before.Run.String()}, before.Run.String()},
		{RoutesRequest{Report: "orders", Period: "2026-09"}, "20260930T210000Z-orders-0"},
	} {
		step.req.Tenants = ask.Tenants
		if answer, err := client.Routes(t.Context(), step.req); err != nil || answer.Run.String() != step.want {
			t.Errorf("%+v: got %+v, %v, want run %s", step.req, answer, err, step.want)
		}
	}
}

// TestRoutesOfAPeriodInAnotherZone: by the zone of today's definition the frozen run was of
// another period. What it was frozen with says which one it made.
func TestRoutesOfAPeriodInAnotherZone(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now.AddDate(0, 1, 0))
	ask := RoutesRequest{Report: "orders", Period: "2026-10", Tenants: []string{"a"}}
	_, err := client.Routes(t.Context(), ask)
	r.check(err)
	kv, err := r.js.KeyValue(t.Context(), jetsheet.BucketReports)
	r.check(err)
	entry, err := kv.Get(t.Context(), "orders")
	r.check(err)
	_, err = kv.PutString(t.Context(), "orders", strings.Replace(string(entry.Value()), `\ntimeZone: Asia/Tokyo`, `\ntimeZone: UTC`, 1))
	r.check(err)
	_, err = client.Routes(t.Context(), ask)
	refusedWith(t, "by period", err, CodeInvalid, "has several ticks, and runs at 2026-10-31T20:00:00Z, 2026-11-30T20:00:00Z")
}

// TestRoutesAreNotGuessed: without a flag document nothing is answered and nothing frozen.
func TestRoutesAreNotGuessed(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now)
	kv, err := r.js.KeyValue(t.Context(), jetsheet.BucketFlags)
	r.check(err)
	r.check(kv.Delete(t.Context(), jetsheet.FlagsKey))
	if answer, err := client.Routes(t.Context(), RoutesRequest{Report: "orders", Period: "2026-10", Tenants: []string{"a"}}); codeOf(err) != CodeUnavailable {
		t.Errorf("got %+v, %v, want %s", answer, err, CodeUnavailable)
	}
	if _, err := r.runs.Get(t.Context(), runOf("orders", 0).String()); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("got %v, want no run", err)
	}
}

// TestRoutesOfADamagedRecord: who cannot be told what is his makes nothing.
func TestRoutesOfADamagedRecord(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	client := r.serve(now)
	ask := RoutesRequest{Report: "orders", Period: "2026-10", Tenants: []string{"a"}}
	answer, err := client.Routes(t.Context(), ask)
	r.check(err)
	entry, err := r.runs.Get(t.Context(), jetsheet.RunKey(answer.Run))
	r.check(err)
	_, err = r.runs.PutString(t.Context(), jetsheet.RunKey(answer.Run), strings.Replace(string(entry.Value()), "legacy", "shadow", 1))
	r.check(err)
	if answer, err := client.Routes(t.Context(), ask); codeOf(err) != CodeUnavailable {
		t.Errorf("got %+v, %v, want %s", answer, err, CodeUnavailable)
	}
}

// codeOf is the code of a refusal, "" for another error or none.
func codeOf(err error) Code {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}
