package flags

import (
	"encoding/json"
	"fmt"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags/definition"
)

// cutover is the flag [FlagKey] of a valid document.
type cutover struct {
	// set evaluates the flag; the other fields are what people are told of it.
	set      *definition.Set
	enabled  bool
	variants map[string]jetsheet.Route
	// defaultVariant is "" when the document leaves the choice to the caller's own
	// default; no variant has that name.
	defaultVariant string
}

// parseTop checks a whole document and returns its cutover flag.
func parseTop(raw json.RawMessage) (cutover, error) {
	top, err := parseObject(raw, "")
	if err != nil {
		return cutover{}, err
	}
	if err := top.onlyKeys("", "$schema", "$evaluators", "flags", "metadata"); err != nil {
		return cutover{}, err
	}
	if err := checkMetadata(top["metadata"], "metadata"); err != nil {
		return cutover{}, err
	}
	var evaluators object
	if raw := top["$evaluators"]; len(raw) > 0 {
		if evaluators, err = parseObject(raw, "$evaluators"); err != nil {
			return cutover{}, err
		}
	}
	if len(top["flags"]) == 0 {
		return cutover{}, documentError("flags", "it is missing")
	}
	all, err := parseObject(top["flags"], "flags")
	if err != nil {
		return cutover{}, err
	}
	for _, name := range all.names() {
		if _, err := parseObject(all[name], join("flags", name)); err != nil {
			return cutover{}, err
		}
	}
	if len(all[FlagKey]) == 0 {
		return cutover{}, documentError(join("flags", FlagKey), "it is missing")
	}
	return parseCutover(raw, all[FlagKey], evaluators)
}

// parseCutover reads the cutover flag of a whole document.
func parseCutover(document, raw json.RawMessage, evaluators object) (cutover, error) {
	path := join("flags", FlagKey)
	flag, err := parseObject(raw, path)
	if err != nil {
		return cutover{}, err
	}
	if err := flag.onlyKeys(path, "defaultVariant", "metadata", "state", "targeting", "variants"); err != nil {
		return cutover{}, err
	}
	if err := checkMetadata(flag["metadata"], join(path, "metadata")); err != nil {
		return cutover{}, err
	}
	state, ok := text(flag["state"])
	if !ok || (state != "ENABLED" && state != "DISABLED") {
		return cutover{}, documentError(join(path, "state"), `it must be "ENABLED" or "DISABLED"`)
	}
	variants, err := parseVariants(flag["variants"], join(path, "variants"))
	if err != nil {
		return cutover{}, err
	}
	result := cutover{enabled: state == "ENABLED", variants: variants}
	if !absent(flag["defaultVariant"]) {
		name, ok := text(flag["defaultVariant"])
		if _, known := variants[name]; !ok || !known {
			return cutover{}, documentError(join(path, "defaultVariant"), "it must name one of the variants, or be null")
		}
		result.defaultVariant = name
	}
	check, err := newTargetingCheck(evaluators, variants)
	if err != nil {
		return cutover{}, err
	}
	if err := check.targeting(flag["targeting"], join(path, "targeting")); err != nil {
		return cutover{}, err
	}
	if result.set, err = definition.Parse(document); err != nil {
		return cutover{}, documentError("", err.Error())
	}
	return result, check.probe(result)
}

// route evaluates the flag for a tenant. Rules see nothing else, not even the time:
// the answer is the same for ever.
func (c cutover) route(tenant string) (jetsheet.Route, definition.Result) {
	attributes := map[string]any{}
	if tenant != "" { // as OpenFeature has it: an empty targeting key is none
		attributes["targetingKey"] = tenant
	}
	result := c.set.Evaluate(FlagKey, attributes, 0)
	value, ok := result.Value.(string)
	if route := jetsheet.Route(value); ok && route.Valid() {
		return route, result
	}
	return jetsheet.RouteLegacy, result
}

func parseVariants(raw json.RawMessage, path string) (map[string]jetsheet.Route, error) {
	if len(raw) == 0 {
		return nil, documentError(path, "it is missing")
	}
	fields, err := parseObject(raw, path)
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, documentError(path, "there is no variant in it")
	}
	variants := make(map[string]jetsheet.Route, len(fields))
	for _, name := range fields.names() {
		if name == "" {
			return nil, documentError(path, "a variant has an empty name")
		}
		value, ok := text(fields[name])
		route := jetsheet.Route(value)
		if !ok || !route.Valid() {
			return nil, documentError(join(path, name), fmt.Sprintf("%s is not a route: %q, %q, %q or %q",
				fields[name], jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteNew, jetsheet.RouteHold))
		}
		variants[name] = route
	}
	return variants, nil
}

// checkMetadata holds flagd's rule: an object of booleans, numbers and strings.
func checkMetadata(raw json.RawMessage, path string) error {
	if len(raw) == 0 {
		return nil
	}
	fields, err := parseObject(raw, path)
	if err != nil {
		return err
	}
	for _, name := range fields.names() {
		switch fields[name][0] {
		case '{', '[', 'n':
			return documentError(join(path, name), "it must be a boolean, a number or a string")
		}
	}
	return nil
}
