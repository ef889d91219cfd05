package main

import (
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet/internal/report/query"
)

// reportsValidateCommand checks definitions.
type reportsValidateCommand struct {
	Paths  []string           `arg:"" name:"FILE" help:"Definitions, or directories of them (*.yaml, *.yml)."`
	Checks definitionChecking `embed:""`
	JSON   bool               `name:"json" help:"Print one JSON object."`
}

// definitionChecking is how the definitions of a command are checked.
type definitionChecking struct {
	Database   databaseSettings `embed:"" prefix:"database-" group:"database settings"`
	NoDatabase bool             `name:"no-database" help:"Check the form only, even if a database is set."`
}

// validation is what the command prints for programs.
type validation struct {
	Files []fileProblems `json:"files"`
	// Problems counts those of all files.
	Problems       int  `json:"problems"`
	QueriesChecked bool `json:"queriesChecked"`
	// Unchecked says why the queries were not checked, and what to do.
	Unchecked string `json:"unchecked,omitempty"`
}

// Help is the command's longer description.
func (c *reportsValidateCommand) Help() string {
	return "Checks the form of each definition and, where a database is set, has PostgreSQL parse and plan every query without running it: syntax, names, rights, parameters, types, and whether the columns that the definition names exist. Every problem is a line FILE:LINE:COLUMN: what is wrong. Exit code 0: no problem, 1: problems, 5: the database that is set does not answer."
}

// Run checks them.
func (c *reportsValidateCommand) Run(ctx context.Context, app *app) error {
	files, err := readDefinitions(c.Paths)
	if err != nil {
		return err
	}
	unchecked, err := c.Checks.check(ctx, app, files)
	if err != nil {
		return err
	}
	problems := countProblems(files)
	if c.JSON {
		err = app.printJSON(validation{Files: problemsForPrograms(files), Problems: problems, QueriesChecked: unchecked == "", Unchecked: unchecked})
	} else {
		err = c.print(app, files, unchecked)
	}
	if err == nil && problems > 0 {
		return exitWith(exitFailure)
	}
	return err
}

func (c *reportsValidateCommand) print(app *app, files []*definitionFile, unchecked string) error {
	if err := printProblems(app.stdout, files); err != nil {
		return err
	}
	if unchecked != "" {
		if _, err := fmt.Fprintln(app.stdout, "queries are not checked: "+unchecked); err != nil {
			return err
		}
	}
	result := "no problems"
	if problems := countProblems(files); problems > 0 {
		result = counted(int64(problems), "problem")
	}
	_, err := fmt.Fprintf(app.stdout, "%s: %s\n", counted(int64(len(files)), "definition"), result)
	return err
}

// check checks the queries where a database is set, and otherwise says why not and
// what to do about it.
func (c *definitionChecking) check(ctx context.Context, app *app, files []*definitionFile) (unchecked string, err error) {
	switch {
	case c.NoDatabase:
		return "--no-database", nil
	case c.Database.URL == "" && !app.hasPostgresVariables():
		return fmt.Sprintf("no database is set; set %s to check them", variableName("database-url")), nil
	}
	pool, err := app.openDatabase(ctx, &c.Database, clientCommand)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	return "", checkQueries(ctx, query.New(pool), files)
}
