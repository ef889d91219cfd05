package template

import (
	"bytes"
	"slices"
)

// behindLinks are the elements that may stand behind the list of links.
var behindLinks = append([]string{
	"printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks",
	"customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing",
}, behindDrawing...)

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
	if was.end > 0 {
		at := was.start + bytes.LastIndexByte(f.tail[was.start:was.end], '<')
		f.tail = slices.Concat(f.tail[:at], added, f.tail[at:])
		return nil
	}
	at, err := positionBefore(f.tail, behindLinks)
	if err != nil {
		return err
	}
	f.tail = slices.Concat(f.tail[:at], []byte("<hyperlinks>"), added, []byte("</hyperlinks>"), f.tail[at:])
	return nil
}
