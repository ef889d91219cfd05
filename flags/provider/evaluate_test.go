package provider_test

import (
	"bytes"
	"context"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/telemetry"

	"github.com/jetsheet/jetsheet/flags/provider"
)

const typed = `{"metadata": {"flagSetId": "set"}, "flags": {
	"bool": {"state": "ENABLED", "variants": {"v": true}, "defaultVariant": "v"},
	"text": {"state": "ENABLED", "variants": {"v": "x"}, "defaultVariant": "v"},
	"whole": {"state": "ENABLED", "variants": {"v": 9007199254740993}, "defaultVariant": "v"},
	"fraction": {"state": "ENABLED", "variants": {"v": 3.14}, "defaultVariant": "v"},
	"object": {"state": "ENABLED", "variants": {"v": {"list": [{"x": 1}]}}, "defaultVariant": "v"},
	"list": {"state": "ENABLED", "variants": {"v": []}, "defaultVariant": "v"},
	"off": {"state": "DISABLED", "variants": {"v": true}, "defaultVariant": "v"},
	"open": {"state": "ENABLED", "variants": {"v": true}, "defaultVariant": null},
	"broken": {"state": "ENABLED", "variants": {"v": true}, "defaultVariant": "v", "targeting": {"on": []}},
	"wrong": {"state": "ENABLED", "variants": {"v": true}, "defaultVariant": "v", "targeting": "w"},
	"bad": {"state": "ENABLED", "variants": {"v": true}, "defaultVariant": "v", "targeting": {"var": "channel"}},
	"match": {"state": "ENABLED", "variants": {"v": true}, "targeting": {"if": [{"==": [{"var": "targetingKey"}, "42"]}, "v"]}}
}}`

func bindTyped(t *testing.T, config provider.Config) *bound {
	t.Helper()
	b, _ := bindScript(t, provider.News{Document: []byte(typed), Version: "revision 1"}, config)
	return b
}

func TestReasonsAndCodes(t *testing.T) {
	t.Parallel()
	b := bindTyped(t, provider.Config{})
	subject := openfeature.NewEvaluationContext("42", map[string]any{"channel": make(chan int)})
	for flag, c := range map[string]struct {
		value   bool
		variant string
		reason  openfeature.Reason
		code    openfeature.ErrorCode
	}{
		"bool":   {true, "v", openfeature.StaticReason, ""},
		"match":  {true, "v", openfeature.TargetingMatchReason, ""},
		"open":   {false, "", openfeature.DefaultReason, ""},
		"off":    {false, "", openfeature.DisabledReason, ""},
		"none":   {false, "", openfeature.ErrorReason, openfeature.FlagNotFoundCode},
		"text":   {false, "", openfeature.ErrorReason, openfeature.TypeMismatchCode},
		"broken": {false, "", openfeature.ErrorReason, openfeature.ParseErrorCode},
		"wrong":  {false, "", openfeature.ErrorReason, openfeature.GeneralCode},
		"bad":    {false, "", openfeature.ErrorReason, openfeature.InvalidContextCode},
	} {
		got, err := b.client.BooleanValueDetails(t.Context(), flag, false, subject)
		if got.Value != c.value || got.Variant != c.variant || got.Reason != c.reason || got.ErrorCode != c.code || (err != nil) != (c.code != "") {
			t.Errorf("%s = %+v, %v, want %v", flag, got, err, c)
		}
		if (got.ErrorMessage != "") != (c.code != "") {
			t.Errorf("%s: the error message is %q with the code %q", flag, got.ErrorMessage, c.code)
		}
		if set, err := got.FlagMetadata.GetString("flagSetId"); err != nil || set != "set" {
			t.Errorf("%s: metadata = %v, want that of the set", flag, got.FlagMetadata)
		}
	}
}

// explosive is an attribute that panics as it is read.
type explosive struct{}

func (explosive) MarshalJSON() ([]byte, error) { panic("no form in JSON") }

