package template_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// A form with a list, filled with three records.
func Example() {
	form := excelize.NewFile()
	for cell, text := range map[string]string{
		"A1": "Refrigerators of {{site}} on {{day | date}}",
		"A3": "{{#readings}}{{name}}", "B3": "{{celsius | decimal:1}}{{/readings}}",
		"A4": "Warmest",
	} {
		if err := form.SetCellValue("Sheet1", cell, text); err != nil {
			log.Fatal(err)
		}
	}
	if err := form.SetCellFormula("Sheet1", "B4", "MAX(B3:B3)"); err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if err := form.Write(&file); err != nil {
		log.Fatal(err)
	}

	compiled, err := template.Compile(file.Bytes(), template.Options{})
	if err != nil {
		log.Fatal(err)
	}
	var workbook bytes.Buffer
	summary, err := compiled.Fill(context.Background(), &workbook, template.Data{
		Fields: map[string]xlsx.Value{"site": xlsx.Text("Kyoto"), "day": xlsx.Date(2026, time.October, 31)},
		Tables: map[string]*template.Table{"readings": {
			Columns: []string{"name", "celsius"},
			Rows: [][]xlsx.Value{
				{xlsx.Text("Kitchen"), xlsx.Decimal("3.5")}, {xlsx.Text("Bar"), xlsx.Decimal("4.0")}, {xlsx.Text("Cellar"), xlsx.Decimal("7.1")},
			},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}

	filled, err := excelize.OpenReader(&workbook)
	if err != nil {
		log.Fatal(err)
	}
	for row := range 6 {
		name, _ := filled.GetCellValue("Sheet1", fmt.Sprintf("A%d", row+1))
		celsius, _ := filled.GetCellValue("Sheet1", fmt.Sprintf("B%d", row+1))
		fmt.Println(strings.TrimSpace(name + " " + celsius))
	}
	warmest, _ := filled.GetCellFormula("Sheet1", "B6")
	fmt.Println(warmest, summary.Rows)
	// Output:
	// Refrigerators of Kyoto on 2026-10-31
	//
	// Kitchen 3.5
	// Bar 4.0
	// Cellar 7.1
	// Warmest
	// MAX(B3:B5) 3
}
