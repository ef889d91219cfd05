package archive

import (
	"fmt"
	"hash/crc32"
)

// Part is one that is written piece by piece, because it is too large to be held.
// No other may be written meanwhile. Close or Discard must end it.
type Part struct {
	archive  *Archive
	deflater *deflater
	entry    entry
}

// Stream begins a part. Only a large one may pass 4 GiB; the others are read by more
// programs.
func (a *Archive) Stream(name string, large bool) (*Part, error) {
	p := &Part{archive: a, entry: entry{name: name, offset: a.offset(), streamed: true, large: large}}
	if _, err := a.write(p.entry.appendLocal(nil)); err != nil {
		return nil, fmt.Errorf("begin part %s: %w", name, err)
	}
	p.deflater = newDeflater()
	return p, nil
}

// Begin writes what is before the rows.
func (p *Part) Begin(head []byte) error {
	err := p.compress(&Rows{XML: head})
	p.deflater.forward(len(head))
	return err
}

// Write takes what was appended to the rows since the last Write. What it leaves of them
// is what later ones may repeat; the caller goes on appending.
func (p *Part) Write(rows *Rows) error {
	err := p.compress(rows)
	n := min(len(rows.XML), windowBytes)
	p.deflater.forward(len(rows.XML) - n)
	rows.keep(n)
	return err
}

// Size is how many bytes the part has till now.
func (p *Part) Size() int64 { return p.entry.size }

func (p *Part) compress(rows *Rows) error {
	content := rows.XML[rows.written:]
	p.entry.size += int64(len(content))
	p.entry.crc32 = crc32.Update(p.entry.crc32, crc32.IEEETable, content)
	p.deflater.write(rows.XML, rows.written, rows.marks)
	if err := p.pass(); err != nil {
		return fmt.Errorf("write part %s: %w", p.entry.name, err)
	}
	return nil
}

// pass hands what is compressed to the archive.
func (p *Part) pass() error {
	p.entry.packed += int64(len(p.deflater.packed))
	_, err := p.archive.write(p.deflater.packed)
	p.deflater.packed = p.deflater.packed[:0]
	return err
}

// Close completes the part.
func (p *Part) Close() error {
	p.deflater.close()
	err := p.pass()
	p.Discard()
	if err == nil {
		_, err = p.archive.write(p.entry.appendDescriptor(nil))
	}
	if err == nil {
		err = p.archive.list(p.entry)
	}
	if err != nil {
		return fmt.Errorf("complete part %s: %w", p.entry.name, err)
	}
	return nil
}

// Discard frees what the part holds; it may be called repeatedly, also after Close.
func (p *Part) Discard() {
	if p.deflater != nil {
		p.deflater.release()
		p.deflater = nil
	}
}
