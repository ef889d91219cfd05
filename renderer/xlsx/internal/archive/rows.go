package archive

// Rows is the XML of a sheet's rows, with marks that tell the compressor where their
// cells begin. The zero Rows is empty. Marks only make the result smaller: rows without
// any, or with wrong ones, read back all the same.
//
//	r.XML = append(r.XML, `<row r="7`...)
//	r.BeginRow()
//	r.XML = append(r.XML, `"><c r="A7`...)
//	r.BeginCell(0)
//	r.XML = append(r.XML, `" s="2"><v>`...)
//	r.BeginValue(2, false)
//	r.XML = append(r.XML, `12.5`...)
//	r.EndValue()
//	r.XML = append(r.XML, `</v></c></row>`...)
type Rows struct {
	// XML is appended to by the caller.
	XML   []byte
	marks []mark
	// written is how much of the front a Part has got already.
	written int
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

// BeginRow is called where the row's number has been written.
func (r *Rows) BeginRow() {
	at := r.offset()
	r.marks = append(r.marks, mark{attributes: at, value: at, end: at})
}

// BeginCell is called where the row's number in the cell's reference has been written.
// The column counts from 0.
func (r *Rows) BeginCell(column int) {
	r.marks = append(r.marks, mark{attributes: r.offset(), column: uint16(column + 1)}) //nolint:gosec // 16,384 at most
}

// BeginValue is called where the value of the cell in hand begins. What is between the
// reference and there is the same for all cells of one opening, a small number. A text
// may be long, and hold anything.
func (r *Rows) BeginValue(opening uint32, text bool) {
	m := &r.marks[len(r.marks)-1]
	m.value, m.opening, m.text = r.offset(), opening, text
}

// EndValue is called where the value ends, and completes the cell's mark.
func (r *Rows) EndValue() { r.marks[len(r.marks)-1].end = r.offset() }

func (r *Rows) offset() uint32 { return uint32(len(r.XML)) } //nolint:gosec // a sheet's rows are passed on long before 4 GiB

// Len is how many bytes no Part has got yet.
func (r *Rows) Len() int { return len(r.XML) - r.written }

// Extent is where rows ended at a time.
type Extent struct{ xml, marks int }

// Extent returns where the rows end.
func (r *Rows) Extent() Extent { return Extent{len(r.XML), len(r.marks)} }

// Truncate drops what has come since.
func (r *Rows) Truncate(to Extent) { r.XML, r.marks = r.XML[:to.xml], r.marks[:to.marks] }

// Reset drops everything but the room.
func (r *Rows) Reset() {
	r.Truncate(Extent{})
	r.written = 0
}

// keep drops all but the last n bytes, which are written, and of which the marks are
// not needed any more.
func (r *Rows) keep(n int) {
	copy(r.XML, r.XML[len(r.XML)-n:])
	r.Truncate(Extent{xml: n})
	r.written = n
}
