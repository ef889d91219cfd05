package intake

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// partReader takes the elements of one part of XML. Names are compared without their
// namespace: writers choose prefixes as they like.
type partReader interface {
	// start is called for every element; path holds the names of those it stands in.
	start(path []string, e *xml.StartElement)
	// text is called for the text of an element, perhaps in pieces; path ends in it.
	text(path []string, data []byte)
	// end is called for the end of an element; path ends in it.
	end(path []string)
}

func isMarkup(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".xml", ".rels", ".vml", ".svg":
		return true
	}
	return false
}

// markupError ends the reading of a part whose XML is refused.
type markupError struct {
	cause        Cause
	what, advice string
}

func (e *markupError) Error() string { return e.what }

// readMarkup reads a part's XML to its end. It uses raw tokens, which hold no more than
// one tag, and checks itself that tags match.
func (c *check) readMarkup(name string, r io.Reader, reader partReader) error {
	guard := &markupGuard{check: c, r: r}
	dec := xml.NewDecoder(guard)
	dec.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, &markupError{CauseEncoding, fmt.Sprintf("it is written in %s, which is not UTF-8", charset), adviceRepair}
	}
	err := walk(dec, c.limits.Depth, reader)
	var refused *markupError
	switch {
	case err == nil:
		return nil
	case guard.readErr != nil && !errors.Is(guard.readErr, io.EOF):
		return errStop // the archive says why
	case errors.As(err, &refused):
		c.add(refused.cause, c.placeOf(name), refused.what, refused.advice)
	default:
		c.add(CauseMarkup, c.placeOf(name), fmt.Sprintf("its XML is broken (%v)", err), adviceRepair)
	}
	return errStop
}

var errUnbalanced = errors.New("tags do not match")

// walk gives the elements to the reader.
func walk(dec *xml.Decoder, depth int, reader partReader) error {
	var stack []string
	rooted := false
	for {
		token, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			if !rooted || len(stack) > 0 {
				return fmt.Errorf("%w: it ends within an element", errUnbalanced)
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch {
			case len(stack) == 0 && rooted:
				return fmt.Errorf("%w: there are two root elements", errUnbalanced)
			case len(stack) == depth:
				return &markupError{CauseDepth, fmt.Sprintf("its elements are nested deeper than %d", depth), adviceRewrite}
			}
			rooted = true
			reader.start(stack, &token)
			stack = append(stack, token.Name.Local)
		case xml.EndElement:
			if len(stack) == 0 || stack[len(stack)-1] != token.Name.Local {
				return fmt.Errorf("%w: </%s> closes nothing", errUnbalanced, token.Name.Local)
			}
			reader.end(stack)
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				reader.text(stack, token)
			}
		case xml.ProcInst:
			if token.Target == "xml-stylesheet" {
				return errStyle
			}
		case xml.Directive: // the guard has seen it first
			return errDoctype
		}
	}
}

// attribute gives the value of an attribute by its local name; "" when there is none.
func attribute(e *xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

var (
	errDoctype = &markupError{CauseDoctype, "it has a document type declaration (DOCTYPE), which can make a reader open files or exhaust its memory", adviceRewrite}
	errEntity  = &markupError{CauseEntity, "it declares entities (<!ENTITY), which can make a reader open files or exhaust its memory", adviceRewrite}
	errStyle   = &markupError{CauseExternalLink, "it names a style sheet (xml-stylesheet), which a program that shows it fetches", adviceRewrite}
)

// markupGuard sees the bytes before the decoder does. It bounds the bytes between two
// "<", which the decoder holds in memory, refuses declarations, and counts all XML.
type markupGuard struct {
	check *check
	r     io.Reader
	begun bool
	gap   int
	tail  []byte // the end of what was read before
	err   error  // what is refused
	// readErr is how reading ended.
	readErr error
}

// Read implements [io.Reader].
func (g *markupGuard) Read(b []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.r.Read(b)
	g.readErr = err
	if g.err = g.look(b[:n]); g.err != nil {
		return 0, g.err
	}
	return n, err
}

func (g *markupGuard) look(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if !g.begun {
		g.begun = true
		if b[0] == 0xFE || b[0] == 0xFF || b[0] == 0 || len(b) > 1 && b[1] == 0 {
			return otherEncoding(b)
		}
	}
	if g.check.markup += int64(len(b)); g.check.markup > g.check.limits.MarkupBytes {
		g.check.archive.exhausted = true
		return &markupError{CauseTooLarge, fmt.Sprintf("with it the XML of all parts has more than %d bytes unpacked", g.check.limits.MarkupBytes), adviceSmaller}
	}
	if err := g.declaration(b); err != nil {
		return err
	}
	return g.measure(b)
}

// otherEncoding refuses XML that is not UTF-8. Of what Excel writes, queries alone are.
func otherEncoding(b []byte) error {
	if bytes.Contains(b, wide("DataMashup")) {
		return &markupError{CauseDataConnection, "the workbook has a query (Power Query)", adviceQuery}
	}
	return &markupError{CauseEncoding, "it is not written in UTF-8", adviceRepair}
}

// declaration refuses "<!" before a letter, also across two reads.
func (g *markupGuard) declaration(b []byte) error {
	joint := append(bytes.Clone(g.tail), b...)
	g.tail = append(g.tail[:0], joint[max(0, len(joint)-2):]...)
	for rest := joint; ; {
		at := bytes.Index(rest, []byte("<!"))
		if at < 0 || at+2 >= len(rest) {
			return nil
		}
		if next := rest[at+2]; next != '-' && next != '[' {
			if bytes.Contains(rest, []byte("<!ENTITY")) {
				return errEntity
			}
			return errDoctype
		}
		rest = rest[at+2:]
	}
}

// measure bounds the bytes between two "<".
func (g *markupGuard) measure(b []byte) error {
	for {
		at := bytes.IndexByte(b, '<')
		if at < 0 {
			g.gap += len(b)
		} else {
			g.gap += at
		}
		if g.gap > g.check.limits.TagBytes {
			return &markupError{CauseLongTag, fmt.Sprintf("it has a text or a tag of more than %d bytes", g.check.limits.TagBytes), adviceRewrite}
		}
		if at < 0 {
			return nil
		}
		g.gap = 0
		b = b[at+1:]
	}
}
