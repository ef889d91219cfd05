package producer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
)

// Each hostile row is one failure of its own, and the rest works.
func TestHostileRows(t *testing.T) {
	t.Parallel()
	r := setup(t)
	long := strings.Repeat("x", 70_000)
	r.sites(3, 1, "good")
	for _, row := range [][3]any{
		{nil, "null-tenant", ""},
		{"null-target", nil, ""},
		{"", "empty-tenant", ""},
		{"control", "a\nb", ""},
		{long, "long-tenant", ""},
		{long + "y", "long-tenant", ""},
		{"long-target", long, ""},
		{"oversize", "o", long},
		{"twice", "t", ""},
		{"twice", "t", ""},
		{"twice", "t", "again"},
		{"dots.and>wild*cards", "../../etc/passwd", ""},
		{"日本", "冷蔵庫 1", ""},
		{strings.Repeat("<", 256), "<>&", ""},
	} {
		r.exec(`insert into sites (tenant, target, note) values ($1, $2, nullif($3, ''))`, row[:]...)
	}
	id := r.applyDaily()
	w := r.work(nil)
	r.start()
	run := r.until(id, jetsheet.RunClosed)
	// Three good ones and three whose ids are only odd; "twice" is one conversion.
	want := jetsheet.Counts{Expected: 15, Done: 6, Failed: 9}
	if *run.Closed != want {
		t.Errorf("closed with %+v, want %+v", *run.Closed, want)
	}
	if n := w.takenOnce(t); n != 6 {
		t.Errorf("%d requests, want 6", n)
	}
	causes := map[jetsheet.Cause]int{}
	for _, f := range r.failures() {
		causes[f.Cause]++
		if !strings.HasPrefix(f.Message, "report daily, tenant ") || f.Stage != jetsheet.StageProducer {
			t.Errorf("failure %+v does not name report and tenant", f)
		}
	}
	wantCauses := map[jetsheet.Cause]int{
		jetsheet.CauseTenantID: 4, jetsheet.CauseTargetID: 3, jetsheet.CauseRequestTooLarge: 1, jetsheet.CauseDuplicateTarget: 1,
	}
	if fmt.Sprint(causes) != fmt.Sprint(wantCauses) {
		t.Errorf("causes are %v, want %v", causes, wantCauses)
	}
}

func TestRowThatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.exec(`create table periods (target text, period_until text)`)
	r.exec(`insert into periods values ('good', null), ('late', '12026-01-01'), ('never', 'infinity'), ('odd', 'tomorrow')`)
	definition := strings.Replace(daily, "select tenant, target, weight, note as name_note from sites order by position",
		"select 'a' as tenant, target, period_until, null as name_note from periods", 1)
	r.apply("daily", definition, midnight.Add(-1))
	r.work(nil)
	r.start()
	run := r.until(jetsheet.RunID{Tick: midnight, Report: "daily"}, jetsheet.RunClosed)
	if want := (jetsheet.Counts{Expected: 4, Done: 1, Failed: 3}); *run.Closed != want {
		t.Errorf("closed with %+v, want %+v", *run.Closed, want)
	}
}

func TestDuplicateKeys(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.exec(`insert into sites (tenant, target, note) values ('a', 's1', 'x'), ('a', 's2', 'x'), ('a', 's3', 'y'), ('a', 's4', 'x')`)
	p := &Producer{cfg: r.cfg, log: r.cfg.Logger}
	c := p.collector(t, jetsheet.Scope{})
	lines := newSpoolWriter(c.spool)
	for _, target := range []jetsheet.Target{
		{Tenant: "a", Target: "s1", Key: "same", Lane: jetsheet.LaneSmall},
		{Tenant: "a", Target: "s2", Key: "same", Lane: jetsheet.LaneSmall},
		{Tenant: "a", Target: "s3", Key: "own", Lane: jetsheet.LaneSmall},
		{Tenant: "b", Target: "s1", Key: "same", Lane: jetsheet.LaneSmall},
	} {
		if err := c.add(&target, lines); err != nil {
			t.Fatal(err)
		}
	}
	if err := lines.Flush(); err != nil {
		t.Fatal(err)
	}
	c.finish()
	got := map[string]string{}
	for _, target := range c.planned(t) {
		got[target.Tenant+"/"+target.Target] = string(target.Lane)
		if target.Problem != nil {
			got[target.Tenant+"/"+target.Target] = string(target.Problem.Cause)
		}
	}
	want := map[string]string{"a/s1": "duplicate_key", "a/s2": "duplicate_key", "a/s3": "small", "b/s1": "duplicate_key"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("plan is %v, want %v", got, want)
	}
}

