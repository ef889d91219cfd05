package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Names that every pattern knows; any other placeholder is a column of the
// targets row. A column with one of these names cannot be reached in a pattern.
const (
	holderReport = "report"
	holderTitle  = "title"
	holderTenant = "tenant"
	holderTarget = "target"
	holderPeriod = "period"
	// HolderFrom and HolderUntil are the first and the last day of the period.
	HolderFrom  = "from"
	HolderUntil = "until"
)

// Names that some patterns of a sheet know too.
const (
	// HolderDataAsOf is when the records were read, in titles, footers and on pages.
	HolderDataAsOf = "dataAsOf"
	// HolderRows is how many records are above, in footers.
	HolderRows = "rows"
	// HolderPage, HolderPages and HolderSheet are the page's number, how many there are
	// and the sheet's name, on pages.
	HolderPage  = "page"
	HolderPages = "pages"
	HolderSheet = "sheet"
)

func ownPlaceholders() []string {
	return []string{holderReport, holderTitle, holderTenant, holderTarget, holderPeriod, HolderFrom, HolderUntil}
}

// Pattern is text with {placeholders}. The zero Pattern is empty text.
type Pattern struct {
	text  string
	parts []part
}

// part is literal text, or a placeholder when holder is set.
type part struct {
	literal string
	holder  string
}

// ParsePattern splits text into literals and {placeholders}. Braces have no other
// use, and no escape.
func ParsePattern(text string) (Pattern, error) {
	p := Pattern{text: text}
	for rest := text; rest != ""; {
		open := strings.IndexAny(rest, "{}")
		if open < 0 {
			p.parts = append(p.parts, part{literal: rest})
			break
		}
		if rest[open] == '}' {
			return Pattern{}, fmt.Errorf("%q has a } without a { before it", text)
		}
		if open > 0 {
			p.parts = append(p.parts, part{literal: rest[:open]})
		}
		rest = rest[open+1:]
		end := strings.IndexAny(rest, "{}")
		if end < 0 || rest[end] == '{' {
			return Pattern{}, fmt.Errorf("%q has a { without a } after it", text)
		}
		name := strings.TrimSpace(rest[:end])
		if name == "" {
			return Pattern{}, fmt.Errorf("%q has a placeholder without a name; write it as {tenant}", text)
		}
		p.parts = append(p.parts, part{holder: name})
		rest = rest[end+1:]
	}
	return p, nil
}

// lastSegment expands to what is behind the pattern's last slash.
func (p Pattern) lastSegment() Pattern {
	for i, one := range slices.Backward(p.parts) {
		slash := strings.LastIndexByte(one.literal, '/')
		if slash < 0 {
			continue
		}
		parts := slices.Clone(p.parts[i:])
		parts[0].literal = one.literal[slash+1:]
		return Pattern{text: p.text, parts: parts}
	}
	return p
}

// String returns the text the pattern was made from.
func (p Pattern) String() string { return p.text }

// IsZero says whether the pattern is empty.
func (p Pattern) IsZero() bool { return p.text == "" }

// names says whether the pattern has a placeholder.
func (p Pattern) names(holder string) bool { return slices.Contains(p.Placeholders(), holder) }

// plainText is a pattern without placeholders.
func plainText(text string) Pattern { return Pattern{text: text, parts: []part{{literal: text}}} }

// Placeholders returns the names in the pattern, each once, in their order.
func (p Pattern) Placeholders() []string {
	var names []string
	for _, part := range p.parts {
		if part.holder != "" && !slices.Contains(names, part.holder) {
			names = append(names, part.holder)
		}
	}
	return names
}

// errNull is what a lookup returns for a column that is NULL.
var errNull = errors.New("is NULL; give it a value, for example with coalesce")

// expand replaces each placeholder by what value returns for it.
func (p Pattern) expand(value func(name string) (string, error)) (string, error) {
	var b strings.Builder
	for _, part := range p.parts {
		if part.holder == "" {
			b.WriteString(part.literal)
			continue
		}
		text, err := value(part.holder)
		if err != nil {
			return "", fmt.Errorf("{%s} %w", part.holder, err)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}
