package main

import (
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// flagsPromoteCommand gives a group another route.
type flagsPromoteCommand struct {
	flagsWrite
	flagsGuard

	Default bool   `name:"default" help:"Change the route of everybody for whom neither a group nor a route of their own decides."`
	Group   string `arg:"" optional:"" help:"A group of the document; leave it out with --default."`
	Route   string `arg:"" optional:"" help:"legacy, shadow, new or hold."`
}

// Help is the command's longer description.
func (c *flagsPromoteCommand) Help() string {
	return "The way is legacy, shadow, new. In shadow the previous system makes the workbooks, and jetsheet's are compared with them: their reports need output.previous. From shadow to new go only tenants of whom the last periods were compared equal (--periods); one of whom jetsheet found no records was not compared, and goes with --without-records when somebody has seen that the previous system made no workbook either; to new from legacy or hold only with --force. Back to legacy or shadow, and to hold, the way is open. What changes acts from the next run on. Exit code 4: the document says so already."
}

// Run stores it.
func (c *flagsPromoteCommand) Run(ctx context.Context, app *app) error {
	group, typed := c.Group, c.Route
	if c.Default && typed == "" {
		group, typed = "", group
	}
	if c.Default != (group == "") || typed == "" {
		return usageError("name a group and a route, or --default and a route")
	}
	route, err := routeArgument(typed)
	if err != nil {
		return err
	}
	edit := &flagsEdit{action: fmt.Sprintf("route group %s %s", group, route), guard: &c.flagsGuard}
	edit.document = func(_ context.Context, _ *flags.Ledger, d *flags.Document) (*flags.Document, error) {
		return d.WithGroup(group, route)
	}
	if c.Default {
		edit.action = fmt.Sprintf("route everybody else %s", route)
		edit.document = func(_ context.Context, _ *flags.Ledger, d *flags.Document) (*flags.Document, error) {
			return d.WithDefault(route)
		}
	}
	return c.change(ctx, app, edit)
}

// flagsTenantCommand gives one tenant a route of its own.
type flagsTenantCommand struct {
	flagsWrite
	flagsGuard

	ID     string `arg:"" name:"tenant" help:"The tenant's id."`
	Route  string `arg:"" optional:"" help:"legacy, shadow, new or hold."`
	Remove bool   `name:"remove" help:"Take the tenant's own route away: its group decides again."`
}

// Help is the command's longer description.
func (c *flagsTenantCommand) Help() string {
	return "A tenant's own route decides before its groups. The same rules hold as for \"flags promote\". Exit code 4: the document says so already."
}

// Run stores it.
func (c *flagsTenantCommand) Run(ctx context.Context, app *app) error {
	if c.Remove == (c.Route != "") {
		return usageError("name a route, or --remove")
	}
	edit := &flagsEdit{action: "take its own route from tenant " + c.ID, guard: &c.flagsGuard}
	edit.document = func(_ context.Context, _ *flags.Ledger, d *flags.Document) (*flags.Document, error) {
		return d.WithoutTenant(c.ID)
	}
	if !c.Remove {
		route, err := routeArgument(c.Route)
		if err != nil {
			return err
		}
		edit.action = fmt.Sprintf("route tenant %s %s", c.ID, route)
		edit.document = func(_ context.Context, _ *flags.Ledger, d *flags.Document) (*flags.Document, error) {
			return d.WithTenant(c.ID, route)
		}
	}
	return c.change(ctx, app, edit)
}

// flagsHoldCommand stops workbooks in both systems.
type flagsHoldCommand struct {
	flagsWrite

	Group   string `arg:"" optional:"" help:"A group of the document; leave it out with --all."`
	All     bool   `name:"all" help:"Stop everybody's, before all that the document says; what it says is kept."`
	Release bool   `name:"release" help:"With --all: let the document decide again."`
}

// Help is the command's longer description.
func (c *flagsHoldCommand) Help() string {
	return "From the next run on neither system makes the workbooks; in runs of jetsheet they fail as held and can be replayed. A run that is frozen goes on. End it for a group with \"flags promote GROUP ROUTE\", for everybody with \"flags hold --all --release\"; whoever then goes to new needs --force. Exit code 4: the document says so already."
}

// Run stores it.
func (c *flagsHoldCommand) Run(ctx context.Context, app *app) error {
	if c.All == (c.Group != "") || c.Release && !c.All {
		return usageError("name a group, or --all; --release goes with --all")
	}
	edit := &flagsEdit{}
	switch {
	case c.Release:
		edit.action = "release everybody"
		edit.document = func(_ context.Context, _ *flags.Ledger, d *flags.Document) (*flags.Document, error) {
			return d.ReleaseAll()
		}
	case c.All:
		edit.action = "hold everybody"
		edit.document = func(_ context.Context, _ *flags.Ledger, d *flags.Document) (*flags.Document, error) {
			return d.HoldAll()
		}
	default:
		edit.action = "hold group " + c.Group
		edit.document = func(_ context.Context, _ *flags.Ledger, d *flags.Document) (*flags.Document, error) {
			return d.WithGroup(c.Group, jetsheet.RouteHold)
		}
	}
	return c.change(ctx, app, edit)
}
