package xlsx

import (
	"fmt"
	"hash/crc32"
)

// part is one that is written piece by piece, because it is too large to be held.
// No other may be written meanwhile.
type part struct {
	archive    *archive
	compressor *compressor
	entry      entry
}

// stream begins a part. One that is not large must not pass 4 GiB.
func (a *archive) stream(name string, large bool) (*part, error) {
	p := &part{archive: a, entry: entry{name: name, offset: a.offset(), streamed: true, large: large}}
	if _, err := a.Write(p.entry.appendLocal(nil)); err != nil {
		return nil, fmt.Errorf("begin part %s: %w", name, err)
	}
	p.compressor = newStreamedCompressor()
	p.compressor.flate.Reset(p)
	return p, nil
}

// Write takes compressed bytes.
func (p *part) Write(b []byte) (int, error) {
	p.entry.packed += int64(len(b))
	return p.archive.Write(b)
}

func (p *part) write(content []byte) error {
	p.entry.size += int64(len(content))
	p.entry.crc32 = crc32.Update(p.entry.crc32, crc32.IEEETable, content)
	if _, err := p.compressor.flate.Write(content); err != nil {
		return fmt.Errorf("write part %s: %w", p.entry.name, err)
	}
	return nil
}

// close completes the part.
func (p *part) close() error {
	err := p.compressor.flate.Close()
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
	if p.compressor != nil {
		p.compressor.release()
		p.compressor = nil
	}
}
