package report

import "strings"

// Paper is a size of paper.
type Paper string

// PaperA4 is what a page has where the file names no other.
const PaperA4 Paper = "A4"

// Papers lists the sizes of paper. B4 and B5 are those of JIS.
func Papers() []Paper { return []Paper{"A3", PaperA4, "A5", "B4", "B5", "letter", "legal"} }

// Orientation is how the paper lies.
type Orientation string

// The orientations.
const (
	Portrait  Orientation = "portrait"
	Landscape Orientation = "landscape"
)

// Page is how a sheet is printed.
type Page struct {
	Paper       Paper
	Orientation Orientation
	// FitToWidth makes all columns as small as it takes to fit the paper's width.
	FitToWidth bool
	// RepeatHeader prints the header on every page.
	RepeatHeader bool
	// Margins is nil for Excel's own.
	Margins        *Margins
	Header, Footer Band
}

// Margins are in millimetres.
type Margins struct {
	Left, Right, Top, Bottom float64
	// Header and Footer are from the paper's edge to those texts.
	Header, Footer float64
}

// Band is what is printed above or below the cells of every page. Besides what every
// pattern knows its patterns may use {page}, {pages} and {sheet}.
type Band struct{ Left, Center, Right Pattern }

// IsZero says whether the band is empty.
func (b Band) IsZero() bool { return b.Left.IsZero() && b.Center.IsZero() && b.Right.IsZero() }

// defaultMargins are what Excel sets.
func defaultMargins() *Margins {
	return &Margins{Left: 17.78, Right: 17.78, Top: 19.05, Bottom: 19.05, Header: 7.62, Footer: 7.62}
}

func (s section) page() *Page {
	if !s.has("page") {
		return nil
	}
	sub := s.sub("page", "paper", "orientation", "fitToWidth", "repeatHeader", "margins", "header", "footer")
	return &Page{
		Paper:        word(sub, "paper", PaperA4, Papers()...),
		Orientation:  word(sub, "orientation", Portrait, Portrait, Landscape),
		FitToWidth:   sub.boolean("fitToWidth", true),
		RepeatHeader: sub.boolean("repeatHeader", true),
		Margins:      sub.margins(),
		Header:       sub.band("header"),
		Footer:       sub.band("footer"),
	}
}

func (s section) margins() *Margins {
	if !s.has("margins") {
		return nil
	}
	sub := s.sub("margins", "left", "right", "top", "bottom", "header", "footer")
	m := defaultMargins()
	for key, to := range map[string]*float64{
		"left": &m.Left, "right": &m.Right, "top": &m.Top, "bottom": &m.Bottom, "header": &m.Header, "footer": &m.Footer,
	} {
		*to = sub.length(key, *to)
	}
	return m
}

// maxLength is the width of the largest paper, in millimetres.
const maxLength = 297

// length is in millimetres.
func (s section) length(key string, otherwise float64) float64 {
	if !s.has(key) {
		return otherwise
	}
	text, ok := s.r.scalar(s.values[key], s.child(key))
	if !ok {
		return otherwise
	}
	for unit, mm := range map[string]float64{"mm": 1, "cm": 10, "in": 25.4} {
		number, is := strings.CutSuffix(text, unit)
		if n, ok := decimal(strings.TrimSpace(number)); is && ok && n >= 0 && n*mm <= maxLength {
			return n * mm
		}
	}
	s.problem(key, `%s must be a length from 0 to %d mm, written like "12mm", "1.5cm" or "0.5in"`, s.child(key), maxLength)
	return otherwise
}

// band is a text for the middle, or a map of the three places.
func (s section) band(key string) Band {
	if _, ok := s.values[key].(*mapping); !ok {
		return Band{Center: s.pattern(key)}
	}
	sub := s.sub(key, "left", "center", "right")
	return Band{Left: sub.pattern("left"), Center: sub.pattern("center"), Right: sub.pattern("right")}
}
