package template

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/reference"
)

// followComments moves the comments of a page's cells. One in a block is in
// every copy of its cell.
func followComments(content []byte, g *reference.Grid) ([]byte, error) {
	c := comments{edit: newEdit(content), grid: g}
	if err := c.read(); err != nil {
		return nil, err
	}
	if len(c.added) > 0 {
		c.replace(c.authorsEnd, c.authorsEnd, c.added)
	}
	for _, m := range c.moved {
		c.replace(m.start, m.end, []byte(m.text))
	}
	return c.bytes(), nil
}

type comments struct {
	*edit
	grid *reference.Grid
	// authors are their names; added are the elements of those that copies need, which
	// go to authorsEnd.
	authors    []string
	added      []byte
	authorsEnd int
	moved      []splice
}

// read finds what becomes of each comment: authors stand before comments, but
// only copies tell which are needed.
func (c *comments) read() error {
	return c.each(func(t *tag) error {
		switch t.local() {
		case "author":
			name, _, _, err := c.text(t)
			c.authors, c.authorsEnd = append(c.authors, name), c.at
			return err
		case "comment":
			if _, err := c.element(*t); err != nil {
				return err
			}
			c.moved = append(c.moved, splice{extent{t.start, c.at}, string(c.copies(t, c.b[t.end:c.at]))})
		}
		return nil
	})
}

// copies is a comment whose opening tag is t, in every copy of its cell.
func (c *comments) copies(t *tag, rest []byte) []byte {
	ref := t.get("ref")
	var b []byte
	for i, to := range c.grid.Ranges(ref) {
		moved := *t
		if to != ref {
			moved = t.with("ref", to)
		}
		if i > 0 {
			moved = c.ofThread(moved, i)
		}
		b = append(append(b, moved.raw...), rest...)
	}
	return b
}

// threadAuthor begins the name of a comment's author where the comment stands
// for a thread, for programs that know none. The thread's id follows.
const threadAuthor = "tc="

// ofThread has a copy of a comment stand for the copy of its thread.
func (c *comments) ofThread(t tag, copied int) tag {
	n, err := strconv.Atoi(t.get("authorId"))
	if err != nil || n < 0 || n >= len(c.authors) || !strings.HasPrefix(c.authors[n], threadAuthor) {
		return t
	}
	name := threadAuthor + copiedID(strings.TrimPrefix(c.authors[n], threadAuthor), copied)
	c.authors = append(c.authors, name)
	c.added = append(append(append(c.added, "<author>"...), escape(name)...), "</author>"...)
	t = t.with("authorId", strconv.Itoa(len(c.authors)-1))
	return withCopiedID(t, "xr:uid", copied)
}

// followThreads moves the threads of comments, as comments that stand for them.
func followThreads(content []byte, g *reference.Grid) ([]byte, error) {
	e := newEdit(content)
	err := e.each(func(t *tag) error {
		if t.local() != "threadedComment" {
			return nil
		}
		if _, err := e.element(*t); err != nil {
			return err
		}
		var b []byte
		for i, to := range g.Ranges(t.get("ref")) {
			moved := *t
			if to != t.get("ref") {
				moved = t.with("ref", to)
			}
			if i > 0 {
				moved = withCopiedID(withCopiedID(moved, "id", i), "parentId", i)
			}
			b = append(append(b, moved.raw...), e.b[t.end:e.at]...)
		}
		e.replace(t.start, e.at, b)
		return nil
	})
	return e.bytes(), err
}

// withCopiedID has a copy's tag name the copy of what it names.
func withCopiedID(t tag, name string, copied int) tag {
	if id := t.get(name); id != "" {
		return t.with(name, copiedID(id, copied))
	}
	return t
}

// copiedID is the id of a copy: always the same one, and no other's.
func copiedID(id string, copied int) string {
	sum := sha256.Sum256([]byte(id + "/" + strconv.Itoa(copied)))
	return strings.ToUpper(fmt.Sprintf("{%x-%x-%x-%x-%x}", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}
