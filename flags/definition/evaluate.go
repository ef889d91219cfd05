package definition

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jetsheet/jetsheet/flags/rule"
)

// Reason says how a value came about, in OpenFeature's words.
type Reason string

// The reasons of this package.
const (
	ReasonStatic         Reason = "STATIC"
	ReasonTargetingMatch Reason = "TARGETING_MATCH"
	ReasonDefault        Reason = "DEFAULT"
	ReasonDisabled       Reason = "DISABLED"
	ReasonError          Reason = "ERROR"
)

// Code classifies an error, in OpenFeature's words; "" is no error.
type Code string

// The codes of this package. That a value is not of the type a caller wants is his
// to find: TYPE_MISMATCH.
const (
	CodeFlagNotFound   Code = "FLAG_NOT_FOUND"
	CodeParseError     Code = "PARSE_ERROR"
	CodeGeneral        Code = "GENERAL"
	CodeInvalidContext Code = "INVALID_CONTEXT"
)

// Result is what a flag evaluates to.
type Result struct {
	// Variant is the name of the variant, and Found says that there is one: otherwise
	// the caller's default is the value.
	Variant string
	Found   bool
	// Value is the variant's: bool, string, float64, map[string]any, or what the
	// schema forbids. It must not be changed.
	Value any
	// Number is the value if it is a whole number; IsWhole says so. A Value beyond
	// 2^53 is not exact.
	Number  int64
	IsWhole bool
	Reason  Reason
	// Code and Message are of an error, if Reason is [ReasonError].
	Code    Code
	Message string
	// Metadata is that of the set, overlaid by the flag's. It must not be changed.
	Metadata map[string]any
}

// Evaluate evaluates a flag for a subject: attributes as in [rule.Subject], now in
// seconds since 1970. It never panics, and never changes attributes.
func (s *Set) Evaluate(key string, attributes map[string]any, now int64) Result {
	f, ok := s.flags[key]
	switch {
	case !ok:
		return Result{Reason: ReasonError, Code: CodeFlagNotFound, Message: fmt.Sprintf("there is no flag %q", key), Metadata: s.metadata}
	case f.disabled:
		return Result{Reason: ReasonDisabled, Metadata: f.metadata}
	case f.targeting == nil:
		return f.byDefault(ReasonStatic)
	}
	value, err := f.targeting.Evaluate(&rule.Subject{Attributes: attributes, FlagKey: key, Timestamp: now})
	if err != nil {
		return f.failed(key, err)
	}
	if value == nil {
		return f.byDefault(ReasonDefault)
	}
	name, ok := value.(string)
	if !ok {
		if name, err = nameOf(value); err != nil {
			return f.failed(key, err)
		}
	}
	v, ok := f.variants[name]
	if !ok {
		return Result{
			Reason: ReasonError, Code: CodeGeneral, Metadata: f.metadata,
			Message: fmt.Sprintf("targeting of the flag %q gives %q, which is none of its variants", key, name),
		}
	}
	return f.result(v, ReasonTargetingMatch)
}

// byDefault is what comes out where targeting decides nothing.
func (f *flag) byDefault(reason Reason) Result {
	if f.fallback == "" {
		return Result{Reason: ReasonDefault, Metadata: f.metadata}
	}
	return f.result(f.variants[f.fallback], reason)
}

func (f *flag) result(v variant, reason Reason) Result {
	return Result{
		Variant: v.name, Found: true, Value: v.value, Number: v.number, IsWhole: v.isWhole,
		Reason: reason, Metadata: f.metadata,
	}
}

func (f *flag) failed(key string, err error) Result {
	code := CodeParseError
	if errors.Is(err, rule.ErrAttribute) {
		code = CodeInvalidContext
	}
	return Result{Reason: ReasonError, Code: code, Message: fmt.Sprintf("targeting of the flag %q: %v", key, err), Metadata: f.metadata}
}

// nameOf is the name that a result other than a text stands for: its JSON. What has
// none cannot be evaluated, as in flagd.
func nameOf(value any) (string, error) {
	switch value {
	case true:
		return "true", nil
	case false:
		return "false", nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("%w: %w", rule.ErrEvaluation, err)
	}
	return string(text), nil
}
