package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// flagsGetCommand shows the document.
type flagsGetCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Revision uint64   `name:"revision" placeholder:"N" help:"One that is kept; the newest by default."`
	Tenants  []string `name:"tenant" sep:"none" placeholder:"ID" help:"Show how it decides for this tenant; may be given several times."`
	Raw      bool     `name:"raw" xor:"form" help:"Print the document as it is stored."`
	JSON     bool     `name:"json" xor:"form" help:"Print one JSON object."`
}

// Help is the command's longer description.
func (c *flagsGetCommand) Help() string {
	return "What it says acts from the next run on; by what a run is frozen with shows: jetsheet runs routes. Exit code 1: the document cannot be used, 5: there is none."
}

// flagsShown is the document as people ask for it.
type flagsShown struct {
	revisionInfo

	// Usable is the newest revision that can be used, where the newest of all cannot.
	Usable uint64 `json:"usable,omitempty"`

	Default jetsheet.Route `json:"default,omitempty"`
	// Disabled says that every tenant is routed legacy, whatever else the document says.
	Disabled bool          `json:"disabled,omitempty"`
	AllHeld  bool          `json:"allHeld,omitempty"`
	Groups   []flags.Group `json:"groups,omitempty"`
	Own      []flags.Own   `json:"own,omitempty"`
	Tenants  []tenantShown `json:"tenants,omitempty"`
}

type tenantShown struct {
	Tenant string         `json:"tenant"`
	Route  jetsheet.Route `json:"route"`
	// Decides says what decides: a group, the tenant's own route, another rule, the default.
	Decides string   `json:"decides"`
	Groups  []string `json:"groups,omitempty"`
}

// Run shows it.
func (c *flagsGetCommand) Run(ctx context.Context, app *app) error {
	var r, usable *flags.Revision
	err := app.onFlags(ctx, &c.NATS, func(ctx context.Context, ledger *flags.Ledger, _ *natsLink) (err error) {
		if c.Revision > 0 {
			r, err = ledger.At(ctx, c.Revision)
		} else {
			r, err = ledger.Newest(ctx)
		}
		if err == nil && r.Deleted() {
			err = unreachableError("revision %d deleted the flag document; put the last one back with: jetsheet flags rollback --reason TEXT", r.Number)
		}
		if err == nil && c.Revision == 0 && infoOf(r).Problem != "" {
			usable, _, err = ledger.Usable(ctx)
		}
		return err
	})
	if err != nil {
		return err
	}
	if c.Raw {
		_, err := app.stdout.Write(r.Value)
		return err
	}
	shown, problem := c.shown(r)
	if problem != nil && shown == nil {
		return problem
	}
	if problem != nil && usable != nil {
		shown.Usable = usable.Number
		problem = fmt.Errorf("%w; or go back to revision %d with: jetsheet flags rollback %[2]d --reason TEXT", problem, usable.Number)
	}
	if c.JSON {
		err = app.printJSON(shown)
	} else {
		err = shown.print(app)
	}
	if err != nil {
		return err
	}
	return problem
}

// shown gathers what there is to show. A document that cannot be used is shown as far as
// that goes, with the error.
func (c *flagsGetCommand) shown(r *flags.Revision) (*flagsShown, error) {
	shown := &flagsShown{revisionInfo: infoOf(r)}
	d, err := r.Document()
	if err != nil {
		return shown, err
	}
	shown.Default, shown.Disabled, shown.AllHeld, shown.Groups, shown.Own = d.DefaultRoute(), !d.Enabled(), d.AllHeld(), d.Groups(), d.Own()
	if len(c.Tenants) == 0 {
		return shown, nil
	}
	standings, err := d.Standings()
	if err != nil {
		return nil, err
	}
	for _, tenant := range c.Tenants {
		st := standings.Of(tenant)
		shown.Tenants = append(shown.Tenants, tenantShown{tenant, st.Route, string(st.By), st.Groups})
	}
	return shown, nil
}

func (s *flagsShown) print(app *app) error {
	rows := newTable("", "")
	rows.add("revision", strconv.FormatUint(s.Revision, 10))
	rows.add("stored", s.At.UTC().Format(time.RFC3339)+" by "+byText(s.Attribution))
	if why := whyText(s.Attribution); why != "" {
		rows.add("why", why)
	}
	if s.Usable > 0 {
		rows.add("in force", fmt.Sprintf("none: no run begins; runs that have begun keep their documents, and programs with flags/provider revision %d", s.Usable))
	}
	if s.AllHeld {
		rows.add("held", "everybody; end it with: jetsheet flags hold --all --release --reason TEXT")
	}
	if s.Disabled {
		rows.add("disabled", "every tenant is routed legacy, whatever else the document says")
	}
	if s.Default != "" {
		rows.add("default", string(s.Default))
	}
	if err := rows.print(app.stdout); err != nil {
		return err
	}
	lists := newTable("WHO", "ROUTE", ">TENANTS", "")
	for _, g := range s.Groups {
		route, count := string(g.Route), "by rule"
		if g.Listed {
			count = humanCount(int64(len(g.Tenants)))
		}
		if route == "" {
			route = "not by name"
		}
		lists.add("group "+g.Name, route, count, firstIDs(g.Tenants))
	}
	for _, o := range s.Own {
		lists.add("of their own", string(o.Route), humanCount(int64(len(o.Tenants))), firstIDs(o.Tenants))
	}
	return errors.Join(printUnlessEmpty(app, lists, len(s.Groups)+len(s.Own)), s.printTenants(app))
}

func (s *flagsShown) printTenants(app *app) error {
	rows := newTable("TENANT", "ROUTE", "DECIDED BY", "GROUPS")
	for _, t := range s.Tenants {
		rows.add(t.Tenant, string(t.Route), t.Decides, strings.Join(t.Groups, ", "))
	}
	return printUnlessEmpty(app, rows, len(s.Tenants))
}

func printUnlessEmpty(app *app, rows *table, count int) error {
	if count == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(app.stdout); err != nil {
		return err
	}
	return rows.print(app.stdout)
}

// firstIDs are as many ids as a table has room for.
func firstIDs(ids []string) string {
	texts := make([]string, 0, len(ids))
	for _, id := range ids {
		texts = append(texts, shortID(id))
	}
	return someOf(texts, 5)
}
