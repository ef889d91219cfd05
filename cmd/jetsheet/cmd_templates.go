package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/internal/spelling"
	"github.com/jetsheet/jetsheet/ops/templates"
	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
)

// templatesCommand holds the commands about templates.
type templatesCommand struct {
	Put     templatesPutCommand     `cmd:"" help:"Check a workbook and store it as a template."`
	List    templatesListCommand    `cmd:"" help:"List the stored templates."`
	Show    templatesShowCommand    `cmd:"" help:"Show a template's revisions, or give its file back."`
	Check   templatesCheckCommand   `cmd:"" help:"List a template's markers, and compare them with a report."`
	Preview templatesPreviewCommand `cmd:"" help:"Fill a template with the records of one target."`
	Inspect templatesInspectCommand `cmd:"" hidden:"" help:"Look at a file on standard input; other commands start this."`
}

// onTemplates runs an operation on the store of templates.
func (a *app) onTemplates(ctx context.Context, settings *natsSettings, operation func(ctx context.Context, s *templates.Store) error) error {
	link, err := a.openNATS(ctx, settings, clientCommand)
	if err != nil {
		return err
	}
	defer link.Close()
	return link.Do(ctx, func(ctx context.Context) error {
		store, err := templates.Open(ctx, link.JetStream)
		if err != nil {
			return err
		}
		return operation(ctx, store)
	})
}

// getTemplate reads a revision, 0 for the newest. A name that is not there is an error with
// the names that are.
func getTemplate(ctx context.Context, s *templates.Store, name string, revision int) (*templates.Revision, error) {
	r, err := s.Get(ctx, name, revision)
	if !errors.Is(err, templates.ErrUnknown) {
		return r, err
	}
	all, listErr := s.List(ctx)
	if listErr != nil {
		return nil, listErr
	}
	var known []string
	for _, r := range all {
		known = append(known, r.Name)
		if r.Name == name {
			return nil, fmt.Errorf("template %s has no revision %d (see: jetsheet templates show %s)", name, revision, name)
		}
	}
	return nil, unknownTemplate(name, slices.Compact(known))
}

func unknownTemplate(name string, known []string) error {
	switch near := spelling.Nearest(name, known); {
	case len(known) == 0:
		return fmt.Errorf("no template %q: none is stored; store it with: jetsheet templates put NAME FILE.xlsx", name)
	case near != "":
		return fmt.Errorf("no template %q: did you mean %q? (see: jetsheet templates list)", name, near)
	case len(known) > mostNames:
		return fmt.Errorf("no template %q: there are %s and %d more (see: jetsheet templates list)", name, strings.Join(known[:mostNames], ", "), len(known)-mostNames)
	default:
		return fmt.Errorf("no template %q: there are %s; store a new one with: jetsheet templates put NAME FILE.xlsx", name, strings.Join(known, ", "))
	}
}

// readTemplateFile reads a file that is to be looked at.
func readTemplateFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err // names the file
	}
	defer func() { _ = f.Close() }() // it is only read
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, usageError("%s is a directory: name a workbook", path)
	}
	// One byte more than may be: intake says that it is too large.
	file, err := io.ReadAll(io.LimitReader(f, maxTemplateBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return file, nil
}

// templateProblem is one thing in a file that keeps it from being a template.
type templateProblem struct {
	// Cause is empty for a mistake in a marker.
	Cause intake.Cause `json:"cause,omitempty"`
	Part  string       `json:"part,omitempty"`
	Sheet string       `json:"sheet,omitempty"`
	Cell  string       `json:"cell,omitempty"`
	// Message says what is wrong and what to do.
	Message string `json:"message"`
}

// problemsOf are the reasons of a refusal and the mistakes of the compiler. Another error
// than a refusal stays one.
func problemsOf(found *inspection, err error) ([]templateProblem, error) {
	all := []templateProblem{}
	var refused *intake.RefusedError
	switch {
	case errors.As(err, &refused):
		for _, r := range refused.Refusals {
			all = append(all, templateProblem{Cause: r.Cause, Part: r.Part, Sheet: r.Sheet, Cell: r.Cell, Message: r.String()})
		}
	case err != nil:
		return nil, err
	default:
		for _, m := range found.Mistakes {
			all = append(all, templateProblem{Sheet: m.Sheet, Cell: m.Cell, Message: m.String()})
		}
	}
	return all, nil
}

// String is the mistake for people.
func (m templateMistake) String() string {
	place := intake.Place{Sheet: m.Sheet, Cell: m.Cell}.String()
	if place == "" {
		return m.Message
	}
	return place + ": " + m.Message
}

// printTemplateProblems writes every problem on a line of its own, the file's name first.
func printTemplateProblems(w io.Writer, path string, problems []templateProblem) error {
	for _, p := range problems {
		if _, err := fmt.Fprintln(w, printable(path+": "+p.Message)); err != nil {
			return err
		}
	}
	return nil
}

// wayOfFilling says how a template is filled.
func wayOfFilling(compiled bool) string {
	if compiled {
		return "compiled"
	}
	return "by excelize, which takes many times as long"
}
