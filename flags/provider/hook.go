package provider

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/telemetry"
)

// Observe returns a hook that calls f once after every evaluation, with the event that
// OpenTelemetry's conventions for feature flags describe: add it to the span of ctx,
// or record it as a log. f is called on the caller's way and concurrently.
func Observe(f func(ctx context.Context, event telemetry.EvaluationEvent)) openfeature.Hook {
	return &observer{f: f}
}

type observer struct {
	openfeature.UnimplementedHook
	f func(ctx context.Context, event telemetry.EvaluationEvent)
}

// Finally implements [openfeature.Hook].
func (o *observer) Finally(ctx context.Context, hook openfeature.HookContext, details openfeature.InterfaceEvaluationDetails, _ openfeature.HookHints) {
	o.f(ctx, telemetry.CreateEvaluationEvent(hook, details))
}

// Log returns a hook that logs every evaluation at level, and one that failed as a
// warning. It logs the targeting key, but no other attribute.
func Log(logger *slog.Logger, level slog.Level) openfeature.Hook {
	return &logHook{logger: logger, level: level}
}

type logHook struct {
	openfeature.UnimplementedHook
	logger *slog.Logger
	level  slog.Level
}

// Finally implements [openfeature.Hook].
func (l *logHook) Finally(ctx context.Context, hook openfeature.HookContext, details openfeature.InterfaceEvaluationDetails, _ openfeature.HookHints) {
	level := l.level
	if details.ErrorCode != "" {
		level = max(level, slog.LevelWarn)
	}
	if !l.logger.Enabled(ctx, level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("flag", hook.FlagKey()),
		slog.String("variant", details.Variant),
		slog.String("reason", string(details.Reason)),
		slog.String("targeting_key", hook.EvaluationContext().TargetingKey()),
	}
	if version, ok := details.FlagMetadata["version"].(string); ok {
		attributes = append(attributes, slog.String("version", version))
	}
	if details.ErrorCode != "" {
		attributes = append(attributes, slog.String("code", string(details.ErrorCode)), slog.String("err", details.ErrorMessage))
	}
	l.logger.LogAttrs(ctx, level, "flag evaluated", attributes...)
}

// Counter is a hook that counts evaluations, for metrics: one series for each
// [Series] met. The zero value is ready to use. There are as many series as flags,
// variants and codes; targeting keys are not counted apart.
type Counter struct {
	openfeature.UnimplementedHook
	counts sync.Map // of Series to *atomic.Uint64
}

// Series is what evaluations are counted by. Code is "" without an error.
type Series struct {
	Flag, Variant string
	Reason        openfeature.Reason
	Code          openfeature.ErrorCode
}

// Finally implements [openfeature.Hook].
func (c *Counter) Finally(_ context.Context, hook openfeature.HookContext, details openfeature.InterfaceEvaluationDetails, _ openfeature.HookHints) {
	series := Series{Flag: hook.FlagKey(), Variant: details.Variant, Reason: details.Reason, Code: details.ErrorCode}
	if series.Code == openfeature.FlagNotFoundCode {
		series.Flag = "" // a misspelt key must not make a series of its own
	}
	known, ok := c.counts.Load(series)
	if !ok {
		known, _ = c.counts.LoadOrStore(series, &atomic.Uint64{})
	}
	if n, ok := known.(*atomic.Uint64); ok {
		n.Add(1)
	}
}

// Counts returns how often each series was met.
func (c *Counter) Counts() map[Series]uint64 {
	counts := map[Series]uint64{}
	c.counts.Range(func(key, value any) bool {
		series, isSeries := key.(Series)
		n, isCount := value.(*atomic.Uint64)
		if isSeries && isCount {
			counts[series] = n.Load()
		}
		return true
	})
	return counts
}
