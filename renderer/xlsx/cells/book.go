package cells

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// Book is an open workbook. Its sheets may be read one at a time.
type Book struct {
	archive  *archive
	file     io.Closer
	types    contentTypes
	sheets   []*Sheet
	strings  []string
	formats  []cellFormat
	names    []Name
	date1904 bool
}

// Open checks the whole workbook and reads what its sheets refer to. The zero
// Limits are the defaults. Errors about the workbook itself are ErrMalformed.
func Open(r io.ReaderAt, size int64, limits Limits) (*Book, error) {
	a, err := openArchive(r, size, limits.withDefaults())
	if err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	b := &Book{archive: a}
	if err := b.read(); err != nil {
		return nil, err
	}
	return b, nil
}

// OpenFile opens the workbook at that path. Close must be called on it.
func OpenFile(name string, limits Limits) (*Book, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	b, err := Open(f, info.Size(), limits)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	b.file = f
	return b, nil
}

// Close closes the file that OpenFile opened; after Open it does nothing.
func (b *Book) Close() error {
	if b.file == nil {
		return nil
	}
	file := b.file
	b.file = nil
	return file.Close()
}

// Sheets are the sheets in the order of their tabs, the hidden ones too.
func (b *Book) Sheets() []*Sheet { return b.sheets }

// Sheet gives the sheet of that name, without regard to case; nil when there is
// none.
func (b *Book) Sheet(name string) *Sheet {
	for _, s := range b.sheets {
		if strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// Date1904 says that the workbook counts days from 1904, as old ones from
// Macintosh do.
func (b *Book) Date1904() bool { return b.date1904 }

func (b *Book) read() error {
	types, err := b.archive.contentTypes()
	if err != nil {
		return err
	}
	b.types = types
	root, err := b.archive.relations("")
	if err != nil {
		return err
	}
	workbook := root.first("/officeDocument")
	if workbook == "" {
		return malformed("no part is named as the workbook")
	}
	if kind := types.of(workbook); !strings.Contains(kind, "main+xml") {
		return malformed("part %q is named as the workbook but has the content type %q", workbook, kind)
	}
	relations, err := b.archive.relations(workbook)
	if err != nil {
		return err
	}
	if err := b.readStyles(relations.first("/styles")); err != nil {
		return err
	}
	if err := b.readStrings(relations.first("/sharedStrings")); err != nil {
		return err
	}
	return b.readWorkbook(workbook, relations)
}

func (b *Book) readWorkbook(part string, relations relations) error {
	t, err := b.archive.index(part)
	if err != nil {
		return err
	}
	err = t.each(func(_ []string, start xml.StartElement) error {
		switch start.Name.Local {
		case "workbookPr":
			b.date1904 = isTrue(attribute(start, "date1904"))
		case "sheet":
			return b.addSheet(start, relations)
		case "definedName":
			return b.addName(t, start)
		}
		return nil
	})
	if err == nil && len(b.sheets) == 0 {
		return malformed("the workbook has no sheet")
	}
	return err
}

func (b *Book) addSheet(start xml.StartElement, relations relations) error {
	name := attribute(start, "name")
	relation, found := relations[prefixed(start, "id")]
	switch {
	case len(b.sheets) == b.archive.limits.Parts:
		return beyond("the workbook has more sheets than the limit of %d parts", b.archive.limits.Parts)
	case name == "":
		return malformed("a sheet has no name")
	case b.Sheet(name) != nil:
		return malformed("two sheets are named %q", name)
	case !found || b.archive.find(relation.target) == nil:
		return malformed("the part of sheet %q is missing", name)
	}
	s := &Sheet{Name: name, Visibility: Visible, book: b, part: relation.target}
	if state := attribute(start, "state"); state != "" {
		s.Visibility = Visibility(state)
	}
	s.Worksheet = strings.HasSuffix(relation.kind, "/worksheet")
	if kind := b.types.of(s.part); s.Worksheet && !strings.HasSuffix(kind, "worksheet+xml") {
		return malformed("part %q of sheet %q has the content type %q", s.part, name, kind)
	}
	b.sheets = append(b.sheets, s)
	return nil
}

// relation is one part's link to another, by an id of its own.
type relation struct{ kind, target string }

type relations map[string]relation

// first gives the target of the relation whose type ends so, of the least id
// when there are several; empty for none.
func (r relations) first(kind string) string {
	if all := r.all(kind); len(all) > 0 {
		return all[0]
	}
	return ""
}

// all gives the targets of the relations whose types end so, by their ids.
func (r relations) all(kind string) []string {
	var targets []string
	for _, id := range slices.Sorted(maps.Keys(r)) {
		if strings.HasSuffix(r[id].kind, kind) {
			targets = append(targets, r[id].target)
		}
	}
	return targets
}

// relations reads the links of a part; of the package itself for "".
func (a *archive) relations(part string) (relations, error) {
	dir, file := path.Split(part)
	t, err := a.index(dir + "_rels/" + file + ".rels")
	if err != nil {
		return nil, err
	}
	all := make(relations)
	return all, t.each(func(_ []string, start xml.StartElement) error {
		if start.Name.Local != "Relationship" || attribute(start, "TargetMode") == "External" {
			return nil
		}
		id, target := attribute(start, "Id"), attribute(start, "Target")
		if _, twice := all[id]; twice || id == "" || target == "" {
			return malformed("the relations of %q have an empty or repeated entry %q", part, id)
		}
		if !strings.HasPrefix(target, "/") {
			target = "/" + dir + target
		}
		all[id] = relation{kind: attribute(start, "Type"), target: strings.TrimPrefix(path.Clean(target), "/")}
		return nil
	})
}

// contentTypes are the types of parts, by lower-case name and by extension.
type contentTypes struct{ parts, extensions map[string]string }

func (c contentTypes) of(part string) string {
	part = strings.ToLower(part)
	if kind, ok := c.parts["/"+part]; ok {
		return kind
	}
	return c.extensions[strings.TrimPrefix(path.Ext(part), ".")]
}

func (a *archive) contentTypes() (contentTypes, error) {
	c := contentTypes{parts: make(map[string]string), extensions: make(map[string]string)}
	t, err := a.index("[Content_Types].xml")
	if err != nil {
		return c, err
	}
	return c, t.each(func(_ []string, start xml.StartElement) error {
		into, key := c.parts, attribute(start, "PartName")
		switch start.Name.Local {
		case "Default":
			into, key = c.extensions, attribute(start, "Extension")
		case "Override":
		default:
			return nil
		}
		key = strings.ToLower(key)
		if _, twice := into[key]; twice {
			return malformed("the content type of %q is given twice", key)
		}
		into[key] = attribute(start, "ContentType")
		return nil
	})
}
