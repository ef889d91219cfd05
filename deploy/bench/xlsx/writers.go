package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// writeFunc writes one workbook.
type writeFunc func(ctx context.Context, dst io.Writer, rows, columns int) error

// prepareFunc does what a process does once, and gives what writes each workbook.
type prepareFunc func() (writeFunc, error)

// each is a writer that does all of it for each workbook.
func each(write writeFunc) prepareFunc {
	return func() (writeFunc, error) { return write, nil }
}

// content is what a job's workbooks have in them.
type content string

const (
	table  content = "table"  // rows of the data
	photo  content = "photos" // rows of a number and a photo
	filled content = "form"   // a form whose one row is repeated for the rows of the data
)

// inProcess are the writers that this program has in it.
var inProcess = map[content]map[string]prepareFunc{
	table: {
		nameJetsheet: each(writeJetsheet),
		nameStream:   each(writeExcelizeStream),
		nameCells:    each(writeExcelizeCells),
		nameData:     each(writeNothing),
	},
	photo: {
		nameJetsheet: each(writePhotos),
		nameCells:    each(writePhotosByExcelize),
		nameData:     each(writeNoPhotos),
	},
	filled: {
		nameJetsheet: formByJetsheet(true),
		nameSlow:     formByJetsheet(false),
		nameFill:     formByExcelize,
		nameData:     each(writeNothing),
	},
}

const (
	nameJetsheet = "jetsheet"
	nameSlow     = "jetsheet by excelize"
	nameStream   = "excelize stream"
	nameCells    = "excelize SetCell"
	nameFill     = "excelize open-fill-save"
	nameData     = "data alone"
)

func beChild(ctx context.Context, name string, j job) error {
	prepare, ok := inProcess[j.Content][name]
	if !ok {
		return fmt.Errorf("no writer of %s is named %q", j.Content, name)
	}
	write, err := prepare()
	if err != nil {
		return err
	}
	for range j.Books - 1 {
		if err := write(ctx, io.Discard, j.Rows, j.Columns); err != nil {
			return err
		}
	}
	if j.File == "" {
		return write(ctx, io.Discard, j.Rows, j.Columns)
	}
	f, err := os.Create(j.File)
	if err != nil {
		return err
	}
	if err := write(ctx, f, j.Rows, j.Columns); err != nil {
		return err
	}
	return f.Close()
}

// writeNothing makes the rows and throws them away: what every writer here pays.
func writeNothing(_ context.Context, _ io.Writer, rows, columns int) error {
	row := make([]value, columns)
	for i := range rows {
		fill(row, i)
	}
	return nil
}

var formats = map[kind]string{
	decimal: "decimal:1", date: "date", dateTime: "datetime",
}

func writeJetsheet(ctx context.Context, dst io.Writer, rows, columns int) error {
	w, err := xlsx.New(ctx, dst, xlsx.Book{})
	if err != nil {
		return err
	}
	defer w.Discard()
	sheet := xlsx.Sheet{Name: "Sheet1", Columns: make([]xlsx.Column, columns)}
	for j := range sheet.Columns {
		format, err := xlsx.ParseFormat(formats[kindOf(j)], "en")
		if err != nil {
			return err
		}
		sheet.Columns[j] = xlsx.Column{Title: title(j), Format: format}
	}
	s, err := w.Sheet(sheet)
	if err != nil {
		return err
	}
	row, values := make([]value, columns), make([]xlsx.Value, columns)
	for i := range rows {
		fill(row, i)
		for j := range row {
			values[j] = ours(&row[j])
		}
		if err := s.Row(values); err != nil {
			return err
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	_, err = w.Close()
	return err
}

func ours(v *value) xlsx.Value {
	switch v.kind {
	case text:
		return xlsx.Text(v.text)
	case integer:
		return xlsx.Int(v.whole)
	case decimal, float:
		return xlsx.Float(v.number)
	case date:
		return xlsx.Date(v.at.Date())
	case dateTime:
		return xlsx.DateTime(v.at)
	case boolean:
		return xlsx.Bool(v.truth)
	}
	return xlsx.Null()
}

// codes are the same formats as ours.
var codes = map[kind]string{decimal: "#,##0.0", date: "yyyy-mm-dd", dateTime: "yyyy-mm-dd hh:mm:ss"}

func excelizeStyles(f *excelize.File) (map[kind]int, error) {
	styles := make(map[kind]int)
	for k, code := range codes {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
		if err != nil {
			return nil, err
		}
		styles[k] = id
	}
	return styles, nil
}

func (v *value) any() any {
	switch v.kind {
	case text:
		return v.text
	case integer:
		return v.whole
	case decimal, float:
		return v.number
	case date, dateTime:
		return v.at
	case boolean:
		return v.truth
	}
	return nil
}

func writeExcelizeStream(_ context.Context, dst io.Writer, rows, columns int) error {
	f := excelize.NewFile()
	styles, err := excelizeStyles(f)
	if err != nil {
		return err
	}
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	row, cells := make([]value, columns), make([]any, columns)
	for j := range cells {
		cells[j] = title(j)
	}
	if err := w.SetRow("A1", cells); err != nil {
		return err
	}
	for i := range rows {
		fill(row, i)
		for j := range row {
			cells[j] = row[j].any()
			if id := styles[row[j].kind]; id != 0 {
				cells[j] = excelize.Cell{StyleID: id, Value: cells[j]}
			}
		}
		name, err := excelize.CoordinatesToCellName(1, i+2)
		if err != nil {
			return err
		}
		if err := w.SetRow(name, cells); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Write(dst); err != nil {
		return err
	}
	return f.Close()
}

func writeExcelizeCells(_ context.Context, dst io.Writer, rows, columns int) error {
	f := excelize.NewFile()
	styles, err := excelizeStyles(f)
	if err != nil {
		return err
	}
	row := make([]value, columns)
	for i := range rows + 1 {
		if i > 0 {
			fill(row, i-1)
		}
		for j := range row {
			v := row[j]
			if i == 0 {
				v = value{kind: text, text: title(j)}
			}
			if err := setCell(f, j+1, i+1, &v, styles); err != nil {
				return err
			}
		}
	}
	if err := f.Write(dst); err != nil {
		return err
	}
	return f.Close()
}

func setCell(f *excelize.File, column, row int, v *value, styles map[kind]int) error {
	if v.kind == blank {
		return nil
	}
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		return err
	}
	if err := f.SetCellValue("Sheet1", name, v.any()); err != nil {
		return err
	}
	if id := styles[v.kind]; id != 0 {
		return f.SetCellStyle("Sheet1", name, name, id)
	}
	return nil
}
