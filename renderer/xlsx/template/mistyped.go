package template

import (
	"fmt"
	"regexp"
	"strings"
)

// mistyped finds what looks like a marker with too few braces: {name} and {name}}, with
// whatever else a marker has, and name}} where no brace is before it. A name is of letters,
// digits and _ here, two at least, and begins with a letter, so that {1, 2}, {x}, JSON and
// the like are not taken for one; nor is what follows $, as in ${HOME}.
var mistyped = regexp.MustCompile(`(?:^|[^{}$])(\{\s*(` + likeMarker + `)\}{1,2})|^[^{}]*?((` + likeMarker + `)\}\})`)

const likeMarker = `(?:[#/?^]\s*|image:\s*)?\p{L}[\p{L}\p{N}_]+\s*(?:\|[^{}"]*)?`

// warnOfMistyped notes what stands in a text beside its markers and looks like one.
func (c *compiler) warnOfMistyped(s *sheet, cell, text string, pieces []piece) {
	if pieces == nil {
		pieces = []piece{{end: len(text)}}
	}
	for _, p := range pieces {
		if p.marker != nil {
			continue
		}
		for _, found := range mistyped.FindAllStringSubmatch(text[p.start:p.end], -1) {
			c.mistyped = append(c.mistyped, Reason{Sheet: s.name, Cell: cell, Why: fmt.Sprintf(
				"%q stays as it is written; if it is meant as a marker, write {{%s}}", found[1]+found[3], strings.TrimSpace(found[2]+found[4]))})
		}
	}
}
