package xlsx

import (
	"fmt"
	"hash/crc32"
)

// part is one that is written piece by piece, because it is too large to be held.
// No other may be written meanwhile.
type part struct {
	archive  *archive
	deflater *deflater
	entry    entry
}

// stream begins a part. One that is not large must not pass 4 GiB.
func (a *archive) stream(name string, large bool) (*part, error) {
	p := &part{archive: a, entry: entry{name: name, offset: a.offset(), streamed: true, large: large}}
	if _, err := a.Write(p.entry.appendLocal(nil)); err != nil {
		return nil, fmt.Errorf("begin part %s: %w", name, err)
	}
	p.deflater = newDeflater()
	return p, nil
}

// begin writes what is before the rows.
func (p *part) begin(head []byte) error {
	err := p.write(&markedRows{xml: head}, 0)
	p.deflater.forward(len(head))
	return err
}

// write appends rows, but for the first bytes of them, which were written before.
func (p *part) write(rows *markedRows, written int) error {
	content := rows.xml[written:]
	p.entry.size += int64(len(content))
	p.entry.crc32 = crc32.Update(p.entry.crc32, crc32.IEEETable, content)
	p.deflater.write(rows.xml, written, rows.marks)
	if err := p.pass(); err != nil {
		return fmt.Errorf("write part %s: %w", p.entry.name, err)
	}
	return nil
}

// keep drops of what was written all that what follows cannot refer to, and returns how
// many bytes are left.
func (p *part) keep(rows *markedRows) int {
	n := min(len(rows.xml), windowBytes)
	p.deflater.forward(len(rows.xml) - n)
	rows.keep(n)
	return n
}

// pass hands what is compressed to the archive.
func (p *part) pass() error {
	p.entry.packed += int64(len(p.deflater.packed))
	_, err := p.archive.Write(p.deflater.packed)
	p.deflater.packed = p.deflater.packed[:0]
	return err
}

// close completes the part.
func (p *part) close() error {
	p.deflater.close()
	err := p.pass()
	p.discard()
	if err == nil {
		_, err = p.archive.Write(p.entry.appendDescriptor(nil))
	}
	if err == nil {
		err = p.archive.list(p.entry)
	}
	if err != nil {
		return fmt.Errorf("complete part %s: %w", p.entry.name, err)
	}
	return nil
}

// discard frees what the part holds; it may be called repeatedly.
func (p *part) discard() {
	if p.deflater != nil {
		p.deflater.release()
		p.deflater = nil
	}
}
