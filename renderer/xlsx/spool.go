package xlsx

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/xuri/excelize/v2"
)

// spool encodes one sheet with excelize's StreamWriter and keeps it, in memory
// up to 16 MiB and in a temporary file beyond, until the sheet is complete. Only
// the sheet's own part is taken from excelize: its other parts come in an order
// that differs between runs, and it would hold the whole archive in memory.
type spool struct {
	file   *excelize.File
	stream *excelize.StreamWriter
	cells  []excelize.Cell
	// values are pointers to cells, boxed once; row is what one call passes on.
	values, row []any
}

const (
	spoolSheet = "Sheet1"
	spoolPart  = "xl/worksheets/sheet1.xml"
)

// sheetHead is what stands before a sheet's rows, sheetTail what is known after
// them.
type sheetHead struct {
	widths   []float64
	freeze   bool
	selected bool
}

type sheetTail struct {
	dimension string
	filter    string // empty for none
}

// spools keeps excelize's files between sheets: making one parses a dozen parts
// that are never written here.
var spools sync.Pool

func newSpool(head sheetHead) (*spool, error) {
	s, ok := spools.Get().(*spool)
	if !ok {
		s = &spool{file: excelize.NewFile()}
		// What excelize would encode again for each sheet, to be thrown away.
		s.file.Theme, s.file.Styles, s.file.ContentTypes = nil, nil, nil
		s.file.Pkg.Clear()
	}
	s.resize(len(head.widths))
	// The stream begins with what the sheet's part says at this moment.
	s.file.Sheet.Delete(spoolPart)
	s.file.Pkg.Store(spoolPart, head.appendXML(nil))
	stream, err := s.file.NewStreamWriter(spoolSheet)
	if err != nil {
		s.discard()
		return nil, fmt.Errorf("begin the sheet's rows: %w", err)
	}
	s.stream = stream
	return s, nil
}

func (s *spool) resize(columns int) {
	if columns <= len(s.cells) {
		return
	}
	s.cells = make([]excelize.Cell, columns)
	s.values = make([]any, columns)
	s.row = make([]any, columns)
	for i := range s.cells {
		s.values[i] = &s.cells[i]
	}
}

// writeRow writes the cells of row n, counted from 1.
func (s *spool) writeRow(n int, cells []cell, styleOf func(column int, c cell) int) error {
	row := s.row[:len(cells)]
	for i, c := range cells {
		row[i] = nil
		if c.kind == cellBlank {
			continue
		}
		s.cells[i] = excelize.Cell{StyleID: styleOf(i, c), Value: c.boxed()}
		row[i] = s.values[i]
	}
	if err := s.stream.SetRow("A"+strconv.Itoa(n), row); err != nil {
		return fmt.Errorf("write row %d: %w", n, err)
	}
	return nil
}

// boxed is the cell's content as excelize takes it.
func (c cell) boxed() any {
	switch c.kind {
	case cellNumber:
		return c.number
	case cellBool:
		return c.number == 1
	}
	if strings.Contains(c.text, "_x") && nestedEscape.MatchString(c.text) {
		return splitRuns(c.text)
	}
	return c.text
}

// nestedEscape finds text in which what looks like an escape of one character
// overlaps the next ("_x0041_x0042_") or names half a surrogate pair: excelize
// leaves part of such text unescaped, and a reader would decode it.
var nestedEscape = regexp.MustCompile(`_x[[:xdigit:]]{4}_x[[:xdigit:]]{4}_|_x[dD][89a-fA-F][[:xdigit:]]{2}_`)

var escapeStart = regexp.MustCompile(`_x[[:xdigit:]]{4}_`)

// splitRuns cuts text within each thing that looks like an escape. Readers
// decode each run by itself and put them together.
func splitRuns(text string) []excelize.RichTextRun {
	var runs []excelize.RichTextRun
	for {
		at := escapeStart.FindStringIndex(text)
		if at == nil {
			return append(runs, excelize.RichTextRun{Text: text})
		}
		runs = append(runs, excelize.RichTextRun{Text: text[:at[0]+1]})
		text = text[at[0]+1:]
	}
}

// finish writes the sheet's part into dst.
func (s *spool) finish(dst io.Writer, tail sheetTail) error {
	if tail.filter != "" {
		if err := s.file.AutoFilter(spoolSheet, tail.filter, nil); err != nil {
			return fmt.Errorf("put the filter on the header: %w", err)
		}
		// excelize also names the range in its workbook, which is not ours.
		s.file.WorkBook.DefinedNames = nil
	}
	if err := s.stream.Flush(); err != nil {
		return fmt.Errorf("complete the sheet's rows: %w", err)
	}
	s.file.ZipWriter = func(io.Writer) excelize.ZipWriter {
		return onePart{name: spoolPart, dst: &dimensionWriter{dst: dst, dimension: tail.dimension}}
	}
	return s.file.Write(io.Discard)
}

// discard removes the temporary file and keeps the rest for the next sheet.
func (s *spool) discard() {
	// Close fails when the file is already gone.
	_ = s.file.Close()
	// Nothing of this workbook may live on in the pool.
	s.stream, s.file.ZipWriter = nil, nil
	clear(s.cells)
	spools.Put(s)
}

// onePart takes one part of what excelize writes.
type onePart struct {
	dst  io.Writer
	name string
}

func (p onePart) Create(name string) (io.Writer, error) {
	if name == p.name {
		return p.dst, nil
	}
	return io.Discard, nil
}

func (onePart) AddFS(fs.FS) error { return nil }

func (onePart) Close() error { return nil }

// unknownDimension stands in the head until the last row is known.
const unknownDimension = `<dimension ref="A1:XFD1048576">`

// dimensionWriter puts the real dimension into the first piece written, which
// holds all of the sheet's head up to it: excelize passes on at least 32 KiB.
type dimensionWriter struct {
	dst       io.Writer
	dimension string
	done      bool
}

func (w *dimensionWriter) Write(p []byte) (int, error) {
	if w.done {
		return w.dst.Write(p)
	}
	w.done = true
	before, after, found := bytes.Cut(p, []byte(unknownDimension))
	if !found {
		return 0, fmt.Errorf("set the sheet's dimension: %q is not in its head", unknownDimension)
	}
	for _, piece := range [][]byte{before, []byte(`<dimension ref="` + w.dimension + `">`), after} {
		if _, err := w.dst.Write(piece); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// appendXML writes an empty sheet with this head.
func (h sheetHead) appendXML(b []byte) []byte {
	b = append(b, `<worksheet xmlns="`+namespaceMain+`">`+unknownDimension+`</dimension><sheetViews><sheetView workbookViewId="0"`...)
	if h.selected {
		b = append(b, ` tabSelected="1"`...)
	}
	b = append(b, '>')
	if h.freeze {
		b = append(b, `<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`+
			`<selection pane="bottomLeft" activeCell="A2" sqref="A2"/>`...)
	}
	b = append(b, `</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`...)
	for i, width := range h.widths {
		b = fmt.Appendf(b, `<col min="%d" max="%d" width="%s" customWidth="1"/>`, i+1, i+1, strconv.FormatFloat(width, 'f', -1, 64))
	}
	return append(b, `</cols><sheetData/></worksheet>`...)
}
