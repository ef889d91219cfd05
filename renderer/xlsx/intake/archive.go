package intake

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"path"
	"slices"
	"strings"
)

// archive is the file's zip archive, its directory checked.
type archive struct {
	check *check
	files []*zip.File
	named map[string]*zip.File // by lower-case name: names differ in more than case
	total int64
	// exhausted says that the limit of all parts is reached: nothing more is read.
	exhausted bool
}

var (
	zipMagic       = []byte("PK\x03\x04")
	directoryMagic = []byte("PK\x01\x02")
)

// openArchive reads the directory; false says that nothing else can be read.
func (c *check) openArchive() bool {
	// Each entry of the directory begins with this: it bounds what reading it costs.
	if entries := bytes.Count(c.file, directoryMagic); entries > 4*c.limits.Parts {
		c.tooManyParts(entries)
		return false
	}
	zr, err := zip.NewReader(bytes.NewReader(c.file), int64(len(c.file)))
	if err != nil {
		c.add(CauseDamaged, Place{}, fmt.Sprintf("the archive's directory cannot be read (%v)", err), adviceExport)
		return false
	}
	if len(zr.File) > c.limits.Parts {
		c.tooManyParts(len(zr.File))
		return false
	}
	c.archive = &archive{check: c, named: map[string]*zip.File{}}
	for _, f := range zr.File {
		c.archive.enter(f)
	}
	c.archive.checkOverlap()
	return len(c.list) == 0
}

func (c *check) tooManyParts(n int) {
	c.add(CauseTooMany, Place{}, fmt.Sprintf("the file has %d parts, %d are the limit", n, c.limits.Parts), adviceSmaller)
}

// enter takes an entry whose name and claims are harmless.
func (a *archive) enter(f *zip.File) {
	const encrypted = 1 | 1<<6 | 1<<13 // the entry, strongly, and the directory's values
	c, place, key := a.check, Place{Part: f.Name}, strings.ToLower(f.Name)
	switch {
	case !validName(f.Name):
		c.add(CausePartName, place, "the name leads out of the archive, or is none that a part may have", adviceRewrite)
	case a.named[key] != nil:
		c.add(CausePartTwice, place, "it stands twice in the archive, and programs differ in which one they read", adviceRewrite)
	case f.Flags&encrypted != 0:
		c.add(CausePassword, place, "it is protected with a password (an encrypted archive)", "take it out of the encrypted archive, and hand in the workbook itself")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		c.add(CauseDamaged, place, fmt.Sprintf("it is compressed by method %d, which workbooks do not use", f.Method), adviceRepair)
	case f.UncompressedSize64 > uint64(c.limits.PartBytes): //nolint:gosec // limits are positive
		c.add(CauseTooLarge, place, fmt.Sprintf("it says that it has %d bytes unpacked, %d are the limit", f.UncompressedSize64, c.limits.PartBytes), adviceSmaller)
	default:
		a.named[key] = f
		if !strings.HasSuffix(f.Name, "/") { // a folder's entry; it holds nothing, as named says
			a.files = append(a.files, f)
		} else if f.UncompressedSize64 != 0 {
			c.add(CausePartName, place, "it is a folder and has bytes", adviceRewrite)
		}
	}
}

// validName refuses what could be taken for another place than one in the archive.
func validName(name string) bool {
	clean := strings.TrimSuffix(name, "/")
	return clean != "" && len(name) <= 255 && path.Clean(clean) == clean && !strings.HasPrefix(clean, "/") && clean != ".." &&
		!strings.HasPrefix(clean, "../") && !strings.ContainsFunc(name, func(r rune) bool {
		return r == '\\' || r == ':' || r < ' ' || r == 0x7f || r == '\uFFFD'
	})
}

