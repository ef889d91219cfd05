package template

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// Kind says what a marker is for.
type Kind string

// The kinds of markers.
const (
	// Field is {{name}} or {{name | format}}: a value.
	Field Kind = "field"
	// Image is {{image:name}}: a picture, fitted into its cell.
	Image Kind = "image"
	// Rows is {{#query}} or {{#query on column}}: the first row of a block that is
	// repeated for each row of the query.
	Rows Kind = "rows"
	// If is {{?name}}: the first row of a block that is there when the value is.
	If Kind = "if"
	// Unless is {{^name}}: the first row of a block that is there when the value is not.
	Unless Kind = "unless"
	// End is {{/query}}, {{/?}} or {{/^}}: a block's last row.
	End Kind = "end"
)

// Marker is one place of a template that is filled.
type Marker struct {
	Sheet string
	// Cell is a reference such as "B12"; empty in a sheet's name.
	Cell string
	// Text is the marker as it is written, with its braces; for a defined name, the name.
	Text string
	Kind Kind
	// Name is that of the field or query; empty at the end of a condition.
	Name string
	// On is the column that joins a query's rows to the block's around it.
	On string
	// Format is the format's text; empty for none.
	Format string
	// Blocks are the queries in whose rows the marker stands, the outermost first. A
	// field is looked for in the innermost one's columns first, then outwards, then in
	// Data.Fields.
	Blocks []string
}

// marker is what stands between the braces.
type marker struct {
	kind             Kind
	name, on, format string
	// ends is the kind of the marker that an End belongs to.
	ends Kind
}

// piece is a marker in a text, or the text between two.
type piece struct {
	// start and end are where it stands, braces included.
	start, end int
	marker     *marker // nil for text
	// err says why what is meant as a marker is none.
	err error
}

const (
	opening = "{{"
	closing = "}}"
	// wideOpening is what Japanese keyboards write until they are told otherwise.
	wideOpening = "｛｛"
)

var (
	errNotClosed = fmt.Errorf("%q is opened and not closed; a marker is written as {{name}}", opening)
	errFullWidth = fmt.Errorf("%q is of full-width characters; a marker is written as {{name}}", wideOpening)
)

// parseText finds the markers in a text, and what is meant as one. The result is nil for text
// without any.
func parseText(s string) []piece {
	if !strings.Contains(s, opening) && !strings.Contains(s, wideOpening) {
		return nil
	}
	var pieces []piece
	for at := 0; at < len(s); {
		p := piece{start: at, end: at + beforeMarker(s[at:])}
		if p.end == at {
			p = parsePiece(s, at)
		}
		pieces = append(pieces, p)
		at = p.end
	}
	return pieces
}

// beforeMarker is the length of the text before the first marker, or what is meant as one.
func beforeMarker(s string) int {
	n := len(s)
	for _, begin := range []string{opening, wideOpening} {
		if i := strings.Index(s[:n], begin); i >= 0 {
			n = i
		}
	}
	return n
}

// parsePiece reads the marker at the begin of s[at:]. One that is not closed ends where the next
// one begins.
func parsePiece(s string, at int) piece {
	if strings.HasPrefix(s[at:], wideOpening) {
		begin := at + len(wideOpening)
		return piece{start: at, end: begin + beforeMarker(s[begin:]), err: errFullWidth}
	}
	begin := at + len(opening)
	inside, _, closed := strings.Cut(s[begin:], closing)
	if !closed || strings.Contains(inside, opening) {
		return piece{start: at, end: begin + beforeMarker(s[begin:]), err: errNotClosed}
	}
	p := piece{start: at, end: begin + len(inside) + len(closing)}
	m, err := parseMarker(inside)
	if err != nil {
		p.err = fmt.Errorf("marker %s: %w", s[at:p.end], err)
		return p
	}
	p.marker = &m
	return p
}

// parseMarker reads what stands between the braces.
func parseMarker(s string) (marker, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return marker{}, errors.New("nothing is named; write {{name}}")
	}
	switch rest := strings.TrimSpace(s[1:]); s[0] {
	case '#':
		return parseRows(rest)
	case '?':
		return named(marker{kind: If, name: rest})
	case '^':
		return named(marker{kind: Unless, name: rest})
	case '/':
		return parseEnd(rest)
	}
	if name, isImage := strings.CutPrefix(s, "image:"); isImage {
		return named(marker{kind: Image, name: strings.TrimSpace(name)})
	}
	name, format, hasFormat := strings.Cut(s, "|")
	m := marker{kind: Field, name: strings.TrimSpace(name), format: strings.TrimSpace(format)}
	if hasFormat && m.format == "" {
		return marker{}, errors.New(`no format follows the "|"; write {{name | date}}`)
	}
	shown, _ := xlsx.CutImageKey(m.format)
	if _, err := xlsx.ParseFormat(shown, ""); err != nil {
		return marker{}, err
	}
	return named(m)
}

func parseRows(s string) (marker, error) {
	words := strings.Fields(s)
	m := marker{kind: Rows, name: s}
	if len(words) == 3 && words[1] == "on" {
		m.name, m.on = words[0], words[2]
	}
	return named(m)
}

func parseEnd(s string) (marker, error) {
	switch s {
	case "?":
		return marker{kind: End, ends: If}, nil
	case "^":
		return marker{kind: End, ends: Unless}, nil
	}
	return named(marker{kind: End, name: s, ends: Rows})
}

// reserved are the characters that mean something within a marker.
const reserved = "{}|:#/?^"

func named(m marker) (marker, error) {
	for _, name := range []string{m.name, m.on} {
		if strings.ContainsAny(name, reserved) || strings.ContainsFunc(name, isControl) {
			return marker{}, fmt.Errorf("%q is no name; a name has none of %s", name, reserved)
		}
	}
	if m.name == "" {
		return marker{}, errors.New("the name is missing")
	}
	return m, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }
