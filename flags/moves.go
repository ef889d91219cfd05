package flags

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/jetsheet/jetsheet"
)

// Move is a tenant whose route differs between two documents.
type Move struct {
	Tenant string `json:"tenant"`
	// Group is the one that decides in the later document, or the first of the tenant's;
	// "" for a tenant that is in none.
	Group string         `json:"group,omitempty"`
	From  jetsheet.Route `json:"from"`
	To    jetsheet.Route `json:"to"`
}

// Gate says what must be known before a tenant may move.
type Gate string

// The gates. To the previous system, and to hold, the way is always open: no rule is
// in the way of a rescue.
const (
	// GateNone: the move may be made.
	GateNone Gate = ""
	// GateCompared: from shadow to new, where the comparisons have to have been equal.
	GateCompared Gate = "compared"
	// GateForce: to new from legacy, where nothing was ever compared, or from hold, where
	// neither system made anything.
	GateForce Gate = "force"
)

// Gate returns what the move needs.
func (m Move) Gate() Gate {
	switch {
	case m.To != jetsheet.RouteNew || m.From == jetsheet.RouteNew:
		return GateNone
	case m.From == jetsheet.RouteShadow:
		return GateCompared
	}
	return GateForce
}

// Difference is what changes between two documents.
type Difference struct {
	// Moves are the known tenants whose route changes, in order.
	Moves []Move
	// Default is the change for tenants whom neither document names; From and To are equal
	// where there is none. Where a rule divides them it is the change with the hardest
	// gate, and Partly says that not all of them change so.
	Default Move
	Partly  bool
	// Ungrouped are the known tenants in no group of the later document and without a
	// route of their own, in order.
	Ungrouped []Ungrouped
}

// Ungrouped is a tenant that no promotion of a group reaches.
type Ungrouped struct {
	Tenant string         `json:"tenant"`
	Route  jetsheet.Route `json:"route"`
}

// Compare says what changes for the given tenants between two documents.
func Compare(before, after *Document, tenants []string) (*Difference, error) {
	routes, err := before.Standings()
	if err != nil {
		return nil, err
	}
	later, err := after.Standings()
	if err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for _, o := range after.Own() {
		for _, id := range o.Tenants {
			own[id] = true
		}
	}
	d := &Difference{}
	d.others(routes, later)
	tenants = slices.Sorted(slices.Values(tenants))
	for _, tenant := range slices.Compact(tenants) {
		from, to := routes.route(tenant), later.Of(tenant)
		if from != to.Route {
			m := Move{Tenant: tenant, Group: to.Group, From: from, To: to.Route}
			if m.Group == "" && len(to.Groups) > 0 {
				m.Group = to.Groups[0]
			}
			d.Moves = append(d.Moves, m)
		}
		if len(to.Groups) == 0 && !own[tenant] {
			d.Ungrouped = append(d.Ungrouped, Ungrouped{tenant, to.Route})
		}
	}
	return d, nil
}

func (s *Standings) route(tenant string) jetsheet.Route {
	route, _ := s.document.cutover.route(tenant)
	return route
}

// strangers are how many tenants stand for all that no document names: a rule that gives
// one in a hundred another route is as good as certain to be seen.
const strangers = 1_000

// others finds out what happens to tenants whom nobody has named: any rule may decide for
// them, such as a share, or all but a list.
func (d *Difference) others(before, after *Standings) {
	moves := map[Move]int{}
	for i := range strangers {
		id := "\x00" + strconv.Itoa(i) // nobody's
		moves[Move{From: before.route(id), To: after.route(id)}]++
	}
	hardest := func(a, b Move) int {
		return cmp.Or(
			cmp.Compare(b.hardness(), a.hardness()), cmp.Compare(moves[b], moves[a]),
			cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To),
		)
	}
	d.Default = slices.SortedFunc(maps.Keys(moves), hardest)[0]
	d.Partly = moves[d.Default] < strangers && d.Default.From != d.Default.To
}

// hardness orders moves by what they need; staying needs least.
func (m Move) hardness() int {
	switch gate := m.Gate(); {
	case m.From == m.To:
		return 0
	case gate == GateForce:
		return 3
	case gate == GateCompared:
		return 2
	}
	return 1
}
