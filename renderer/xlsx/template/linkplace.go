package template

import (
	"net/url"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// linkPlace is the place in the workbook that the target of a relation leads to, as in
// "#Sheet1!A1"; nil if it leads elsewhere, or to no cells. escaped says that the target has
// characters as addresses do (%20).
func linkPlace(target string) (place *reference.Formula, escaped bool) {
	text, found := strings.CutPrefix(target, "#")
	if !found {
		return nil, false
	}
	if plain, err := url.PathUnescape(text); err == nil {
		text, escaped = plain, plain != text
	}
	place, err := reference.Parse(text)
	if err != nil {
		return nil, false
	}
	return place, escaped
}

// withLocations has links that lead to a place in the workbook by a relation, as some programs
// write them, say the place themselves: so it can be another one in each copy of a block.
func withLocations(tail []byte, all []relation) ([]byte, error) {
	places := make(map[string]*reference.Formula)
	for _, r := range all {
		if place, _ := linkPlace(r.target); r.kind == "hyperlink" && place != nil {
			places[r.id] = place
		}
	}
	if len(places) == 0 {
		return tail, nil
	}
	e := newEdit(tail)
	err := e.each(func(t *tag) error {
		relation := t.relation()
		if place := places[t.get(relation)]; t.local() == "hyperlink" && place != nil && t.get("location") == "" {
			changed := t.with(relation, "")
			changed = changed.with("location", place.String())
			e.replace(t.start, t.end, changed.raw)
		}
		return nil
	})
	return e.bytes(), err
}

// followLinks moves the places that what is drawn on a page leads to: they stand in the drawing's
// relations.
func followLinks(content []byte, g *reference.Grid) ([]byte, error) {
	e := newEdit(content)
	err := e.each(func(t *tag) error {
		place, escaped := linkPlace(t.get("Target"))
		if place == nil {
			return nil
		}
		moved := string(place.Append(nil, g.Page()))
		if moved == place.String() {
			return nil
		}
		if escaped {
			moved = escapeAddress.Replace(moved)
		}
		e.setAttribute(t, "Target", "#"+moved)
		return nil
	})
	return e.bytes(), err
}

var escapeAddress = strings.NewReplacer("%", "%25", " ", "%20")
