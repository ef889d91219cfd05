package flags

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags/rule"
)

// targetingCheck refuses rules by which tenants could be routed otherwise than their
// author means. flagd takes such rules and lets the evaluation fail, by which every
// tenant would be routed legacy without a word.
type targetingCheck struct {
	evaluators map[string]any
	variants   map[string]jetsheet.Route
	// probes are tenants that the rules name, of each list at least the first.
	probes map[string]struct{}
	// slow says that rules run over lists, for every probe.
	slow bool
}

// Limits of probing: all tenants of a large document would take too long.
const (
	maxProbes     = 1_000
	maxSlowProbes = 16
)

func newTargetingCheck(evaluators object, variants map[string]jetsheet.Route) (*targetingCheck, error) {
	c := &targetingCheck{evaluators: map[string]any{}, variants: variants, probes: map[string]struct{}{"some tenant": {}}}
	for _, name := range evaluators.names() {
		var raw any
		if err := json.Unmarshal(evaluators[name], &raw); err != nil {
			return nil, documentError(join("$evaluators", name), err.Error())
		}
		c.evaluators[name] = raw
	}
	return c, nil
}

func (c *targetingCheck) targeting(raw json.RawMessage, path string) error {
	if absent(raw) {
		return nil
	}
	fields, err := parseObject(raw, path)
	if err != nil || len(fields) == 0 {
		return err
	}
	var parsed any
	if err := json.Unmarshal(raw, &parsed); err != nil {
		return documentError(path, err.Error())
	}
	if err := c.rule(parsed, path, false, false); err != nil {
		return err
	}
	return c.outcome(parsed, path)
}

// rule checks a part of a rule. body says that it runs over the elements of a list,
// which have names of their own; shared that it is an evaluator.
func (c *targetingCheck) rule(raw any, path string, body, shared bool) error {
	switch r := raw.(type) {
	case string:
		c.addProbe(r, false)
	case []any:
		return c.list(r, path, body, shared)
	case map[string]any:
		if len(r) != 1 {
			return documentError(path, fmt.Sprintf("it must have one operator, not %d", len(r)))
		}
		for operator, args := range r {
			return c.operator(operator, args, join(path, operator), body, shared)
		}
	}
	return nil
}

func (c *targetingCheck) list(values []any, path string, body, shared bool) error {
	if len(values) > 0 {
		if first, ok := values[0].(string); ok {
			c.addProbe(first, true)
		}
	}
	for i, value := range values {
		if err := c.rule(value, join(path, strconv.Itoa(i)), body, shared); err != nil {
			return err
		}
	}
	return nil
}

func (c *targetingCheck) operator(operator string, args any, path string, body, shared bool) error {
	switch operator {
	case "$ref":
		return c.reference(args, path, body, shared)
	case "var":
		return c.variable(args, path, body)
	case "in", "==", "===", "!=", "!==":
		if err := numbersAsIDs(args, path); err != nil {
			return err
		}
	case "map", "filter", "reduce", "all", "none", "some":
		c.slow, body = true, true
	}
	if !rule.Known(operator) {
		return documentError(path, "the operator is not known")
	}
	return c.rule(args, path, body, shared)
}

func (c *targetingCheck) reference(args any, path string, body, shared bool) error {
	name, ok := args.(string)
	if _, known := c.evaluators[name]; !ok || !known {
		return documentError(path, fmt.Sprintf("there is no %v in $evaluators", args))
	}
	if shared {
		return documentError(path, "an evaluator cannot refer to another one")
	}
	return c.rule(c.evaluators[name], join("$evaluators", name), body, true)
}

