package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/jetsheet/jetsheet"
)

func (s section) workbook(d *Definition) Workbook {
	if !s.required("workbook", `{sheets: [{name: "{target}", rows: records}]}`) {
		return Workbook{}
	}
	sub := s.sub("workbook", "sheets", "template", "properties")
	book := Workbook{Properties: sub.properties(d.Title)}
	if sub.has("template") {
		book.Template = sub.template()
		return book
	}
	if !sub.required("sheets", `[{name: "{target}", rows: records}]`) {
		return book
	}
	elements, keys := sub.list("sheets")
	for _, key := range keys {
		sheet := elements.sub(key, "name", "rows", "sheetBy", "columns", "columnsFrom", "freezeHeader", "filter", "header",
			"title", "banding", "rules", "totalsLabel", "footer", "page", "protect")
		book.Sheets = append(book.Sheets, sheet.sheet(d.Queries))
	}
	if sequence, ok := sub.values["sheets"].(*sequence); ok && len(sequence.Values) == 0 {
		sub.problem("sheets", "%s is empty; a workbook has at least one sheet", sub.child("sheets"))
	}
	return book
}

// template is the name of a template in the place of sheets.
func (s section) template() string {
	s.r.needs(templateVersion)
	name := s.line("template", "")
	if !jetsheet.ValidTemplateName(name) && !s.wrong("template") {
		s.problem("template", "%s", invalidTemplateName(name))
	}
	for _, key := range []string{"sheets", "properties"} {
		if s.has(key) {
			s.problem(key, "%s cannot stand beside a template, which has its own; a single target's template comes from the column %q of targets", s.child(key), columnTemplate)
		}
	}
	return name
}

func invalidTemplateName(name string) string {
	return fmt.Sprintf("the template %s must be 1 to 40 characters of a to z, 0 to 9 and -; jetsheet templates list shows them", quoted(name))
}

func (s section) sheet(queries []Query) Sheet {
	before := len(s.r.problems)
	sheet := Sheet{
		FreezeHeader: s.boolean("freezeHeader", true),
		Filter:       s.boolean("filter", true),
		Header:       s.header(),
		Title:        s.patterns("title", maxTitleLines),
		Banding:      s.banding(),
		Footer:       s.patterns("footer", maxFooterLines),
		Page:         s.page(),
		Protection:   s.protection(),
	}
	if s.required("name", `"{target}"`) {
		sheet.Name = s.pattern("name")
	}
	if s.required("rows", "records") {
		sheet.Rows = s.queryName("rows", queries)
	}
	if s.has("columnsFrom") {
		sheet.ColumnsFrom = s.queryName("columnsFrom", queries)
	}
	columns, keys := s.list("columns")
	for _, key := range keys {
		sheet.Columns = append(sheet.Columns, columns.sub(key, "name", "title", "format", "width", "total").column())
	}
	sheet.Rules = s.rules(&sheet)
	sheet.TotalsLabel = s.totalsLabel(&sheet)
	sheet.SheetBy = s.sheetBy(&sheet)
	if s.r.checkSheet != nil && len(s.r.problems) == before {
		s.r.checkSheet(&sheet, func(path string, err error) {
			s.r.problem(s.placeWithin(path), s.child(path), "%s: %s", s.child(path), err)
		})
	}
	return sheet
}

// sheetBy is the column of the rows query of whose values each gets a sheet.
func (s section) sheetBy(sheet *Sheet) string {
	column := s.line("sheetBy", "")
	if column != "" && !sheet.Name.IsZero() && !sheet.Name.names(column) {
		s.problem("name", "%s must contain {%s}: each value of that column gets a sheet (%s)", s.child("name"), column, s.child("sheetBy"))
	}
	return column
}

// totalsLabel stands in the row of totals, in a first column without a total.
func (s section) totalsLabel(sheet *Sheet) Pattern {
	if !s.has("totalsLabel") {
		return Pattern{}
	}
	has := func(c Column) bool { return c.Total != TotalNone }
	lacks := func(c Column) bool { return c.Total == TotalNone }
	switch {
	case sheet.ColumnsFrom != "": // it may give columns of either kind
	case !slices.ContainsFunc(sheet.Columns, has):
		s.problem("totalsLabel", `%s needs a column with "total"`, s.child("totalsLabel"))
	case !slices.ContainsFunc(sheet.Columns, lacks):
		s.problem("totalsLabel", `%s stands in a column without "total", and each has one; leave it out, or the total of the first column`, s.child("totalsLabel"))
	}
	return s.pattern("totalsLabel")
}

