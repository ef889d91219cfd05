package intake

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// Report is what a file that is accepted holds.
type Report struct {
	// SizeBytes is the file's size, UnpackedBytes that of all its parts.
	SizeBytes     int64 `json:"sizeBytes"`
	UnpackedBytes int64 `json:"unpackedBytes"`
	Parts         int   `json:"parts"`
	// Sheets are in the order of their tabs, the hidden ones too.
	Sheets        []Sheet `json:"sheets"`
	DefinedNames  int     `json:"definedNames,omitempty"`
	Formats       int     `json:"formats,omitempty"`
	SharedStrings int     `json:"sharedStrings,omitempty"`
	Pictures      int     `json:"pictures,omitempty"`
}

// Sheet is one sheet of the workbook.
type Sheet struct {
	Name string `json:"name"`
	// Rows and Columns are the last ones with a cell; 0 for an empty sheet or a chart.
	Rows    int `json:"rows"`
	Columns int `json:"columns"`
	Cells   int `json:"cells"`
	Merges  int `json:"merges,omitempty"`
}

// Check looks at a whole file. The zero Limits are the defaults. Its error is always a
// *RefusedError; without one the file is a workbook that may be compiled.
func Check(file []byte, limits Limits) (*Report, error) {
	c := &check{
		limits: limits.withDefaults(), file: file, report: &Report{SizeBytes: int64(len(file)), Sheets: []Sheet{}},
		sheets: map[string]*Sheet{}, done: map[string]bool{},
	}
	c.run()
	if err := c.err(); err != nil {
		return nil, err
	}
	return c.report, nil
}

// check is one check at work.
type check struct {
	refusals

	limits Limits
	file   []byte
	report *Report

	archive *archive
	// links are the relations of all parts by the part that has them, "" for the package.
	links map[string][]link
	types contentTypes
	// order are the workbook's sheets, and sheets the same by their parts.
	order  []*Sheet
	sheets map[string]*Sheet
	done   map[string]bool
	markup int64
	cells  int
}

func (c *check) run() {
	if size := int64(len(c.file)); size > c.limits.FileBytes {
		c.add(CauseTooLarge, Place{}, fmt.Sprintf("the file has %d bytes, %d are the limit", size, c.limits.FileBytes), adviceSmaller)
		return
	}
	if !c.isZip() || !c.openArchive() || !c.isWorkbook() {
		return
	}
	c.readContentTypes()
	c.readLinks()
	c.judgeParts()
	workbook := c.workbookPart()
	if workbook != "" {
		c.readPart(workbook, &bookReader{check: c, part: workbook})
	}
	c.judgeLinks()
	if workbook == "" {
		return
	}
	for _, f := range c.archive.files {
		c.readPart(f.Name, c.readerOf(f.Name))
	}
	if len(c.list) == 0 {
		c.judgeStyles(workbook)
		c.openAsReader()
	}
	c.report.Parts = len(c.archive.files)
	for _, s := range c.order {
		c.report.Sheets = append(c.report.Sheets, *s)
	}
}

// openAsReader opens the file as a reader of workbooks does, and so finds what is wrong
// between parts: relations and types that do not match, sheets of one name or without a
// part.
func (c *check) openAsReader() {
	l := cells.Limits{Parts: c.limits.Parts, PartBytes: c.limits.PartBytes, TotalBytes: c.limits.TotalBytes}
	if _, err := cells.Open(bytes.NewReader(c.file), int64(len(c.file)), l); err != nil {
		c.add(CauseDamaged, Place{}, err.Error(), adviceRepair)
	}
}

// readPart reads a part to its end, once; its XML goes to the reader.
func (c *check) readPart(name string, reader partReader) {
	f := c.archive.find(name)
	if f == nil || c.done[f.Name] || c.archive.exhausted {
		return
	}
	c.done[f.Name] = true
	if isMarkup(f.Name) {
		c.archive.read(f, func(r io.Reader) error { return c.readMarkup(f.Name, r, reader) })
		return
	}
	c.archive.read(f, func(r io.Reader) error { return c.readOther(f.Name, r) })
}

// readOther looks at a part that is no XML by its first bytes.
func (c *check) readOther(name string, r io.Reader) error {
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if head = head[:n]; err != nil && n == 0 {
		return nil // the archive tells of what is damaged
	}
	if kind := packedKind(head); kind != "" {
		c.add(CauseNested, Place{Part: name}, "it is "+kind+" within the workbook", "in Excel, delete the object or picture that it belongs to, and put pictures in as PNG")
		return errStop
	}
	if bytes.HasPrefix(head, oleMagic) {
		c.add(CauseOLE, Place{Part: name}, "it is an embedded object", adviceObject)
		return errStop
	}
	if isMedia(name) {
		if bytes.HasPrefix(trimBegin(head), []byte("<")) {
			c.add(CausePicture, Place{Part: name}, "it is named as a picture and is XML or a web page, which some programs show all the same", adviceSVG)
			return errStop
		}
		c.readPicture(name, io.MultiReader(bytes.NewReader(head), r))
	}
	return nil
}

// readerOf picks what a part is read for, by what the workbook says of it.
func (c *check) readerOf(name string) partReader {
	key := strings.ToLower(name)
	kind := c.types.of(name)
	switch {
	case c.sheets[key] != nil:
		return &sheetReader{check: c, part: name, sheet: c.sheets[key], formulas: formulas{check: c}}
	case strings.HasSuffix(kind, "spreadsheetml.styles+xml"):
		return &countReader{
			check: c, part: name, element: "xf", parent: "cellXfs", declared: "count", most: c.limits.Formats, count: &c.report.Formats,
			cause: CauseFormats, noun: "cell formats", advice: "in Excel, copy the sheets of the form into a new workbook, which leaves the unused styles behind",
		}
	case strings.HasSuffix(kind, "spreadsheetml.sharedStrings+xml"):
		return &countReader{
			check: c, part: name, element: "si", parent: "sst", declared: "uniqueCount", most: c.limits.SharedStrings, count: &c.report.SharedStrings,
			cause: CauseSharedStrings, noun: "different texts", advice: adviceSmaller,
		}
	default:
		return newOtherReader(c, name)
	}
}

// placeOf names a part, and its sheet where it has one.
func (c *check) placeOf(part string) Place {
	if s := c.sheets[strings.ToLower(part)]; s != nil {
		return Place{Part: part, Sheet: s.Name}
	}
	return Place{Part: part}
}