// variable allows what is known when routes are read: the tenant. Anything else would
// never match; the time would route a tenant otherwise in the middle of a run.
func (c *targetingCheck) variable(args any, path string, body bool) error {
	if values, ok := args.([]any); ok && len(values) > 0 {
		args = values[0]
	}
	name, ok := args.(string)
	switch {
	case ok && (name == "targetingKey" || name == "$flagd.flagKey"):
		return nil
	case ok && body && !flagdProperty(name): // of the element
		return nil
	}
	return documentError(path, fmt.Sprintf("%v is not known when a run is frozen, only targetingKey, the tenant's id, is", args))
}

// numbersAsIDs refuses a number that the tenant's id is looked for in or compared with and
// that is none itself, such as 1.5: an id is a text. In a list it is never found as a number,
// and by "==" the number 1.5 is also the texts "01.5" and "1.50".
func numbersAsIDs(args any, path string) error {
	values, ok := args.([]any)
	if !ok || len(values) != 2 || !isTenant(encoded(values[0])) {
		return nil
	}
	if err := numberAsID(values[1], join(path, "1")); err != nil {
		return err
	}
	members, _ := values[1].([]any)
	for i := range members {
		if err := numberAsID(members[i], join(path, "1."+strconv.Itoa(i))); err != nil {
			return err
		}
	}
	return nil
}

func numberAsID(value any, path string) error {
	number, ok := value.(float64)
	if !ok {
		return nil
	}
	id := strconv.FormatFloat(number, 'f', -1, 64)
	return documentError(path, fmt.Sprintf("tenants' ids are texts, or whole numbers: write %q instead of %s", id, id))
}

func flagdProperty(name string) bool { return len(name) >= 6 && name[:6] == "$flagd" }

func (c *targetingCheck) addProbe(tenant string, always bool) {
	if always || len(c.probes) < maxProbes {
		c.probes[tenant] = struct{}{}
	}
}

// outcome checks that what a rule gives is a variant, as far as it is written out.
func (c *targetingCheck) outcome(raw any, path string) error {
	switch r := raw.(type) {
	case nil:
		return nil
	case string:
		return c.variant(r, path)
	case bool:
		return c.variant(strconv.FormatBool(r), path)
	case []any, float64:
		return documentError(path, "it is not the name of a variant")
	case map[string]any:
		for operator, args := range r {
			return c.operatorOutcome(operator, args, join(path, operator))
		}
	}
	return nil
}

func (c *targetingCheck) operatorOutcome(operator string, args any, path string) error {
	values, _ := args.([]any)
	switch operator {
	case "$ref":
		if name, ok := args.(string); ok {
			return c.outcome(c.evaluators[name], join("$evaluators", name))
		}
	case "if":
		for i, value := range values {
			if i%2 == 1 || i == len(values)-1 {
				if err := c.outcome(value, join(path, strconv.Itoa(i))); err != nil {
					return err
				}
			}
		}
	case "fractional":
		for i, value := range values {
			if part, ok := value.([]any); ok && len(part) > 0 {
				if err := c.outcome(part[0], join(path, strconv.Itoa(i))); err != nil {
					return err
				}
			}
		}
	case "==", "===", "!=", "!==", "<", "<=", ">", ">=", "!", "!!", "in", "all", "none", "some", "starts_with", "ends_with", "sem_ver":
		for _, name := range []string{"false", "true"} {
			if err := c.variant(name, path); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *targetingCheck) variant(name, path string) error {
	if _, known := c.variants[name]; !known {
		return documentError(path, fmt.Sprintf("it gives %q, which is not one of the variants", name))
	}
	return nil
}

// probe evaluates the flag for tenants that the rules name, and for one that they do
// not: no evaluation may fail.
func (c *targetingCheck) probe(flag cutover) error {
	for i, tenant := range slices.Sorted(maps.Keys(c.probes)) {
		if c.slow && i >= maxSlowProbes {
			return nil
		}
		if _, result := flag.route(tenant); result.Code != "" {
			return documentError(join(join("flags", FlagKey), "targeting"), fmt.Sprintf("for the tenant %q: %s", tenant, result.Message))
		}
	}
	return nil
}