func (s section) queryName(key string, queries []Query) string {
	name := s.text(key, "")
	names := make([]string, len(queries))
	for i, q := range queries {
		if q.Name == name {
			return name
		}
		names[i] = q.Name
	}
	if isText(s.values[key]) && len(queries) > 0 {
		s.problem(key, "unknown query %q%s", name, didYouMean(name, names))
	}
	return name
}

func (s section) column() Column {
	c := Column{}
	if s.required("name", "recorded_at") {
		c.Name = s.line("name", "")
	}
	c.Title = s.line("title", c.Name)
	c.Format = s.line("format", "")
	c.Width = s.width()
	c.Total = word(s, "total", TotalNone, Totals()...)
	s.r.needs(formatVersion(c.Format))
	if c.Format != "" && s.r.checkFormat != nil {
		if err := s.r.checkFormat(c.Format); err != nil {
			s.problem("format", "%s", err)
		}
	}
	return c
}

// maxWidth is the widest column that Excel opens.
const maxWidth = 255

func (s section) width() float64 {
	if !s.has("width") {
		return 0
	}
	text, ok := s.r.scalar(s.values["width"], s.child("width"))
	if !ok {
		return 0
	}
	width, ok := decimal(text)
	if !ok || width <= 0 || width > maxWidth {
		s.problem("width", "%s must be a number of characters above 0, at most %d", s.child("width"), maxWidth)
		return 0
	}
	return width
}

func (s section) header() Header {
	header := Header{Bold: true, Fill: DefaultHeaderFill, Wrap: true}
	if !s.has("header") {
		return header
	}
	sub := s.sub("header", "bold", "fill", "wrap")
	header.Bold = sub.boolean("bold", true)
	header.Wrap = sub.boolean("wrap", true)
	header.Fill = sub.color("fill", DefaultHeaderFill)
	return header
}

// color is six upper-case hex digits, or "" for none.
func (s section) color(key, otherwise string) string {
	text := s.text(key, otherwise)
	color, ok := colorOf(text)
	if !ok && !s.wrong(key) {
		s.problem(key, `%q is not a colour; write six hex digits as in "DDEBF7", or "none"`, text)
	}
	return color
}

func colorOf(text string) (color string, ok bool) {
	color = strings.ToUpper(strings.TrimPrefix(text, "#"))
	switch {
	case text == "" || color == "NONE":
		return "", true
	case len(color) == 6 && strings.Trim(color, "0123456789ABCDEF") == "":
		return color, true
	}
	return "", false
}

// pattern is the value of a key as text with placeholders.
func (s section) pattern(key string) Pattern {
	text := s.line(key, "")
	if text == "" {
		return Pattern{}
	}
	p, err := ParsePattern(text)
	if err != nil {
		s.problem(key, "%s: %s", s.child(key), err)
		return Pattern{}
	}
	return p
}

// Most lines of text above and below a table.
const (
	maxTitleLines  = 10
	maxFooterLines = 20
)

// patterns is one text with placeholders, or a list of them, of which some may be empty.
func (s section) patterns(key string, most int) []Pattern {
	switch s.values[key].(type) {
	case *sequence:
	case *literal:
		s.problem(key, `%s has several lines; write them as a list, as in ["first", "second"]`, s.child(key))
		return nil
	default:
		if p := s.pattern(key); !p.IsZero() {
			return []Pattern{p}
		}
		return nil
	}
	elements, keys := s.list(key)
	if len(keys) > most {
		s.problem(key, "%s has %d lines; %d are allowed", s.child(key), len(keys), most)
	}
	var all []Pattern
	for _, at := range keys {
		if n, ok := elements.values[at].(*ast.StringNode); ok && n.Value == "" {
			all = append(all, Pattern{}) // an empty line
			continue
		}
		all = append(all, elements.pattern(at))
	}
	return all
}