func TestAPanicGivesTheCallersDefault(t *testing.T) {
	t.Parallel()
	b := bindTyped(t, provider.Config{})
	for _, fallback := range []bool{true, false} {
		got, err := b.client.BooleanValueDetails(t.Context(), "bad", fallback, openfeature.NewEvaluationContext("42", map[string]any{"channel": explosive{}}))
		if got.Value != fallback || got.ErrorCode != openfeature.GeneralCode || err == nil || !strings.Contains(got.ErrorMessage, "no form in JSON") {
			t.Errorf("evaluated to %+v, %v, want the default %v and GENERAL with what panicked", got, err, fallback)
		}
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	b := bindTyped(t, provider.Config{})
	ctx, nobody := t.Context(), openfeature.EvaluationContext{}
	if got, err := b.client.StringValue(ctx, "text", "", nobody); got != "x" || err != nil {
		t.Errorf("text = %q, %v", got, err)
	}
	if got, err := b.client.IntValue(ctx, "whole", 0, nobody); got != 9007199254740993 || err != nil {
		t.Errorf("whole = %d, %v, want every digit", got, err)
	}
	if got, err := b.client.FloatValue(ctx, "fraction", 0, nobody); got != 3.14 || err != nil {
		t.Errorf("fraction = %v, %v", got, err)
	}
	for flag, evaluate := range map[string]func(flag string) (openfeature.ErrorCode, error){
		"fraction": func(flag string) (openfeature.ErrorCode, error) {
			got, err := b.client.IntValueDetails(ctx, flag, 0, nobody)
			return got.ErrorCode, err
		},
		"bool": func(flag string) (openfeature.ErrorCode, error) {
			got, err := b.client.FloatValueDetails(ctx, flag, 0, nobody)
			return got.ErrorCode, err
		},
		"list": func(flag string) (openfeature.ErrorCode, error) {
			got, err := b.client.ObjectValueDetails(ctx, flag, nil, nobody)
			return got.ErrorCode, err
		},
		"whole": func(flag string) (openfeature.ErrorCode, error) {
			got, err := b.client.StringValueDetails(ctx, flag, "", nobody)
			return got.ErrorCode, err
		},
	} {
		if code, err := evaluate(flag); code != openfeature.TypeMismatchCode || err == nil {
			t.Errorf("%s as another type: %s, %v, want TYPE_MISMATCH", flag, code, err)
		}
	}
}

func TestObjectsAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	b := bindTyped(t, provider.Config{})
	want := map[string]any{"list": []any{map[string]any{"x": 1.0}}}
	for range 2 {
		got, err := b.client.ObjectValue(t.Context(), "object", nil, openfeature.EvaluationContext{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("object = %v, %v, want %v", got, err, want)
		}
		object, ok := got.(map[string]any)
		if !ok {
			t.Fatal("no object")
		}
		list, ok := object["list"].([]any)
		if !ok {
			t.Fatal("no list")
		}
		inner, ok := list[0].(map[string]any)
		if !ok {
			t.Fatal("no object in the list")
		}
		inner["x"], list[0], object["more"] = 2.0, nil, true // must change nothing for others
	}
}

func TestHooks(t *testing.T) {
	t.Parallel()
	var (
		logged  bytes.Buffer
		events  []telemetry.EvaluationEvent
		counter provider.Counter
	)
	logger := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b := bindTyped(t, provider.Config{Logger: logger, Hooks: []openfeature.Hook{
		provider.Log(logger, slog.LevelDebug), &counter,
		provider.Observe(func(_ context.Context, event telemetry.EvaluationEvent) { events = append(events, event) }),
	}})
	subject := openfeature.NewEvaluationContext("42", map[string]any{"secret": "of the subject"})
	for _, flag := range []string{"match", "match", "none", "nada", "wrong"} {
		b.client.Boolean(t.Context(), flag, false, subject)
	}
	want := map[provider.Series]uint64{
		{Flag: "match", Variant: "v", Reason: openfeature.TargetingMatchReason}:         2,
		{Reason: openfeature.ErrorReason, Code: openfeature.FlagNotFoundCode}:           2,
		{Flag: "wrong", Reason: openfeature.ErrorReason, Code: openfeature.GeneralCode}: 1,
	}
	if got := counter.Counts(); !reflect.DeepEqual(got, want) {
		t.Errorf("Counts = %v, want %v", got, want)
	}
	if len(events) != 5 || events[0].Attributes[telemetry.VersionKey] != "revision 1" || events[0].Attributes[telemetry.ResultVariantKey] != "v" {
		t.Errorf("events = %v, want 5 with version and variant", events)
	}
	for _, part := range []string{
		`level=DEBUG msg="flag evaluated" flag=match variant=v`, `level=WARN msg="flag evaluated" flag=wrong`, "code=GENERAL",
		"targeting_key=42", `msg="flag document is in use" version="revision 1"`, `msg="flag document is doubtful"`,
	} {
		if !strings.Contains(logged.String(), part) {
			t.Errorf("the log misses %s:\n%s", part, logged.String())
		}
	}
	if strings.Contains(logged.String(), "secret") {
		t.Errorf("an attribute was logged:\n%s", logged.String())
	}
}
