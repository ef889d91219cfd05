package template

import (
	"fmt"
	"strings"
)

// maxMistakes is how many mistakes are listed: more than anybody mends before they check again,
// and few enough for a template that is nothing but mistakes.
const maxMistakes = 100

// MistakesError is all that is wrong with the markers of a template, as far as it can be looked at
// together, so that nobody mends one thing after another.
type MistakesError struct {
	// Mistakes has one at least, those of a sheet in the order of its rows. One with a place
	// is a *PlaceError.
	Mistakes []error
	// More counts further ones, which are not listed.
	More int
}

// Error is the first mistake, and how many there are beside it.
func (e *MistakesError) Error() string {
	text := e.Mistakes[0].Error()
	if more := len(e.Mistakes) - 1 + e.More; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// Unwrap gives the mistakes.
func (e *MistakesError) Unwrap() []error { return e.Mistakes }

// mistake notes one; the same once, as where two text boxes of a sheet have markers.
func (c *compiler) mistake(err error) {
	all := c.mistakes.Mistakes
	switch n := len(all); {
	case n > 0 && all[n-1].Error() == err.Error():
	case n == maxMistakes:
		c.mistakes.More++
	default:
		c.mistakes.Mistakes = append(all, err)
	}
}

// mistaken is nil if nothing was wrong so far.
func (c *compiler) mistaken() error {
	if len(c.mistakes.Mistakes) == 0 {
		return nil
	}
	return &c.mistakes
}

// mistakeIn notes what is meant as a marker and is none, in a cell or, without one, a sheet's name.
func (c *compiler) mistakeIn(s *sheet, cell, text string, p *piece) {
	c.mistake(&PlaceError{Sheet: s.name, Cell: cell, Err: p.err})
	inside := strings.TrimLeft(text[p.start:p.end], "{｛ ")
	s.boundsUnknown = s.boundsUnknown || strings.IndexAny(inside, boundSigns) == 0
}

// boundSigns are what markers of blocks begin with, on Japanese keyboards too.
const boundSigns = "#?^/＃？＾／"
