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
	var unplanned []string
	for page := range slices.Chunk(slices.Compact(tenants), routesPage) {
		routes, err := c.askPage(ctx, report, month, page)
		if err != nil {
			return nil, err
		}
		for _, r := range routes {
			ours[r.Tenant] = r.Previous
			if r.Planned != nil && !*r.Planned {
				unplanned = append(unplanned, r.Tenant)
			}
		}
	}
	if len(unplanned) > 0 {
		c.Log.WarnContext(ctx, "customers that the other system does not plan, those of its own are exported by nobody",
			slog.String("report", report), slog.Any("tenants", unplanned))
	}
	return slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return !ours[t.Tenant] }), nil
}

// route is what is answered of one customer.
type route struct {
	Tenant   string
	Previous bool
	// Planned says whether the other system has a workbook of the customer in its plan; nil
	// while it has none. It changes nothing here: the routes hold, and somebody has to see
	// why the two systems have not the same customers.
	Planned *bool
}

func (c *Config) askPage(ctx context.Context, report, month string, tenants []string) ([]route, error) {
	question, err := json.Marshal(map[string]any{"report": report, "period": month, "tenants": tenants})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, routesLimit)
	defer cancel()
	message, err := c.NATS.RequestWithContext(ctx, "conversions.ops.routes", question)
	if err != nil {
		return nil, fmt.Errorf("ask for routes: %w", err)
	}
	var answer struct {
		Error   string
		Tenants []route
	}
	if err := json.Unmarshal(message.Data, &answer); err != nil {
		return nil, fmt.Errorf("read routes: %w", err)
	}
	if answer.Error != "" {
		return nil, errors.New(answer.Error)
	}
	if len(answer.Tenants) != len(tenants) {
		return nil, fmt.Errorf("routes of %d customers, asked for %d", len(answer.Tenants), len(tenants))
	}
	return answer.Tenants, nil
}
