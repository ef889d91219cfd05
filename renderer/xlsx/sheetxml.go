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
	// frozen is how many rows stay in view.
	frozen   int
	selected bool
	// fitted sheets are printed in the width of a page.
	fitted bool
}

func (h sheetHead) appendXML(b []byte) []byte {
	b = append(b, xmlHeader+`<worksheet xmlns="`+namespaceMain+`" xmlns:r="`+relationship+`">`...)
	if h.fitted {
		b = append(b, `<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`...)
	}
	if h.dimension != "" {
		b = append(append(append(b, `<dimension ref="`...), h.dimension...), `"/>`...)
	}
	b = append(b, `<sheetViews><sheetView workbookViewId="0"`...)
	if h.selected {
		b = append(b, ` tabSelected="1"`...)
	}
	b = append(b, '>')
	if h.frozen > 0 {
		b = fmt.Appendf(b, `<pane ySplit="%d" topLeftCell="%[2]s" activePane="bottomLeft" state="frozen"/>`+
			`<selection pane="bottomLeft" activeCell="%[2]s" sqref="%[2]s"/>`, h.frozen, reference(0, h.frozen+1))
	}
	b = append(b, `</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`...)
	for i, width := range h.widths {
		n := int64(i + 1)
		b = strconv.AppendInt(append(b, `<col min="`...), n, 10)
		b = strconv.AppendInt(append(b, `" max="`...), n, 10)
		b = strconv.AppendFloat(append(b, `" width="`...), width, 'f', -1, 64)
		b = append(b, `" customWidth="1"/>`...)
	}
	return append(b, `</cols><sheetData>`...)
}

// sheetTail is what stands after them, in the order of its fields.
type sheetTail struct {
	protection *Protection
	filter     string // empty for none
	merges     []area
	rules      []byte
	links      *sheetLinks
	page       Page
	// pictures says that there is a drawing.
	pictures bool
}

func (t sheetTail) appendXML(b []byte) []byte {
	b = t.protection.appendXML(append(b, `</sheetData>`...))
	if t.filter != "" {
		b = append(append(append(b, `<autoFilter ref="`...), t.filter...), `"/>`...)
	}
	b = append(appendMerges(b, t.merges), t.rules...)
	b = t.page.appendXML(t.links.appendXML(b))
	if t.pictures {
		b = append(b, `<drawing r:id="`+drawingRelation+`"/>`...)
	}
	return append(b, `</worksheet>`...)
}

func appendMerges(b []byte, merges []area) []byte {
	if len(merges) == 0 {
		return b
	}
	b = fmt.Appendf(b, `<mergeCells count="%d">`, len(merges))
	for _, merged := range merges {
		b = fmt.Appendf(b, `<mergeCell ref="%s"/>`, merged)
	}
	return append(b, `</mergeCells>`...)
}
