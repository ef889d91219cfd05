package flags

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags/definition"
)

// Group is one of a document's $evaluators.
type Group struct {
	Name string `json:"group"`
	// Route is what the document gives the group, "" where it gives it none by name, so
	// that other rules or the default decide.
	Route jetsheet.Route `json:"route,omitempty"`
	// Tenants are the group's, if Listed says that it is a list of ids.
	Tenants []string `json:"tenants,omitempty"`
	Listed  bool     `json:"listed"`
}

// Own is the route that a document gives single tenants.
type Own struct {
	Route   jetsheet.Route `json:"route"`
	Tenants []string       `json:"tenants"`
}

// Groups returns the groups in the order in which the document asks for them, then those
// that it does not ask for.
func (d *Document) Groups() []Group {
	top, _, flag := d.parts()
	var evaluators map[string]json.RawMessage
	if top["$evaluators"] != nil && json.Unmarshal(top["$evaluators"], &evaluators) != nil {
		return nil
	}
	var groups []Group
	add := func(name string, route jetsheet.Route) {
		rule, known := evaluators[name]
		if !known {
			return
		}
		delete(evaluators, name)
		g := Group{Name: name, Route: route}
		g.Tenants, g.Listed = tenantList(rule)
		groups = append(groups, g)
	}
	for _, p := range parseChain(flag["targeting"]).pairs {
		add(p.group(), d.cutover.variants[p.variant()])
	}
	for _, name := range slices.Sorted(maps.Keys(evaluators)) {
		add(name, "")
	}
	return groups
}

// Own returns the tenants with a route of their own, in the order of the document.
func (d *Document) Own() []Own {
	_, _, flag := d.parts()
	var list []Own
	for _, p := range parseChain(flag["targeting"]).pairs {
		if tenants := p.tenants(); len(tenants) > 0 {
			list = append(list, Own{d.cutover.variants[p.variant()], tenants})
		}
	}
	return list
}

// AllHeld says whether [Document.HoldAll] decides.
func (d *Document) AllHeld() bool {
	_, _, flag := d.parts()
	return d.cutover.enabled && d.beginsHeld(parseChain(flag["targeting"]))
}

// beginsHeld says whether a chain of the document begins with a hold of everybody.
func (d *Document) beginsHeld(c chain) bool {
	return len(c.pairs) > 0 && c.pairs[0].everybody() && d.cutover.variants[c.pairs[0].variant()] == jetsheet.RouteHold
}

// Named returns the ids of tenants that the document writes out, in order.
func (d *Document) Named() []string {
	var ids []string
	for _, g := range d.Groups() {
		ids = append(ids, g.Tenants...)
	}
	for _, o := range d.Own() {
		ids = append(ids, o.Tenants...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Enabled says whether the document decides at all: a flag that is disabled routes every
// tenant legacy.
func (d *Document) Enabled() bool { return d.cutover.enabled }

// DefaultRoute is the route of a tenant whom no condition of targeting names: the variant
// that its last "if" ends with, or else the default variant.
func (d *Document) DefaultRoute() jetsheet.Route {
	_, _, flag := d.parts()
	variant := parseChain(flag["targeting"]).otherVariant()
	if variant == "" {
		variant = d.cutover.defaultVariant
	}
	if !d.cutover.enabled || variant == "" {
		return jetsheet.RouteLegacy
	}
	return d.cutover.variants[variant]
}

// Decider names what decides for a tenant.
type Decider string

// The deciders. A rule is anything in targeting that is none of the others.
const (
	ByGroup   Decider = "group"
	ByOwn     Decider = "own route"
	ByHold    Decider = "hold of everybody"
	ByRule    Decider = "rule"
	ByDefault Decider = "default"
)

// Standing is how a document decides for one tenant.
type Standing struct {
	Route jetsheet.Route
	By    Decider
	// Group is the group whose route that is, "" where another rule decides, a route of
	// the tenant's own, or the default.
	Group string
	// Groups are all that the tenant is in.
	Groups []string
}

// Standings answers for tenants why they have their routes. It may be used concurrently.
type Standings struct {
	document *Document
	groups   []Group
	chain    chain
	held     bool
	set      *definition.Set
}

// Names of the flags by which a [Standings] finds out what decides.
const (
	deciding = "deciding"
	inGroup  = "group:"
)

// Standings prepares the answers for many tenants.
func (d *Document) Standings() (*Standings, error) {
	top, _, flag := d.parts()
	s := &Standings{document: d, groups: d.Groups(), chain: parseChain(flag["targeting"]), held: d.AllHeld()}
	numbered := s.chain.numbered()
	asks := map[string]any{deciding: question(numbered.rule(), numbered.answers()...)}
	for _, g := range s.groups {
		asks[inGroup+g.Name] = question(encoded(map[string]any{"if": []any{reference(g.Name), "in", "out"}}), "in", "out")
	}
	top["flags"] = encoded(asks)
	delete(top, "metadata")
	var err error
	s.set, err = definition.Parse(encoded(top))
	return s, err
}

// question is a flag that only its targeting decides.
func question(targeting json.RawMessage, variants ...string) map[string]any {
	answers := make(map[string]string, len(variants))
	for _, v := range variants {
		answers[v] = v
	}
	if targeting[0] != '{' {
		targeting = encoded(map[string]any{"if": []any{targeting}})
	}
	return map[string]any{"state": "ENABLED", "variants": answers, "targeting": targeting}
}

// answers are what a numbered chain gives.
func (c chain) answers() []string {
	all := []string{"otherwise"}
	for i := range c.pairs {
		all = append(all, strconv.Itoa(i))
	}
	return all
}

// Of returns how the document decides for a tenant.
func (s *Standings) Of(tenant string) Standing {
	var st Standing
	st.Route, _ = s.document.cutover.route(tenant)
	attributes := map[string]any{"targetingKey": tenant}
	st.By, st.Group = s.decides(s.set.Evaluate(deciding, attributes, 0).Variant)
	for _, g := range s.groups {
		if s.set.Evaluate(inGroup+g.Name, attributes, 0).Variant == "in" {
			st.Groups = append(st.Groups, g.Name)
		}
	}
	return st
}

// decides reads the answer of the numbered chain.
func (s *Standings) decides(answer string) (by Decider, group string) {
	at, err := strconv.Atoi(answer)
	switch {
	case !s.document.cutover.enabled:
		return ByDefault, ""
	case err == nil && s.chain.pairs[at].group() != "":
		return ByGroup, s.chain.pairs[at].group()
	case err == nil && at == 0 && s.held:
		return ByHold, ""
	case err == nil && s.chain.pairs[at].tenants() != nil:
		return ByOwn, ""
	case err != nil && (s.chain.otherwise == nil || s.chain.otherVariant() != ""):
		return ByDefault, ""
	}
	return ByRule, ""
}
