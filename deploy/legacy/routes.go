package legacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// awaitRoutes returns the targets of the customers that are this system's in the report's
// run of the month. It asks until it is told: on an error nothing was decided for it, and
// the customers of the other system must not be exported here.
func (c *Config) awaitRoutes(ctx context.Context, report, month string, targets []target) ([]target, error) {
	for {
		ours, err := c.askRoutes(ctx, report, month, targets)
		if err == nil {
			return ours, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		c.Log.WarnContext(ctx, "no routes, exporting nobody until there are", slog.String("report", report), slog.Any("err", err))
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(c.AskAgain):
		}
	}
}

// Limits of one question: what an answer may take, and the most customers in it.
const (
	routesLimit = 15 * time.Second
	routesPage  = 2000
)

// askRoutes asks jetsheet's role ops. The first question about a run freezes its routes
// for both systems, so all pages have one answer, however often the flags change.
func (c *Config) askRoutes(ctx context.Context, report, month string, targets []target) ([]target, error) {
	var tenants []string
	for _, t := range targets {
		tenants = append(tenants, t.Tenant)
	}
	slices.Sort(tenants)
	ours := map[string]bool{}
	for page := range slices.Chunk(slices.Compact(tenants), routesPage) {
		if err := c.askPage(ctx, report, month, page, ours); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return !ours[t.Tenant] }), nil
}

func (c *Config) askPage(ctx context.Context, report, month string, tenants []string, ours map[string]bool) error {
	question, err := json.Marshal(map[string]any{"report": report, "period": month, "tenants": tenants})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, routesLimit)
	defer cancel()
	message, err := c.NATS.RequestWithContext(ctx, "conversions.ops.routes", question)
	if err != nil {
		return fmt.Errorf("ask for routes: %w", err)
	}
	var answer struct {
		Error   string
		Tenants []struct {
			Tenant   string
			Previous bool
		}
	}
	if err := json.Unmarshal(message.Data, &answer); err != nil {
		return fmt.Errorf("read routes: %w", err)
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	if len(answer.Tenants) != len(tenants) {
		return fmt.Errorf("routes of %d customers, asked for %d", len(answer.Tenants), len(tenants))
	}
	for _, t := range answer.Tenants {
		ours[t.Tenant] = t.Previous
	}
	return nil
}
