package main

import (
	"bufio"
	"bytes"
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

// BenchmarkRollback is the whole process of a rollback that moves 1,000 tenants, known by a
// plan with ten workbooks of each.
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

// storeThousand stores two revisions that route 1,000 tenants legacy and shadow, and a run.
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
	id := jetsheet.RunID{Report: "bench", Tick: time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC)}
	summary.Object = jetsheet.PlanObject(id, "bench")
	plans, err := js.ObjectStore(ctx, jetsheet.StorePlans)
	if err != nil {
		return err
	}
	if _, err := plans.PutBytes(ctx, summary.Object, plan.Bytes()); err != nil {
		return err
	}
	record, err := json.Marshal(&jetsheet.Run{
		Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunClosed, Plan: &summary,
		Frozen: jetsheet.Frozen{Envelope: jetsheet.CurrentEnvelope(), Run: id, Flags: document(jetsheet.RouteShadow)},
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
