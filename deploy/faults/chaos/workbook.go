//go:build unix

package main

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// checkInstant checks a workbook of moving records: all rows have one version, the sheet
// of the head has the same, and the amounts add up.
func checkInstant(path string) (err error) {
	book, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	amounts, err := numbers(&book.Reader, "xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	head, err := numbers(&book.Reader, "xl/worksheets/sheet2.xml")
	if err != nil {
		return err
	}
	if len(head) != 1 || len(head[0]) != 1 || len(amounts) != movingSum/100 {
		return fmt.Errorf("it has %d rows of amounts and the head %v, want %d and one number", len(amounts), head, movingSum/100)
	}
	sum := 0
	for i, row := range amounts {
		if len(row) != 2 || row[0] != head[0][0] {
			return fmt.Errorf("row %d is %v, want version %d", i+2, row, head[0][0])
		}
		sum += row[1]
	}
	if sum != movingSum {
		return fmt.Errorf("the amounts of version %d add up to %d, want %d", head[0][0], sum, movingSum)
	}
	return nil
}

// numbers reads the rows of a sheet that has nothing but whole numbers under its header.
func numbers(book *zip.Reader, part string) (_ [][]int, err error) {
	file, err := book.Open(part)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var sheet struct {
		Rows []struct {
			Cells []struct {
				Value string `xml:"v"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	if err := xml.Unmarshal(text, &sheet); err != nil {
		return nil, fmt.Errorf("part %s: %w", part, err)
	}
	var rows [][]int
	for _, row := range sheet.Rows[min(1, len(sheet.Rows)):] {
		var values []int
		for _, cell := range row.Cells {
			n, err := strconv.Atoi(cell.Value)
			if err != nil {
				return nil, fmt.Errorf("part %s: %w", part, err)
			}
			values = append(values, n)
		}
		rows = append(rows, values)
	}
	return rows, nil
}
