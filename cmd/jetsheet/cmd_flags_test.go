package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags"
)

// TestFlagsWatch reads what a running watch prints while another process changes the
// document.
func TestFlagsWatch(t *testing.T) {
	t.Parallel()
	i := install(t, "")
	watch := exec.CommandContext(t.Context(), "jetsheet", "flags", "watch", "--json", "--count=3")
	watch.Env = i.env
	var complaints bytes.Buffer
	watch.Stderr = &complaints
	out, err := watch.StdoutPipe()
	if err == nil {
		err = watch.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n, want := range []struct {
		change []string
		says   string
	}{
		{nil, `"revision":1,`},
		{[]string{"flags", "hold", "--all", "--reason=drill", "--author=ann"}, `"author":"ann","reason":"drill","sha256":`},
		{[]string{"flags", "hold", "--all", "--release", "--reason=end", "--force"}, `"default":{"tenant":"","from":"hold","to":"new"}`},
	} {
		if want.change != nil {
			i.run(exitDone, want.change...)
		}
		if !lines.Scan() {
			t.Fatalf("the watch ends after %d lines, want 3: %v\n%s", n, lines.Err(), complaints.String())
		}
		if !strings.Contains(lines.Text(), want.says) {
			t.Errorf("line %d is %s, want %s in it", n+1, lines.Text(), want.says)
		}
	}
	if err := watch.Wait(); err != nil {
		t.Errorf("watch: %v\n%s", err, complaints.String())
	}
}

// BenchmarkRollback is the whole process of a rollback that moves 1,000 tenants, known by
// the plans of 35 days with ten workbooks of each.
func BenchmarkRollback(b *testing.B) {
	server := localtest.StartNATS(b, local.NATSOptions{Addr: "127.0.0.1:0"})
	_, js := localtest.Connect(b, server)
	if err := storeThousand(b, js); err != nil {
		b.Fatal(err)
	}
	env := []string{"JETSHEET_NATS_URL=" + server.URL(), "HOME=" + b.TempDir(), "PATH=" + os.Getenv("PATH")}
	for b.Loop() {
		rollback := exec.CommandContext(b.Context(), "jetsheet", "flags", "rollback", "--reason=bench")
		rollback.Env = env
		output, err := rollback.CombinedOutput()
		if err != nil || !bytes.Contains(output, []byte("1,000 of 1,000 known tenants")) {
			b.Fatalf("rollback: %v\n%s", err, output)
		}
	}
}

// storeThousand stores two revisions that route 1,000 tenants legacy and shadow, and runs.
func storeThousand(b *testing.B, js jetstream.JetStream) error {
	ctx := b.Context()
	if _, err := deploy.Provision(ctx, js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false); err != nil {
		return err
	}
	ledger, err := flags.OpenLedger(ctx, js)
	if err != nil {
		return err
	}
	document := func(route jetsheet.Route) []byte {
		ids := make([]string, 1000)
		for n := range ids {
			ids[n] = strconv.Quote(fmt.Sprintf("tenant-%d", n))
		}
		return fmt.Appendf(nil, `{"$evaluators": {"all": {"in": [{"var": "targetingKey"}, [%s]]}}, "flags": {"cutover": {"state": "ENABLED",
			"variants": {"legacy": "legacy", "shadow": "shadow"}, "defaultVariant": "legacy", "targeting": {"if": [{"$ref": "all"}, %q]}}}}`, strings.Join(ids, ","), route)
	}
	for after, route := range []jetsheet.Route{jetsheet.RouteLegacy, jetsheet.RouteShadow} {
		if _, err := ledger.Put(ctx, document(route), uint64(after), flags.Attribution{Author: "bench", Reason: "bench"}); err != nil {
			return err
		}
	}
	var plan bytes.Buffer
	w := jetsheet.NewPlanWriter(&plan)
	for n := range 10_000 {
		if err := w.Write(&jetsheet.Target{Tenant: fmt.Sprintf("tenant-%d", n%1000), Target: strconv.Itoa(n / 1000), Route: jetsheet.RouteShadow, Lane: jetsheet.LaneSmall}); err != nil {
			return err
		}
	}
	summary, err := w.Close()
	if err != nil {
		return err
	}
	reports, err := js.KeyValue(ctx, jetsheet.BucketReports)
	if err != nil {
		return err
	}
	if _, err := reports.PutString(ctx, jetsheet.ReportKey("bench"), "{}"); err != nil {
		return err
	}
	for day := range benchRuns {
		id := jetsheet.RunID{Report: "bench", Tick: time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC).AddDate(0, 0, -day)}
		if err := storePlanned(ctx, js, id, summary, plan.Bytes(), document(jetsheet.RouteShadow)); err != nil {
			return err
		}
	}
	return nil
}

// benchRuns are as many daily runs as are looked at to know the tenants.
const benchRuns = 35

// storePlanned stores a closed run with its plan.
func storePlanned(ctx context.Context, js jetstream.JetStream, id jetsheet.RunID, summary jetsheet.PlanSummary, plan, document []byte) error {
	summary.Object = jetsheet.PlanObject(id, "bench")
	plans, err := js.ObjectStore(ctx, jetsheet.StorePlans)
	if err != nil {
		return err
	}
	if _, err := plans.PutBytes(ctx, summary.Object, plan); err != nil {
		return err
	}
	record, err := json.Marshal(&jetsheet.Run{
		Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunClosed, Plan: &summary,
		Frozen: jetsheet.Frozen{Envelope: jetsheet.CurrentEnvelope(), Run: id, Flags: document},
	})
	if err != nil {
		return err
	}
	runs, err := js.KeyValue(ctx, jetsheet.BucketRuns)
	if err == nil {
		_, err = runs.Put(ctx, jetsheet.RunKey(id), record)
	}
	return err
}

