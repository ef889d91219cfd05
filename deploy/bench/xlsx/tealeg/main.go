// Command tealeg is the comparison's writer with tealeg/xlsx, in a module of its own
// so that nothing of it comes into jetsheet's.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/tealeg/xlsx/v3"
)

func main() {
	books := flag.Int("books", 1, "workbooks")
	rows := flag.Int("rows", 0, "rows of each")
	columns := flag.Int("columns", 0, "columns of each")
	file := flag.String("file", "", "where the last one goes")
	flag.Parse()
	for range *books {
		if err := write(*file, *rows, *columns); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

var phrases = [...]string{
	"異常なし", "清掃済み", "温度計を交換した", "扉が開いていた & 閉めた", "冷蔵庫 1", "checked", "needs <repair>", "第2倉庫 西側の棚",
}

var firstDay = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

func write(file string, rows, columns int) error {
	book := xlsx.NewFile()
	sheet, err := book.AddSheet("Sheet1")
	if err != nil {
		return err
	}
	header := sheet.AddRow()
	for j := range columns {
		header.AddCell().SetString("列 " + strconv.Itoa(j+1))
	}
	for i := range rows {
		row := sheet.AddRow()
		for j := range columns {
			set(row.AddCell(), i, j)
		}
	}
	return book.Save(file)
}

// set writes the cell of row i and column j: the data of ../data.go.
func set(c *xlsx.Cell, i, j int) {
	switch j % 10 {
	case 0:
		c.SetInt(i*20 + j)
	case 2:
		c.SetString("SN-" + strconv.Itoa(10_000_000+i))
	case 3, 9:
		c.SetFloatWithFormat(float64((i*7+j*13)%900-200)/10, "#,##0.0")
	case 4:
		c.SetDateTimeWithFormat(xlsx.TimeToExcelTime(firstDay.Add(time.Duration(i*60+j)*time.Second), false), "yyyy-mm-dd hh:mm:ss")
	case 5:
		c.SetDateTimeWithFormat(xlsx.TimeToExcelTime(firstDay.AddDate(0, 0, i%365), false), "yyyy-mm-dd")
	case 6:
		c.SetBool((i+j)%7 != 0)
	case 8:
		c.SetFloat(math.Sqrt(float64(i*3 + j)))
	case 7:
		if i%3 != 0 {
			return
		}
		fallthrough
	default:
		c.SetString(phrases[(i*5+j)%len(phrases)])
	}
}
