package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// flagsSetCommand stores a whole document.
type flagsSetCommand struct {
	flagsWrite
	flagsGuard

	File string `arg:"" help:"A flagd flag-definition document; - is standard input."`
}

// Help is the command's longer description.
func (c *flagsSetCommand) Help() string {
	return "Get the stored one with: jetsheet flags get --raw. With --if-revision nothing that somebody else stored meanwhile is lost. The same rules hold as for \"flags promote\". Ids of tenants that are written as numbers are stored as texts. Exit code 4: the document says so already."
}

// Run stores it.
func (c *flagsSetCommand) Run(ctx context.Context, app *app) error {
	if c.File == "-" && c.TenantsFile == "-" {
		return usageError("the document and --tenants-file cannot both be standard input")
	}
	data, err := app.flagFile(c.File)
	if err != nil {
		return err
	}
	text, document, err := storedForm(c.File, data)
	if err != nil {
		return err
	}
	return c.change(ctx, app, &flagsEdit{
		action: "store " + c.File, guard: &c.flagsGuard, text: text, repairs: true,
		document: func(context.Context, *flags.Ledger, *flags.Document) (*flags.Document, error) { return document, nil },
	})
}

// flagFile reads a document.
func (a *app) flagFile(name string) (data []byte, err error) {
	if name == "-" {
		data, err = io.ReadAll(io.LimitReader(a.stdin, flags.MaxDocumentBytes+1))
	} else {
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	return data, nil
}

// storedForm is a document as it is to be stored: another text where ids were numbers.
func storedForm(name string, data []byte) ([]byte, *flags.Document, error) {
	text, err := flags.QuoteIDs(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	document, err := flags.ParseDocument(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	if !bytes.Equal(text, data) {
		text = document.Text()
	}
	return text, document, nil
}

// flagsRollbackCommand stores an earlier revision again.
type flagsRollbackCommand struct {
	flagsWrite

	Revision *uint64 `arg:"" optional:"" help:"One that is kept, see \"flags history\". By default the newest one whose document is another than today's."`
}

// Help is the command's longer description.
func (c *flagsRollbackCommand) Help() string {
	return "Stores the document of an earlier revision as a new one. It moves as many tenants as it has to; those that it would send to new need --force. Exit code 4: the document is that one already."
}

// Run stores it.
func (c *flagsRollbackCommand) Run(ctx context.Context, app *app) error {
	edit := &flagsEdit{action: "go back to the revision before", repairs: true}
	if c.Revision != nil {
		edit.action = fmt.Sprintf("go back to revision %d", *c.Revision)
	}
	edit.document = func(ctx context.Context, ledger *flags.Ledger, _ *flags.Document) (*flags.Document, error) {
		r, d, err := c.earlier(ctx, ledger)
		if err != nil {
			return nil, err
		}
		edit.action, edit.text = fmt.Sprintf("go back to revision %d", r.Number), r.Value
		return d, nil
	}
	return c.change(ctx, app, edit)
}

// earlier finds the revision to go back to.
func (c *flagsRollbackCommand) earlier(ctx context.Context, ledger *flags.Ledger) (*flags.Revision, *flags.Document, error) {
	if c.Revision != nil {
		r, err := ledger.At(ctx, *c.Revision)
		if err != nil {
			return nil, nil, err
		}
		d, err := r.Document()
		if errors.Is(err, flags.ErrNoFlagDocument) {
			err = fmt.Errorf("revision %d deleted the document; list the others with: jetsheet flags history", r.Number)
		}
		return r, d, err
	}
	list, err := ledger.Since(ctx, 0)
	if err != nil {
		return nil, nil, err
	}
	today := ""
	for i, r := range slices.Backward(list) {
		d, err := r.Document()
		switch {
		case err != nil: // one that cannot be used is gone back behind
		case i == len(list)-1:
			today = d.SHA256()
		case d.SHA256() != today:
			return r, d, nil
		}
	}
	return nil, nil, errors.New("no other revision is kept that could be gone back to; list them with: jetsheet flags history")
}

// flagsValidateCommand checks a document.
type flagsValidateCommand struct {
	File string `arg:"" help:"A flagd flag-definition document; - is standard input."`
	JSON bool   `name:"json" help:"Print one JSON object."`
}

// Help is the command's longer description.
func (c *flagsValidateCommand) Help() string {
	return "Checks what every reader checks, without connecting anywhere: the form, and every rule by which tenants could be routed otherwise than its author means. What it would change shows: jetsheet flags set FILE --dry-run. Exit code 1: it cannot be used."
}

// flagsValidation is what there is to say of a document.
type flagsValidation struct {
	File     string        `json:"file"`
	Valid    bool          `json:"valid"`
	Problem  string        `json:"problem,omitempty"`
	Warnings []string      `json:"warnings,omitempty"`
	Default  string        `json:"default,omitempty"`
	Groups   []flags.Group `json:"groups,omitempty"`
	SHA256   string        `json:"sha256,omitempty"`
}

// Run checks it.
func (c *flagsValidateCommand) Run(_ context.Context, app *app) error {
	data, err := app.flagFile(c.File)
	if err != nil {
		return err
	}
	text, d, err := storedForm(c.File, data)
	if err != nil && !errors.Is(err, flags.ErrDocument) {
		return err
	}
	v := flagsValidation{File: c.File, Valid: err == nil}
	if err != nil {
		v.Problem = err.Error()
	} else {
		v.Default, v.Groups, v.SHA256, v.Warnings = string(d.DefaultRoute()), d.Groups(), d.SHA256(), flagWarnings(d)
		if !bytes.Equal(text, data) {
			v.Warnings = append(v.Warnings, "ids of tenants are written as numbers: \"jetsheet flags set\" stores them as texts; stored by anything else, routes are the same, but flagd and OpenFeature providers never find such a tenant")
		}
	}
	if c.JSON {
		if printErr := app.printJSON(v); printErr != nil {
			return printErr
		}
	}
	switch {
	case err != nil && c.JSON:
		return exitWith(exitFailure)
	case err != nil || c.JSON:
		return err
	}
	for _, warning := range v.Warnings {
		if _, err := fmt.Fprintln(app.stdout, printable("warning: "+warning)); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(app.stdout, "%s is valid: default %s, %s\n", printable(c.File), v.Default, counted(int64(len(v.Groups)), "group"))
	return err
}

// flagWarnings says what is allowed and seldom meant.
func flagWarnings(d *flags.Document) []string {
	var warnings []string
	first := map[string]string{}
	for _, g := range d.Groups() {
		if g.Listed && len(g.Tenants) == 0 {
			warnings = append(warnings, fmt.Sprintf("group %s is empty", g.Name))
		}
		// What no rule asks for yet is not checked with the document: other flags may use it.
		if _, err := d.WithGroup(g.Name, jetsheet.RouteLegacy); g.Route == "" && d.Enabled() && err != nil {
			warnings = append(warnings, fmt.Sprintf("group %s can be given no route: %v", g.Name, err))
		}
		for _, tenant := range g.Tenants {
			if other, twice := first[tenant]; twice && other != g.Name {
				warnings = append(warnings, fmt.Sprintf("tenant %s is in group %s and in group %s: the first one decides", tenant, other, g.Name))
			} else {
				first[tenant] = g.Name
			}
		}
	}
	if d.DefaultRoute() == jetsheet.RouteHold {
		warnings = append(warnings, "whoever is in no group is on hold")
	}
	return warnings
}
