package flags

import (
	"cmp"
	"maps"
	"slices"

	"github.com/jetsheet/jetsheet"
)

// Move is a tenant whose route differs between two documents.
type Move struct {
	Tenant string `json:"tenant"`
	// Group is the one that decides in the later document, or the first of the tenant's,
	// or else that of the earlier one; "" for a tenant that is in none.
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
	// ByRule are the other changes for tenants whom nobody has named: for them a rule
	// decides by what they are called, such as a group of all that begin with "eu-". Each
	// is there once, with its group and without a tenant, the hardest gate first.
	ByRule []Move
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
	d.byRule(routes, later, d.others(routes, later))
	tenants = slices.Sorted(slices.Values(tenants))
	for _, tenant := range slices.Compact(tenants) {
		from, to := routes.route(tenant), later.Of(tenant)
		if from != to.Route {
			m, _ := later.move(routes, tenant)
			d.Moves = append(d.Moves, m)
		}
		if len(to.Groups) == 0 && !own[tenant] {
			d.Ungrouped = append(d.Ungrouped, Ungrouped{tenant, to.Route})
		}
	}
	return d, nil
}

// CompareChange says what a change of the document does, as [Compare] does. While everybody
// is on hold, before it and after it, a change gives nobody another route; what it then does
// is what decides after [Document.ReleaseAll], and afterRelease says so. Otherwise it could
// be prepared during a hold, unseen, that somebody goes to new who was never compared.
func CompareChange(before, after *Document, tenants []string) (d *Difference, afterRelease bool, err error) {
	if afterRelease = before.AllHeld() && after.AllHeld(); afterRelease {
		if before, err = before.ReleaseAll(); err != nil {
			return nil, afterRelease, err
		}
		if after, err = after.ReleaseAll(); err != nil {
			return nil, afterRelease, err
		}
	}
	d, err = Compare(before, after, tenants)
	return d, afterRelease, err
}

func (s *Standings) route(tenant string) jetsheet.Route {
	route, _ := s.document.cutover.route(tenant)
	return route
}

// others finds out what happens to tenants whom nobody has named, and returns all that
// does: any rule may decide for them, such as a share, or all but a list.
func (d *Difference) others(before, after *Standings) map[Move]int {
	moves := map[Move]int{}
	for _, id := range strangers() {
		moves[Move{From: before.route(id), To: after.route(id)}]++
	}
	d.Default = hardest(moves)[0]
	d.Partly = moves[d.Default] < plainStrangers && d.Default.From != d.Default.To
	return moves
}

// byRule finds out what happens to tenants whom nobody has named, and for whom a rule
// decides by what they are called, beside what happens to all others.
func (d *Difference) byRule(before, after *Standings, others map[Move]int) {
	named := map[string]bool{}
	for _, id := range slices.Concat(before.document.Named(), after.document.Named()) {
		named[id] = true
	}
	moves := map[Move]int{}
	for _, id := range kin(before.document, after.document) {
		if named[id] {
			continue
		}
		if before.route(id) != after.route(id) {
			m, by := after.move(before, id)
			m.Tenant = ""
			if others[Move{From: m.From, To: m.To}] == 0 || by == ByGroup {
				moves[m]++
			}
		}
	}
	d.ByRule = hardest(moves)
}

// move is a tenant's move from the routes before to these, and what decides now.
func (s *Standings) move(before *Standings, tenant string) (Move, Decider) {
	from, to := before.Of(tenant), s.Of(tenant)
	m := Move{Tenant: tenant, From: from.Route, To: to.Route}
	for _, group := range slices.Concat([]string{to.Group}, to.Groups, []string{from.Group}, from.Groups) {
		if m.Group = group; group != "" {
			break
		}
	}
	return m, to.By
}

// hardest sorts moves, those with the hardest gate first, then the most frequent.
func hardest(moves map[Move]int) []Move {
	return slices.SortedFunc(maps.Keys(moves), func(a, b Move) int {
		return cmp.Or(
			cmp.Compare(b.hardness(), a.hardness()), cmp.Compare(moves[b], moves[a]), cmp.Compare(a.Group, b.Group),
			cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To),
		)
	})
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
