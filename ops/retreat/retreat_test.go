package retreat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags"
)

func TestMain(m *testing.M) { localtest.Main(m) }

// groups has two groups of ten tenants each, g1-0 to g2-9, routed new, and a third in shadow.
func groups() []byte {
	lists := map[string]any{}
	for _, group := range []string{"g1", "g2", "g3"} {
		var tenants []string
		for i := range 10 {
			tenants = append(tenants, fmt.Sprintf("%s-%d", group, i))
		}
		lists[group] = map[string]any{"in": []any{map[string]string{"var": "targetingKey"}, tenants}}
	}
	document, err := json.Marshal(map[string]any{"$evaluators": lists, "flags": map[string]any{"cutover": map[string]any{
		"state": "ENABLED", "defaultVariant": "legacy",
		"variants": map[string]string{"legacy": "legacy", "shadow": "shadow", "new": "new", "hold": "hold"},
		"targeting": map[string]any{"if": []any{
			map[string]string{"$ref": "g1"}, "new", map[string]string{"$ref": "g2"}, "new", map[string]string{"$ref": "g3"}, "shadow",
		}},
	}}})
	if err != nil {
		panic(err)
	}
	return document
}

// rig is an installation of the test's own.
type rig struct {
	t      *testing.T
	js     jetstream.JetStream
	ledger *flags.Ledger
}

func setup(t *testing.T) *rig {
	t.Helper()
	_, js := localtest.NATS(t)
	r := &rig{t: t, js: js}
	_, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false)
	r.check(err)
	r.ledger, err = flags.OpenLedger(t.Context(), js)
	r.check(err)
	_, err = r.ledger.Put(t.Context(), groups(), 0, flags.Attribution{Author: "ann", Reason: "start"})
	r.check(err)
	return r
}

func (r *rig) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) watch(change ...func(*Settings)) *Watch {
	r.t.Helper()
	settings := Settings{Share: 0.02, Failures: 5, Tenants: 2, Every: minEvery}
	for _, c := range change {
		c(&settings)
	}
	w, err := New(r.t.Context(), Config{
		Settings: settings, JetStream: r.js, Cutover: cutover{r.ledger},
		Logger: slog.New(slog.NewTextHandler(r.t.Output(), nil)),
	})
	r.check(err)
	return w
}

// cutover does what the program does with the flag document.
type cutover struct{ ledger *flags.Ledger }

func (c cutover) Decider(document []byte) (Decider, error) {
	d, err := flags.ParseDocument(document)
	if err != nil {
		return nil, err
	}
	s, err := d.Standings()
	if err != nil {
		return nil, err
	}
	return func(tenant string) (string, jetsheet.Route) {
		st := s.Of(tenant)
		return st.Group, st.Route
	}, nil
}

func (c cutover) TakeBack(ctx context.Context, frozen *jetsheet.Frozen, group, period, reason string) (uint64, error) {
	r, err := c.ledger.TakeBack(ctx, flags.TakeBack{
		Group: group, Period: period, FrozenRevision: frozen.FlagsRevision, FrozenSHA256: frozen.FlagsSHA256, Author: Author, Reason: reason,
	})
	if r == nil {
		return 0, err
	}
	return r.Number, err
}

// plan stores a planned run at the end of October, frozen with the newest document, with so
// many workbooks for each tenant of each group.
func (r *rig) plan(report string, workbooks int) jetsheet.RunID {
	r.t.Helper()
	return r.planOn(31, report, 10, workbooks)
}

