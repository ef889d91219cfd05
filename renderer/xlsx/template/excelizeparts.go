package template

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// write writes what excelize made, in an order that does not change.
func (x *byExcelize) write() error {
	made := make(madeParts)
	x.file.ZipWriter = func(io.Writer) excelize.ZipWriter { return made }
	if _, err := x.file.WriteToBuffer(); err != nil {
		return fmt.Errorf("write it by excelize: %w", err)
	}
	if err := x.mend(made); err != nil {
		return err
	}
	const types = "[Content_Types].xml"
	for _, name := range append([]string{types}, slices.Sorted(maps.Keys(made))...) {
		if err := x.cancelled(); err != nil {
			return err
		}
		part := made[name]
		if part == nil {
			continue // it is written
		}
		delete(made, name)
		add := func() error { return x.archive.Add(name, part.Bytes()) }
		if isPacked(name) {
			add = func() error { return x.archive.AddStored(name, part.Bytes()) }
		}
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

// isPacked says whether a part is compressed in itself.
func isPacked(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg", ".gif"}, strings.ToLower(path.Ext(name)))
}

// mend puts content types into an order, which excelize does not, and rows into
// their sheets.
func (x *byExcelize) mend(made madeParts) error {
	if err := made.change("[Content_Types].xml", sortTypes); err != nil {
		return err
	}
	workbook := x.template.workbook.part
	if followed, ok := x.followed[workbook]; ok {
		if err := made.takeElement(workbook.name, "definedNames", followed); err != nil {
			return err
		}
	}
	for p, frame := range x.frames {
		err := made.change(p.sheet.part.name, func(content []byte) ([]byte, error) {
			rows, err := findElement(content, "sheetData")
			if err == nil {
				err = frame.addLinks(content)
			}
			return slices.Concat(frame.head, content[rows.start:rows.end], frame.tail), err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// madeParts are the parts that excelize writes.
type madeParts map[string]*bytes.Buffer

// Create gives room for a part.
func (m madeParts) Create(name string) (io.Writer, error) {
	m[name] = new(bytes.Buffer)
	return m[name], nil
}

// AddFS is never called for a workbook.
func (m madeParts) AddFS(fs.FS) error { return fs.ErrInvalid }

// Close does nothing: the parts are written afterwards.
func (m madeParts) Close() error { return nil }

func (m madeParts) change(name string, change func([]byte) ([]byte, error)) error {
	part := m[name]
	if part == nil {
		return nil
	}
	content, err := change(part.Bytes())
	if err != nil {
		return fmt.Errorf("part %s, as excelize writes it: %w", name, err)
	}
	m[name] = bytes.NewBuffer(content)
	return nil
}

// takeElement puts the element of that name into a part that has one, as it
// stands elsewhere.
func (m madeParts) takeElement(part, element string, from []byte) error {
	is, err := findElement(from, element)
	if err != nil || is == (extent{}) {
		return err
	}
	return m.change(part, func(content []byte) ([]byte, error) {
		was, err := findElement(content, element)
		if err != nil || was == (extent{}) {
			return content, err
		}
		return slices.Concat(content[:was.start], from[is.start:is.end], content[was.end:]), nil
	})
}

// findElement gives where the first element of that name stands; the zero
// extent if there is none.
func findElement(content []byte, name string) (found extent, err error) {
	e := newEdit(content)
	err = e.each(func(t *tag) error {
		if found != (extent{}) || t.local() != name {
			return nil
		}
		_, err := e.element(*t)
		found = extent{t.start, e.at}
		return err
	})
	return found, err
}

// sortTypes puts the content types, which excelize has in any order, into one.
func sortTypes(content []byte) ([]byte, error) {
	var types []string
	var list extent
	err := newEdit(content).each(func(t *tag) error {
		if t.local() == "Default" || t.local() == "Override" {
			if types = append(types, string(t.raw)); list.start == 0 {
				list.start = t.start
			}
			list.end = t.end
			if t.kind != tagEmpty {
				list.end += len("</>") + len(t.name)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(types)
	var b []byte
	for _, t := range types {
		b = append(append(b, strings.TrimSuffix(strings.TrimSuffix(t, ">"), "/")...), "/>"...)
	}
	return slices.Concat(content[:list.start], b, content[list.end:]), nil
}