// However tenants and weights fall, large targets come longest first and the small
// ones of all tenants take turns.
func TestPublishingOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		var p Producer
		c := p.collector(t, jetsheet.Scope{})
		lines := newSpoolWriter(c.spool)
		n := 1 + random.IntN(300)
		for i := range n {
			target := jetsheet.Target{
				Tenant: fmt.Sprint("t", random.IntN(1+random.IntN(20))), Target: strconv.Itoa(i), Key: strconv.Itoa(i),
				Weight: random.Int64N(100), Lane: jetsheet.LaneSmall,
			}
			switch {
			case target.Weight > 80:
				target.Lane = jetsheet.LaneLarge
			case target.Weight == 0:
				target.Problem, target.Lane = &jetsheet.TargetProblem{Cause: jetsheet.CauseTargetInvalid}, ""
			}
			if err := c.add(&target, lines); err != nil {
				t.Fatal(err)
			}
		}
		if err := lines.Flush(); err != nil {
			t.Fatal(err)
		}
		c.finish()
		checkOrder(t, seed, n, c.planned(t))
	}
}

func checkOrder(t *testing.T, seed uint64, n int, plan []jetsheet.Target) {
	t.Helper()
	if len(plan) != n {
		t.Fatalf("seed %d: %d targets in the plan, want %d", seed, len(plan), n)
	}
	ranks := make([]int, len(plan))
	turns, left := map[string]int{}, map[string]int{}
	for i, target := range plan {
		ranks[i] = laneRank(target.Lane)
		if target.Lane == jetsheet.LaneSmall {
			left[target.Tenant]++
		}
	}
	if !slices.IsSorted(ranks) {
		t.Fatalf("seed %d: lanes are mixed: %v", seed, ranks)
	}
	for i, target := range plan {
		if i > 0 && target.Lane == jetsheet.LaneLarge && plan[i-1].Lane == jetsheet.LaneLarge && plan[i-1].Weight < target.Weight {
			t.Fatalf("seed %d: weight %d comes before %d", seed, plan[i-1].Weight, target.Weight)
		}
		if target.Lane != jetsheet.LaneSmall {
			continue
		}
		turns[target.Tenant]++
		left[target.Tenant]--
		for other, waiting := range left {
			if waiting > 0 && turns[target.Tenant] > turns[other]+1 {
				t.Fatalf("seed %d: tenant %s has its turn %d while %s had %d and waits", seed, target.Tenant, turns[target.Tenant], other, turns[other])
			}
		}
	}
}

func TestSmallTenantsTakeTurns(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.sites(500, 1, "giant")
	r.sites(2, 1, "t1", "t2", "t3")
	r.sites(3, 9000, "giant2")
	id := r.applyDaily()
	w := r.work(nil)
	r.cfg.LaneWindow = 20
	r.start()
	run := r.until(id, jetsheet.RunClosed)
	if run.Closed.Done != 509 {
		t.Fatalf("closed with %+v, want 509 done", *run.Closed)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var small []string
	for _, subject := range w.order {
		if strings.HasPrefix(subject, "conversions.request.small.") {
			small = append(small, subject)
		}
	}
	for _, tenant := range []string{".t1.", ".t2.", ".t3."} {
		last := slices.IndexFunc(small, func(s string) bool { return strings.Contains(s, tenant+"s2") })
		if last < 0 || last > 8 {
			t.Errorf("the last workbook of tenant %s came at place %d, want in the first 8", tenant, last)
		}
	}
}

func (p *Producer) collector(t *testing.T, scope jetsheet.Scope) *collector {
	t.Helper()
	c, err := newCollector(t.TempDir(), scope, func(string) jetsheet.Route { return jetsheet.RouteNew })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

// planned is the plan as it would be stored.
func (c *collector) planned(t *testing.T) []jetsheet.Target {
	t.Helper()
	var b strings.Builder
	w := jetsheet.NewPlanWriter(&b)
	if err := c.writeTo(w); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	reader := jetsheet.NewPlanReader(strings.NewReader(b.String()))
	var all []jetsheet.Target
	for {
		var target jetsheet.Target
		if reader.Read(&target) != nil {
			return all
		}
		all = append(all, target)
	}
}
