package report

import (
	"fmt"
	"strings"
)

func (s section) workbook(queries []Query) Workbook {
	if !s.required("workbook", `{sheets: [{name: "{target}", rows: records}]}`) {
		return Workbook{}
	}
	sub := s.r.section(s.values["workbook"], s.child("workbook"), s.place("workbook"), "sheets", "template")
	if sub.has("template") {
		sub.problem("template", "templates are not supported by this version; describe the workbook with sheets")
		return Workbook{}
	}
	if !sub.required("sheets", `[{name: "{target}", rows: records}]`) {
		return Workbook{}
	}
	var book Workbook
	elements := sub.list("sheets")
	for i, n := range elements {
		sheet := sub.r.section(n, fmt.Sprintf("%s[%d]", sub.child("sheets"), i), placeOf(n),
			"name", "rows", "columns", "columnsFrom", "freezeHeader", "filter", "header")
		book.Sheets = append(book.Sheets, sheet.sheet(queries))
	}
	if sequence, ok := sub.values["sheets"].(*sequence); ok && len(sequence.Values) == 0 {
		sub.problem("sheets", "%s is empty; a workbook has at least one sheet", sub.child("sheets"))
	}
	return book
}

func (s section) sheet(queries []Query) Sheet {
	sheet := Sheet{
		FreezeHeader: s.boolean("freezeHeader", true),
		Filter:       s.boolean("filter", true),
		Header:       s.header(),
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
	for i, n := range s.list("columns") {
		column := s.r.section(n, fmt.Sprintf("%s[%d]", s.child("columns"), i), placeOf(n), "name", "title", "format", "width")
		sheet.Columns = append(sheet.Columns, column.column())
	}
	return sheet
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
	sub := s.r.section(s.values["header"], s.child("header"), s.place("header"), "bold", "fill", "wrap")
	header.Bold = sub.boolean("bold", true)
	header.Wrap = sub.boolean("wrap", true)
	fill := sub.text("fill", DefaultHeaderFill)
	color := strings.ToUpper(strings.TrimPrefix(fill, "#"))
	switch {
	case fill == "" || color == "NONE":
		header.Fill = ""
	case len(color) == 6 && strings.Trim(color, "0123456789ABCDEF") == "":
		header.Fill = color
	default:
		sub.problem("fill", `%q is not a colour; write six hex digits as in "DDEBF7", or "none"`, fill)
	}
	return header
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
