package template

import "github.com/jetsheet/jetsheet/renderer/xlsx/reference"

// followChart moves what a chart on the page shows, wherever its cells are.
// What a program remembered of cells that are elsewhere now is dropped: it
// reads them when the workbook is opened.
func followChart(content []byte, g *reference.Grid) ([]byte, error) {
	e, at := newEdit(content), g.Page()
	moved := false
	err := e.each(func(t *tag) error {
		switch t.local() {
		case "f", "sqref": // sqref is what a filtered series would show
			changed, err := e.moveText(t, reference.ParseChart, at)
			moved = changed
			return err
		case "numCache", "strCache", "multiLvlStrCache":
			return e.dropCache(t, moved)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return e.bytes(), nil
}

// dropCache takes an element away if what it remembers moved; else it passes over it.
func (e *edit) dropCache(t *tag, moved bool) error {
	if _, err := e.element(*t); err != nil {
		return err
	}
	if moved {
		e.replace(t.start, e.at, nil)
	}
	return nil
}
