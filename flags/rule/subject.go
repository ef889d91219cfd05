package rule

import (
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"
)

// Subject is what a rule is evaluated for.
type Subject struct {
	// Attributes is the evaluation context, flat, with the key "targetingKey" for
	// whom the flag is evaluated. nil has none. It is only read, and not after
	// [Rule.Evaluate] has returned.
	Attributes map[string]any
	// FlagKey is what rules see as $flagd.flagKey, and what fractional adds to the
	// targeting key.
	FlagKey string
	// Timestamp is what rules see as $flagd.timestamp: seconds since 1970.
	Timestamp int64
}

const (
	flagdKey     = "$flagd"
	targetingKey = "targetingKey"
)

// attribute returns an attribute as a value, nil if there is none.
func (s *Subject) attribute(name string) (any, error) {
	if name == flagdKey {
		return s.flagd(), nil
	}
	value, err := normal(s.Attributes[name])
	if err != nil {
		return nil, fmt.Errorf("attribute %q: %w", name, err)
	}
	return value, nil
}

// flagd is what flagd puts into every context, whatever was there.
func (s *Subject) flagd() map[string]any {
	return map[string]any{"flagKey": s.FlagKey, "timestamp": float64(s.Timestamp)}
}

// whole returns all attributes as a value.
func (s *Subject) whole() (any, error) {
	all := make(map[string]any, len(s.Attributes)+1)
	for name := range s.Attributes {
		var err error
		if all[name], err = s.attribute(name); err != nil {
			return nil, err
		}
	}
	all[flagdKey] = s.flagd()
	return all, nil
}

// normal returns what encoding/json would make of a value on its way out and in.
func normal(value any) (any, error) {
	switch v := value.(type) {
	case nil, bool:
		return v, nil
	case string:
		if utf8.ValidString(v) {
			return value, nil // not v: it would be allocated again
		}
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return value, nil
		}
	case int:
		return float64(v), nil
	case int64:
		return float64(v), nil
	}
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAttribute, err)
	}
	var decoded any
	if err := json.Unmarshal(data, &decoded); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAttribute, err)
	}
	return decoded, nil
}
