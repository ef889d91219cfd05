package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/open-feature/go-sdk/openfeature"

	"github.com/jetsheet/jetsheet/flags/definition"
)

// ReasonStale is the reason of every value that comes from the last good document while
// the provider is not READY: it is possibly out of date. Where the caller's default is
// the value, the reason stays the flag's own.
const ReasonStale openfeature.Reason = "STALE"

// BooleanEvaluation evaluates a flag whose variants are booleans.
func (p *Provider) BooleanEvaluation(_ context.Context, flag string, defaultValue bool, flat openfeature.FlattenedContext) openfeature.BoolResolutionDetail {
	return resolve(p, flag, defaultValue, flat, func(r definition.Result) (bool, bool) {
		value, ok := r.Value.(bool)
		return value, ok
	})
}

// StringEvaluation evaluates a flag whose variants are texts.
func (p *Provider) StringEvaluation(_ context.Context, flag, defaultValue string, flat openfeature.FlattenedContext) openfeature.StringResolutionDetail {
	return resolve(p, flag, defaultValue, flat, func(r definition.Result) (string, bool) {
		value, ok := r.Value.(string)
		return value, ok
	})
}

// FloatEvaluation evaluates a flag whose variants are numbers.
func (p *Provider) FloatEvaluation(_ context.Context, flag string, defaultValue float64, flat openfeature.FlattenedContext) openfeature.FloatResolutionDetail {
	return resolve(p, flag, defaultValue, flat, func(r definition.Result) (float64, bool) {
		value, ok := r.Value.(float64)
		return value, ok
	})
}

// IntEvaluation evaluates a flag whose variants are numbers. One with a fraction is a
// TYPE_MISMATCH: nothing is rounded.
func (p *Provider) IntEvaluation(_ context.Context, flag string, defaultValue int64, flat openfeature.FlattenedContext) openfeature.IntResolutionDetail {
	return resolve(p, flag, defaultValue, flat, func(r definition.Result) (int64, bool) {
		return r.Number, r.IsWhole
	})
}

// ObjectEvaluation evaluates a flag whose variants are objects. The value is the
// caller's own copy.
func (p *Provider) ObjectEvaluation(_ context.Context, flag string, defaultValue any, flat openfeature.FlattenedContext) openfeature.InterfaceResolutionDetail {
	return resolve(p, flag, defaultValue, flat, func(r definition.Result) (any, bool) {
		value, ok := r.Value.(map[string]any)
		if !ok {
			return nil, false
		}
		return clone(value), true
	})
}

// resolve evaluates a flag and reads its value as the type that the caller wants.
func resolve[T any](p *Provider, flag string, fallback T, flat openfeature.FlattenedContext, read func(definition.Result) (T, bool)) (detail openfeature.GenericResolutionDetail[T]) {
	detail.Value = fallback
	// Nothing below is known to panic; a flag must not take a program down if it does.
	defer func() {
		if r := recover(); r != nil {
			detail = openfeature.GenericResolutionDetail[T]{Value: fallback}
			detail.Reason = openfeature.ErrorReason
			detail.ResolutionError = openfeature.NewGeneralResolutionError(fmt.Sprintf("evaluation of the flag %q panicked: %v", flag, r))
		}
	}()
	l := p.loaded.Load()
	if l == nil {
		detail.Reason = openfeature.ErrorReason
		detail.ResolutionError = openfeature.NewProviderNotReadyResolutionError("no flag document was read yet")
		return detail
	}
	result := l.set.Evaluate(flag, flat, time.Now().Unix())
	detail.Reason = openfeature.Reason(result.Reason)
	detail.FlagMetadata = result.Metadata
	if result.Code != "" {
		detail.ResolutionError = resolutionError(result.Code, result.Message)
		return detail
	}
	if !result.Found {
		return detail
	}
	value, ok := read(result)
	if !ok {
		detail.Reason = openfeature.ErrorReason
		detail.ResolutionError = openfeature.NewTypeMismatchResolutionError(
			fmt.Sprintf("the variant %q of the flag %q is not of the type asked for", result.Variant, flag))
		return detail
	}
	detail.Value, detail.Variant = value, result.Variant
	if p.outdated.Load() {
		detail.Reason = ReasonStale
	}
	return detail
}

func resolutionError(code definition.Code, message string) openfeature.ResolutionError {
	switch code {
	case definition.CodeFlagNotFound:
		return openfeature.NewFlagNotFoundResolutionError(message)
	case definition.CodeParseError:
		return openfeature.NewParseErrorResolutionError(message)
	case definition.CodeInvalidContext:
		return openfeature.NewInvalidContextResolutionError(message)
	}
	return openfeature.NewGeneralResolutionError(message)
}

// clone copies an object, so that callers cannot change the document.
func clone(value any) any {
	switch v := value.(type) {
	case map[string]any:
		copied := maps.Clone(v)
		for name, element := range copied {
			copied[name] = clone(element)
		}
		return copied
	case []any:
		copied := slices.Clone(v)
		for i, element := range copied {
			copied[i] = clone(element)
		}
		return copied
	}
	return value
}
