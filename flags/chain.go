package flags

import (
	"encoding/json"
	"slices"
	"strconv"
)

// chain is the targeting of the cutover flag as commands change it: pairs that are tried
// in order, and a rule for everybody whom none of them decides.
//
//	{"if": [{"in": [{"var": "targetingKey"}, ["42"]]}, "hold",     a tenant of its own
//	        {"$ref": "g1"}, "new", {"$ref": "g2"}, "shadow",       groups
//	        otherwise]}
//
// An "if" in the place of otherwise goes on with the same chain. A rule of any other form
// is the chain without pairs whose otherwise it is.
type chain struct {
	pairs []pair
	// otherwise is a rule or the name of a variant, nil where the default variant decides.
	otherwise json.RawMessage
}

// pair is a condition and what it gives.
type pair struct{ when, then json.RawMessage }

func parseChain(targeting json.RawMessage) chain {
	var c chain
	for {
		var rule map[string]json.RawMessage
		var args []json.RawMessage
		switch {
		case absent(targeting) || string(targeting) == "{}":
			return c
		case json.Unmarshal(targeting, &rule) != nil, json.Unmarshal(rule["if"], &args) != nil, len(args) == 0:
			c.otherwise = targeting
			return c
		}
		for ; len(args) >= 2; args = args[2:] {
			c.pairs = append(c.pairs, pair{args[0], args[1]})
		}
		targeting = nil
		if len(args) == 1 {
			targeting = args[0]
		}
	}
}

// otherVariant is the name of the variant that otherwise gives to everybody, "" where
// that is a rule or the default variant decides.
func (c chain) otherVariant() string {
	name, _ := text(c.otherwise)
	return name
}

// rule is the chain as targeting, nil where the default variant decides for everybody.
func (c chain) rule() json.RawMessage {
	if len(c.pairs) == 0 && (c.otherwise == nil || c.otherwise[0] == '{') {
		return c.otherwise
	}
	var args []json.RawMessage
	for _, p := range c.pairs {
		args = append(args, p.when, p.then)
	}
	if c.otherwise != nil {
		args = append(args, c.otherwise)
	}
	return encoded(map[string]any{"if": args})
}

// group is the name of the group whose tenants the pair is for, "" for another pair.
func (p pair) group() string {
	var rule map[string]json.RawMessage
	if json.Unmarshal(p.when, &rule) != nil || len(rule) != 1 {
		return ""
	}
	name, _ := text(rule["$ref"])
	return name
}

// tenants are the ids that the pair is for, nil for a pair that has no such list.
func (p pair) tenants() []string {
	list, _ := tenantList(p.when)
	return list
}

// everybody says whether the pair decides for every tenant, as that of [Document.HoldAll]
// does.
func (p pair) everybody() bool { return string(p.when) == "true" }

// variant is the name that the pair gives, "" where that is a rule.
func (p pair) variant() string {
	name, _ := text(p.then)
	return name
}

// tenantList reads a rule that asks whether the tenant is one of a list:
// {"in": [{"var": "targetingKey"}, [ID, …]]}, or {"==": [{"var": "targetingKey"}, ID]}.
func tenantList(rule json.RawMessage) (list []string, ok bool) {
	var operators map[string][]json.RawMessage
	if json.Unmarshal(rule, &operators) != nil || len(operators) != 1 {
		return nil, false
	}
	for operator, args := range operators {
		if len(args) != 2 || !isTenant(args[0]) {
			return nil, false
		}
		switch operator {
		case "==", "===":
			id, ok := text(args[1])
			return []string{id}, ok
		case "in":
			if json.Unmarshal(args[1], &list) != nil {
				return nil, false
			}
			return slices.DeleteFunc(list, func(id string) bool { return id == "" }), true
		}
	}
	return nil, false
}

// isTenant says whether a rule is the tenant's id.
func isTenant(rule json.RawMessage) bool {
	var operators map[string]any
	if json.Unmarshal(rule, &operators) != nil || len(operators) != 1 {
		return false
	}
	name := operators["var"]
	if list, ok := name.([]any); ok && len(list) > 0 {
		name = list[0]
	}
	return name == "targetingKey"
}

// oneOf is the rule that asks whether the tenant is one of a list.
func oneOf(tenants []string) json.RawMessage {
	return encoded(map[string]any{"in": []any{map[string]string{"var": "targetingKey"}, tenants}})
}

// reference is the rule that asks whether the tenant is in a group.
func reference(group string) json.RawMessage { return encoded(map[string]string{"$ref": group}) }

// setGroup gives a group a variant: where it stands in the chain, or behind the others.
func (c *chain) setGroup(group, variant string) {
	for i := range c.pairs {
		if c.pairs[i].group() == group {
			c.pairs[i].then = encoded(variant)
			return
		}
	}
	c.pairs = append(c.pairs, pair{reference(group), encoded(variant)})
}

// setTenant gives one tenant a variant before everything else but the first pairs.
func (c *chain) setTenant(tenant, variant string, first int) {
	c.dropTenant(tenant)
	at := first
	for i := at; i < len(c.pairs) && c.pairs[i].tenants() != nil; i++ {
		if c.pairs[i].variant() == variant {
			list := append(c.pairs[i].tenants(), tenant)
			slices.Sort(list)
			c.pairs[i].when = oneOf(list)
			return
		}
	}
	c.pairs = slices.Insert(c.pairs, at, pair{oneOf([]string{tenant}), encoded(variant)})
}

// dropTenant takes one tenant out of the pairs that list tenants, and says whether it
// was in one.
func (c *chain) dropTenant(tenant string) bool {
	before := len(c.pairs)
	changed := false
	c.pairs = slices.DeleteFunc(c.pairs, func(p pair) bool {
		list := p.tenants()
		return len(list) > 0 && len(without(list, tenant)) == 0
	})
	for i := range c.pairs {
		list := c.pairs[i].tenants()
		if others := without(list, tenant); len(others) < len(list) {
			c.pairs[i].when, changed = oneOf(others), true
		}
	}
	return changed || len(c.pairs) != before
}

// without is a list of ids without one, which may be in it more than once.
func without(list []string, tenant string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return id == tenant })
}

// numbered is the chain that gives the number of the pair that decides instead of what
// the pair gives, and "" where none does.
func (c chain) numbered() chain {
	n := chain{otherwise: json.RawMessage(`"otherwise"`)}
	for i, p := range c.pairs {
		n.pairs = append(n.pairs, pair{p.when, encoded(strconv.Itoa(i))})
	}
	return n
}

// encoded is JSON of what always has one.
func encoded(value any) json.RawMessage {
	data, err := json.Marshal(value)
	if err != nil {
		panic("flags: " + err.Error())
	}
	return data
}
