package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/internal/report"
)

// definitionFile is a file with a report's definition.
type definitionFile struct {
	path string
	// definition is nil when the form is wrong.
	definition *report.Definition
	locator    *report.Locator
	problems   []*report.ProblemError
	// checked is what PostgreSQL says of the queries; nil where it was not asked.
	checked *queryCheck
}

// readDefinitions reads files, and those of directories that end in .yaml or .yml,
// each once. An error means that a file cannot be read; what is wrong in it is among
// its problems, a report that two files define too.
func readDefinitions(paths []string) ([]*definitionFile, error) {
	var files []*definitionFile
	seen := map[string]bool{}
	for _, path := range paths {
		found, err := definitionPaths(path)
		if err != nil {
			return nil, err
		}
		for _, path := range found {
			if seen[filepath.Clean(path)] {
				continue
			}
			seen[filepath.Clean(path)] = true
			file, err := readDefinition(path)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
	}
	refuseSameName(files)
	return files, nil
}

// definitionPaths lists the definitions in a directory, not in those below it. Hidden
// files are left out: a mounted ConfigMap has its own copies there.
func definitionPaths(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err // names the file
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		extension := strings.ToLower(filepath.Ext(entry.Name()))
		if !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") && (extension == ".yaml" || extension == ".yml") {
			paths = append(paths, filepath.Join(path, entry.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no definition in %s: no file there ends in .yaml or .yml", path)
	}
	return paths, nil
}

func readDefinition(path string) (*definitionFile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return newDefinitionFile(path, data), nil
}

// newDefinitionFile parses a definition; path is what its problems name.
func newDefinitionFile(path string, data []byte) *definitionFile {
	f := &definitionFile{path: path, locator: report.NewLocator(path, data)}
	var err error
	f.definition, err = parseReport(path, data)
	for _, err := range leaves(err) {
		var problem *report.ProblemError
		if !errors.As(err, &problem) {
			problem = f.locator.Problem("", err.Error())
		}
		f.problems = append(f.problems, problem)
	}
	return f
}

// leaves are the errors that were joined, or the error itself; none for nil.
func leaves(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, err := range joined.Unwrap() {
		all = append(all, leaves(err)...)
	}
	return all
}

func refuseSameName(files []*definitionFile) {
	first := map[string]string{}
	for _, f := range files {
		if f.definition == nil {
			continue
		}
		if other, taken := first[f.definition.Name]; taken {
			f.add(f.locator.Problem("report", fmt.Sprintf("the report %q is defined in %s too; give one of them another name", f.definition.Name, other)))
			continue
		}
		first[f.definition.Name] = f.path
	}
}

func (f *definitionFile) add(problems ...*report.ProblemError) {
	f.problems = append(f.problems, problems...)
	slices.SortStableFunc(f.problems, func(a, b *report.ProblemError) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// countProblems adds up the problems of all files.
func countProblems(files []*definitionFile) int {
	n := 0
	for _, f := range files {
		n += len(f.problems)
	}
	return n
}

// printProblems writes every problem on a line of its own, its place first.
func printProblems(w io.Writer, files []*definitionFile) error {
	for _, f := range files {
		for _, problem := range f.problems {
			if _, err := fmt.Fprintln(w, printable(problem.Error())); err != nil {
				return err
			}
		}
	}
	return nil
}

// fileProblems is a file as it is printed for programs.
type fileProblems struct {
	File string `json:"file"`
	// Report is empty when the form is wrong.
	Report   string        `json:"report,omitempty"`
	Problems []fileProblem `json:"problems"`
}

type fileProblem struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
}

func problemsForPrograms(files []*definitionFile) []fileProblems {
	all := make([]fileProblems, len(files))
	for i, f := range files {
		all[i] = fileProblems{File: f.path, Problems: []fileProblem{}}
		if f.definition != nil {
			all[i].Report = f.definition.Name
		}
		for _, p := range f.problems {
			all[i].Problems = append(all[i].Problems, fileProblem{Line: p.Line, Column: p.Column, Path: p.Path, Message: p.Message})
		}
	}
	return all
}