// planOn is plan on a day of October, for so many tenants of each group.
func (r *rig) planOn(day int, report string, tenants, workbooks int) jetsheet.RunID {
	r.t.Helper()
	id := jetsheet.RunID{Tick: time.Date(2026, 10, day, 20, 0, 0, 0, time.UTC), Report: report}
	newest, err := r.ledger.Newest(r.t.Context())
	r.check(err)
	document, err := newest.Document()
	r.check(err)
	standings, err := document.Standings()
	r.check(err)
	var text bytes.Buffer
	w := jetsheet.NewPlanWriter(&text)
	for i := range 3 * tenants {
		tenant := fmt.Sprintf("g%d-%d", 1+i/tenants, i%tenants)
		for n := range workbooks {
			r.check(w.Write(&jetsheet.Target{Tenant: tenant, Target: strconv.Itoa(n), Route: standings.Of(tenant).Route, Lane: jetsheet.LaneSmall, Period: jetsheet.Period{Label: "2026-10"}}))
		}
	}
	summary, err := w.Close()
	r.check(err)
	summary.Object = "plan/" + id.String()
	plans, err := r.js.ObjectStore(r.t.Context(), jetsheet.StorePlans)
	r.check(err)
	_, err = plans.PutBytes(r.t.Context(), summary.Object, text.Bytes())
	r.check(err)
	run := jetsheet.Run{
		Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunOpen, Plan: &summary,
		Frozen: jetsheet.Frozen{Envelope: jetsheet.CurrentEnvelope(), Run: id, Flags: document.JSON(), FlagsSHA256: document.SHA256(), FlagsRevision: newest.Number},
	}
	value, err := json.Marshal(&run)
	r.check(err)
	runs, err := r.js.KeyValue(r.t.Context(), jetsheet.BucketRuns)
	r.check(err)
	_, err = runs.Put(r.t.Context(), jetsheet.RunKey(id), value)
	r.check(err)
	return id
}

// fail fails one workbook of tenants of a group: of so many tenants, so many each.
func (r *rig) fail(id jetsheet.RunID, group string, tenants, each int, cause jetsheet.Cause, change ...func(*jetsheet.Failure)) {
	r.t.Helper()
	for i := range tenants {
		for n := range each {
			c := jetsheet.Conversion{Run: id, Tenant: fmt.Sprintf("%s-%d", group, i), Target: strconv.Itoa(n)}
			request, err := json.Marshal(&jetsheet.Request{
				Envelope: jetsheet.CurrentEnvelope(), Run: id,
				Target: jetsheet.Target{Tenant: c.Tenant, Target: c.Target, Route: jetsheet.RouteNew, Lane: jetsheet.LaneSmall, Period: jetsheet.Period{Label: "2026-10"}},
			})
			r.check(err)
			f := jetsheet.Failure{Stage: jetsheet.StageRenderer, Cause: cause, Message: "no", Attempts: 1, Worker: "w", Version: "v", At: id.Tick, Request: request}
			for _, do := range change {
				do(&f)
			}
			_, err = r.js.PublishMsg(r.t.Context(), f.Msg(jetsheet.FailedSubject(c)))
			r.check(err)
		}
	}
}

// routes lists the routes of the groups in the newest document.
func (r *rig) routes() string {
	r.t.Helper()
	newest, err := r.ledger.Newest(r.t.Context())
	r.check(err)
	d, err := newest.Document()
	r.check(err)
	var list []string
	for _, g := range d.Groups() {
		list = append(list, string(g.Route))
	}
	return strings.Join(list, " ")
}

func TestGroupGoesBack(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := r.plan("orders", 10) // 100 conversions in a group
	r.fail(id, "g2", 5, 2, jetsheet.CauseStatement)
	r.check(r.watch().look(t.Context()))
	if got, want := r.routes(), "new legacy shadow"; got != want {
		t.Fatalf("groups are routed %s, want %s", got, want)
	}
	newest, err := r.ledger.Newest(t.Context())
	r.check(err)
	if newest.By.Author != Author || newest.By.Return != "g2 2026-10" {
		t.Errorf("attribution %+v, want one of %s for g2 2026-10", newest.By, Author)
	}
	const reason = "group g2, period 2026-10: 10 of 100 conversions of run 20261031T200000Z-orders-0 failed, of 5 of 10 tenants: " +
		"more than 5.5 % with 95 % confidence, the limit is 2.0 %; most of all statement_invalid (10)"
	if newest.By.Reason != reason {
		t.Errorf("reason\n%s, want\n%s", newest.By.Reason, reason)
	}
}

