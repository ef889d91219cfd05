package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops/templates"
)

// templatesPutCommand stores a template.
type templatesPutCommand struct {
	Name   string       `arg:"" name:"NAME" help:"The template's name: 1 to 40 of a-z, 0-9 and -."`
	File   string       `arg:"" name:"FILE" help:"Workbook (.xlsx) with markers."`
	Reason string       `name:"reason" placeholder:"TEXT" help:"Why, for those who look later."`
	DryRun bool         `name:"dry-run" help:"Check the workbook, show what would be stored and store nothing."`
	JSON   bool         `name:"json" help:"Print one JSON object."`
	NATS   natsSettings `embed:"" prefix:"nats-" group:"NATS settings"`
}

// Help is the command's longer description.
func (c *templatesPutCommand) Help() string {
	return "Looks at the workbook in a process of its own under limits of memory and time, and stores it as the name's next revision. Runs that are planned from then on use it; those that are planned already keep the revision they were planned with, which stays stored. Exit code 0: stored, or unchanged, 1: the workbook is refused or has mistakes in its markers; nothing is stored."
}

// putTemplate is what the command prints for programs.
type putTemplate struct {
	Template string `json:"template"`
	// Action is created, updated or unchanged; empty where there are problems.
	Action   string `json:"action,omitempty"`
	DryRun   bool   `json:"dryRun"`
	Revision int    `json:"revision,omitempty"`
	SHA256   string `json:"sha256"`
	*inspection

	Problems []templateProblem `json:"problems"`
}

// Run checks the file and stores it.
func (c *templatesPutCommand) Run(ctx context.Context, app *app) error {
	if !jetsheet.ValidTemplateName(c.Name) {
		return usageError("the name %q is none that a template can have: use 1 to 40 of a-z, 0-9 and -", c.Name)
	}
	file, err := readTemplateFile(c.File)
	if err != nil {
		return err
	}
	result := &putTemplate{Template: c.Name, DryRun: c.DryRun, SHA256: templates.Digest(file)}
	found, err := inspectTemplate(ctx, file)
	if result.Problems, err = problemsOf(found, err); err != nil {
		return err
	}
	if len(result.Problems) > 0 {
		return c.refuse(app, result)
	}
	result.inspection = found
	err = app.onTemplates(ctx, &c.NATS, func(ctx context.Context, s *templates.Store) error {
		return c.store(ctx, app, s, file, result)
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return app.printJSON(result)
	}
	return c.print(app, result)
}

func (c *templatesPutCommand) refuse(app *app, result *putTemplate) error {
	var err error
	if c.JSON {
		err = app.printJSON(result)
	} else {
		err = printTemplateProblems(app.stdout, c.File, result.Problems)
	}
	app.complain(fmt.Errorf("%s: nothing is stored", counted(int64(len(result.Problems)), "problem")))
	return errors.Join(err, exitWith(exitFailure))
}

// store makes the file the next revision, unless it is the newest one.
func (c *templatesPutCommand) store(ctx context.Context, app *app, s *templates.Store, file []byte, result *putTemplate) error {
	newest, err := s.Get(ctx, c.Name, 0)
	if errors.Is(err, templates.ErrUnknown) {
		newest, err = &templates.Revision{}, nil
	}
	if err != nil {
		return err
	}
	result.Revision = newest.Revision + 1
	switch {
	case newest.SHA256 == result.SHA256:
		result.Action, result.Revision = actionUnchanged, newest.Revision
		if c.DryRun {
			return nil
		}
		return s.Restore(ctx, c.Name, file)
	case newest.Revision == 0:
		result.Action = actionCreated
	default:
		result.Action = actionUpdated
	}
	if c.DryRun {
		return nil
	}
	_, err = s.Put(ctx, templates.Draft{
		Name: c.Name, After: newest.Revision, File: filepath.Base(c.File), By: app.person(), Reason: c.Reason, At: time.Now(),
	}, file)
	if errors.Is(err, templates.ErrChanged) {
		return fmt.Errorf("%w: look at it with \"jetsheet templates show %s\", and put yours again if it is still right", err, c.Name)
	}
	return err
}

func (c *templatesPutCommand) print(app *app, result *putTemplate) error {
	rows := newTable("", "")
	action := result.Action
	if c.DryRun && action != actionUnchanged {
		action = "would be " + action
	}
	rows.add("template", c.Name)
	rows.add("action", action)
	rows.add("revision", humanCount(int64(result.Revision)))
	rows.add("sha256", result.SHA256)
	rows.add("sheets", humanCount(int64(len(result.Contents.Sheets))))
	rows.add("markers", humanCount(int64(len(result.Markers))))
	rows.add("filled", wayOfFilling(len(result.Unsupported) == 0))
	if err := rows.print(app.stdout); err != nil {
		return err
	}
	for _, w := range result.Warnings {
		if _, err := fmt.Fprintln(app.stderr, printable("warning: "+templateMistake{w.Sheet, w.Cell, w.Why}.String())); err != nil {
			return err
		}
	}
	next := "check its markers against a report with: jetsheet templates check " + c.Name + " --report REPORT"
	if len(result.Markers) == 0 {
		next = "it has no marker, so that every workbook made of it is the same"
	}
	_, err := fmt.Fprintln(app.stderr, next)
	return err
}
