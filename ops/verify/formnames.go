package verify

import (
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// The names of cells that stand for markers.
const (
	namedMarkers  = "jetsheet."
	namedField    = namedMarkers + "field."
	namedImage    = namedMarkers + "image."
	namedImageKey = namedMarkers + "imageKey."
	namedRows     = namedMarkers + "rows."
	namedOn       = ".on."
)

// readNames takes the cells that have names for markers, and says which rows have one of
// a block.
func (r *formReader) readNames(names []cells.Name, bounds map[int][]formMarker) map[int]bool {
	named := map[int]bool{}
	type rows struct {
		area     area
		name, on string
	}
	var blocks []rows
	for _, n := range names {
		for _, area := range areasOf(n.RefersTo, r.sheet.name) {
			if field, ok := strings.CutPrefix(n.Name, namedField); ok {
				r.fill(area, &formField{name: field})
			} else if image, ok := strings.CutPrefix(n.Name, namedImage); ok {
				r.fill(area, &formField{name: image, image: true})
			} else if key, ok := strings.CutPrefix(n.Name, namedImageKey); ok {
				r.fill(area, &formField{name: key, format: "imageKey"})
			} else if query, ok := strings.CutPrefix(n.Name, namedRows); ok {
				b := rows{area: area}
				b.name, b.on, _ = strings.Cut(query, namedOn)
				blocks = append(blocks, b)
			}
		}
	}
	// The widest block begins first and ends last.
	slices.SortStableFunc(blocks, func(a, b rows) int { return (a.area.bottom - a.area.top) - (b.area.bottom - b.area.top) })
	for _, b := range blocks {
		top, bottom := b.area.top, b.area.bottom
		bounds[top] = slices.Insert(bounds[top], 0, formMarker{kind: blockRows, name: b.name, on: b.on, col: b.area.left})
		bounds[bottom] = append(bounds[bottom], formMarker{kind: blockRows, end: true, col: b.area.left})
		named[top], named[bottom] = true, true
		r.sheet.last = max(r.sheet.last, bottom)
	}
	return named
}

// fill makes a cell one that is filled in.
func (r *formReader) fill(area area, field *formField) {
	drawn := cells.Cell{Row: area.top, Col: area.left}
	for _, c := range r.sheet.rows[area.top] {
		if c.drawn.Col == area.left {
			drawn = c.drawn
		}
	}
	r.put(formCell{drawn: drawn, pieces: []formPiece{{field: field}}})
}

// areasOf are the ranges of a sheet that a name refers to.
func areasOf(refers, sheet string) []area {
	var areas []area
	for _, part := range strings.Split(refers, ",") {
		at := strings.LastIndex(part, "!")
		if at < 0 {
			continue
		}
		of := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(part[:at], "'"), "'"), "''", "'")
		if area, ok := areaOf(part[at+1:]); ok && strings.EqualFold(of, sheet) {
			areas = append(areas, area)
		}
	}
	return areas
}
