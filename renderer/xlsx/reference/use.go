package reference

import "strings"

// use is what a reference that is all of an argument is used for.
type use uint8

const (
	// asValue wants one cell's value, or does with a range what is not known here.
	asValue use = iota
	// asRange wants one range.
	asRange
	// asList takes ranges with commas between them, also of several sheets.
	asList
	// asSum is asList, and takes one range of several sheets ('A:C'!D7) where a list would
	// be too long. LibreOffice does not know these.
	asSum
	// asName takes ranges with commas between them, all of the same sheets.
	asName
	// asUnion takes them within parentheses, of one sheet.
	asUnion
)

func (u use) takesList() bool { return u >= asList }

// takesSheets says whether one range may be of several sheets.
func (u use) takesSheets() bool { return u == asSum || u == asName }

// listsSheets says whether there may be ranges of one sheet and of another.
func (u use) listsSheets() bool { return u == asList || u == asSum }

// inParentheses is the use of what stands in parentheses of its own.
func (u use) inParentheses() use {
	if u.takesList() {
		return asName
	}
	return u
}

const (
	// maxArguments is how many ranges of a call's lists stay arguments: Excel takes 255.
	maxArguments = 200
	// maxBytes is how many bytes MaxUnits are at most.
	maxBytes = MaxUnits * 3
	// maxList is how long one of its lists may be.
	maxList = 8000
	// maxSpans are more ranges than such a list has.
	maxSpans = maxList / len("A1,")
)

// units counts the UTF-16 units of a text.
func units(text []byte) int {
	n := 0
	for _, b := range text {
		if b&0xC0 != 0x80 { // a character begins
			n++
		}
		if b >= 0xF0 { // one of two units
			n++
		}
	}
	return n
}

// appendList appends the ranges in those rows. A list that is longer than Excel takes does not
// fit: a range instead would count cells that are not meant.
func appendList(dst []byte, prefix func([]byte) []byte, r *ref, spans []Span) (to []byte, fits bool) {
	begin := len(dst)
	union := r.use == asUnion || len(spans) > r.maxArguments()
	if union {
		dst = append(dst, '(')
	}
	for i, s := range spans {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst = r.area.within(s).short().append(prefix(dst)); len(dst)-begin >= maxList {
			return append(dst[:begin], gone...), false
		}
	}
	if union {
		dst = append(dst, ')')
	}
	return dst, true
}

// aggregates are the functions that make one value of all cells of an argument
// that is a range, and whether they take several arguments as they would one, and one
// argument of several sheets. It is not changed.
var aggregates = map[string]use{
	"SUM": asSum, "SUMSQ": asList, "PRODUCT": asSum, "SUBTOTAL": asList, "AGGREGATE": asList,
	"COUNT": asSum, "COUNTA": asSum,
	"AVERAGE": asSum, "AVERAGEA": asSum, "AVEDEV": asList, "DEVSQ": asList, "GEOMEAN": asList, "HARMEAN": asList,
	"MEDIAN": asList, "MODE": asList, "MODE.SNGL": asList, "KURT": asList, "SKEW": asList, "SKEW.P": asList,
	"MAX": asSum, "MAXA": asSum, "MIN": asSum, "MINA": asSum,
	"STDEV": asSum, "STDEVA": asSum, "STDEVP": asSum, "STDEVPA": asSum, "STDEV.S": asSum, "STDEV.P": asSum,
	"VAR": asSum, "VARA": asSum, "VARP": asSum, "VARPA": asSum, "VAR.S": asSum, "VAR.P": asSum,
	"AND": asList, "OR": asList, "XOR": asList, "GCD": asList, "LCM": asList,
	"CONCAT": asList, "TEXTJOIN": asList,
	"SUMPRODUCT": asRange, "COUNTBLANK": asRange, "ROWS": asRange,
}

// searches are the functions that look through some of their arguments: r is one that
// is a range, - one that is a value. The last two go on for as many as there are. It is
// not changed.
var searches = map[string]string{
	"COUNTIF": "r-", "SUMIF": "r-r", "AVERAGEIF": "r-r",
	"COUNTIFS": "r-", "SUMIFS": "rr-", "AVERAGEIFS": "rr-", "MAXIFS": "rr-", "MINIFS": "rr-", //nolint:misspell // AVERAGEIFS is a function
	"VLOOKUP": "-r--", "HLOOKUP": "-r--", "LOOKUP": "-rr", "XLOOKUP": "-rr--", "MATCH": "-r--", "XMATCH": "-r--", "INDEX": "r--",
	"RANK": "-r--", "RANK.EQ": "-r--", "RANK.AVG": "-r--", "LARGE": "r-", "SMALL": "r-", "TRIMMEAN": "r-",
	"PERCENTILE": "r-", "PERCENTILE.INC": "r-", "PERCENTILE.EXC": "r-", "QUARTILE": "r-", "QUARTILE.INC": "r-", "QUARTILE.EXC": "r-",
	"PERCENTRANK": "r--", "PERCENTRANK.INC": "r--", "PERCENTRANK.EXC": "r--",
	"FREQUENCY": "rr", "CORREL": "rr", "SLOPE": "rr", "INTERCEPT": "rr", "FORECAST": "-rr", "FORECAST.LINEAR": "-rr",
}

// call is what stands in parentheses that are open.
type call struct {
	all      use    // of every argument
	search   string // instead of all; see searches
	argument int    // from 0
	lists    *int   // how many arguments may become lists; nil for none
}

// maxArguments is how many ranges the reference may become: the lists of one call share
// what Excel takes.
func (r *ref) maxArguments() int {
	if r.lists == nil {
		return maxArguments
	}
	return maxArguments / *r.lists
}

// shareArguments counts a reference that may become a list.
func (s *scanner) shareArguments(r *ref) {
	if len(s.open) == 0 || !r.use.takesList() {
		return
	}
	in := &s.open[len(s.open)-1]
	if in.lists == nil {
		in.lists = new(int)
	}
	*in.lists++
	r.lists = in.lists
}

// callOf is a call of the function.
func callOf(name string) call {
	name = strings.ToUpper(strings.TrimPrefix(name, "_xlfn."))
	return call{all: aggregates[name], search: searches[name]}
}

// use is that of the argument in hand.
func (c *call) use() use {
	n := len(c.search)
	if n == 0 {
		return c.all
	}
	i := c.argument
	if i >= n {
		i = n - 2 + (i-n)%2
	}
	if c.search[i] == 'r' {
		return asRange
	}
	return asValue
}
