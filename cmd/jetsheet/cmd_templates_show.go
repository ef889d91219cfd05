package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/jetsheet/jetsheet/ops/templates"
)

// templatesShowCommand shows a template.
type templatesShowCommand struct {
	Name     string       `arg:"" name:"NAME" help:"Template."`
	Revision int          `name:"revision" placeholder:"N" help:"This revision; the newest by default."`
	Output   string       `name:"output" short:"o" placeholder:"X.xlsx" help:"Write the revision's file there, byte for byte as it was stored."`
	Force    bool         `name:"force" help:"Overwrite the file."`
	JSON     bool         `name:"json" help:"Print one JSON object."`
	NATS     natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
}

// templateDetails is what the command prints for programs.
type templateDetails struct {
	*templates.Revision
	// Revisions are all of them, the newest first.
	Revisions []*templates.Revision `json:"revisions"`
	// Written is the file that --output wrote.
	Written string `json:"written,omitempty"`
}

// Run shows it.
func (c *templatesShowCommand) Run(ctx context.Context, app *app) error {
	if c.Revision < 0 {
		return usageError("--revision is %d: revisions count from 1", c.Revision)
	}
	if err := refuseOverwrite(c.Output, c.Force); err != nil {
		return err
	}
	details := templateDetails{Revisions: []*templates.Revision{}}
	err := app.onTemplates(ctx, &c.NATS, func(ctx context.Context, s *templates.Store) error {
		return c.read(ctx, s, &details)
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(details)
	}
	return details.print(app)
}

func (c *templatesShowCommand) read(ctx context.Context, s *templates.Store, details *templateDetails) (err error) {
	if details.Revision, err = getTemplate(ctx, s, c.Name, c.Revision); err != nil {
		return err
	}
	all, err := s.List(ctx)
	if err != nil {
		return err
	}
	for _, r := range slices.Backward(all) {
		if r.Name == c.Name {
			details.Revisions = append(details.Revisions, r)
		}
	}
	if c.Output == "" {
		return nil
	}
	file, err := s.Bytes(ctx, details.SHA256)
	if err != nil {
		return err
	}
	details.Written = c.Output
	return os.WriteFile(c.Output, file, 0o666) //nolint:gosec // a workbook like any other; the umask decides
}

func (d *templateDetails) print(app *app) error {
	rows := newTable("", "")
	rows.add("template", d.Name)
	rows.add("revision", humanCount(int64(d.Revision.Revision)))
	rows.add("sha256", d.SHA256)
	rows.add("size", humanSize(d.SizeBytes))
	if d.Written != "" {
		rows.add("written to", d.Written)
	}
	if err := rows.print(app.stdout); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(app.stdout); err != nil {
		return err
	}
	history := newTable(">REVISION", "STORED", "BY", ">SIZE", "SHA256", "FILE", "~REASON")
	for _, r := range d.Revisions {
		history.add(humanCount(int64(r.Revision)), appliedText(r.StoredAt), r.StoredBy, humanSize(r.SizeBytes), r.SHA256[:12], r.File, r.Reason)
	}
	return history.print(app.stdout)
}
