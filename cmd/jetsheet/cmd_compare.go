package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// compareCommand compares two workbooks by what a reader sees in them.
type compareCommand struct {
	A    string `arg:"" name:"A.xlsx" help:"First workbook."`
	B    string `arg:"" name:"B.xlsx" help:"Second workbook."`
	Max  int    `name:"max" default:"20" placeholder:"COUNT" help:"Differences that are printed; all are counted."`
	JSON bool   `name:"json" help:"Print one JSON object."`
}

// comparison is what the command prints for programs.
type comparison struct {
	A     string `json:"a"`
	B     string `json:"b"`
	Equal bool   `json:"equal"`
	cells.Report
}

// Help is the command's longer description.
func (c *compareCommand) Help() string {
	return "Compares sheets, kinds, values, number formats, formulas, merged ranges and pictures. Exit code 0: equal, 3: different, 1: a workbook cannot be read."
}

// Run compares the two.
func (c *compareCommand) Run(ctx context.Context, app *app) error {
	if c.Max < 0 {
		return usageError("--max is %d: expected 0 or more", c.Max)
	}
	report, err := c.diff(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		err = app.printJSON(comparison{A: c.A, B: c.B, Equal: report.Equal(), Report: report})
	} else {
		err = c.print(app, report)
	}
	if err == nil && !report.Equal() {
		return exitWith(exitDifferences)
	}
	return err
}

func (c *compareCommand) diff(ctx context.Context) (report cells.Report, err error) {
	a, closeA, err := openWorkbook(ctx, c.A)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, closeA()) }()
	b, closeB, err := openWorkbook(ctx, c.B)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, closeB()) }()
	named := c.Max
	if named == 0 {
		named = -1 // 0 is the package's default
	}
	report, err = cells.Diff(a, b, cells.Options{Max: named})
	if err != nil {
		return report, fmt.Errorf("compare %s with %s: %w", c.A, c.B, err)
	}
	return report, nil
}

// openWorkbook opens a workbook whose reading ends with the context. The returned
// function closes it.
func openWorkbook(ctx context.Context, path string) (*cells.Book, func() error, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err // names the file
	}
	book, err := readWorkbook(ctx, file)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read %s: %w", path, err), file.Close())
	}
	return book, file.Close, nil
}

func readWorkbook(ctx context.Context, file *os.File) (*cells.Book, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("is a directory")
	}
	var reader readerAtFunc = func(p []byte, offset int64) (int, error) {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		return file.ReadAt(p, offset)
	}
	return cells.Open(reader, info.Size(), cells.Limits{})
}

// readerAtFunc is a function as an io.ReaderAt.
type readerAtFunc func(p []byte, offset int64) (int, error)

var _ io.ReaderAt = readerAtFunc(nil)

// ReadAt calls the function.
func (f readerAtFunc) ReadAt(p []byte, offset int64) (int, error) { return f(p, offset) }

// print writes the first differences and what was compared.
func (c *compareCommand) print(app *app, report cells.Report) error {
	compared := fmt.Sprintf("%s in %s", counted(report.Cells, "cell"), counted(int64(report.Sheets), "sheet"))
	if report.Equal() {
		_, err := fmt.Fprintf(app.stdout, "equal: %s\n", compared)
		return err
	}
	if len(report.Differences) > 0 {
		rows := newTable("SHEET", "CELL", "WHAT", "A", "B")
		for _, d := range report.Differences {
			rows.add(d.Sheet, d.Cell, string(d.What), visible(d.What, d.A), visible(d.What, d.B))
		}
		if err := rows.print(app.stdout); err != nil {
			return err
		}
	}
	text := fmt.Sprintf("different: %s, %s", counted(report.Total, "difference"), compared)
	if hidden := report.Total - int64(len(report.Differences)); hidden > 0 {
		text += fmt.Sprintf(" (%s more, see --max)", humanCount(hidden))
	}
	_, err := fmt.Fprintln(app.stdout, text)
	return err
}

// visible quotes a value that begins or ends with spaces: they may be the difference.
func visible(what cells.What, text string) string {
	trimmed := strings.TrimSpace(text)
	if what == cells.DiffKind || trimmed == text {
		return trimmed
	}
	return strconv.Quote(text)
}
