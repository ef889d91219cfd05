package main

import (
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/deploy/sample"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// expectedBook is a workbook as the database says it must be. Its cells read
// "kind|number format|value", see testdata/demo/cells.sql.
type expectedBook []expectedSheet

type expectedSheet struct {
	name string
	rows [][]string // with the header, and what stands above it and below the records
	// above and below are how many rows do.
	above, below int
	// unfiltered says that the header has no filter, as in the previous system's.
	unfiltered bool
}

// demoOracle works out, by SQL that was written for this test, what each workbook of the
// tick must hold. The database holds the sample.
func demoOracle(t *testing.T, database string, tick time.Time) map[string]expectedBook {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), demoStatement(t, "cells")); err != nil {
		t.Fatalf("functions of the oracle: %v", err)
	}
	books := map[string]expectedBook{}
	for _, report := range []string{"temperature-monthly", "inspection-monthly", "cleaning-monthly"} {
		if err := expectReport(t, conn, demoStatement(t, report), tick, books); err != nil {
			t.Fatalf("oracle of %s: %v", report, err)
		}
	}
	return books
}

// sampleDatabase makes a database with the sample's records of as many months as options
// say, for the tick in the last one.
func sampleDatabase(t *testing.T, tick time.Time, options sample.Options) string {
	t.Helper()
	database := localtest.Database(t)
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	options.Month, options.Seed = tick.Add(-24*time.Hour), demoSeed
	if _, err := sample.Load(t.Context(), conn, options); err != nil {
		t.Fatal(err)
	}
	return database
}

func demoStatement(t *testing.T, name string) string {
	t.Helper()
	statement, err := os.ReadFile(filepath.Join("testdata", "demo", name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	return string(statement)
}

// expectReport adds the workbooks of one report. Its rows come in the workbooks' order;
// a header begins a sheet.
func expectReport(t *testing.T, conn *pgx.Conn, statement string, tick time.Time, books map[string]expectedBook) error {
	t.Helper()
	rows, err := conn.Query(t.Context(), statement, tick)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var number, position int64
		var name *string
		var row []string
		if err := rows.Scan(&key, &number, &name, &position, &row); err != nil {
			return err
		}
		if position == 0 {
			books[key] = append(books[key], expectedSheet{name: *name})
		}
		sheet := &books[key][number-1]
		sheet.rows = append(sheet.rows, row)
	}
	for key, book := range books {
		for i := range book {
			if book[i].name == "集計" && book[i].above == 0 {
				if err := book[i].file(book[0].name, strings.Split(key, "/")); err != nil {
					return err
				}
			}
		}
	}
	return rows.Err()
}

// file adds what the summary of inspections has around its records: a title, the totals
// of four columns, the period of the key and how many records there are.
func (s *expectedSheet) file(title string, key []string) error {
	month, err := time.Parse("2006-01", key[1])
	if err != nil {
		return err
	}
	records := s.rows[1:]
	line := func(text string) []string { return append([]string{"text|General|" + text}, make([]string, 5)...) }
	totals := line("合計")
	for column := 1; column <= 4; column++ {
		sum := 0
		for _, row := range records {
			n, err := strconv.Atoi(strings.TrimPrefix(row[column], "number|#,##0|"))
			if err != nil {
				return err
			}
			sum += n
		}
		letter := string(rune('A' + column))
		totals[column] = fmt.Sprintf("number|#,##0|%d from the formula SUBTOTAL(109,%s3:%s%d)", sum, letter, letter, 2+len(records))
	}
	days := month.Format(time.DateOnly) + " – " + month.AddDate(0, 1, -1).Format(time.DateOnly)
	s.rows = slices.Concat([][]string{line(title + " 集計")}, s.rows,
		[][]string{totals, make([]string, 6), line(days), line(strconv.Itoa(len(records)) + " 項目")})
	s.above, s.below = 1, 4
	return nil
}

// demoDifferences compares every file below dir with what is expected, both ways.
func demoDifferences(dir string, want map[string]expectedBook) ([]string, error) {
	var found []string
	missing := maps.Clone(want)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		key, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		key = filepath.ToSlash(key)
		switch book, expected := want[key]; {
		case entry.IsDir() && key == "_jetsheet": // the records of runs
			return fs.SkipDir
		case entry.IsDir():
		case !expected && demoFormTitles[filepath.Base(filepath.Dir(path))] != "": // see checkDemoForms
		case !expected:
			found = append(found, key+": must not be there")
		default:
			delete(missing, key)
			for _, difference := range book.differences(path) {
				found = append(found, key+": "+difference)
			}
		}
		return nil
	})
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		found = append(found, key+": is not there")
	}
	return found, err
}

