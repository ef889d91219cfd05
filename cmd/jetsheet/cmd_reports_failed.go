package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report/query"
	"github.com/jetsheet/jetsheet/renderer"
)

// failed prints a statement's error at its place in the file; pathOf names the place
// by the query's name. A workbook that a renderer would fail decides the exit code; other
// errors stay as they are.
func (p *preview) failed(err error, pathOf func(name string) string) error {
	var e *query.StatementError
	switch {
	case !errors.As(err, &e):
		return p.workbookFails(err)
	case e.Kind == query.Interrupted || e.Name == "":
		return err
	case e.Kind == query.Unavailable:
		return databaseError(err)
	}
	p.file.add(statementProblem(p.file.locator, pathOf(e.Name), e))
	return p.app.refuseProblems([]*definitionFile{p.file}, p.options.JSON)
}

// workbookFails says what to do about a workbook that cannot hold what the statements
// returned. An error of the bucket of pictures or of the disk, which a workbook in the
// making meets too, is none of its own.
func (p *preview) workbookFails(err error) error {
	var own *renderer.WorkbookError
	if !errors.As(err, &own) || errors.As(err, new(*delivery.Error)) || errors.As(err, new(*fs.PathError)) {
		return err
	}
	what := "the report"
	if p.template != nil {
		what = "the template or the report"
	}
	return wouldFail("the workbook would fail: %w; correct the data or %s, and preview again", own, what)
}

// wouldFail says that a renderer would make no workbook.
func wouldFail(format string, args ...any) error {
	return &exitError{Code: exitDifferences, Err: fmt.Errorf(format, args...)}
}
