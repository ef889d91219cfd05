package intake

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// svg judges pictures drawn in SVG, wherever in a part they begin. Programs show them as browsers
// do: a script in one runs, and what it refers to is fetched. What refers to the picture itself, as
// gradients do, and pictures of points within it stay.
type svg struct {
	check  *check
	place  Place
	within bool
	style  []byte // what the style element at hand holds
}

func (s *svg) start(e *xml.StartElement) {
	name := strings.ToLower(e.Name.Local)
	if s.within = s.within || name == "svg"; !s.within {
		return
	}
	switch name {
	case "script", "handler", "listener":
		s.refuseScript("a <" + e.Name.Local + ">")
	case "foreignobject":
		s.check.add(CauseExternalLink, s.place, "the picture (SVG) has a page of HTML in it", adviceSVG)
	case "style":
		s.style = s.style[:0]
	}
	for _, a := range e.Attr {
		s.judge(strings.ToLower(a.Name.Local), a.Value)
	}
}

// judge refuses an attribute that runs something, refers to something outside, or sets one that
// does while the picture is shown.
func (s *svg) judge(name, value string) {
	refers := name == "href" || name == "src"
	switch {
	case strings.HasPrefix(name, "on"):
		s.refuseScript("the attribute " + shorten(name))
	case name == "attributename" && strings.HasSuffix(strings.ToLower(value), "href"):
		s.refuseScript("an animation of " + shorten(value))
	case name == "base", refers && !staysWithin(value):
		s.refuseReference(value)
	case !refers:
		s.judgeStyle(value)
	}
}

// styleEscape is a character of a style written as its number, or behind a backslash.
var styleEscape = regexp.MustCompile(`\\(?:([0-9a-fA-F]{1,6})\s?|(.))`)

// plainStyle writes a style's escapes as the characters that they are, in lower case.
func plainStyle(style string) string {
	return strings.ToLower(styleEscape.ReplaceAllStringFunc(style, func(escape string) string {
		found := styleEscape.FindStringSubmatch(escape)
		if n, err := strconv.ParseInt(found[1], 16, 32); err == nil {
			return string(rune(n))
		}
		return found[2]
	}))
}

// judgeStyle refuses what a style fetches.
func (s *svg) judgeStyle(style string) {
	plain := plainStyle(style)
	if strings.Contains(plain, "@import") || strings.Contains(plain, "image-set(") {
		s.refuseReference(style)
		return
	}
	for rest := plain; ; {
		_, after, found := strings.Cut(rest, "url(")
		if !found {
			return
		}
		if rest = strings.TrimLeft(after, " \t\r\n\"'"); !staysWithin(rest) {
			s.refuseReference(style)
			return
		}
	}
}

// staysWithin says whether a reference is to the picture itself, or is a picture of points.
func staysWithin(reference string) bool {
	reference = strings.ToLower(strings.TrimSpace(reference))
	for _, begin := range []string{"#", "data:image/png", "data:image/jpeg", "data:image/jpg", "data:image/gif"} {
		if strings.HasPrefix(reference, begin) {
			return true
		}
	}
	return false
}

func (s *svg) text(path []string, data []byte) {
	if s.within && strings.EqualFold(path[len(path)-1], "style") {
		s.style = append(s.style, data...)
	}
}

func (s *svg) end(path []string) {
	if s.within && strings.EqualFold(path[len(path)-1], "style") {
		s.judgeStyle(string(s.style))
	}
}

func (s *svg) refuseScript(what string) {
	s.check.add(CauseScript, s.place, fmt.Sprintf("the picture (SVG) has %s, which runs when it is shown", what), adviceSVG)
}

func (s *svg) refuseReference(to string) {
	s.check.add(CauseExternalLink, s.place, fmt.Sprintf("the picture (SVG) refers to %q", shorten(strings.TrimSpace(to))), adviceSVG)
}
