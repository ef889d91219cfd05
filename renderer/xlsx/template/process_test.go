package template_test

import (
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/corpustest"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// excelize draws the templates anew in every process: they are given. Each is filled in both
// ways.
func TestEveryProcessFillsTheSameBytes(t *testing.T) {
	t.Parallel()
	draw := func() (files [][]byte) {
		for _, s := range corpus() {
			files = append(files, s.template(t))
		}
		return files
	}
	corpustest.SameInEveryProcess(t, draw, func(files [][]byte) (workbooks [][]byte) {
		for i, s := range corpus() {
			tpl, err := template.Compile(files[i], template.Options{})
			noError(t, err)
			workbooks = append(workbooks, filled(t, tpl, s.data))
			tpl.ByExcelize()
			workbooks = append(workbooks, filled(t, tpl, s.data))
		}
		return workbooks
	})
}
