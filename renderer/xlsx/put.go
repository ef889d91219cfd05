package xlsx

import "math"

// put makes c the cell for v. What most cells hold is done here, in place; the rest is
// what cell says, which these cases must agree with.
func (f *Format) put(c *cell, v *Value) {
	switch v.kind {
	case KindNull:
		*c = cell{}
		return
	case KindText:
		if f.accepts <= acceptsText {
			c.text, c.traits, c.changes = cleanText(v.text)
			c.code, c.number, c.kind = f.code, 0, cellText
			return
		}
	case KindInt:
		if n := int64(v.bits); n > -maxPlain && n < maxPlain && f.isNumeric() {
			c.putNumber(float64(n), f.code)
			return
		}
	case KindFloat:
		if n := v.float(); math.Abs(n) >= smallest && math.Abs(n) <= math.MaxFloat64 && f.isNumeric() {
			c.putNumber(n, f.code)
			return
		}
	}
	*c = f.cell(v)
}

// maxPlain is the first whole number with more digits than Excel keeps.
const maxPlain = 1e15

// isNumeric says that numbers are shown in the format's own code.
func (f *Format) isNumeric() bool {
	return f.accepts == acceptsAny || f.accepts == acceptsNumber || f.accepts == acceptsPercent
}

func (c *cell) putNumber(n float64, code string) {
	c.text, c.code, c.number = "", code, n
	c.kind, c.traits, c.changes = cellNumber, 0, 0
}
