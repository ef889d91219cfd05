package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// large measures one workbook of more rows than a sheet holds.
type large struct {
	profiling

	rows int
}

func (l *large) flags(f *flag.FlagSet) {
	f.IntVar(&l.rows, "rows", 1_200_000, "rows of the workbook, each of 20 columns")
	l.profiling.flags(f, "")
}

func (l *large) run(ctx context.Context, b *bench) (err error) {
	r, err := newRig(ctx, b, data{sites: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }() //nolint:contextcheck // it must close whatever became of ctx
	if err := r.serve(ctx, false); err != nil {
		return err
	}
	run := r.newRun("large", largeReport("large", l.rows))
	run.profiled, run.keepProfile = l.attribute, l.profile
	m, err := r.runOnce(ctx, roles{}, run)
	if err != nil {
		return err
	}
	b.say("reading the workbook back")
	book, err := readBack(filepath.Join(r.child.Dir, bucket, "large"))
	if err != nil {
		return err
	}
	if err := b.heading(fmt.Sprintf("One workbook of %d rows of 20 columns", l.rows), r.postgres.Version()); err != nil {
		return err
	}
	if err := l.print(b, m, book); err != nil {
		return err
	}
	if book.rows != l.rows+book.sheets { // each sheet repeats the header
		return fmt.Errorf("the workbook reads back with %d rows on %d sheets, asked for were %d and the headers", book.rows, book.sheets, l.rows)
	}
	if !l.attribute {
		return nil
	}
	return printAttribution(b, m)
}

func (l *large) print(b *bench, m *measured, book *readBook) error {
	t := newTable("what", "figure")
	t.add("request to published, s", seconds(m.elapsed))
	t.add("rows/s", fmt.Sprintf("%.0f", float64(l.rows)/m.elapsed.Seconds()))
	t.add("CPU of the roles, s", seconds(m.roles))
	t.add("CPU of NATS + S3, s", seconds(m.servers))
	t.add("CPU of PostgreSQL, s", seconds(m.postgres))
	t.add("peak memory of the roles' process, MB", megabytes(m.peakBytes))
	t.add("peak memory of NATS + S3, MB", megabytes(m.serverPeak))
	t.add("file, MB", megabytes(book.size))
	t.add("sheets", strconv.Itoa(book.sheets))
	t.add("rows read back, headers included", strconv.Itoa(book.rows))
	t.add("cells read back", strconv.Itoa(book.cells))
	t.add("reading back, s", seconds(book.elapsed))
	return t.print(b.out)
}

// readBook is what an independent reader finds in a workbook.
type readBook struct {
	sheets, rows, cells int
	size                int64
	elapsed             time.Duration
}

// readBack reads the only workbook below a directory, every cell of it.
func readBack(dir string) (*readBook, error) {
	file, err := onlyFile(dir)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	book, err := cells.OpenFile(file, cells.Limits{})
	if err != nil {
		return nil, fmt.Errorf("read back: %w", err)
	}
	read := &readBook{size: info.Size()}
	for _, sheet := range book.Sheets() {
		read.sheets++
		if err := sheet.Rows(func(_ int, row []cells.Cell) error {
			read.rows++
			read.cells += len(row)
			return nil
		}); err != nil {
			return nil, errors.Join(fmt.Errorf("read back: %w", err), book.Close())
		}
	}
	read.elapsed = time.Since(began)
	return read, book.Close()
}

// onlyFile returns the file below a directory that holds one.
func onlyFile(dir string) (string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err == nil && len(files) != 1 {
		err = fmt.Errorf("%s holds %d files, not one workbook", dir, len(files))
	}
	if err != nil {
		return "", err
	}
	return files[0], nil
}
