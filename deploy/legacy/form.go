package legacy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"
)

// form is what the code knows of a workbook that customers drew: on its first sheet a cell
// for the target's title, one row for the records, which has their styles, and below it
// formulas over them, a function for each of some columns from 1.
type form struct {
	title string
	first int
	below map[int]string
}

// readForms reads a folder of forms, REPORT.xlsx each; without a folder there are none.
func readForms(dir string) (map[string][]byte, error) {
	forms := map[string][]byte{}
	if dir == "" {
		return forms, nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.xlsx"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".xlsx")
		if forms[name], err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	return forms, nil
}

// filled makes a workbook in memory from the report's form, and says how many rows it has.
func (c *Config) filled(ctx context.Context, r report, t target) (content []byte, rows int, err error) {
	found, err := c.Database.Query(ctx, r.sheets[0].rows, t.args())
	if err != nil {
		return nil, 0, err
	}
	records, err := pgx.CollectRows(found, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	if err != nil || len(records) == 0 {
		return nil, 0, err
	}
	file, err := excelize.OpenReader(bytes.NewReader(c.Forms[r.name]))
	if err != nil {
		return nil, 0, fmt.Errorf("open the form: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := r.form.fill(file, t.Title, records); err != nil {
		return nil, 0, fmt.Errorf("fill the form: %w", err)
	}
	buffer, err := file.WriteToBuffer()
	if err != nil {
		return nil, 0, err
	}
	return buffer.Bytes(), len(records), nil
}

// fill inserts the rows all at once, gives each column its style at once, and then writes
// the records, of which there is one at least.
func (m form) fill(file *excelize.File, title string, records [][]any) error {
	sheet := file.GetSheetName(0)
	if err := file.SetCellValue(sheet, m.title, title); err != nil {
		return err
	}
	if len(records) > 1 {
		if err := file.InsertRows(sheet, m.first+1, len(records)-1); err != nil {
			return err
		}
	}
	for column := range records[0] {
		if err := m.stretch(file, sheet, column+1, len(records)); err != nil {
			return err
		}
	}
	for i, record := range records {
		if err := m.record(file, sheet, m.first+i, record); err != nil {
			return err
		}
	}
	return nil
}

// stretch gives a column's rows the style of the first, and the formula below all of them.
func (m form) stretch(file *excelize.File, sheet string, column, rows int) error {
	name, err := excelize.ColumnNumberToName(column)
	if err != nil {
		return err
	}
	first, last := fmt.Sprint(name, m.first), fmt.Sprint(name, m.first+rows-1)
	style, err := file.GetCellStyle(sheet, first)
	if err != nil {
		return err
	}
	if err := file.SetCellStyle(sheet, first, last, style); err != nil {
		return err
	}
	if function := m.below[column]; function != "" {
		return file.SetCellFormula(sheet, fmt.Sprint(name, m.first+rows), function+"("+first+":"+last+")")
	}
	return nil
}

func (m form) record(file *excelize.File, sheet string, row int, record []any) (err error) {
	for i := range record {
		if record[i], err = plain(record[i]); err != nil {
			return err
		}
	}
	return file.SetSheetRow(sheet, fmt.Sprint("A", row), &record)
}
