package template

import (
	"bytes"
	"slices"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// extension moves what is within an extension, and drops one of which nothing is left: the
// schema has none without content.
func (f *tailEdit) extension(element []byte) ([]byte, error) {
	s := scanner{b: element}
	t, _, err := s.next()
	if err != nil {
		return nil, err
	}
	inside, err := s.element(t)
	if err != nil {
		return nil, err
	}
	moved, err := followTail(inside, f.grid)
	if err != nil || len(bytes.TrimSpace(moved)) == 0 && len(bytes.TrimSpace(inside)) > 0 {
		return nil, err
	}
	return slices.Concat(element[:t.end], moved, element[t.end+len(inside):]), nil
}

// sparklineGroup moves the charts within cells that share a look, and the dates below them.
func (f *tailEdit) sparklineGroup(element []byte) ([]byte, error) {
	group := tailEdit{edit: newEdit(element), grid: f.grid}
	left := 0
	err := group.each(func(t *tag) (err error) {
		switch t.local() {
		case "f":
			_, err = group.moveText(t, reference.ParseArea, f.grid.Page())
		case "sparklines":
			left, err = group.listLeft(t, group.sparkline)
		}
		return err
	})
	if left == 0 {
		return nil, err
	}
	return group.bytes(), err
}

// sparkline repeats a chart within a cell.
func (f *tailEdit) sparkline(element []byte) ([]byte, error) {
	sqref, err := sqrefOf(element)
	if err != nil {
		return nil, err
	}
	var b []byte
	for _, ref := range f.grid.Ranges(sqref) {
		e := newEdit(element)
		err := e.each(func(t *tag) error {
			switch t.local() {
			case "sqref":
				_, start, end, err := e.text(t)
				e.replace(start, end, []byte(ref))
				return err
			case "f":
				_, err := e.moveText(t, reference.ParseArea, placeAt(f.grid, ref))
				return err
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		b = append(b, e.bytes()...)
	}
	return b, nil
}