// checkOverlap refuses parts that share bytes: so a small file unpacks to any size, and
// what one program reads as one part another reads as two.
func (a *archive) checkOverlap() {
	type span struct {
		start, end int64
		name       string
	}
	spans := make([]span, 0, len(a.files))
	for _, f := range a.files {
		start, err := f.DataOffset()
		if size := int64(len(a.check.file)); err != nil || start < 0 || start > size || f.CompressedSize64 > uint64(size-start) { //nolint:gosec // checked
			a.check.add(CauseDamaged, Place{Part: f.Name}, "the archive's directory leads to no part", adviceExport)
			continue
		}
		spans = append(spans, span{start, start + int64(f.CompressedSize64), f.Name}) //nolint:gosec // checked
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	for i := 1; i < len(spans); i++ {
		// A part's own header lies before it.
		if header := int64(30 + len(spans[i].name)); spans[i].start-header < spans[i-1].end {
			a.check.add(CauseOverlap, Place{Part: spans[i].name}, fmt.Sprintf("it shares bytes of the archive with the part %q", spans[i-1].name), adviceRewrite)
		}
	}
}

// find gives the part of that name, in whatever case; nil when there is none.
func (a *archive) find(name string) *zip.File { return a.named[strings.ToLower(name)] }

// errStop ends the reading of a part that was refused.
var errStop = errors.New("the part is refused")

// read unpacks a part, gives it to use, and holds it to its limits, its size and its
// checksum; use may leave a part of it unread.
func (a *archive) read(f *zip.File, use func(io.Reader) error) {
	packed, err := f.Open()
	if err != nil {
		a.damaged(f, err)
		return
	}
	p := &unpacked{archive: a, file: f, r: packed, sum: crc32.NewIEEE()}
	if err = use(p); err == nil {
		_, err = io.Copy(io.Discard, p)
	}
	_ = packed.Close() // nothing is kept by it
	a.total += p.size
	a.check.report.UnpackedBytes += p.size
	switch {
	case errors.Is(p.err, errStop): // it is told of
	case p.err != nil && !errors.Is(p.err, io.EOF):
		a.damaged(f, p.err)
	case err == nil && p.sum.Sum32() != f.CRC32:
		a.damaged(f, zip.ErrChecksum)
	}
}

func (a *archive) damaged(f *zip.File, err error) {
	place := a.check.placeOf(f.Name)
	switch {
	case errors.Is(err, zip.ErrChecksum):
		a.check.add(CauseChecksum, place, "its checksum is wrong", adviceExport)
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		a.check.add(CauseDamaged, place, "it does not have the size that the archive's directory says", adviceExport)
	default:
		a.check.add(CauseDamaged, place, fmt.Sprintf("it cannot be unpacked (%v)", err), adviceExport)
	}
}

// unpacked reads a part and stops where its limits are, whatever the directory says.
type unpacked struct {
	archive *archive
	file    *zip.File
	r       io.Reader
	sum     hash.Hash32
	size    int64
	err     error
}

// Read implements [io.Reader].
func (p *unpacked) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.r.Read(b)
	_, _ = p.sum.Write(b[:n]) // a hash does not fail
	p.size += int64(n)
	if p.err = err; p.beyond() {
		p.err = errStop
		return 0, p.err
	}
	return n, err
}

// beyond refuses a part that is larger than it may be.
func (p *unpacked) beyond() bool {
	c, place, limits := p.archive.check, p.archive.check.placeOf(p.file.Name), p.archive.check.limits
	switch {
	case p.size > limits.PartBytes:
		c.add(CauseTooLarge, place, fmt.Sprintf("it has more than %d bytes unpacked", limits.PartBytes), adviceSmaller)
	case p.size > ratioFrom && p.size > limits.Ratio*max(1, int64(p.file.CompressedSize64)): //nolint:gosec // within the file
		c.add(CauseRatio, place, fmt.Sprintf("it is more than %d times as large unpacked as packed", limits.Ratio), adviceSmaller)
	case p.archive.total+p.size > limits.TotalBytes:
		p.archive.exhausted = true
		c.add(CauseTooLarge, place, fmt.Sprintf("with it the parts have more than %d bytes unpacked", limits.TotalBytes), adviceSmaller)
	default:
		return false
	}
	return true
}
