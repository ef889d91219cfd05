package main

import (
	"context"
	"fmt"
	"os"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops/templates"
)

// templateArgument names a template that is stored, or a file that may become one.
type templateArgument struct {
	Template string `arg:"" name:"NAME|FILE" help:"A stored template, or a workbook: what is no template's name (a-z, 0-9, -) is a file."`
	Revision int    `name:"revision" placeholder:"N" help:"This revision of a stored template; the newest by default."`
}

// read reads the file, or what is stored; then the revision is not nil.
func (c *templateArgument) read(ctx context.Context, app *app, settings *natsSettings) (file []byte, stored *templates.Revision, err error) {
	switch {
	case c.Revision < 0:
		return nil, nil, usageError("--revision is %d: revisions count from 1", c.Revision)
	case jetsheet.ValidTemplateName(c.Template):
		file, stored, err = c.readStored(ctx, app, settings)
		if _, statErr := os.Stat(c.Template); statErr == nil && err != nil {
			err = fmt.Errorf("%w; the file of that name is ./%s", err, c.Template)
		}
		return file, stored, err
	case c.Revision > 0:
		return nil, nil, usageError("--revision goes with a template's name, and %s is a file", c.Template)
	}
	file, err = readTemplateFile(c.Template)
	return file, nil, err
}

func (c *templateArgument) readStored(ctx context.Context, app *app, settings *natsSettings) (file []byte, stored *templates.Revision, err error) {
	err = app.onTemplates(ctx, settings, func(ctx context.Context, s *templates.Store) error {
		if stored, err = getTemplate(ctx, s, c.Template, c.Revision); err == nil {
			file, err = s.Bytes(ctx, stored.SHA256)
		}
		return err
	})
	return file, stored, err
}

// readReport reads a report: the applied one of that name, or a definition's file.
func (a *app) readReport(ctx context.Context, settings *natsSettings, report string) (*definitionFile, error) {
	if !jetsheet.ValidReportName(report) {
		return readDefinition(report)
	}
	var f *definitionFile
	err := a.onReports(ctx, settings, func(ctx context.Context, b *reportBucket) error {
		applied, _, err := b.get(ctx, report)
		if err == nil {
			f = newDefinitionFile(report, []byte(applied.Definition))
		}
		return err
	})
	return f, err
}
