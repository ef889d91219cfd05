package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// errNoEdit says that there is nothing in the workbook that the edit could change.
var errNoEdit = errors.New("nothing to edit")

// bookEdit changes the parts of a workbook, by their names.
type bookEdit func(parts map[string]string) error

// editBook writes a workbook anew, sound as an archive, with its parts changed.
func editBook(body []byte, edit bookEdit) ([]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	parts := map[string]string{}
	var names []string
	for _, file := range archive.File {
		if parts[file.Name], err = readPart(file); err != nil {
			return nil, err
		}
		names = append(names, file.Name)
	}
	before := fmt.Sprint(parts)
	if err := edit(parts); err != nil {
		return nil, err
	}
	if fmt.Sprint(parts) == before {
		return nil, errNoEdit
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		content, ok := parts[name]
		if !ok {
			continue
		}
		part, err := w.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(part, content); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return out.Bytes(), err
}

// xmlCell is a cell of a sheet as it is written.
type xmlCell struct {
	from, to int // in the sheet's text
	ref      string
	style    string
	kind     string
	inner    string
}

var (
	cellText  = regexp.MustCompile(`(?s)<c ([^>]*?)(/>|>(.*?)</c>)`)
	rowText   = regexp.MustCompile(`(?s)<row [^>]*?>.*?</row>`)
	attribute = regexp.MustCompile(`([a-z]+)="([^"]*)"`)
)

// sheetCells lists the cells that hold something, without the header's.
func sheetCells(sheet string) []xmlCell {
	var cells []xmlCell
	for _, at := range cellText.FindAllStringSubmatchIndex(sheet, -1) {
		c := xmlCell{from: at[0], to: at[1]}
		for _, a := range attribute.FindAllStringSubmatch(sheet[at[2]:at[3]], -1) {
			switch a[1] {
			case "r":
				c.ref = a[2]
			case "s":
				c.style = a[2]
			case "t":
				c.kind = a[2]
			}
		}
		if at[6] >= 0 {
			c.inner = sheet[at[6]:at[7]]
		}
		if c.inner != "" && strings.TrimLeft(c.ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "1" {
			cells = append(cells, c)
		}
	}
	return cells
}

func (c xmlCell) String() string {
	kind, style := "", ""
	if c.kind != "" {
		kind = ` t="` + c.kind + `"`
	}
	if c.style != "" {
		style = ` s="` + c.style + `"`
	}
	return `<c r="` + c.ref + `"` + style + kind + `>` + c.inner + `</c>`
}

const sheetPart1 = "xl/worksheets/sheet1.xml"

// editCell changes one of the cells of the first sheet that a condition picks.
func editCell(pick int, which func(xmlCell) bool, change func(*xmlCell)) bookEdit {
	return func(parts map[string]string) error {
		sheet := parts[sheetPart1]
		cells := slices.DeleteFunc(sheetCells(sheet), func(c xmlCell) bool { return !which(c) })
		if len(cells) == 0 {
			return errNoEdit
		}
		c := cells[pick%len(cells)]
		changed := c
		change(&changed)
		parts[sheetPart1] = sheet[:c.from] + changed.String() + sheet[c.to:]
		return nil
	}
}

// swapCells exchanges what two cells of the first sheet hold.
func swapCells(first, second int) bookEdit {
	return func(parts map[string]string) error {
		sheet := parts[sheetPart1]
		cells := sheetCells(sheet)
		a, b := cells[first%len(cells)], cells[second%len(cells)]
		if a.from > b.from {
			a, b = b, a
		}
		if a.inner == b.inner {
			return errNoEdit
		}
		newA, newB := a, b
		newA.inner, newA.kind, newA.style = b.inner, b.kind, b.style
		newB.inner, newB.kind, newB.style = a.inner, a.kind, a.style
		parts[sheetPart1] = sheet[:a.from] + newA.String() + sheet[a.to:b.from] + newB.String() + sheet[b.to:]
		return nil
	}
}

// restyleCell gives a number of the first sheet a style with another number format.
func restyleCell(pick int) bookEdit {
	return func(parts map[string]string) error {
		_, formats, _ := strings.Cut(parts["xl/styles.xml"], "<cellXfs")
		var ids []string
		for _, found := range regexp.MustCompile(`<xf [^>]*numFmtId="([0-9]+)"`).FindAllStringSubmatch(formats, -1) {
			ids = append(ids, found[1])
		}
		return editCell(pick, isNumber, func(c *xmlCell) {
			own, _ := strconv.Atoi(c.style) // no style is the first
			for i := range ids {
				if other := (own + pick + i) % len(ids); ids[other] != ids[own] {
					c.style = strconv.Itoa(other)
					return
				}
			}
		})(parts)
	}
}

// editRows changes the rows of the first sheet, header included, and numbers them anew.
func editRows(change func(rows []string) []string) bookEdit {
	return func(parts map[string]string) error {
		sheet := parts[sheetPart1]
		places := rowText.FindAllStringIndex(sheet, -1)
		rows := rowText.FindAllString(sheet, -1)
		if len(rows) < 4 {
			return errNoEdit
		}
		var written strings.Builder
		for i, row := range change(slices.Clone(rows)) {
			row = regexp.MustCompile(` r="([A-Z]*)[0-9]+"`).ReplaceAllString(row, fmt.Sprintf(` r="${1}%d"`, i+1))
			written.WriteString(row)
		}
		parts[sheetPart1] = sheet[:places[0][0]] + written.String() + sheet[places[len(places)-1][1]:]
		return nil
	}
}

// replacePart replaces the n-th match of a pattern in a part, counted around.
func replacePart(part, pattern string, n int, replacement string) bookEdit {
	return func(parts map[string]string) error {
		found := regexp.MustCompile(pattern)
		places := found.FindAllStringIndex(parts[part], -1)
		if len(places) == 0 {
			return errNoEdit
		}
		at := places[n%len(places)]
		parts[part] = parts[part][:at[0]] + found.ReplaceAllString(parts[part][at[0]:at[1]], replacement) + parts[part][at[1]:]
		return nil
	}
}

// removeLastSheet takes a sheet away with everything that names it.
func removeLastSheet(parts map[string]string) error {
	last := 0
	for parts[fmt.Sprintf("xl/worksheets/sheet%d.xml", last+1)] != "" {
		last++
	}
	if last < 2 {
		return errNoEdit
	}
	part := fmt.Sprintf("worksheets/sheet%d.xml", last)
	delete(parts, "xl/"+part)
	const rels = "xl/_rels/workbook.xml.rels"
	relation := regexp.MustCompile(`<Relationship [^>]*` + regexp.QuoteMeta(part) + `[^>]*>`).FindString(parts[rels])
	id := regexp.MustCompile(` Id="([^"]*)"`).FindStringSubmatch(relation)
	if id == nil {
		return errNoEdit
	}
	parts[rels] = strings.Replace(parts[rels], relation, "", 1)
	parts["xl/workbook.xml"] = regexp.MustCompile(`<sheet [^>]*r:id="`+id[1]+`"[^>]*>`).ReplaceAllString(parts["xl/workbook.xml"], "")
	parts["[Content_Types].xml"] = regexp.MustCompile(`<Override [^>]*`+regexp.QuoteMeta(part)+`[^>]*>`).ReplaceAllString(parts["[Content_Types].xml"], "")
	return nil
}