func TestGroupStays(t *testing.T) {
	t.Parallel()
	type play func(r *rig, id jetsheet.RunID)
	for name, c := range map[string]struct {
		play   play
		change func(*Settings)
	}{
		"nothing failed": {func(*rig, jetsheet.RunID) {}, nil},
		"a few failed":   {func(r *rig, id jetsheet.RunID) { r.fail(id, "g2", 4, 1, jetsheet.CauseStatement) }, nil},
		"of one tenant":  {func(r *rig, id jetsheet.RunID) { r.fail(id, "g2", 1, 10, jetsheet.CauseStatement) }, nil},
		"in shadow":      {func(r *rig, id jetsheet.RunID) { r.fail(id, "g3", 10, 5, jetsheet.CauseStatement) }, nil},
		"cancelled":      {func(r *rig, id jetsheet.RunID) { r.fail(id, "g2", 10, 5, jetsheet.CauseCancelled) }, nil},
		"unusable ids":   {func(r *rig, id jetsheet.RunID) { r.fail(id, "g2", 10, 5, jetsheet.CauseTargetID) }, nil},
		"tried again": {func(r *rig, id jetsheet.RunID) {
			r.fail(id, "g2", 10, 5, jetsheet.CauseInternal, func(f *jetsheet.Failure) { f.RetryAt = id.Tick.AddDate(1, 0, 0) })
		}, nil},
		"dismissed": {func(r *rig, id jetsheet.RunID) {
			r.fail(id, "g2", 10, 5, jetsheet.CauseInternal, func(f *jetsheet.Failure) { f.Dismissed = true })
		}, nil},
		"turned off":     {func(r *rig, id jetsheet.RunID) { r.fail(id, "g2", 10, 5, jetsheet.CauseInternal) }, func(s *Settings) { s.Share = 0 }},
		"a higher share": {func(r *rig, id jetsheet.RunID) { r.fail(id, "g2", 5, 2, jetsheet.CauseInternal) }, func(s *Settings) { s.Share = 0.06 }},
		"promoted after": {func(r *rig, id jetsheet.RunID) {
			r.fail(id, "g2", 10, 5, jetsheet.CauseInternal)
			r.promote("g2", jetsheet.RouteHold)
			r.promote("g2", jetsheet.RouteNew)
		}, nil},
		"no system to be": {func(r *rig, id jetsheet.RunID) { r.fail(id, "g2", 10, 5, jetsheet.CauseInternal); r.everybodyNew() }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			id := r.plan("orders", 10)
			c.play(r, id)
			before := r.routes()
			change := func(*Settings) {}
			if c.change != nil {
				change = c.change
			}
			r.check(r.watch(change).look(t.Context()))
			if got := r.routes(); got != before {
				t.Errorf("groups are routed %s, want %s as before", got, before)
			}
		})
	}
}

// everybodyNew is the end of the move: the previous system is off.
func (r *rig) everybodyNew() {
	r.t.Helper()
	r.edit(func(d *flags.Document) (*flags.Document, error) { return d.WithDefault(jetsheet.RouteNew) })
}

// TestOnceInAPeriod: whoever promotes the group again is not overruled, neither by the run
// nor by another report of the period.
func TestOnceInAPeriod(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fail(r.plan("orders", 10), "g1", 10, 3, jetsheet.CausePanic)
	r.check(r.watch().look(t.Context()))
	if got, want := r.routes(), "legacy new shadow"; got != want {
		t.Fatalf("groups are routed %s, want %s", got, want)
	}
	r.promote("g1", jetsheet.RouteNew)
	r.fail(r.plan("notes", 10), "g1", 10, 3, jetsheet.CausePanic)
	r.check(r.watch().look(t.Context()))
	if got, want := r.routes(), "new new shadow"; got != want {
		t.Errorf("after another report groups are routed %s, want %s", got, want)
	}
}

