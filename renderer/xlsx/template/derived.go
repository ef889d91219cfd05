package template

import (
	"errors"
	"fmt"
	"strconv"
)

// derived is a style that is made of one of the template's.
type derived struct {
	from  int
	code  string // as it is there if empty
	quote bool
}

// derivedStyles are those of one workbook, in the order of first use.
type derivedStyles struct {
	*styles
	ids   map[derived]int
	order []derived
}

// id gives the style's number in the workbook.
func (d *derivedStyles) id(want derived) int {
	if want.code == d.code(want.from) {
		want.code = ""
	}
	if want.from >= len(d.looks) {
		want.from = 0
	}
	if want == (derived{from: want.from}) {
		return want.from
	}
	if want.quote && want.code == "" && d.looks[want.from].tag.truth("quotePrefix") {
		return want.from
	}
	id, ok := d.ids[want]
	if !ok {
		if d.ids == nil {
			d.ids = make(map[derived]int)
		}
		id = len(d.looks) + len(d.order)
		d.ids[want] = id
		d.order = append(d.order, want)
	}
	return id
}

// maxStyles is Excel's limit for one workbook.
const maxStyles = 64000

// append writes the part with the derived styles in it.
func (d *derivedStyles) append(b []byte) ([]byte, error) {
	count := len(d.looks) + len(d.order)
	if count > maxStyles {
		return nil, errors.New("the workbook has more than 64,000 styles; use fewer different formats")
	}
	codes, added := d.newCodes()
	at := 0
	copyTo := func(end int) {
		b = append(b, d.content[at:end]...)
		at = end
	}
	switch {
	case len(added) == 0:
	case d.numFmts == nil:
		copyTo(d.root.end)
		b = appendFormats(b, codes, added)
	case d.numFmts.kind == tagEmpty:
		copyTo(d.numFmts.start)
		b, at = appendFormats(b, codes, added), d.numFmts.end
	default:
		copyTo(d.numFmts.start)
		grown := d.numFmts.with("count", strconv.Itoa(len(d.codes)+len(codes)))
		b, at = append(b, grown.raw...), d.numFmts.end
		copyTo(d.numFmtsEnd)
		b = append(b, added...)
	}
	copyTo(d.cellXfs.start)
	grown := d.cellXfs.with("count", strconv.Itoa(count))
	b, at = append(b, grown.raw...), d.cellXfs.end
	copyTo(d.cellXfsEnd)
	for _, want := range d.order {
		b = d.appendLook(b, want, codes)
	}
	copyTo(len(d.content))
	return b, nil
}

func appendFormats(b []byte, codes map[string]int, formats []byte) []byte {
	return fmt.Appendf(b, `<numFmts count="%d">%s</numFmts>`, len(codes), formats)
}

// newCodes numbers the codes that the template has not.
func (d *derivedStyles) newCodes() (map[string]int, []byte) {
	codes := make(map[string]int)
	var added []byte
	for _, want := range d.order {
		if _, known := codes[want.code]; known || want.code == "" || d.known(want.code) >= 0 {
			continue
		}
		id := d.nextCode + len(codes)
		codes[want.code] = id
		added = fmt.Appendf(added, `<numFmt numFmtId="%d" formatCode="%s"/>`, id, escape(want.code))
	}
	return codes, added
}

func (d *derivedStyles) appendLook(b []byte, want derived, codes map[string]int) []byte {
	from := d.looks[want.from]
	t := from.tag
	if want.code != "" {
		id := d.known(want.code)
		if id < 0 {
			id = codes[want.code]
		}
		t = t.with("numFmtId", strconv.Itoa(id))
		t = t.with("applyNumberFormat", "1")
	}
	if want.quote {
		t = t.with("quotePrefix", "1")
	}
	return append(append(b, t.raw...), from.rest...)
}
