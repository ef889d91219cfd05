package template

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// edit is a part that is copied but for some places.
type edit struct {
	scanner
	out  []byte
	done int // up to here the part is in out
}

func newEdit(content []byte) *edit { return &edit{scanner: scanner{b: content}} }

// replace writes text, as XML has it, instead of the bytes from start to end,
// which lie behind those of the call before.
func (e *edit) replace(start, end int, text []byte) {
	if bytes.Equal(e.b[start:end], text) {
		return
	}
	e.out = append(append(e.out, e.b[e.done:start]...), text...)
	e.done = end
}

// bytes gives the part: the very slice that it was if nothing was replaced.
func (e *edit) bytes() []byte {
	if e.done == 0 {
		return e.b
	}
	return append(e.out, e.b[e.done:]...)
}

// setAttribute changes an attribute of a tag that has it.
func (e *edit) setAttribute(t *tag, name, value string) {
	if key, start, end := t.attribute(name); key > 0 && t.get(name) != value {
		e.replace(t.start+start, t.start+end, []byte(escape(value)))
	}
}

// each calls do for every opening tag.
func (e *edit) each(do func(*tag) error) error {
	for {
		t, ok, err := e.next()
		if err != nil || !ok {
			return err
		}
		if t.kind == tagClose {
			continue
		}
		if err := do(&t); err != nil {
			return err
		}
	}
}

// text gives the text of an element that holds nothing else, and where it stands.
func (e *edit) text(t *tag) (text string, start, end int, err error) {
	if t.kind == tagEmpty {
		return "", t.end, t.end, nil
	}
	closing, ok, err := e.next()
	if err == nil && (!ok || closing.kind != tagClose) {
		err = fmt.Errorf("byte %d: %s holds more than text", t.start, t.name)
	}
	if err != nil {
		return "", 0, 0, err
	}
	return unescape(e.b[t.end:closing.start]), t.end, closing.start, nil
}

// number is text for what must be a whole number that a sheet may hold.
func (e *edit) number(t *tag) (n, start, end int, err error) {
	text, start, end, err := e.text(t)
	if err != nil {
		return 0, 0, 0, err
	}
	n, err = strconv.Atoi(text)
	if err != nil || n < 0 || n > reference.MaxRow {
		return 0, 0, 0, fmt.Errorf("byte %d: %s is %q, not a number of a row or column", start, t.name, text)
	}
	return n, start, end, nil
}

// moveText moves the formula that is an element's text.
func (e *edit) moveText(t *tag, parse func(string) (*reference.Formula, error), at reference.Place) (changed bool, err error) {
	text, start, end, err := e.text(t)
	if err != nil {
		return false, err
	}
	f, err := parse(text)
	if err != nil {
		return false, fmt.Errorf("byte %d: %w", start, err)
	}
	moved := string(f.Append(nil, at))
	if moved == text {
		return false, nil
	}
	e.replace(start, end, []byte(escape(moved)))
	return true, nil
}

// extent is bytes of some content, and splice what is to stand there instead.
type extent struct{ start, end int }

type splice struct {
	extent
	text string
}

// appendSpliced appends the content with the splices, which do not overlap.
func appendSpliced(dst, content []byte, splices ...splice) []byte {
	slices.SortFunc(splices, func(a, b splice) int { return cmp.Compare(a.start, b.start) })
	done := 0
	for _, s := range splices {
		dst = append(append(dst, content[done:s.start]...), s.text...)
		done = s.end
	}
	return append(dst, content[done:]...)
}

var errGone = errors.New("nothing is left of what it stands for")
