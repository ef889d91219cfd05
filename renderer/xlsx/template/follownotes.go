package template

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// followNotes moves the boxes of a page's comments, which a part in VML draws,
// and whatever else that part anchors to cells, such as buttons. A comment's
// box goes where its cell goes, as often; all else moves with its upper edge.
func followNotes(content []byte, g *reference.Grid) ([]byte, error) {
	if !g.Moved() {
		return content, nil
	}
	n := notes{edit: newEdit(content), grid: g}
	if err := n.findIDs(); err != nil {
		return nil, err
	}
	err := n.each(func(t *tag) error {
		switch t.local() {
		case "shape":
			return n.moveShape(t)
		case "idmap":
			if key, start, end := t.attribute("data"); key > 0 {
				n.clusters = splice{extent{t.start + start, t.start + end}, string(t.raw[start:end])}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if n.clusters.end > 0 {
		n.moved = append(n.moved, n.grownClusters())
	}
	return appendSpliced(nil, content, n.moved...), nil
}

func (n *notes) moveShape(t *tag) error {
	if _, err := n.element(*t); err != nil {
		return err
	}
	s, err := readShape(n.b[t.start:n.at])
	if err != nil {
		return err
	}
	n.moved = append(n.moved, splice{extent{t.start, n.at}, string(n.copies(s))})
	return nil
}

// grownClusters is the list of the thousands (of 1,024) that the numbers of
// shapes are of, as in "1,2".
func (n *notes) grownClusters() splice {
	list := strings.Split(n.clusters.text, ",")
	last, err := strconv.Atoi(list[len(list)-1])
	if err != nil {
		return n.clusters // it is no list
	}
	for cluster := max(last, n.highest/1024) + 1; cluster <= n.lastID/1024; cluster++ {
		list = append(list, strconv.Itoa(cluster))
	}
	return splice{n.clusters.extent, strings.Join(list, ",")}
}

// shapeID is what the numbers of shapes begin with.
const shapeID = "_x0000_s"

// maxShapeID is where Office's numbers of shapes end.
const maxShapeID = 1 << 26

type notes struct {
	*edit
	grid *reference.Grid
	// highest is the template's highest number of a shape, lastID that of its copies.
	highest, lastID int
	moved           []splice
	// clusters is where the thousands of the numbers are listed; empty if they are not.
	clusters splice
}

func (n *notes) findIDs() error {
	return newEdit(n.b).each(func(t *tag) error {
		if number, ok := strings.CutPrefix(t.get("id"), shapeID); ok && t.local() == "shape" {
			if id, err := strconv.Atoi(number); err == nil && id < maxShapeID {
				n.highest = max(n.highest, id)
				n.lastID = n.highest
			}
		}
		return nil
	})
}

// shape is a box and where it is drawn.
type shape struct {
	content     []byte
	id          extent // of its number; empty if it has another kind of id
	anchor, row extent // empty if it has none
	corners     []int  // of the anchor: column, pixels, row, pixels, twice
	cell        int    // the comment's old row, from 1; 0 for what is no comment
	top         int    // the old row of its upper edge, from 1
}

func readShape(content []byte) (shape, error) {
	s := shape{content: content}
	e := newEdit(content)
	err := e.each(func(t *tag) error {
		switch t.local() {
		case "shape":
			if _, start, end := t.attribute("id"); bytes.HasPrefix(t.raw[start:end], []byte(shapeID)) {
				s.id = extent{t.start + start + len(shapeID), t.start + end}
			}
		case "Anchor":
			return s.readAnchor(e, t)
		case "Row":
			n, start, end, err := e.number(t)
			s.row, s.cell = extent{start, end}, n+1
			return err
		}
		return nil
	})
	return s, err
}

func (s *shape) readAnchor(e *edit, t *tag) error {
	text, start, end, err := e.text(t)
	if err != nil {
		return err
	}
	words := strings.Split(text, ",")
	if len(words) != 8 {
		return fmt.Errorf("byte %d: an anchor has %d numbers, not 8", start, len(words))
	}
	s.anchor, s.corners = extent{start, end}, make([]int, len(words))
	for i, w := range words {
		if s.corners[i], err = strconv.Atoi(strings.TrimSpace(w)); err != nil {
			return fmt.Errorf("byte %d: the anchor %q: %w", start, text, err)
		}
	}
	s.top = s.corners[2] + 1
	return nil
}

// copies is the box in every copy of its cell, or where its upper edge lies.
func (n *notes) copies(s shape) []byte {
	if s.cell == 0 {
		row, _, ok := n.grid.Row(max(s.top, 1))
		if s.top == 0 || !ok {
			return s.content
		}
		return n.append(nil, s, row-s.top, false)
	}
	var out []byte
	for i, span := range n.grid.Copies(s.cell, s.cell) {
		out = n.append(out, s, span.First-s.cell, i > 0)
	}
	return out
}

// append appends the box that many rows lower.
func (n *notes) append(dst []byte, s shape, by int, isCopy bool) []byte {
	if by == 0 && !isCopy {
		return append(dst, s.content...)
	}
	var splices []splice
	if s.id.end > 0 && isCopy {
		n.lastID++
		splices = append(splices, splice{s.id, strconv.Itoa(n.lastID)})
	}
	if s.anchor.end > 0 {
		splices = append(splices, splice{s.anchor, movedAnchor(s.corners, by)})
	}
	if s.row.end > 0 {
		splices = append(splices, splice{s.row, strconv.Itoa(s.cell - 1 + by)})
	}
	return appendSpliced(dst, s.content, splices...)
}

// movedAnchor keeps a box on the sheet that began above its cell.
func movedAnchor(corners []int, by int) string {
	by = max(by, -corners[2])
	var words []string
	for i, n := range corners {
		if i == 2 || i == 6 {
			n += by
		}
		words = append(words, strconv.Itoa(n))
	}
	return strings.Join(words, ", ")
}
