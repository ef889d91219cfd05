package template

import "strconv"

// font is one of the workbook's, its size in points.
type font struct {
	name string
	size float64
}

// usualSize is that of a font that says none.
const usualSize = 11

// fonts are those that styles name by their number: one at least.
func (s *styles) fonts() []font {
	var all []font
	inside := false
	_ = eachTag(s.content, func(t *tag) { // it has been read before
		switch {
		case t.is("fonts"):
			inside = t.kind == tagOpen
		case !inside || t.kind == tagClose:
		case t.is("font"):
			all = append(all, font{size: usualSize})
		case len(all) == 0:
		case t.is("name"):
			all[len(all)-1].name = t.get("val")
		case t.is("sz"):
			if f, err := strconv.ParseFloat(t.get("val"), 64); err == nil && f > 0 {
				all[len(all)-1].size = f
			}
		}
	})
	if len(all) == 0 {
		return []font{{size: usualSize}}
	}
	return all
}

// wrapping is the size of the text in cells of a style that wraps it into lines.
func (s *styles) wrapping(style int, fonts []font) (size float64, ok bool) {
	if style >= len(s.looks) {
		return 0, false
	}
	look := &s.looks[style]
	_ = eachTag(look.rest, func(t *tag) {
		if t.is("alignment") && t.kind != tagClose {
			turned := t.get("textRotation")
			ok = t.truth("wrapText") && (turned == "" || turned == "0") && !t.truth("shrinkToFit")
		}
	})
	size = fonts[0].size
	if id, err := strconv.Atoi(look.tag.get("fontId")); err == nil && 0 < id && id < len(fonts) {
		size = fonts[id].size
	}
	return size, ok
}