// differences compares one workbook; the first few of a sheet's are told.
func (b expectedBook) differences(path string) []string {
	book, err := cells.OpenFile(path, cells.Limits{})
	if err != nil {
		return []string{err.Error()}
	}
	defer func() { _ = book.Close() }()
	var found []string
	if len(book.Sheets()) != len(b) {
		found = append(found, fmt.Sprintf("%d sheets, want %d", len(book.Sheets()), len(b)))
	}
	for i, sheet := range book.Sheets()[:min(len(b), len(book.Sheets()))] {
		for _, difference := range b[i].differences(sheet) {
			found = append(found, fmt.Sprintf("sheet %q: %s", b[i].name, difference))
		}
	}
	return found
}

// mostDifferences of a sheet are told; one shifted row differs in all that follow.
const mostDifferences = 5

func (s expectedSheet) differences(sheet *cells.Sheet) []string {
	var found []string
	report := func(format string, args ...any) {
		if len(found) < mostDifferences {
			found = append(found, fmt.Sprintf(format, args...))
		}
	}
	if sheet.Name != s.name || sheet.Visibility != cells.Visible {
		report("is named %q and %s, want %q and visible", sheet.Name, sheet.Visibility, s.name)
	}
	read := 0
	err := sheet.Rows(func(number int, row []cells.Cell) error {
		for read++; read < number && read <= len(s.rows) && strings.Join(s.rows[read-1], "") == ""; read++ {
		}
		if number != read || number > len(s.rows) {
			report("row %d is in the place of row %d of %d", number, read, len(s.rows))
			return nil
		}
		got := readRow(row, len(s.rows[0]))
		if want := s.rows[number-1]; !slices.Equal(got, want) {
			report("row %d is\n\t%q, want\n\t%q", number, got, want)
		}
		return nil
	})
	if err != nil {
		report("%v", err)
	}
	if read != len(s.rows) {
		report("%d rows, want %d", read, len(s.rows))
	}
	layout, err := sheet.Layout()
	filter := fmt.Sprintf("A%d:%c%d", s.above+1, 'A'+rune(len(s.rows[0])-1), len(s.rows)-s.below)
	if s.unfiltered {
		filter = ""
	}
	if err != nil || layout.FrozenRows != s.above+1 || layout.FrozenColumns != 0 || layout.AutoFilter != filter || len(layout.Merges) > 0 {
		report("layout %+v (%v), want the header frozen and the filter %q", layout, err, filter)
	}
	return found
}

// readRow reads the cells of a row as the oracle writes them; the header's have a style
// of their own and no format. A cell beyond the columns makes the row longer.
func readRow(row []cells.Cell, columns int) []string {
	var read []string
	read = append(read, slices.Repeat([]string{""}, columns)...)
	for _, c := range row {
		if c.Kind == cells.Empty && c.Formula == "" {
			continue
		}
		for len(read) < c.Col {
			read = append(read, "")
		}
		read[c.Col-1] = readCell(c)
	}
	return read
}

func readCell(c cells.Cell) string {
	value := c.Text
	if f, ok := c.Float(); ok {
		value = readNumber(f, c.Format)
	}
	if c.Formula != "" {
		value += " from the formula " + c.Formula
	}
	return strings.Join([]string{c.Kind.String(), c.Format, value}, "|")
}

// readNumber shows a number as the formats for days and times do; what is below a
// second is shown too, because there must be none.
func readNumber(f float64, format string) string {
	layout := ""
	switch format {
	case "yyyy/mm/dd hh:mm", "yyyy-mm-dd hh:mm:ss":
		layout = "2006-01-02 15:04:05"
	case "yyyy/mm/dd", "yyyy-mm-dd":
		layout = "2006-01-02"
	case "hh:mm", "hh:mm:ss":
		layout = "15:04:05"
	case "[h]:mm:ss":
	default:
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	seconds := math.Round(f * 86400)
	whole := math.Abs(f*86400-seconds) < 1e-4 && (layout != "2006-01-02" || f == math.Floor(f)) && (layout != "15:04:05" || f < 1)
	switch {
	case !whole:
		return strconv.FormatFloat(f, 'f', -1, 64) + " days"
	case layout == "":
		return strconv.FormatFloat(seconds, 'f', -1, 64) + "s"
	}
	return time.Date(1899, 12, 30, 0, 0, int(seconds), 0, time.UTC).Format(layout)
}
