package xlsx

// markedRows is the XML of rows, with what the deflater needs to know of it.
type markedRows struct {
	xml   []byte
	marks []mark
}

// mark tells where the parts of a cell begin, as offsets into the XML. Each row begins
// with one that has nothing but the end of its number.
type mark struct {
	// attributes follow the row's number in a reference; from value to end is the value.
	attributes, value, end uint32
	// opening is the number of what is from attributes to value.
	opening uint32
	// column counts from 1; 0 is the row.
	column uint16
	// text may be long, and hold anything. Other values are short.
	text bool
}

// beginRow and beginCell are called where the row's number has been written.
func (r *markedRows) beginRow() {
	at := r.offset()
	r.marks = append(r.marks, mark{attributes: at, value: at, end: at})
}

func (r *markedRows) beginCell(column int) {
	r.marks = append(r.marks, mark{attributes: r.offset(), column: uint16(column + 1)}) //nolint:gosec // 16,384 at most
}

// beginValue and endValue complete the mark of the cell in hand.
func (r *markedRows) beginValue(opening uint32, text bool) {
	m := &r.marks[len(r.marks)-1]
	m.value, m.opening, m.text = r.offset(), opening, text
}

func (r *markedRows) endValue() { r.marks[len(r.marks)-1].end = r.offset() }

func (r *markedRows) offset() uint32 { return uint32(len(r.xml)) } //nolint:gosec // a sheet's rows are passed on long before 4 GiB

// markedSize is where rows ended at a time.
type markedSize struct{ xml, marks int }

func (r *markedRows) size() markedSize { return markedSize{len(r.xml), len(r.marks)} }

// truncate drops what has come since.
func (r *markedRows) truncate(to markedSize) { r.xml, r.marks = r.xml[:to.xml], r.marks[:to.marks] }

// keep drops all but the last n bytes, of which the marks are not needed any more.
func (r *markedRows) keep(n int) {
	copy(r.xml, r.xml[len(r.xml)-n:])
	r.truncate(markedSize{xml: n})
}
