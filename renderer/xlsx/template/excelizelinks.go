package template

import "bytes"

// addLinks puts the links that excelize wrote into a sheet's frame, but for
// those of cells that the template has a link for.
func (f *sheetFrame) addLinks(content []byte) error {
	links, err := findElement(content, "hyperlinks")
	if err != nil || links == (extent{}) {
		return err
	}
	was, err := findElement(f.tail, "hyperlinks")
	if err != nil {
		return err
	}
	var added []byte
	err = newEdit(content[links.start:links.end]).each(func(t *tag) error {
		if t.is("hyperlink") && !bytes.Contains(f.tail[was.start:was.end], []byte(`ref="`+t.get("ref")+`"`)) {
			linked := t.with("xmlns:r", relationships)
			added = append(append(added, bytes.TrimRight(linked.raw, "/>")...), "/>"...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	f.tail, err = insertLinks(f.tail, added)
	return err
}
