package cells

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// Name is a defined name of a workbook.
type Name struct {
	Name string
	// RefersTo is what it stands for, such as Sheet1!$A$5:$H$5 or a formula.
	RefersTo string
	// Sheet is the name of the sheet whose own name it is; empty for one of the workbook.
	Sheet string
}

// Names are the defined names of the workbook, in its order; those that programs make
// for themselves are among them.
func (b *Book) Names() []Name { return b.names }

// addName takes the defined name that was just begun. Their number is bounded by the
// size of the part.
func (b *Book) addName(t *tokens, start xml.StartElement) error {
	text, err := t.text()
	name := Name{Name: attribute(start, "name"), RefersTo: text}
	if n, err := strconv.Atoi(attribute(start, "localSheetId")); err == nil && 0 <= n && n < len(b.sheets) {
		name.Sheet = b.sheets[n].Name
	}
	b.names = append(b.names, name)
	return err
}

// Tables are the ranges of the rows that the sheet's tables have for data, without those
// of headers and totals.
func (s *Sheet) Tables() ([]string, error) {
	relations, err := s.book.archive.relationsOf(s.part)
	if err != nil {
		return nil, err
	}
	var ranges []string
	for _, part := range relations.all("/table") {
		t, err := s.book.archive.index(part)
		if err != nil {
			return nil, err
		}
		err = t.each(func(parents []string, start xml.StartElement) error {
			if len(parents) > 0 {
				return nil
			}
			data, err := tableData(start)
			ranges = append(ranges, data)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return ranges, nil
}

// Charts are the formulas of what the sheet's charts show.
func (s *Sheet) Charts() ([]string, error) {
	drawing, err := s.book.archive.related(s.part, "/drawing")
	if err != nil || drawing == "" {
		return nil, err
	}
	relations, err := s.book.archive.relationsOf(drawing)
	if err != nil {
		return nil, err
	}
	var formulas []string
	for _, part := range append(relations.all("/chart"), relations.all("/chartEx")...) {
		t, err := s.book.archive.index(part)
		if err != nil {
			return nil, err
		}
		err = t.each(func(_ []string, start xml.StartElement) error {
			if start.Name.Local != "f" {
				return nil
			}
			formula, err := t.text()
			formulas = append(formulas, formula)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return formulas, nil
}

// tableData is the range of a table's data.
func tableData(start xml.StartElement) (string, error) {
	from, to, _ := strings.Cut(attribute(start, "ref"), ":")
	if to == "" {
		to = from
	}
	first, left, err := parseReference(from)
	if err != nil {
		return "", err
	}
	last, right, err := parseReference(to)
	if err != nil {
		return "", err
	}
	if attribute(start, "headerRowCount") != "0" {
		first++
	}
	if n := attribute(start, "totalsRowCount"); n != "" && n != "0" {
		last--
	}
	return reference(first, left) + ":" + reference(last, right), nil
}
