package xlsx

import (
	"fmt"
	"strconv"
)

// sheetHead is what stands before a sheet's rows.
type sheetHead struct {
	// dimension is the range in use; empty where it is not known yet. Without one
	// readers look for themselves, a wrong one hides rows from some.
	dimension string
	widths    []float64
	freeze    bool
	selected  bool
}

func (h sheetHead) appendXML(b []byte) []byte {
	b = append(b, xmlHeader+`<worksheet xmlns="`+namespaceMain+`" xmlns:r="`+relationship+`">`...)
	if h.dimension != "" {
		b = append(append(append(b, `<dimension ref="`...), h.dimension...), `"/>`...)
	}
	b = append(b, `<sheetViews><sheetView workbookViewId="0"`...)
	if h.selected {
		b = append(b, ` tabSelected="1"`...)
	}
	b = append(b, '>')
	if h.freeze {
		b = append(b, `<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`+
			`<selection pane="bottomLeft" activeCell="A2" sqref="A2"/>`...)
	}
	b = append(b, `</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`...)
	for i, width := range h.widths {
		b = fmt.Appendf(b, `<col min="%d" max="%d" width="%s" customWidth="1"/>`, i+1, i+1, strconv.FormatFloat(width, 'f', -1, 64))
	}
	return append(b, `</cols><sheetData>`...)
}

// sheetTail is what stands after them.
type sheetTail struct {
	filter string // empty for none
	links  *sheetLinks
}

func (t sheetTail) appendXML(b []byte) []byte {
	b = append(b, `</sheetData>`...)
	if t.filter != "" {
		b = append(append(append(b, `<autoFilter ref="`...), t.filter...), `"/>`...)
	}
	return append(t.links.appendXML(b), `</worksheet>`...)
}
