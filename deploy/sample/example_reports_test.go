package sample_test

import (
	"fmt"
	"io/fs"

	"github.com/jetsheet/jetsheet/deploy/sample"
)

func ExampleReports() {
	reports, err := sample.Reports()
	if err != nil {
		fmt.Printf("open the reports: %v\n", err)
		return
	}
	names, err := fs.Glob(reports, "*.yaml")
	if err != nil {
		fmt.Printf("list the reports: %v\n", err)
		return
	}
	for _, name := range names {
		fmt.Println(name)
	}
	// Output:
	// cleaning-monthly.yaml
	// inspection-monthly.yaml
	// temperature-monthly.yaml
}
