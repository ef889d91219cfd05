package main

import (
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet/ops/templates"
)

// templatesListCommand lists templates.
type templatesListCommand struct {
	JSON bool         `name:"json" help:"Print one JSON object for each template."`
	NATS natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
}

// Run lists the newest revision of each by name.
func (c *templatesListCommand) Run(ctx context.Context, app *app) error {
	var newest []*templates.Revision
	err := app.onTemplates(ctx, &c.NATS, func(ctx context.Context, s *templates.Store) error {
		all, err := s.List(ctx)
		for i, r := range all {
			if i+1 == len(all) || all[i+1].Name != r.Name {
				newest = append(newest, r)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		for _, r := range newest {
			if err := app.printJSON(r); err != nil {
				return err
			}
		}
		return nil
	}
	if len(newest) == 0 {
		_, err := fmt.Fprintln(app.stdout, "no templates: store one with: jetsheet templates put NAME FILE.xlsx")
		return err
	}
	rows := newTable("TEMPLATE", ">REVISION", ">SIZE", "STORED", "BY", "FILE", "~REASON")
	for _, r := range newest {
		rows.add(r.Name, humanCount(int64(r.Revision)), humanSize(r.SizeBytes), appliedText(r.StoredAt), r.StoredBy, r.File, r.Reason)
	}
	return rows.print(app.stdout)
}
