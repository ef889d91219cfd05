package template

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
)

// Options say how a template is filled. The zero Options are usable.
type Options struct {
	// Locale is a BCP 47 tag; it chooses how dates are shown, as in xlsx.ParseFormat.
	Locale string
	// MaxRows is the most rows that a filled sheet may have; 0 is 100,000. All of a
	// workbook's data is held while it is filled.
	MaxRows int
	// MaxBytes is the most bytes, unpacked, that the rows of all sheets of a filled workbook
	// may have; 0 is 1 GiB.
	MaxBytes int64
}

const defaultMaxRows = 100_000

// Template is a workbook with markers, ready to be filled. It may be used concurrently.
type Template struct {
	options  Options
	file     []byte
	parts    *parts
	workbook *workbook
	sheets   []*sheet
	styles   *styles
	// stylesPart is the name of the part with the styles.
	stylesPart string
	// eastAsian is set if the workbook's first font is, whose lines are as high as its rows.
	eastAsian bool
	markers   []Marker
	// names are those that values are looked for by; a name's number is its place.
	names   map[string]int
	reasons []Reason
	// mistyped are texts that look like markers and are none; doubtful are formulas of which
	// nothing may be left, and merged cells that move a block's end.
	mistyped, doubtful []Reason
	// written are the parts that are the same in every workbook, but not as in the template;
	// those with nil are left out.
	written map[*part][]byte
	// followers are the parts, beside the sheets, that say where cells are.
	followers []follower
	// sources are the parts that say of which cells pivot tables are.
	sources []*part
}

// Markers are the template's markers, sheet by sheet and row by row.
func (t *Template) Markers() []Marker { return slices.Clone(t.markers) }

// Unsupported is what the template has that is not compiled. If there is anything,
// Fill goes through excelize, which takes many times as long.
func (t *Template) Unsupported() []Reason { return slices.Clone(t.reasons) }

// compiler makes a Template.
type compiler struct {
	*Template
	strings sharedStrings
	// named are the cells that names make markers of.
	named []namedCells
	// rows are the markers' rows in the template.
	rows []int
	// mistakes are those that were found so far.
	mistakes MistakesError
}

// Compile reads a template, which must have passed intake: it trusts the file to be of
// a bearable size. The file must not be changed any more. Mistakes in markers are a
// *MistakesError; what is right but cannot be compiled is in Unsupported.
func Compile(file []byte, o Options) (*Template, error) {
	o.MaxRows = cmp.Or(o.MaxRows, defaultMaxRows)
	o.MaxBytes = cmp.Or(o.MaxBytes, defaultMaxBytes)
	c := &compiler{Template: &Template{options: o, file: file, names: make(map[string]int), written: make(map[*part][]byte)}}
	if err := c.compile(); err != nil {
		return nil, fmt.Errorf("compile the template: %w", err)
	}
	return c.Template, nil
}

func (c *compiler) compile() error {
	var err error
	if c.parts, err = openParts(c.file); err != nil {
		return err
	}
	if err := c.readMarkers(); err != nil {
		return err
	}
	if err := c.keepBlocks(); err != nil {
		return err
	}
	c.settle()
	if err := c.check(); err != nil {
		return err
	}
	if err := c.preparePivots(); err != nil {
		return err
	}
	if err := c.prepareLinks(); err != nil {
		return err
	}
	if err := c.fitRows(); err != nil {
		return err
	}
	if err := c.preparePictures(); err != nil {
		return err
	}
	if err := c.preparePages(); err != nil {
		return err
	}
	if err := c.mistaken(); err != nil {
		return err
	}
	if err := c.writeParts(); err != nil {
		return err
	}
	return c.readAhead()
}

// readMarkers reads the workbook's sheets, and sees whether all that is meant as a marker is one,
// where one can be filled.
func (c *compiler) readMarkers() error {
	if err := c.readWorkbook(); err != nil {
		return err
	}
	for _, s := range c.sheets {
		if err := c.readSheet(s); err != nil {
			return err
		}
		if err := c.findFollowers(s); err != nil {
			return err
		}
		if err := c.checkElsewhere(s); err != nil {
			return err
		}
	}
	c.checkNames()
	if err := c.checkApart(); err != nil {
		return err
	}
	return c.mistaken()
}

// readAhead reads the parts that are needed when the template is filled, which several
// may do at once.
func (c *compiler) readAhead() error {
	names := []string{"[Content_Types].xml", relationsPart(c.workbook.part.name)}
	for _, s := range c.sheets {
		for _, p := range s.bound {
			names = append(names, p.name)
		}
		if s.drawing != nil {
			names = append(names, s.drawing.name, relationsPart(s.drawing.name))
		}
		if s.linked != nil {
			names = append(names, s.linked.name)
		}
	}
	for _, name := range names {
		if _, err := c.parts.read(name); err != nil {
			return err
		}
	}
	return nil
}