// TestManyWatches: processes that see the same at once store one revision for each group,
// and a person who edits meanwhile loses nothing.
func TestManyWatches(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := r.plan("orders", 10)
	r.fail(id, "g1", 10, 3, jetsheet.CausePanic)
	r.fail(id, "g2", 10, 3, jetsheet.CausePanic)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range 4 {
		w := r.watch()
		running.Go(func() { _ = w.Run(ctx) })
	}
	r.promote("g3", jetsheet.RouteHold)
	for r.routes() != "legacy legacy hold" {
		select {
		case <-t.Context().Done():
			t.Fatalf("groups are routed %s, want legacy legacy hold", r.routes())
		case <-time.After(5 * time.Millisecond):
		}
	}
	stop()
	running.Wait()
	list, err := r.ledger.Since(context.WithoutCancel(ctx), 0)
	r.check(err)
	if len(list) != 4 {
		t.Errorf("%d revisions are stored, want 4: the first, one for each group, and the person's", len(list))
	}
}

// promote routes a group as a person does.
func (r *rig) promote(group string, route jetsheet.Route) {
	r.t.Helper()
	r.edit(func(d *flags.Document) (*flags.Document, error) { return d.WithGroup(group, route) })
}

// edit is a person's command: somebody else's change is taken into account.
func (r *rig) edit(change func(*flags.Document) (*flags.Document, error)) {
	r.t.Helper()
	for {
		newest, err := r.ledger.Newest(r.t.Context())
		r.check(err)
		d, err := newest.Document()
		r.check(err)
		d, err = change(d)
		r.check(err)
		_, err = r.ledger.Put(r.t.Context(), d.Text(), newest.Number, flags.Attribution{Author: "ann", Reason: "again"})
		if !errors.Is(err, flags.ErrChanged) {
			r.check(err)
			return
		}
	}
}

func TestLowerBound(t *testing.T) {
	t.Parallel()
	// By Wilson's formula, computed independently.
	for _, c := range []struct {
		failed, planned int
		want            string
	}{
		{0, 0, "0.0000"}, {0, 100, "0.0000"}, {1, 1, "0.2065"}, {5, 107, "0.0201"}, {5, 108, "0.0199"}, {10, 100, "0.0552"}, {100, 100, "0.9630"}, {3, 2, "0.3424"},
	} {
		if got := fmt.Sprintf("%.4f", LowerBound(c.failed, c.planned)); got != c.want {
			t.Errorf("LowerBound(%d, %d) = %s, want %s", c.failed, c.planned, got, c.want)
		}
	}
}

// TestHealthyPeriodsAndSickOnes: a group in which one conversion in 200 fails stays, for
// 1,000 periods; one in which one in ten fails goes back in the first.
func TestHealthyPeriodsAndSickOnes(t *testing.T) {
	t.Parallel()
	settings := Settings{Share: 0.02, Failures: 5, Tenants: 2}
	random := rand.New(rand.NewPCG(1, 2))
	back := func(share float64) (periods int) {
		for range 1000 {
			e := Evidence{Planned: 100 + random.IntN(1900), Tenants: 50, FailedTenants: 50}
			for range e.Planned {
				if random.Float64() < share {
					e.Failed++
				}
			}
			if settings.Enough(&e) {
				periods++
			}
		}
		return periods
	}
	if got := back(0.005); got != 0 {
		t.Errorf("at 0.5 %% a group goes back in %d of 1,000 periods, want 0", got)
	}
	if got := back(0.1); got < 999 {
		t.Errorf("at 10 %% a group goes back in %d of 1,000 periods, want all but one at most", got)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, s := range []Settings{
		{Share: -1, Failures: 1, Tenants: 1, Every: minEvery},
		{Share: 1, Failures: 1, Tenants: 1, Every: minEvery},
		{Failures: 0, Tenants: 1, Every: minEvery},
		{Failures: 1, Every: minEvery},
		{Failures: 1, Tenants: 1, Every: minEvery - 1},
	} {
		if err := s.Check(); err == nil {
			t.Errorf("Check(%+v) = nil, want an error", s)
		}
	}
	one := Settings{Share: 0.02, Failures: 5, Tenants: 2}
	if e := (&Evidence{Planned: 20, Failed: 10, Tenants: 1, FailedTenants: 1}); !one.Enough(e) {
		t.Errorf("a group of one tenant never goes back: %+v", e)
	}
}
