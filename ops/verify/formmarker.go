package verify

import (
	"regexp"
	"strings"
)

// formMarker is a marker of a block: where it begins or ends.
type formMarker struct {
	// kind is one of blockRows, blockIf and blockUnless.
	kind byte
	// name and on are empty at the end of a block.
	name, on string
	end      bool
	col      int // of its cell
}

// What a block is there for: each row, or a condition that holds or does not.
const (
	blockRows   = '#'
	blockIf     = '?'
	blockUnless = '^'
)

var markerText = regexp.MustCompile(`(?s)\{\{(.*?)\}\}`)

// cutText cuts a text at its markers into text and fields, without the markers of blocks,
// which are given apart. Both are nil for text without markers.
func cutText(text string) (pieces []formPiece, markers []formMarker) {
	at := 0
	for _, found := range markerText.FindAllStringSubmatchIndex(text, -1) {
		pieces = append(pieces, formPiece{text: text[at:found[0]]})
		at = found[1]
		switch inside := strings.TrimSpace(text[found[2]:found[3]]); {
		case inside == "":
		case strings.Contains("#?^/", inside[:1]):
			markers = append(markers, blockMarker(inside[0], strings.TrimSpace(inside[1:])))
		default:
			pieces = append(pieces, formPiece{field: fieldOf(inside)})
		}
	}
	if pieces == nil {
		return nil, nil
	}
	return append(pieces, formPiece{text: text[at:]}), markers
}

func blockMarker(sign byte, rest string) formMarker {
	switch {
	case sign != '/':
	case rest == string(blockIf), rest == string(blockUnless):
		return formMarker{kind: rest[0], end: true}
	default:
		return formMarker{kind: blockRows, end: true}
	}
	m := formMarker{kind: sign, name: rest}
	if words := strings.Fields(rest); sign == blockRows && len(words) == 3 && words[1] == "on" {
		m.name, m.on = words[0], words[2]
	}
	return m
}

func fieldOf(inside string) *formField {
	if name, ok := strings.CutPrefix(inside, "image:"); ok {
		return &formField{name: strings.TrimSpace(name), image: true}
	}
	name, format, _ := strings.Cut(inside, "|")
	f := &formField{name: strings.TrimSpace(name), format: strings.TrimSpace(format)}
	f.image = f.format == "image"
	return f
}
