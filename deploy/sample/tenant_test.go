package sample

import (
	"testing"
	"time"
)

func TestMakeTenants(t *testing.T) {
	t.Parallel()
	tenants, err := makeTenants(Options{Tenants: 2000, Month: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	groups, sites := map[int]int{}, 0
	for i, n := range tenants {
		groups[n.group]++
		sites += len(n.sites)
		if i > 0 && len(n.sites) > len(tenants[i-1].sites) && len(tenants[i-1].sites) > 0 {
			t.Errorf("sites of rank %d: got %d, more than the %d of the rank before", i, len(n.sites), len(tenants[i-1].sites))
		}
		seen := map[string]bool{}
		for _, s := range n.sites {
			if seen[s.id] {
				t.Errorf("tenant of rank %d has two sites %s", i, s.id)
			}
			seen[s.id] = true
		}
	}
	want := map[int]int{5: 40, 4: 160, 3: 400, 2: 600, 1: 800}
	for g, n := range want {
		if groups[g] != n {
			t.Errorf("tenants of group %d: got %d, want %d", g, groups[g], n)
		}
	}
	if largest := len(tenants[0].sites); largest < sites/10 || largest > sites/5 {
		t.Errorf("sites of the largest tenant: got %d of %d, want between a tenth and a fifth", largest, sites)
	}
}

func TestTenantIDIsUnique(t *testing.T) {
	t.Parallel()
	ranks := map[int64]int{}
	for rank := range 100_000 {
		id := tenantID(rank)
		if other, taken := ranks[id]; taken || id <= 0 {
			t.Fatalf("id of rank %d: got %d, which rank %d has", rank, id, other)
		}
		ranks[id] = rank
	}
}

func TestAppendFixed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value  int64
		places int
		want   string
	}{
		{450, 2, "4.50"}, {-1950, 2, "-19.50"}, {-5, 2, "-0.05"}, {7, 0, "7"}, {0, 1, "0.0"}, {1000, 2, "10.00"},
	} {
		if got := string(appendFixed(nil, c.value, c.places)); got != c.want {
			t.Errorf("%d with %d places: got %s, want %s", c.value, c.places, got, c.want)
		}
	}
}
