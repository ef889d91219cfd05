package cells

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// Visibility is whether a sheet's tab is shown.
type Visibility string

// The visibilities. A very hidden sheet can only be shown by a program.
const (
	Visible    Visibility = "visible"
	Hidden     Visibility = "hidden"
	VeryHidden Visibility = "veryHidden"
)

// Sheet is one sheet of a Book. It may be read several times, not concurrently.
type Sheet struct {
	Name       string
	Visibility Visibility
	// Worksheet is false for sheets without cells, such as charts.
	Worksheet bool

	book   *Book
	part   string
	layout *Layout
}

// Layout is what a sheet says beside its cells.
type Layout struct {
	// Dimension is the range that the sheet says it uses; empty for none. It is
	// a hint and often wrong: Rows does not trust it.
	Dimension string
	// AutoFilter is the range with a filter, without "$"; empty for none.
	AutoFilter string
	// Merges are the merged ranges, in the order of the sheet.
	Merges []string
	// Widths are the columns with a width of their own.
	Widths []Width
	// FrozenRows and FrozenColumns stay in view when the sheet is scrolled.
	FrozenRows    int
	FrozenColumns int
}

// Width is the width, in characters, of the columns First to Last, counted from 1.
type Width struct {
	First, Last int
	Width       float64
}

// Layout reads the sheet's layout. Half of it stands after the rows, so this
// passes over them, unless Rows has done so before.
func (s *Sheet) Layout() (Layout, error) {
	if s.layout == nil && s.Worksheet {
		if err := s.Rows(func(int, []Cell) error { return nil }); err != nil {
			return Layout{}, err
		}
	}
	if s.layout == nil {
		return Layout{}, nil
	}
	return *s.layout, nil
}

// note takes what an element outside the rows says.
func (l *Layout) note(start xml.StartElement) error {
	var err error
	switch start.Name.Local {
	case "dimension":
		l.Dimension = attribute(start, "ref")
	case "autoFilter":
		l.AutoFilter = strings.ReplaceAll(attribute(start, "ref"), "$", "")
	case "mergeCell":
		err = l.noteMerge(attribute(start, "ref"))
	case "col":
		err = l.noteWidth(start)
	case "pane":
		if attribute(start, "state") == "frozen" || attribute(start, "state") == "frozenSplit" {
			l.FrozenRows, err = splitSize(attribute(start, "ySplit"))
			if err == nil {
				l.FrozenColumns, err = splitSize(attribute(start, "xSplit"))
			}
		}
	}
	return err
}

// maxMerges bounds the memory that a sheet full of merges takes.
const maxMerges = 1_000_000

func (l *Layout) noteMerge(ref string) error {
	first, last, _ := strings.Cut(ref, ":")
	for _, corner := range []string{first, last} {
		if _, _, err := parseReference(corner); err != nil {
			return malformed("the merged range %q is no range", ref)
		}
	}
	if len(l.Merges) == maxMerges {
		return beyond("the sheet has more than %d merged ranges", maxMerges)
	}
	l.Merges = append(l.Merges, ref)
	return nil
}

func (l *Layout) noteWidth(start xml.StartElement) error {
	if attribute(start, "width") == "" {
		return nil
	}
	first, err1 := strconv.Atoi(attribute(start, "min"))
	last, err2 := strconv.Atoi(attribute(start, "max"))
	width, err3 := strconv.ParseFloat(attribute(start, "width"), 64)
	if err1 != nil || err2 != nil || err3 != nil || first < 1 || last < first || last > maxColumn || len(l.Widths) == maxColumn {
		return malformed("the columns %q to %q have no width %q", attribute(start, "min"), attribute(start, "max"), attribute(start, "width"))
	}
	l.Widths = append(l.Widths, Width{First: first, Last: last, Width: width})
	return nil
}

func splitSize(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > maxRow {
		return 0, malformed("the sheet is split at %q", s)
	}
	return int(f), nil
}
