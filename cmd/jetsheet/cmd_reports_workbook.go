package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/renderer"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// workbookPreview is what preview --output prints for programs.
type workbookPreview struct {
	Report string          `json:"report"`
	Tick   time.Time       `json:"tick"`
	Target jetsheet.Target `json:"target"`
	// File is empty when there are no records and the report makes no workbook then.
	File      string            `json:"file,omitempty"`
	Rows      int64             `json:"rows"`
	Sheets    int               `json:"sheets"`
	SizeBytes int64             `json:"sizeBytes"`
	Snapshot  jetsheet.Snapshot `json:"snapshot"`
	Notes     *jetsheet.Notes   `json:"notes,omitempty"`
	Remarks   []string          `json:"remarks"`
}

// refuseOverwrite checks the name of a file to write; "" is none.
func refuseOverwrite(path string, force bool) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return usageError("%s is a directory: name a file", path)
	case !force:
		return fmt.Errorf("%s exists: --force overwrites it", path)
	}
	return nil
}

// makeWorkbook makes the one workbook that is selected.
func (p *preview) makeWorkbook(ctx context.Context, s *selection) error {
	target, err := s.only()
	if err != nil {
		return err
	}
	if target.Problem != nil {
		return wouldFail("target %q of tenant %q has a problem: %s (%s); correct the targets query or its data", target.Target, target.Tenant, target.Problem.Message, target.Problem.Cause)
	}
	if target.Template != "" && p.template == nil {
		return fmt.Errorf("the workbook is made of the template %s, which this command does not read; use: jetsheet templates preview %s --report %s --tenant %s --target %s -o %s",
			target.Template, target.Template, shellWord(p.options.File), shellWord(target.Tenant), shellWord(target.Target), shellWord(p.options.Output))
	}
	if p.template != nil {
		target.Template = p.templateName
	}
	made := workbookPreview{Report: p.d.Name, Tick: p.tick, Target: target, Remarks: p.remarks()}
	if err := p.render(ctx, &made); err != nil {
		return p.failed(err, queryPath)
	}
	if p.options.JSON {
		err = p.app.printJSON(made)
	} else {
		err = p.printWorkbook(&made)
	}
	switch {
	case err != nil || made.File != "":
		return err
	case p.d.Empty == report.EmptyFail:
		return exitWith(exitDifferences)
	default:
		return exitWith(exitNothing)
	}
}

// only is the one target that the filters leave.
func (s *selection) only() (jetsheet.Target, error) {
	all := s.shown()
	switch s.matching {
	case 0:
		return jetsheet.Target{}, &exitError{Code: exitNothing, Err: errors.New(s.none())}
	case 1:
		return all[0], nil
	}
	var candidates strings.Builder
	for _, t := range all {
		fmt.Fprintf(&candidates, "\n  --tenant=%s --target=%s", shellWord(t.Tenant), shellWord(t.Target))
	}
	if more := s.matching - len(all); more > 0 {
		fmt.Fprintf(&candidates, "\n  and %s more", humanCount(int64(more)))
	}
	return jetsheet.Target{}, usageError("--output makes one workbook and %s match; choose one:%s", humanCount(int64(s.matching)), candidates.String())
}

// shellWord quotes a word for a POSIX shell, where that is needed.
func shellWord(word string) string {
	word = printable(word)
	if word != "" && jetsheet.Token(word) == word {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// render writes the workbook next to its place and moves it there when it is whole.
func (p *preview) render(ctx context.Context, made *workbookPreview) (err error) {
	out := p.options.Output
	temp, err := os.CreateTemp(filepath.Dir(out), "."+filepath.Base(out)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", out, err)
	}
	defer func() { err = errors.Join(err, removeIfThere(temp.Name())) }()
	request := jetsheet.NewRequest(jetsheet.RunID{Tick: p.tick, Report: p.d.Name}, &made.Target)
	source := renderer.Source{Database: p.db, Definition: p.d, Request: request, Pictures: p.pictures}
	if p.template != nil {
		source.Template, err = template.Compile(p.template, template.Options{Locale: made.Target.Locale})
	}
	var result *renderer.Result
	if err == nil {
		result, err = renderer.Render(ctx, source, temp)
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	made.Rows, made.Sheets, made.Snapshot, made.Notes = result.Rows, result.Sheets, result.Snapshot, result.Notes
	if result.Empty {
		return nil
	}
	info, err := os.Stat(temp.Name())
	if err != nil {
		return err
	}
	if err := refuseOverwrite(out, p.options.Force); err != nil {
		return err // somebody else wrote it meanwhile
	}
	if err := os.Rename(temp.Name(), out); err != nil {
		return fmt.Errorf("write %s: %w", out, err)
	}
	made.File, made.SizeBytes = out, info.Size()
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (p *preview) printWorkbook(made *workbookPreview) error {
	if err := p.printHead(); err != nil {
		return err
	}
	if made.File == "" {
		becomes := "no workbook is made (empty: skip)"
		if p.d.Empty == report.EmptyFail {
			becomes = "the conversion fails (empty: fail)"
		}
		_, err := fmt.Fprintln(p.app.stdout, "no records: "+becomes)
		return err
	}
	rows := newTable("", "")
	rows.add("tenant", made.Target.Tenant)
	rows.add("target", made.Target.Target)
	rows.add("period", made.Target.Period.Label)
	rows.add("key", made.Target.Key)
	rows.add("file name", made.Target.Filename)
	rows.add("written to", made.File)
	rows.add("size", humanSize(made.SizeBytes))
	rows.add("rows", humanCount(made.Rows))
	rows.add("sheets", humanCount(int64(made.Sheets)))
	rows.add("records of", made.Snapshot.At.UTC().Format(time.RFC3339))
	for _, note := range noteLines(made.Notes) {
		rows.add("note", note)
	}
	return rows.print(p.app.stdout)
}

// noteLines says what was changed or left out, a line for each.
func noteLines(n *jetsheet.Notes) []string {
	if n == nil {
		return nil
	}
	var lines []string
	for _, s := range n.Substitutions {
		line := fmt.Sprintf("%s changed (%s)", counted(s.Count, "value"), s.Kind)
		if len(s.Cells) > 0 {
			line += " in " + strings.Join(s.Cells, ", ")
		}
		if s.Count > int64(len(s.Cells)) && len(s.Cells) > 0 {
			line += ", …"
		}
		lines = append(lines, line)
	}
	for _, key := range slices.Sorted(maps.Keys(n.UnknownKeys)) {
		lines = append(lines, fmt.Sprintf("no column for the jsonb key %q of %s", key, counted(n.UnknownKeys[key], "row")))
	}
	for _, name := range n.MissingColumns {
		lines = append(lines, fmt.Sprintf("no row has a value for the column %q", name))
	}
	if n.Excelize {
		lines = append(lines, "the template was filled the slow way; jetsheet templates check says why")
	}
	return lines
}
