package xlsx

// lookCache is the style that a column's cells have: the next one mostly has one of
// the last ones'.
type lookCache struct {
	text, other codeLooks
	fill        string
}

// codeLooks are the ids of the styles with one number format, plus one; 0 where none
// is known.
type codeLooks struct {
	code string
	ids  [8]int
}

// The bits of a text's variant.
const (
	variantQuote = 1 << iota
	variantLines
	variantLink
)

// id gives the id of a cell's style.
func (l *lookCache) id(c *cell, s *styles) int {
	looks, variant := &l.other, 0
	if c.kind == cellText {
		looks = &l.text
		if looksLikeFormula(c.text) {
			variant = variantQuote
		}
		if c.traits&hasBreaks != 0 {
			variant |= variantLines
		}
		if c.traits&hasLink != 0 {
			variant |= variantLink
		}
	}
	if looks.code != c.code {
		*looks = codeLooks{code: c.code}
	}
	if looks.ids[variant] == 0 {
		looks.ids[variant] = 1 + s.id(variantLook(c.code, l.fill, variant))
	}
	return looks.ids[variant] - 1
}

// variantLook is the style of one of a format's variants.
func variantLook(code, fill string, variant int) style {
	look := style{code: code, fill: fill, quote: variant&variantQuote != 0}
	if variant&variantLines != 0 {
		look.align = alignLines
	}
	if variant&variantLink != 0 {
		look.font = fontLink
	}
	return look
}
