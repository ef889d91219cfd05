package template

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/internal/archive"
)

// part is a file of the template's archive.
type part struct {
	name string
	raw  archive.Raw
	file *zip.File
	// content is nil until it is asked for.
	content []byte
}

// parts are a template's parts, in its order.
type parts struct {
	all   []*part
	names map[string]*part // in lower case, as programs compare them
}

// maxPart is more than a part of a template that intake lets pass.
const maxPart = 256 << 20

func openParts(file []byte) (*parts, error) {
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, fmt.Errorf("open the archive: %w", err)
	}
	p := &parts{names: make(map[string]*part)}
	for _, f := range r.File {
		if strings.HasSuffix(f.Name, "/") {
			continue // a folder
		}
		if err := p.add(file, f); err != nil {
			return nil, fmt.Errorf("part %s: %w", f.Name, err)
		}
	}
	return p, nil
}

// add takes a part as it lies in the archive, once it is seen that its sum is right.
func (p *parts) add(file []byte, f *zip.File) error {
	key := strings.ToLower(f.Name)
	if p.names[key] != nil {
		return errors.New("there are two of that name")
	}
	start, err := f.DataOffset()
	if err != nil {
		return err
	}
	end := start + int64(f.CompressedSize64) //nolint:gosec // negative ones fail below
	switch {
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("compression method %d is not for workbooks", f.Method)
	case f.UncompressedSize64 > maxPart:
		return fmt.Errorf("%d bytes are more than the %d that a template's part may have", f.UncompressedSize64, maxPart)
	case end < start || end > int64(len(file)):
		return errors.New("it lies outside the archive")
	}
	r, err := f.Open()
	if err == nil {
		_, err = io.Copy(io.Discard, r) // fails for a wrong sum
	}
	if err != nil {
		return err
	}
	added := &part{name: f.Name, file: f, raw: archive.Raw{
		Deflated: f.Method == zip.Deflate, CRC32: f.CRC32,
		Size: int64(f.UncompressedSize64), Packed: file[start:end], //nolint:gosec // below maxPart
	}}
	p.names[key] = added
	p.all = append(p.all, added)
	return nil
}

// find gives the part of a name; nil for none.
func (p *parts) find(name string) *part { return p.names[strings.ToLower(name)] }

// read gives the content of a part, which must be there.
func (p *parts) read(name string) ([]byte, error) {
	found := p.find(name)
	if found == nil {
		return nil, fmt.Errorf("the part %q is missing", name)
	}
	if found.content != nil {
		return found.content, nil
	}
	r, err := found.file.Open()
	if err != nil {
		return nil, fmt.Errorf("part %s: %w", name, err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("part %s: %w", name, err)
	}
	found.content = withoutSections(content)
	return found.content, nil
}

// create adds a part with a name that no other has.
func (p *parts) create(base, extension string, content []byte) *part {
	name := base + extension
	for n := 1; extension != "" && (n == 1 || p.find(name) != nil); n++ {
		name = base + strconv.Itoa(n) + extension
	}
	created := &part{name: name, content: content}
	p.names[strings.ToLower(name)] = created
	p.all = append(p.all, created)
	return created
}

// relation is a part's link to another.
type relation struct {
	id, kind string
	// target is a part's name, or an address where external, or "#" and a place of the part
	// whose relation it is.
	target   string
	external bool
}

// relationsPart is the name of the part with the relations of another; of the package
// for "".
func relationsPart(name string) string {
	dir, file := path.Split(name)
	return dir + "_rels/" + file + ".rels"
}

// relations are the links of a part; of the package for "".
func (p *parts) relations(of string) ([]relation, error) {
	name := relationsPart(of)
	if p.find(name) == nil {
		return nil, nil
	}
	content, err := p.read(name)
	if err != nil {
		return nil, err
	}
	var all []relation
	err = eachTag(content, func(t *tag) {
		if t.kind == tagClose || t.local() != "Relationship" {
			return
		}
		r := relation{id: t.get("Id"), kind: path.Base(t.get("Type")), target: t.get("Target"), external: t.get("TargetMode") == "External"}
		if !r.external && !strings.HasPrefix(r.target, "#") {
			r.target = absolute(of, r.target)
		}
		all = append(all, r)
	})
	if err != nil {
		return nil, fmt.Errorf("part %s: %w", name, err)
	}
	return all, nil
}

// absolute is the name of a part that another one refers to.
func absolute(from, target string) string {
	if !strings.HasPrefix(target, "/") {
		target = "/" + path.Dir(from) + "/" + target
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// first is the target of the first relation of a kind; empty for none.
func first(all []relation, kind string) string {
	for _, r := range all {
		if r.kind == kind && !r.external {
			return r.target
		}
	}
	return ""
}

func eachTag(content []byte, do func(*tag)) error {
	s := scanner{b: content}
	for {
		t, ok, err := s.next()
		if err != nil || !ok {
			return err
		}
		do(&t)
	}
}
