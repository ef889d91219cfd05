package cells_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// workbook writes one reading and opens the result.
func workbook(reading string) (*cells.Book, error) {
	var b bytes.Buffer
	w, err := xlsx.New(context.Background(), &b, xlsx.Book{})
	if err != nil {
		return nil, err
	}
	defer w.Discard()
	s, err := w.Sheet(xlsx.Sheet{Name: "Data", Columns: []xlsx.Column{{Title: "temperature"}}})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.Row([]xlsx.Value{xlsx.Decimal(reading)}), s.Close()); err != nil {
		return nil, err
	}
	if _, err := w.Close(); err != nil {
		return nil, err
	}
	return cells.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), cells.Limits{})
}

func ExampleSheet_Rows() {
	book, err := workbook("3.5")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = book.Sheet("Data").Rows(func(_ int, row []cells.Cell) error {
		for _, c := range row {
			fmt.Println(c.Ref(), c.Kind, c.Text)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// A1 text temperature
	// A2 number 3.5
}

func ExampleDiff() {
	before, errBefore := workbook("3.5")
	after, errAfter := workbook("3.6")
	if err := errors.Join(errBefore, errAfter); err != nil {
		fmt.Println(err)
		return
	}
	report, err := cells.Diff(before, after, cells.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range report.Differences {
		fmt.Printf("%s!%s %s: %s, %s\n", d.Sheet, d.Cell, d.What, d.A, d.B)
	}
	fmt.Println(report.Cells, "cells compared")
	// Output:
	// Data!A2 value: 3.5, 3.6
	// 2 cells compared
}