// readSheet reads the sheet's rows, if it has cells, and finds its blocks.
func (c *compiler) readSheet(s *sheet) error {
	content, err := c.parts.read(s.part.name)
	if err != nil {
		return err
	}
	if s.relations, err = c.parts.relations(s.part.name); err != nil || !s.worksheet {
		return err
	}
	r := sheetReader{scanner: scanner{b: content}, compiler: c, sheet: s, shared: make(map[string]sharedFormula)}
	begin := len(c.markers)
	if err := r.read(); err != nil {
		return fmt.Errorf("part %s: %w", s.part.name, err)
	}
	c.buildBlocks(s)
	s.findAcross()
	for i := begin; i < len(c.markers); i++ {
		m := &c.markers[i]
		m.Blocks = append(s.title.queries(), queries(s.body, c.rows[i])...)
		if n := len(m.Blocks); n > 0 && (m.Kind == Rows || m.Kind == End) && m.Blocks[n-1] == m.Name {
			m.Blocks = m.Blocks[:n-1] // its own
		}
	}
	return nil
}

// mark lists a marker.
func (c *compiler) mark(s *sheet, cell, text string, row int, m *marker) {
	c.markers = append(c.markers, Marker{
		Sheet: s.name, Cell: cell, Text: text, Kind: m.kind, Name: m.name, On: m.on, Format: m.format,
	})
	c.rows = append(c.rows, row)
}

// name gives the number of a name.
func (c *compiler) name(name string) int {
	id, ok := c.names[name]
	if !ok {
		id = len(c.names)
		c.names[name] = id
	}
	return id
}

// format is how a field's value is shown.
type format struct {
	xlsx.Format
	// given is set if the marker names one.
	given bool
}

func (c *compiler) field(s *sheet, m *marker, cell string) *field {
	f := &field{id: c.name(m.name), marker: m, cell: cell, format: format{given: m.format != ""}}
	name := m.format
	if m.kind == Image {
		name = "image"
	}
	var err error
	name, f.byKey = xlsx.CutImageKey(name)
	if f.format.Format, err = xlsx.ParseFormat(name, c.options.Locale); err != nil {
		c.refuse(s, cell, err.Error()) // parseMarker has let it pass
	}
	f.image = f.format.IsImage()
	if f.image && strings.Contains(name, ":") {
		width, height := f.format.ImageSize()
		f.most = picture.Size{Width: picture.Pixels(width), Height: picture.Pixels(height)}
	}
	return f
}

// checkWords refuses what can only be shown by a cell of its own, in the text of a cell or, without
// one, a sheet's name.
func (c *compiler) checkWords(s *sheet, cell string, pieces []wordsPiece) {
	v := xlsx.Null()
	for _, p := range pieces {
		if p.field == nil {
			continue
		}
		if _, ok := p.field.format.Words(&v); !ok {
			c.mistake(&PlaceError{Sheet: s.name, Cell: cell, Err: fmt.Errorf(
				"{{%s}} is a picture or has the format %q, which text cannot show; give the marker a cell of its own", p.field.marker.name, p.field.marker.format)})
		}
	}
}

// refuse notes something that is not compiled.
func (c *compiler) refuse(s *sheet, cell, why string) {
	c.reasons = append(c.reasons, Reason{Sheet: s.name, Cell: cell, Why: why})
}

// settle decides which sheets are written anew: those with markers, and those whose
// formulas may reach into another one.
func (c *compiler) settle() {
	if !slices.ContainsFunc(c.sheets, func(s *sheet) bool { return s.filled }) {
		c.reasons = nil // all of it stays as it is
		return
	}
	for _, s := range c.sheets {
		s.filled = s.filled || c.reachesOut(s)
	}
}

// reachesOut says whether anything in a sheet may refer to cells of another one: it
// names a sheet, a table, a name, or computes what it refers to.
func (c *compiler) reachesOut(s *sheet) bool {
	if bytes.ContainsRune(s.tail, '!') {
		return true
	}
	for _, r := range s.rows {
		for _, cell := range r.cells {
			if cell.formula != nil && c.formulaReachesOut(cell.formula.parsed.String()) {
				return true
			}
		}
	}
	return false
}

func (c *compiler) formulaReachesOut(text string) bool {
	if strings.ContainsAny(text, "![") {
		return true
	}
	text = strings.ToUpper(text)
	return strings.Contains(text, "INDIRECT") || slices.ContainsFunc(c.workbook.names, func(name string) bool {
		return strings.Contains(text, name)
	})
}
