package template

// What a compiled template takes of memory for each thing in it, as measured in the heap
// of templates of 10,000 cells of one sort (TestSizeIsThatOfTheHeap).
const (
	sizeOfTemplate = 60 << 10
	sizeOfCell     = 190
	sizeOfField    = 520
	sizeOfFormula  = 110
	// sizeOfReference is that of one in a formula.
	sizeOfReference = 150
)

// SizeBytes is about how much memory the template takes as long as it is kept, for who
// keeps several.
func (t *Template) SizeBytes() int64 {
	size := int64(sizeOfTemplate + len(t.file))
	for _, p := range t.parts.all {
		size += int64(len(p.content))
	}
	for _, content := range t.written {
		size += int64(len(content))
	}
	for _, s := range t.sheets {
		for _, r := range s.rows {
			for _, c := range r.cells {
				size += c.sizeBytes()
			}
		}
	}
	return size + int64(len(t.markers))*sizeOfField
}

func (c *cell) sizeBytes() int64 {
	if c.formula != nil {
		return sizeOfCell + sizeOfFormula + int64(2*len(c.formula.text)) + sizeOfReference*int64(c.formula.parsed.References())
	}
	return sizeOfCell
}
