package xlsx

// lookCache is the style that a column's cells have: the next one mostly has one of
// the last ones'.
type lookCache struct{ text, other codeLooks }

// codeLooks are the ids of the styles with one number format, plus one; 0 where none
// is known.
type codeLooks struct {
	code string
	ids  [8]int
}

// id gives the id of a cell's style.
func (l *lookCache) id(c *cell, s *styles) int {
	looks, variant := &l.other, 0
	if c.kind == cellText {
		looks = &l.text
		if looksLikeFormula(c.text) {
			variant = 1
		}
		if c.traits&hasBreaks != 0 {
			variant |= 2
		}
		if c.traits&hasLink != 0 {
			variant |= 4
		}
	}
	if looks.code != c.code {
		*looks = codeLooks{code: c.code}
	}
	if looks.ids[variant] == 0 {
		looks.ids[variant] = 1 + s.id(style{code: c.code, quote: variant&1 != 0, breaks: variant&2 != 0, link: variant&4 != 0})
	}
	return looks.ids[variant] - 1
}
