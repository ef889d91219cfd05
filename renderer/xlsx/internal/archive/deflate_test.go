package archive

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// stream compresses rows as a sheet does that is passed on piece by piece, and returns
// what was compressed.
func (d *deflater) stream(pieces []Rows) (content []byte) {
	var pending Rows
	written := 0
	for _, p := range pieces {
		for _, m := range p.marks {
			shift := uint32(len(pending.XML))
			m.attributes, m.value, m.end = m.attributes+shift, m.value+shift, m.end+shift
			pending.marks = append(pending.marks, m)
		}
		pending.XML = append(pending.XML, p.XML...)
		content = append(content, p.XML...)
		d.write(pending.XML, written, pending.marks)
		written = min(len(pending.XML), windowBytes)
		d.forward(len(pending.XML) - written)
		pending.keep(written)
	}
	d.close()
	return content
}

func readsBack(t *testing.T, packed, want []byte) {
	t.Helper()
	r := bytes.NewReader(packed)
	got, err := io.ReadAll(flate.NewReader(r))
	if err != nil {
		t.Fatalf("%d bytes of %d read: %v", len(got), len(want), err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%d bytes read back differ from the %d that were written", len(got), len(want))
	}
	if r.Len() != 0 {
		t.Errorf("%d bytes follow the end", r.Len())
	}
}

// order is how much the rows of drawRows are like those of a sheet.
type order int

const (
	tidy  order = iota // the cells of a column are of one kind
	mixed              // they are not
	wild               // the marks have nothing to do with the bytes
)

func drawRows(r *rand.Rand, rows int, o order) (m Rows) {
	values := []string{"", "冷蔵庫", "a", "SN-10000", strings.Repeat("長い文章 &amp; text ", 40)}
	for n := range rows {
		row := strconv.Itoa(n + 1)
		m.XML = append(m.XML, `<row r="`+row...)
		m.BeginRow()
		m.XML = append(m.XML, []string{`">`, `" ht="15" customHeight="1">`}[r.IntN(2)]...)
		for i := range 8 {
			kind, style := i%4, i%3
			if o != tidy {
				kind, style = r.IntN(4), r.IntN(3)
			}
			value, opening, closing := strconv.Itoa(r.IntN(1000)), `"><v>`, `</v></c>`
			switch kind {
			case 0:
				value, opening, closing = values[r.IntN(len(values))]+strconv.Itoa(r.IntN(5)), `" t="inlineStr"><is><t>`, `</t></is></c>`
			case 1:
				value, opening = strconv.Itoa(r.IntN(2)), `" t="b"><v>`
			case 2:
				continue
			}
			m.XML = append(m.XML, `<c r="`+string(rune('A'+i))+row...)
			m.BeginCell(i)
			m.XML = append(m.XML, `" s="`+strconv.Itoa(style)+opening...)
			m.BeginValue(uint32(4*style+kind), kind == 0)
			m.XML = append(m.XML, value...)
			m.EndValue()
			m.XML = append(m.XML, closing...)
		}
		m.XML = append(m.XML, `</row>`...)
	}
	if o == wild {
		for i := range m.XML {
			if r.IntN(4) == 0 {
				m.XML[i] = byte(r.IntN(256))
			}
		}
		for i := range m.marks {
			m.marks[i].column, m.marks[i].text = uint16(r.IntN(300)), r.IntN(2) == 0
		}
	}
	return m
}

func TestDeflatedRowsReadBack(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var pieces []Rows
		for range 1 + r.IntN(5) {
			pieces = append(pieces, drawRows(r, r.IntN(400), order(seed%3)))
		}
		d := newDeflater()
		if seed%2 == 0 {
			d.base = -uint32(r.IntN(100_000)) // the places wrap meanwhile
		}
		want := d.stream(pieces)
		readsBack(t, d.packed, want)
		d.release()
	}
}

// TestCopiesOfEveryLength has runs that fit one copy, and those that take several.
func TestCopiesOfEveryLength(t *testing.T) {
	t.Parallel()
	for n := range 3*maxCopy + 10 {
		d := newDeflater()
		want := d.stream([]Rows{{XML: []byte("ab" + strings.Repeat("x", n) + "cd")}})
		readsBack(t, d.packed, want)
		if n > 20 && len(d.packed) > 30 {
			t.Errorf("a run of %d bytes takes %d", n, len(d.packed))
		}
		d.release()
	}
}

// TestCodesKeepToTheirLimit has symbols so unequal that the best codes are too long.
func TestCodesKeepToTheirLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{maxLengthsCode, maxCode} {
		var h huffman
		for size := 1; size <= codeLengthCount; size++ {
			h.reset(max(size, 2))
			a, b := uint32(1), uint32(1)
			for i := range size {
				h.counts[i] = a
				a, b = b, a+b
			}
			h.build(limit)
			taken := 0
			for i, c := range h.codes[:h.size] {
				if int(c.length) > limit || c.length == 0 {
					t.Errorf("%d symbols: code %d has %d bits, want 1 to %d", size, i, c.length, limit)
				}
				taken += 1 << (limit - int(c.length))
			}
			if taken != 1<<limit {
				t.Errorf("%d symbols: codes take %d of %d", size, taken, 1<<limit)
			}
		}
	}
}

func FuzzDeflate(f *testing.F) {
	f.Add([]byte("<row><c><v>1</v></c></row>"), []byte{1, 4, 3, 2})
	f.Fuzz(func(t *testing.T, content, layout []byte) {
		var marks []mark
		at := uint32(0)
		for _, l := range layout {
			step := uint32(l >> 3)
			one := mark{attributes: at + step, value: at + 2*step, end: at + 3*step, column: uint16(l & 7), text: l&1 == 1}
			if one.column == 0 {
				one.value, one.end = one.attributes, one.attributes
			}
			if at = one.end; int(at) > len(content) {
				break
			}
			marks = append(marks, one)
		}
		d := newDeflater()
		defer d.release()
		cut := len(content) / 2
		if len(marks) > 0 && int(marks[len(marks)-1].end) > cut {
			cut = len(content) // marks do not straddle pieces
		}
		want := d.stream([]Rows{{XML: content[:cut], marks: marks}, {XML: content[cut:]}})
		readsBack(t, d.packed, want)
	})
}
