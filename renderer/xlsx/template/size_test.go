package template_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// It runs beside no other test: it measures the heap.
func TestSizeIsThatOfTheHeap(t *testing.T) {
	for name, fill := range map[string]func(f *excelize.File, cell string, n int) error{
		"text": func(f *excelize.File, cell string, n int) error {
			return f.SetCellStr("Sheet1", cell, fmt.Sprint("text ", n))
		},
		"numbers": func(f *excelize.File, cell string, n int) error { return f.SetCellInt("Sheet1", cell, int64(n)) },
		"markers": func(f *excelize.File, cell string, n int) error {
			return f.SetCellStr("Sheet1", cell, fmt.Sprintf("{{f%d}}", n%20))
		},
		"words": func(f *excelize.File, cell string, n int) error {
			return f.SetCellStr("Sheet1", cell, fmt.Sprintf("a {{f%d}} z", n%20))
		},
		"formulas": func(f *excelize.File, cell string, n int) error {
			return f.SetCellFormula("Sheet1", cell, fmt.Sprintf("SUM(AA%d:AB%d)*2", n+1, n+2))
		},
		"long formulas": func(f *excelize.File, cell string, n int) error {
			return f.SetCellFormula("Sheet1", cell, strings.Repeat(fmt.Sprintf("SUM(AA%d:AB%d)+", n+1, n+2), 30)+"1")
		},
	} {
		file := draw(t, map[string]any{"Z1": "{{#records}}{{n}}{{/records}}"}, func(f *excelize.File) error {
			var errs []error
			for n := range 10_000 {
				cell, err := excelize.CoordinatesToCellName(n%20+1, n/20+1)
				errs = append(errs, err, fill(f, cell, n))
			}
			return errors.Join(errs...)
		})
		before := heap()
		compiled, err := template.Compile(file, template.Options{})
		noError(t, err)
		took := heap() - before
		if got := compiled.SizeBytes(); got < took/2 || got > took*2 {
			t.Errorf("%s: the size is %d, and %d bytes are taken", name, got, took)
		}
		t.Logf("%s: the size is %d, and %d bytes are taken", name, compiled.SizeBytes(), took)
		runtime.KeepAlive(compiled)
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // it is in memory
}
