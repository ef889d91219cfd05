package cells

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// ErrMalformed is in every error about a workbook that is damaged, hostile or no
// workbook at all, as opposed to errors of reading it.
var ErrMalformed = errors.New("malformed workbook")

// ErrLimit is in those of them that are about a workbook beyond the [Limits] or what
// Excel can hold: not damaged perhaps, but not to be read.
var ErrLimit = errors.New("beyond a limit")

func beyond(format string, args ...any) error {
	return fmt.Errorf("%w: %w: %w", ErrMalformed, ErrLimit, fmt.Errorf(format, args...))
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrMalformed, fmt.Errorf(format, args...))
}

// readError tells damage from errors of whatever the workbook is read from,
// which another attempt may not meet.
func readError(err error) error {
	var corrupt flate.CorruptInputError
	for _, damage := range []error{zip.ErrFormat, zip.ErrChecksum, zip.ErrAlgorithm, io.EOF, io.ErrUnexpectedEOF, errOffset} {
		if errors.Is(err, damage) {
			return malformed("%w", err)
		}
	}
	if errors.As(err, &corrupt) {
		return malformed("%w", err)
	}
	return err
}

var errOffset = errors.New("the archive's directory names a negative offset")

// offsetChecker meets what a hostile directory asks for before the reader
// underneath does, whose error would look like one of the disk.
type offsetChecker struct{ r io.ReaderAt }

func (o offsetChecker) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, errOffset
	}
	return o.r.ReadAt(p, offset)
}

// archive is the workbook's zip archive, checked.
type archive struct {
	parts  map[string]*zip.File // by lower-case name: names differ in more than case
	files  []*zip.File
	limits Limits
}

func openArchive(r io.ReaderAt, size int64, limits Limits) (*archive, error) {
	zr, err := zip.NewReader(offsetChecker{r}, size)
	if err != nil {
		return nil, readError(fmt.Errorf("read the archive's directory: %w", err))
	}
	a := &archive{parts: make(map[string]*zip.File, len(zr.File)), files: zr.File, limits: limits}
	if len(zr.File) > limits.Parts {
		return nil, beyond("%d parts are more than the limit of %d", len(zr.File), limits.Parts)
	}
	for _, f := range zr.File {
		if err := a.add(f); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *archive) add(f *zip.File) error {
	const encrypted = 1
	name := strings.ToLower(f.Name)
	switch {
	case f.Name == "" || strings.HasPrefix(f.Name, "/") || strings.Contains(f.Name, `\`) || path.Clean(f.Name) != strings.TrimSuffix(f.Name, "/") || strings.HasPrefix(f.Name, ".."):
		return malformed("part name %q is not allowed", f.Name)
	case a.parts[name] != nil:
		return malformed("part %q stands twice in the archive", f.Name)
	case f.Flags&encrypted != 0:
		return malformed("part %q is encrypted", f.Name)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return malformed("part %q is compressed by method %d, which workbooks do not use", f.Name, f.Method)
	}
	a.parts[name] = f
	return nil
}

// check reads every part to its end: only then has archive/zip compared size
// and sum.
func (a *archive) check() error {
	buffer := make([]byte, 64<<10)
	var total int64
	for _, f := range a.files {
		n, err := a.checkPart(f, buffer)
		if err != nil {
			return err
		}
		if total += n; total > a.limits.TotalBytes {
			return beyond("the parts have more than the limit of %d bytes", a.limits.TotalBytes)
		}
	}
	return nil
}

func (a *archive) checkPart(f *zip.File, buffer []byte) (int64, error) {
	r, err := a.open(f)
	if err != nil {
		return 0, err
	}
	dst := io.Discard
	if isXML(f.Name) {
		dst = &doctypeScanner{name: f.Name}
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{dst}, r, buffer)
	return n, errors.Join(err, r.Close())
}

func isXML(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".xml", ".rels", ".vml":
		return true
	}
	return false
}

// find gives the part of that name, in whatever case; nil when there is none.
func (a *archive) find(name string) *zip.File { return a.parts[strings.ToLower(name)] }

// open gives the bytes of a part, at most as many as the limits allow.
func (a *archive) open(f *zip.File) (io.ReadCloser, error) {
	r, err := f.Open()
	if err != nil {
		return nil, readError(fmt.Errorf("open part %q: %w", f.Name, err))
	}
	return limited(r, f.Name, a.limits.PartBytes), nil
}

func limited(r io.ReadCloser, name string, limit int64) *partReader {
	return &partReader{r: r, name: name, limit: limit, left: limit}
}

// partReader names the part in errors and stops at the limit, whatever the
// archive says of the part's size.
type partReader struct {
	r     io.ReadCloser
	name  string
	limit int64
	left  int64
}

func (p *partReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if p.left -= int64(n); p.left < 0 {
		return 0, beyond("part %q is larger than the limit of %d bytes", p.name, p.limit)
	}
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	return n, readError(fmt.Errorf("read part %q: %w", p.name, err))
}

func (p *partReader) Close() error { return p.r.Close() }

// doctypeScanner refuses a document type declaration: Excel never writes one,
// and readers that follow it open files or exhaust memory.
type doctypeScanner struct {
	name string
	tail []byte
}

var doctype = []byte("<!doctype")

func (s *doctypeScanner) Write(p []byte) (int, error) {
	// The declaration may lie across two pieces.
	joint := append(s.tail, p[:min(len(p), len(doctype)-1)]...)
	if hasDoctype(joint) || hasDoctype(p) {
		return 0, malformed("part %q has a document type declaration", s.name)
	}
	if len(p) >= len(doctype)-1 {
		joint = p
	}
	s.tail = append(s.tail[:0:0], joint[max(0, len(joint)-len(doctype)+1):]...)
	return len(p), nil
}

func hasDoctype(p []byte) bool {
	for {
		at := bytes.Index(p, []byte("<!"))
		if at < 0 {
			return false
		}
		p = p[at:]
		if len(p) >= len(doctype) && bytes.EqualFold(p[:len(doctype)], doctype) {
			return true
		}
		p = p[len("<!"):]
	}
}
