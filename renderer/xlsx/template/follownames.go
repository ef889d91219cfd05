package template

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// followNames moves the defined names in a workbook's part. A name of one sheet
// is one of each page that was made of it; a print area, print titles or filter
// of which nothing is left is no more.
func followNames(content []byte, m *reference.Moves) ([]byte, error) {
	pages := m.Pages()
	e := newEdit(content)
	err := e.each(func(t *tag) error {
		if t.local() != "definedName" {
			return nil
		}
		name, err := e.movedName(t)
		if err != nil {
			return err
		}
		e.replace(t.start, e.at, name.on(m, pages))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return e.bytes(), nil
}

// movedName is a name as it stands in the template.
type movedName struct {
	tag *tag
	// isBuiltIn names are those of print areas and the like.
	isBuiltIn bool
	formula   *reference.Formula
	written   []byte // the formula as it stands there, and the closing tag
}

func isBuiltIn(name string) bool { return strings.HasPrefix(name, "_xlnm.") }

func (e *edit) movedName(t *tag) (movedName, error) {
	text, start, _, err := e.text(t)
	if err != nil {
		return movedName{}, err
	}
	n := movedName{tag: t, isBuiltIn: isBuiltIn(t.get("name")), written: e.b[start:e.at]}
	parse := reference.ParseName
	if n.isBuiltIn {
		parse = reference.ParseArea
	}
	if n.formula, err = parse(text); err != nil {
		return movedName{}, fmt.Errorf("the name %s: %w", t.get("name"), err)
	}
	return n, nil
}

// on is the name in the filled workbook.
func (n movedName) on(m *reference.Moves, pages []int) []byte {
	local := n.tag.get("localSheetId")
	sheet, err := strconv.Atoi(local)
	if local == "" || err != nil || sheet < 0 || sheet >= len(pages) {
		return n.append(nil, "", m.Workbook())
	}
	first := 0
	for _, count := range pages[:sheet] {
		first += count
	}
	var dst []byte
	for page := range pages[sheet] {
		dst = n.append(dst, strconv.Itoa(first+page), m.Grid(sheet, page).Page())
	}
	return dst
}

func (n movedName) append(dst []byte, local string, at reference.Place) []byte {
	moved := string(n.formula.Append(nil, at))
	if n.isBuiltIn {
		if moved = withoutGone(moved); moved == "" {
			return dst
		}
	}
	if local == "" {
		dst = append(dst, n.tag.raw...)
	} else {
		t := n.tag.with("localSheetId", local)
		dst = append(dst, t.raw...)
	}
	if moved == n.formula.String() {
		return append(dst, n.written...)
	}
	closing := n.written[bytes.LastIndexByte(n.written, '<'):]
	return append(append(dst, escape(moved)...), closing...)
}

// withoutGone is a list of ranges without those that are no more.
func withoutGone(list string) string {
	if !strings.Contains(list, "#REF!") {
		return list
	}
	var left []string
	inQuotes := false
	for r := range strings.FieldsFuncSeq(list, func(c rune) bool {
		inQuotes = inQuotes != (c == '\'')
		return c == ',' && !inQuotes
	}) {
		if !strings.HasSuffix(r, "#REF!") {
			left = append(left, r)
		}
	}
	return strings.Join(left, ",")
}
