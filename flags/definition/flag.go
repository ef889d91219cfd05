package definition

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/jetsheet/jetsheet/flags/rule"
)

// flag is one prepared flag.
type flag struct {
	disabled bool
	variants map[string]variant
	// fallback is the default variant, "" without one.
	fallback    string
	targeting   *rule.Rule // nil without
	metadata    map[string]any
	fingerprint [sha256.Size]byte
}

// variant is a value under its name.
type variant struct {
	name  string
	value any
	// number is a whole number as it was written, which value, a float64, need not hold.
	number  int64
	isWhole bool
}

// flagText is a flag as it is written.
type flagText struct {
	State          string                     `json:"state"`
	DefaultVariant string                     `json:"defaultVariant"` // null is ""
	Variants       map[string]json.RawMessage `json:"variants"`
	Targeting      json.RawMessage            `json:"targeting"`
	Metadata       map[string]any             `json:"metadata"`
}

func (s *Set) parseFlag(key string, raw json.RawMessage, shared *sharedRules) (*flag, error) {
	var text flagText
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, fmt.Errorf("%w: flag %q: %w", ErrDocument, key, err)
	}
	f := &flag{disabled: text.State == "DISABLED", fallback: text.DefaultVariant, variants: make(map[string]variant, len(text.Variants))}
	if !f.disabled && text.State != "ENABLED" {
		s.warn(key, "state %q counts as ENABLED", text.State)
	}
	for _, name := range slices.Sorted(maps.Keys(text.Variants)) {
		v, err := parseVariant(name, text.Variants[name])
		if err != nil {
			return nil, fmt.Errorf("%w: flag %q: variant %q: %w", ErrDocument, key, name, err)
		}
		f.variants[name] = v
	}
	s.checkVariants(key, f)
	if _, ok := f.variants[f.fallback]; f.fallback != "" && !ok {
		return nil, fmt.Errorf("%w: flag %q: the defaultVariant %q is none of its variants", ErrDocument, key, f.fallback)
	}
	f.metadata = maps.Clone(s.metadata)
	maps.Copy(f.metadata, s.usable(fmt.Sprintf("flag %q: metadata", key), text.Metadata))
	refers, err := s.parseTargeting(key, f, text.Targeting, shared)
	if err != nil {
		return nil, err
	}
	f.fingerprint = shared.fingerprint(raw, refers)
	return f, nil
}

// parseTargeting prepares a rule; an empty one is none. It returns in order which
// evaluators the rule refers to.
func (s *Set) parseTargeting(key string, f *flag, raw json.RawMessage, shared *sharedRules) ([]string, error) {
	if len(raw) == 0 || string(raw) == "{}" {
		return nil, nil
	}
	var parsed any
	if err := json.Unmarshal(raw, &parsed); err != nil {
		return nil, fmt.Errorf("%w: flag %q: targeting: %w", ErrDocument, key, err)
	}
	f.targeting = rule.Compile(parsed, shared.prepared)
	refers := map[string]bool{}
	rule.Walk(parsed, func(operator string, args any) {
		name, isText := args.(string)
		switch {
		case operator == "$ref" && isText && shared.prepared.Has(name):
			refers[name] = true
		case operator == "$ref":
			s.warn(key, "there is no evaluator %v", args)
		case !rule.Known(operator):
			s.warn(key, "the operator %q is not known", operator)
		}
	})
	return slices.Sorted(maps.Keys(refers)), nil
}

func parseVariant(name string, raw json.RawMessage) (variant, error) {
	v := variant{name: name}
	if err := json.Unmarshal(raw, &v.value); err != nil {
		return v, err
	}
	f, ok := v.value.(float64)
	if !ok {
		return v, nil
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		v.number, v.isWhole = n, true
	} else if n := int64(f); f > -1<<53 && f < 1<<53 && float64(n) == f { // 1.0, 1e3
		v.number, v.isWhole = n, true
	}
	return v, nil
}

// checkVariants holds the schema's rule that all are of one type.
func (s *Set) checkVariants(key string, f *flag) {
	types := map[string]bool{}
	for _, v := range f.variants {
		types[typeOf(v.value)] = true
	}
	switch {
	case len(types) == 0:
		s.warn(key, "there are no variants")
	case len(types) > 1 || types["null"] || types["list"]:
		s.warn(key, "variants must be of one type: boolean, text, number or object")
	}
}

func typeOf(value any) string {
	switch value.(type) {
	case bool:
		return "boolean"
	case string:
		return "text"
	case float64:
		return "number"
	case map[string]any:
		return "object"
	case []any:
		return "list"
	}
	return "null"
}
