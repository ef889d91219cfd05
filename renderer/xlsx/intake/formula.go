package intake

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// formulas gathers the formulas of a part, wherever they stand: in cells, rules,
// validations, charts and tables.
type formulas struct {
	check   *check
	place   Place
	open    string // the element that holds a formula
	gathers []byte
}

// isFormula tells elements whose text is a formula.
func isFormula(element string) bool {
	switch element {
	case "f", "formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula":
		return true
	}
	return false
}

func (f *formulas) start(element string, place Place) {
	if isFormula(element) {
		f.open, f.place, f.gathers = element, place, f.gathers[:0]
	}
}

func (f *formulas) text(path []string, data []byte) {
	if f.open != "" && path[len(path)-1] == f.open {
		f.gathers = append(f.gathers, data...)
	}
}

func (f *formulas) end(path []string) {
	if f.open != "" && path[len(path)-1] == f.open {
		f.open = ""
		f.check.judgeFormula(string(f.gathers), f.place)
	}
}

// outwardCalls are functions that ask, load or run something outside of the workbook.
var outwardCalls = map[string]bool{
	"WEBSERVICE": true, "FILTERXML": true, "IMAGE": true, "RTD": true, "CALL": true, "REGISTER": true, "REGISTER.ID": true, "EXEC": true,
	"SQL.REQUEST": true, "STOCKHISTORY": true, "PY": true, "INITIATE": true, "POKE": true, "EXECUTE": true, "CUBEVALUE": true, "CUBEMEMBER": true,
	"CUBESET": true, "CUBESETCOUNT": true, "CUBERANKEDMEMBER": true, "CUBEMEMBERPROPERTY": true, "CUBEKPIMEMBER": true,
}

// judgeFormula refuses a formula that leads out of the workbook.
func (c *check) judgeFormula(formula string, place Place) {
	s := scanFormula(formula)
	shown := shorten(strings.TrimSpace(formula))
	switch {
	case s.dde:
		c.add(CauseDDE, place, fmt.Sprintf("the formula %q asks another program (DDE)", shown), adviceDirect)
	case s.call != "":
		c.add(CauseExternalCall, place, fmt.Sprintf("the function %s asks something outside of the workbook", s.call), adviceDirect)
	case s.book:
		c.add(CauseExternalLink, place, fmt.Sprintf("the formula %q leads to another workbook", shown), adviceBreak)
	case slices.ContainsFunc(s.links, leadsAway):
		c.add(CauseExternalLink, place, fmt.Sprintf("the formula %q is a link that is no http, https, mailto or tel", shown), adviceDirect)
	}
}

// leadsAway says whether the begin of a link's text leads to a file, to a share or to a
// scheme that links of cells may not have. What a formula computes nobody can tell.
func leadsAway(link string) bool {
	link = strings.ReplaceAll(link, `\`, "/")
	if strings.HasPrefix(link, "//") {
		return true
	}
	u, err := url.Parse(link)
	return err == nil && u.Scheme != "" && !slices.Contains(linkSchemes, strings.ToLower(u.Scheme))
}

// formulaScan is what a formula leads to.
type formulaScan struct {
	dde  bool
	book bool
	call string
	// links are the texts that arguments of HYPERLINK begin with.
	links []string
}

// scanFormula looks at a formula outside of its texts. It need not understand it: "|" is
// no operator but that of DDE, a bracket that follows no name opens the name of a workbook
// if a sheet or a name follows it (those of a table's columns follow a name, stand in another
// bracket or, within the table itself, are all there is: [Qty]), and in a sheet's name neither
// can be.
func scanFormula(formula string) formulaScan {
	var s formulaScan
	depth := 0
	for i := 0; i < len(formula); i++ {
		switch c := formula[i]; {
		case c == '"' && depth == 0:
			i = closing(formula, i)
		case c == '\'' && depth == 0:
			end := closing(formula, i)
			name := formula[i+1 : max(i+1, min(end, len(formula)))]
			s.book = s.book || strings.ContainsAny(name, "[]")
			s.dde = s.dde || strings.Contains(name, "|")
			i = end
		case c == '\'': // escapes the next character of a column's name
			i++
		case c == '[':
			s.book = s.book || depth == 0 && (i == 0 || !isWordByte(formula[i-1])) && namesBook(formula[i:])
			depth++
		case c == ']':
			depth = max(0, depth-1)
		case c == '|' && depth == 0:
			s.dde = true
		case c == '(' && depth == 0:
			name := functionBefore(formula[:i])
			if outwardCalls[name] {
				s.call = name
			}
			if name == "HYPERLINK" {
				s.links = append(s.links, leadingText(formula[i+1:]))
			}
		}
	}
	return s
}

// namesBook says whether the bracket that a text begins with holds a workbook: [1]Sheet1!A1,
// [1]!Name, or one that never closes. Excel 2007, and what writes tables as it did, has the
// columns of the formula's own table in the same place, as in SUBTOTAL(109,[Qty]).
func namesBook(text string) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\'': // escapes the next character of a column's name
			i++
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i+1 < len(text) && (text[i+1] == '!' || text[i+1] == '\'' || isWordByte(text[i+1]))
			}
		}
	}
	return true
}

// leadingText is the text that an argument begins with; empty for none.
func leadingText(argument string) string {
	argument = strings.TrimLeft(argument, " \t\r\n")
	if !strings.HasPrefix(argument, `"`) {
		return ""
	}
	return strings.ReplaceAll(argument[1:max(1, closing(argument, 0))], `""`, `"`)
}

// functionBefore is the name that a bracket follows, in capitals and without the prefixes
// of newer functions.
func functionBefore(text string) string {
	text = strings.TrimRight(text, " \t\r\n")
	start := len(text)
	for start > 0 && isWordByte(text[start-1]) {
		start--
	}
	name := strings.TrimPrefix(strings.ToUpper(text[start:]), "_XLFN.")
	return strings.TrimPrefix(name, "_XLWS.")
}

// isWordByte tells what names, functions and references are made of.
func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '\\' || c == '?' || c >= 0x80
}

// closing gives where the text or name ends that begins there; two quotes are one in it.
func closing(formula string, start int) int {
	quote := formula[start]
	for i := start + 1; i < len(formula); i++ {
		if formula[i] != quote {
			continue
		}
		if i+1 < len(formula) && formula[i+1] == quote {
			i++
			continue
		}
		return i
	}
	return len(formula)
}
