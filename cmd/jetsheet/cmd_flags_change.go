package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/ops"
)

// flagsWrite is what every command has that stores a revision.
type flagsWrite struct {
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`

	Reason      string `name:"reason" placeholder:"TEXT" help:"Why; kept with the revision. Needed except with --dry-run."`
	Author      string `name:"author" placeholder:"NAME" help:"Who, instead of user@host."`
	DryRun      bool   `name:"dry-run" help:"Show exactly which tenants change route and store nothing."`
	IfRevision  uint64 `name:"if-revision" placeholder:"N" help:"Store only if N is the newest revision."`
	TenantsFile string `name:"tenants-file" placeholder:"FILE" help:"More tenants to look at, one id on each line; - is standard input."`
	Force       bool   `name:"force" help:"Do it although a rule of this command is in the way; kept with the revision."`
	JSON        bool   `name:"json" help:"Print one JSON object."`
}

// flagsGuard is what commands have besides that move tenants forward.
type flagsGuard struct {
	MaxChange string `name:"max-change" placeholder:"N|N%" default:"25%" help:"Most tenants that may change route: a number, or a share of those known; a share lets 10 pass in any case."`
	Periods   int    `name:"periods" placeholder:"N" default:"3" help:"Periods in a row that must have been compared equal before a tenant goes from shadow to new."`

	WithoutRecords bool `name:"without-records" help:"Let periods count as equal in which jetsheet found no records of a tenant: look first that the previous system made no workbook either. Kept with the revision."`
}

// flagsEdit is one change of the document.
type flagsEdit struct {
	// action says what is done, for people.
	action string
	// guard is nil for what takes tenants back: it has no limit.
	guard *flagsGuard
	// document makes the new document of the newest valid one.
	document func(ctx context.Context, ledger *flags.Ledger, before *flags.Document) (*flags.Document, error)
	// text is what is stored if it is not to be the document's own text.
	text []byte
	// repairs says that the document is made from scratch: the newest revision need not be
	// valid.
	repairs bool
}

// flagsChange is what a change does, or would do.
type flagsChange struct {
	Action string `json:"action"`
	DryRun bool   `json:"dryRun,omitempty"`
	// Revision is the one that was stored, After the one before.
	Revision uint64 `json:"revision,omitempty"`
	After    uint64 `json:"after"`
	// Moves are the known tenants whose route changes; Known is how many are known,
	// KnownFrom says from where.
	Moves     []flags.Move `json:"moves"`
	Known     int          `json:"known"`
	KnownFrom string       `json:"knownFrom"`
	// Unplanned are those of Moves that no plan of the last periods has, and no
	// --tenants-file: an id that is misspelt is among them.
	Unplanned []string `json:"unplanned,omitempty"`
	// Default is set where the route of all other tenants changes, or with Partly of some.
	Default *flags.Move `json:"default,omitempty"`
	Partly  bool        `json:"partly,omitempty"`
	// ByRule are the changes of tenants whom nobody has named and for whom a rule decides,
	// such as a group of all that begin alike.
	ByRule []flags.Move `json:"byRule,omitempty"`
	// AfterRelease says that everybody is and stays on hold: what is told of routes is what
	// changes once that ends.
	AfterRelease bool `json:"afterRelease,omitempty"`
	// Note says why nobody changes route, where that is so.
	Note string `json:"note,omitempty"`
	// Ungrouped are the known tenants that are in no group.
	Ungrouped []flags.Ungrouped `json:"ungrouped,omitempty"`
	// Refused says what is in the way; Forced what was, and was overridden.
	Refused []string `json:"refused,omitempty"`
	Forced  string   `json:"forced,omitempty"`

	// usable says that After can be gone back to.
	usable bool
}

// errNoChange says that the document says so already.
var errNoChange = errors.New("the document says so already")

// change stores a revision, or shows what storing it would do.
func (w *flagsWrite) change(ctx context.Context, app *app, edit *flagsEdit) error {
	if !w.DryRun && strings.TrimSpace(w.Reason) == "" {
		return usageError("--reason is needed: it is kept with the revision for those who look later")
	}
	if edit.guard != nil {
		if _, err := parseLimit(edit.guard.MaxChange); err != nil {
			return err
		}
		if edit.guard.Periods < 1 {
			return usageError("--periods %d: at least 1; what was never compared goes to new with --force", edit.guard.Periods)
		}
	}
	more, err := w.moreTenants(app)
	if err != nil {
		return err
	}
	var result *flagsChange
	err = app.onFlags(ctx, &w.NATS, func(ctx context.Context, ledger *flags.Ledger, link *natsLink) error {
		reader, err := ops.NewReader(ctx, link.JetStream)
		if err != nil {
			return err
		}
		c := flagsChanger{flagsWrite: w, edit: edit, ledger: ledger, reader: reader, js: link.JetStream, more: more, author: app.person()}
		for {
			// Somebody else's change in between is taken into account, not overwritten.
			result, err = c.try(ctx)
			if !errors.Is(err, flags.ErrChanged) || w.IfRevision > 0 {
				return err
			}
		}
	})
	if errors.Is(err, errNoChange) {
		return app.nothingToDo("%v", err)
	}
	if result == nil {
		return err
	}
	if printErr := result.print(app, w.JSON); printErr != nil {
		return printErr
	}
	return err
}

func (w *flagsWrite) moreTenants(app *app) ([]string, error) {
	if w.TenantsFile == "" {
		return nil, nil
	}
	lines, err := app.idLines(w.TenantsFile)
	if err != nil {
		return nil, fmt.Errorf("read the tenants: %w", err)
	}
	return lines, nil
}

// flagsChanger makes one change.
type flagsChanger struct {
	*flagsWrite

	edit   *flagsEdit
	ledger *flags.Ledger
	reader *ops.Reader
	js     jetstream.JetStream
	more   []string
	author string
}

// try works on the newest revision. Where something is in the way the change is returned
// with the error.
func (c *flagsChanger) try(ctx context.Context) (*flagsChange, error) {
	newest, before, err := c.before(ctx)
	if err != nil {
		return nil, err
	}
	after, err := c.edit.document(ctx, c.ledger, before)
	if err != nil {
		return nil, err
	}
	valid, err := newest.Document()
	if err == nil && valid.SHA256() == after.SHA256() {
		return nil, fmt.Errorf("%s: %w, revision %d", c.edit.action, errNoChange, newest.Number)
	}
	change := &flagsChange{Action: c.edit.action, DryRun: c.DryRun, After: newest.Number, Moves: []flags.Move{}, usable: err == nil}
	if err := c.compare(ctx, change, before, after); err != nil {
		return nil, err
	}
	if err := c.check(ctx, change); err != nil {
		return change, err
	}
	if c.DryRun {
		return change, nil
	}
	text := c.edit.text
	if text == nil {
		text = after.Text()
	}
	by := flags.Attribution{Author: c.author, Reason: c.Reason, Forced: change.Forced}
	if c.Author != "" {
		by.Author = c.Author
	}
	stored, err := c.ledger.Put(ctx, text, newest.Number, by)
	if err != nil {
		return nil, err
	}
	change.Revision = stored.Number
	return change, nil
}

// before returns the newest revision, and the newest document that can be used, which is what
// the systems go by.
func (c *flagsChanger) before(ctx context.Context) (newest *flags.Revision, before *flags.Document, err error) {
	newest, err = c.ledger.Newest(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c.IfRevision > 0 && newest.Number != c.IfRevision {
		return nil, nil, fmt.Errorf("the newest revision is %d, not %d; look at it with: jetsheet flags get", newest.Number, c.IfRevision)
	}
	before, err = newest.Document()
	if err == nil {
		return newest, before, nil
	}
	if !c.edit.repairs {
		return nil, nil, fmt.Errorf("%w; or go back to the last valid one with: jetsheet flags rollback --reason TEXT", err)
	}
	before, err = c.lastUsable(ctx)
	return newest, before, err
}

// lastUsable is the newest document that can be used, or the one that an installation
// begins with.
func (c *flagsChanger) lastUsable(ctx context.Context) (*flags.Document, error) {
	_, d, err := c.ledger.Usable(ctx)
	if err != nil || d != nil {
		return d, err
	}
	return flags.ParseDocument(flags.InitialDocument(jetsheet.RouteLegacy))
}

// compare fills in who moves.
func (c *flagsChanger) compare(ctx context.Context, change *flagsChange, before, after *flags.Document) error {
	within := rescueLimit
	if c.edit.guard != nil || c.DryRun {
		within = 0
	}
	known, err := knownTenants(ctx, c.reader, within, c.more, before, after)
	if err != nil {
		return err
	}
	d, afterRelease, err := flags.CompareChange(before, after, known.tenants)
	if err != nil {
		return err
	}
	change.AfterRelease = afterRelease
	change.Known, change.KnownFrom = len(known.tenants), known.from
	change.Ungrouped = d.Ungrouped
	change.Moves = append(change.Moves, d.Moves...)
	change.Unplanned = known.unplanned(d.Moves)
	if d.Default.From != d.Default.To {
		change.Default, change.Partly = &d.Default, d.Partly
	}
	change.ByRule = d.ByRule
	if afterRelease || len(d.Moves) == 0 && change.Default == nil && len(d.ByRule) == 0 {
		change.Note = whyNobody(after)
	}
	return nil
}

// whyNobody says why a document that is another one gives nobody another route now.
func whyNobody(after *flags.Document) string {
	switch {
	case !after.Enabled():
		return "nobody changes route: the flag is DISABLED, which routes every tenant legacy whatever else it says"
	case after.AllHeld():
		return "nobody changes route while everybody is on hold; that ends with: jetsheet flags hold --all --release --reason TEXT"
	}
	return "nobody else changes route either"
}
