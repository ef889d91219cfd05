package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/ops"
)

// flagsHistoryCommand lists revisions.
type flagsHistoryCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Limit int  `name:"limit" placeholder:"N" default:"20" help:"Most revisions to list; 0 means all that are kept."`
	JSON  bool `name:"json" help:"Print one JSON object for each revision."`
}

// Help is the command's longer description.
func (c *flagsHistoryCommand) Help() string {
	return "Newest first; 64 are kept. What was stored without jetsheet, such as by nats kv put, is unattributed. The document of one shows: jetsheet flags get --revision N --raw"
}

// Run lists them.
func (c *flagsHistoryCommand) Run(ctx context.Context, app *app) error {
	var told []*revisionTold
	err := app.onFlags(ctx, &c.NATS, func(ctx context.Context, ledger *flags.Ledger, link *natsLink) error {
		list, err := ledger.Since(ctx, 0)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return flags.ErrNoFlagDocument
		}
		teller, err := newRevisionTeller(ctx, link)
		if err != nil {
			return err
		}
		told = nil
		shown := 0
		if c.Limit > 0 && len(list) > c.Limit {
			shown = len(list) - c.Limit
		}
		for i, r := range list {
			if i+1 < shown { // the one before the first that is shown is what that is compared with
				continue
			}
			t, err := teller.tell(r)
			if err != nil {
				return err
			}
			if i >= shown {
				told = append(told, t)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Reverse(told)
	rows := newTable(">REVISION", "WHEN", "BY", "WHY", "CHANGE")
	for _, t := range told {
		if c.JSON {
			if err := app.printJSON(t); err != nil {
				return err
			}
			continue
		}
		rows.add(strconv.FormatUint(t.Revision, 10), t.At.UTC().Format(time.RFC3339), byText(t.Attribution), whyText(t.Attribution), t.change())
	}
	if c.JSON {
		return nil
	}
	return rows.print(app.stdout)
}

// revisionTold is a revision with what it changed.
type revisionTold struct {
	revisionInfo

	// Moves are the known tenants whose route it changed.
	Moves   []flags.Move `json:"moves,omitempty"`
	Default *flags.Move  `json:"default,omitempty"`
	Partly  bool         `json:"partly,omitempty"`
	// ByRule are changes of tenants whom nobody has named and for whom a rule decides.
	ByRule []flags.Move `json:"byRule,omitempty"`
	// AfterRelease says that everybody was and stayed on hold: the changes come when that
	// ends.
	AfterRelease bool `json:"afterRelease,omitempty"`

	first bool
}

// change says in few words what it changed.
func (t *revisionTold) change() string {
	switch {
	case t.Deleted:
		return "deleted: no run is frozen"
	case t.Problem != "":
		return "cannot be used: " + t.Problem
	case t.first:
		return ""
	case len(t.Moves) == 0 && t.Default == nil && len(t.ByRule) == 0:
		return "no known tenant"
	}
	var texts []string
	if len(t.Moves) > 0 {
		texts = append(texts, movesText(t.Moves))
	}
	if t.Default != nil {
		who := "everybody else"
		if t.Partly {
			who = "a share of everybody else"
		}
		texts = append(texts, fmt.Sprintf("%s %s to %s", who, t.Default.From, t.Default.To))
	}
	for _, m := range t.ByRule {
		texts = append(texts, fmt.Sprintf("%s %s to %s", unheard(m), m.From, m.To))
	}
	text := strings.Join(texts, ", ")
	if t.AfterRelease {
		text = "when the hold ends: " + text
	}
	return text
}

// revisionTeller says of revisions, oldest first, what each changed.
type revisionTeller struct {
	planned []string
	before  *flags.Document
}

func newRevisionTeller(ctx context.Context, link *natsLink) (*revisionTeller, error) {
	reader, err := ops.NewReader(ctx, link.JetStream)
	if err != nil {
		return nil, err
	}
	known, err := reader.KnownTenants(ctx, 0)
	if err != nil {
		return nil, err
	}
	return &revisionTeller{planned: known.Tenants}, nil
}

// tell compares with the last document that could be used.
func (t *revisionTeller) tell(r *flags.Revision) (*revisionTold, error) {
	told := &revisionTold{revisionInfo: infoOf(r), first: t.before == nil}
	d, err := r.Document()
	if err != nil {
		return told, nil //nolint:nilerr // what is told says it
	}
	before := t.before
	t.before = d
	if before == nil || before.SHA256() == d.SHA256() {
		return told, nil
	}
	difference, afterRelease, err := flags.CompareChange(before, d, slices.Concat(t.planned, before.Named(), d.Named()))
	if err != nil {
		return nil, err
	}
	told.Moves, told.ByRule, told.AfterRelease = difference.Moves, difference.ByRule, afterRelease
	if difference.Default.From != difference.Default.To {
		told.Default, told.Partly = &difference.Default, difference.Partly
	}
	return told, nil
}

// flagsWatchCommand prints changes as they come.
type flagsWatchCommand struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Count int  `name:"count" placeholder:"N" help:"End after so many revisions; 0 means never."`
	JSON  bool `name:"json" help:"Print one JSON object for each revision."`
}

// Help is the command's longer description.
func (c *flagsWatchCommand) Help() string {
	return "Begins with the newest revision and goes on until it is interrupted."
}

// Run watches.
func (c *flagsWatchCommand) Run(ctx context.Context, app *app) error {
	link, err := app.openNATS(ctx, &c.NATS, clientCommand)
	if err != nil {
		return err
	}
	defer link.Close()
	var ledger *flags.Ledger
	var teller *revisionTeller
	err = link.Do(ctx, func(ctx context.Context) (err error) {
		if ledger, err = openLedger(ctx, link.JetStream); err != nil {
			return err
		}
		teller, err = newRevisionTeller(ctx, link)
		return err
	})
	if err != nil {
		return err
	}
	count, enough := 0, errors.New("enough revisions")
	err = ledger.Watch(ctx, func(r *flags.Revision, trouble error) error {
		if trouble != nil {
			_, err := fmt.Fprintln(app.stderr, printable("not known at the moment: "+trouble.Error()))
			return err
		}
		told, err := teller.tell(r)
		if err == nil {
			err = told.print(app, c.JSON)
		}
		if count++; err == nil && count == c.Count {
			return enough
		}
		return err
	})
	if errors.Is(err, enough) {
		return nil
	}
	if err == nil {
		return context.Cause(ctx)
	}
	return err
}

// print shows a revision with every tenant that it moves.
func (t *revisionTold) print(app *app, asJSON bool) error {
	if asJSON {
		return app.printJSON(t)
	}
	text := fmt.Sprintf("%s revision %d by %s", t.At.UTC().Format(time.RFC3339), t.Revision, byText(t.Attribution))
	if why := whyText(t.Attribution); why != "" {
		text += ": " + why
	}
	lines := []string{text}
	if change := t.change(); change != "" {
		lines = append(lines, "  "+change)
	}
	tenants := map[[2]jetsheet.Route][]string{}
	for _, m := range t.Moves {
		tenants[[2]jetsheet.Route{m.From, m.To}] = append(tenants[[2]jetsheet.Route{m.From, m.To}], shortID(m.Tenant))
	}
	for key, ids := range tenants {
		lines = append(lines, fmt.Sprintf("  %s to %s: %s", key[0], key[1], someOf(ids, 50)))
	}
	slices.Sort(lines[min(2, len(lines)):])
	for _, line := range lines {
		if _, err := fmt.Fprintln(app.stdout, printable(line)); err != nil {
			return err
		}
	}
	return nil
}