func TestMaxChange(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"0": 0, "7": 7, "25%": 50, "100%": 200, "1%": alwaysMove, "0%": alwaysMove, "12.5%": 25} {
		allowed, err := parseLimit(text)
		if err != nil || allowed.of(200) != want {
			t.Errorf("--max-change %s of 200 = %d, %v, want %d", text, allowed.of(200), err, want)
		}
	}
	for _, text := range []string{"", "%", "-1", "-1%", "101%", "many", "1.5"} {
		if allowed, err := parseLimit(text); err == nil {
			t.Errorf("--max-change %q = %+v, want an error", text, allowed)
		}
	}
}

// TestWhoIsNotKnownIsGatedToo: a default of new is a promotion of whoever follows it later,
// also where no tenant is known that does.
func TestWhoIsNotKnownIsGatedToo(t *testing.T) {
	t.Parallel()
	const (
		again   = "tenants that nobody has heard of yet would go to new again"
		none    = "tenants that nobody has heard of yet would go to new, and none is known that was compared"
		unseen  = "tenants that nobody has heard of yet would go to new without having been in shadow"
		allowed = ""
	)
	guarded := &flagsGuard{MaxChange: "25%", Periods: 3}
	compared := flags.Move{Tenant: "a", From: jetsheet.RouteShadow, To: jetsheet.RouteNew}
	ofGroup := compared
	ofGroup.Group = "g1"
	for _, c := range []struct {
		guard    *flagsGuard
		from, to jetsheet.Route
		known    []flags.Move
		want     string
	}{
		{nil, jetsheet.RouteShadow, jetsheet.RouteNew, nil, again},
		{nil, jetsheet.RouteLegacy, jetsheet.RouteNew, nil, again},
		{nil, jetsheet.RouteNew, jetsheet.RouteShadow, nil, allowed},
		{guarded, jetsheet.RouteShadow, jetsheet.RouteNew, nil, none},
		{guarded, jetsheet.RouteShadow, jetsheet.RouteNew, []flags.Move{ofGroup}, none},
		{guarded, jetsheet.RouteShadow, jetsheet.RouteNew, []flags.Move{compared}, allowed},
		{guarded, jetsheet.RouteNew, jetsheet.RouteShadow, nil, allowed},
		{guarded, jetsheet.RouteHold, jetsheet.RouteNew, nil, unseen},
	} {
		changer := flagsChanger{edit: &flagsEdit{guard: c.guard}}
		change := &flagsChange{Default: &flags.Move{From: c.from, To: c.to}, Moves: c.known}
		if got := changer.unseen(change) + changer.unknown(change); got != c.want {
			t.Errorf("the default from %s to %s, guard %+v, known %+v: %q, want %q", c.from, c.to, c.guard, c.known, got, c.want)
		}
	}
}

// TestGroupByRuleGoesByThoseWhomItDecides: a tenant of the group for whom something else
// decides speaks for nobody.
func TestGroupByRuleGoesByThoseWhomItDecides(t *testing.T) {
	t.Parallel()
	shadow, published := jetsheet.RouteShadow, jetsheet.RouteNew
	eu := flags.Move{Group: "eu", From: shadow, To: published}
	for _, c := range []struct {
		moves []flags.Move
		rule  flags.Move
		want  string
	}{
		{[]flags.Move{{Tenant: "eu-1", Group: "eu", From: shadow, To: published}}, eu, ""},
		{[]flags.Move{{Tenant: "eu-1", Group: "g1", From: shadow, To: published}}, eu, "tenants of group eu that nobody has heard of yet would go to new, and none is known that was compared"},
		{[]flags.Move{{Tenant: "eu-1", Group: "eu", From: jetsheet.RouteLegacy, To: shadow}}, eu, "tenants of group eu that nobody has heard of yet would go to new, and none is known that was compared"},
		{nil, flags.Move{From: shadow, To: published}, "tenants that nobody has heard of yet and for whom a rule decides would go to new, and none is known that was compared"},
		{nil, flags.Move{Group: "eu", From: published, To: shadow}, ""},
	} {
		changer := flagsChanger{edit: &flagsEdit{guard: &flagsGuard{Periods: 3}}}
		if got := changer.unknown(&flagsChange{Moves: c.moves, ByRule: []flags.Move{c.rule}}); got != c.want {
			t.Errorf("%+v with %+v known: %q, want %q", c.rule, c.moves, got, c.want)
		}
	}
}

// TestFewerPeriodsAreKept: who asks for less than usual is on record, but only where
// anything was asked for.
func TestFewerPeriodsAreKept(t *testing.T) {
	t.Parallel()
	promoted := &flagsChange{Moves: []flags.Move{{Tenant: "a", From: jetsheet.RouteShadow, To: jetsheet.RouteNew}}}
	back := &flagsChange{Moves: []flags.Move{{Tenant: "a", From: jetsheet.RouteNew, To: jetsheet.RouteShadow}}}
	for _, c := range []struct {
		periods int
		change  *flagsChange
		want    string
	}{{1, promoted, "--periods 1 instead of 3"}, {3, promoted, ""}, {1, back, ""}} {
		changer := flagsChanger{edit: &flagsEdit{guard: &flagsGuard{Periods: c.periods}}}
		if got := changer.fewerPeriods(c.change); got != c.want {
			t.Errorf("--periods %d for %+v: %q, want %q", c.periods, c.change.Moves, got, c.want)
		}
	}
}
