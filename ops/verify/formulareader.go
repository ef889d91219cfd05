package verify

import (
	"regexp"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

const formulaWord = `[\pL\pN_.$\\?]+`

// cornerWord is the word that a text begins with.
var cornerWord = regexp.MustCompile(`^` + formulaWord)

// formulaToken is text, an array, a name in brackets with what belongs to it, an error value,
// or a word or two, perhaps of a sheet.
var formulaToken = regexp.MustCompile(`"(?:[^"]|"")*"|\{[^}]*\}|` +
	`\[(?:[^\[\]]|\[[^\[\]]*\])*\](?:(?:` + formulaWord + `)?!` + formulaWord + `(?::` + formulaWord + `)?)?|#[A-Z/0_]+[!?]?|` +
	`(?:('(?:[^']|'')+'|` + formulaWord + `)!)?(` + formulaWord + `)(?::(` + formulaWord + `))?`)

// sharedFormula is how a cell is read whose formula another one states.
var sharedFormula = regexp.MustCompile(`^\[shared from ([A-Z]+[0-9]+)\] `)

// sums are the functions that make one value of all cells of their arguments, however many
// there are.
var sums = strings.Fields(`SUM SUMSQ PRODUCT SUBTOTAL AGGREGATE COUNT COUNTA AVERAGE AVERAGEA AVEDEV DEVSQ GEOMEAN HARMEAN
	MEDIAN MODE MODE.SNGL KURT SKEW SKEW.P MAX MAXA MIN MINA STDEV STDEVA STDEVP STDEVPA STDEV.S STDEV.P VAR VARA VARP VARPA
	VAR.S VAR.P AND OR XOR GCD LCM CONCAT TEXTJOIN`)

// isShared says whether a cell still shares the formula of another one, as in a sheet that nothing
// has to be changed in.
func isShared(drawn, got cells.Cell) bool {
	return drawn.Formula == got.Formula && sharedFormula.MatchString(got.Formula)
}

// formulaReader works out what one formula of a form must be.
type formulaReader struct {
	// spell takes each reference, with its sheet as it is quoted.
	spell func(sheet string, ref *formReference) (formulaPiece, bool)
	text  string
	// rows and columns are how much lower, and farther to the right, references are to be read.
	rows, columns int
	// sums says of each open parenthesis whether what is in it is summed up.
	sums []bool
	// function is the name in front of the next parenthesis.
	function string
	made     formula
}

// formulaOf works out what the formula of a cell must be at a place; ok is false where
// nothing can be said: of references over several sheets, and lists that are longer than a
// formula takes.
func formulaOf(drawn cells.Cell, at formPlace) (made formula, ok bool) {
	return readFormula(drawn, at.spell)
}

// referencesOf calls do for each reference of a cell's formula, with its sheet as it is quoted, but
// those over several sheets.
func referencesOf(drawn cells.Cell, do func(sheet string, of cellRange)) {
	readFormula(drawn, func(sheet string, ref *formReference) (formulaPiece, bool) {
		do(sheet, ref.cells)
		return formulaPiece{""}, true
	})
}

func readFormula(drawn cells.Cell, spell func(string, *formReference) (formulaPiece, bool)) (made formula, ok bool) {
	r := &formulaReader{spell: spell, text: drawn.Formula}
	if shared := sharedFormula.FindStringSubmatch(r.text); shared != nil {
		from, _ := areaOf(shared[1])
		r.text, r.rows, r.columns = r.text[len(shared[0]):], drawn.Row-from.top, drawn.Col-from.left
	}
	ok = r.read()
	return r.made, ok
}

func (r *formulaReader) read() (ok bool) {
	ok = true
	for at := 0; at < len(r.text); {
		found := formulaToken.FindStringIndex(r.text[at:])
		if found == nil {
			r.plain(r.text[at:])
			break
		}
		r.plain(r.text[at : at+found[0]])
		end, said := r.token(at + found[0])
		ok = ok && said
		at = end
	}
	return ok
}

// plain takes what is between tokens.
func (r *formulaReader) plain(text string) {
	for _, c := range text {
		switch {
		case c == '(' && r.function != "":
			r.sums = append(r.sums, slices.Contains(sums, r.function))
		case c == '(':
			r.sums = append(r.sums, r.summed())
		case c == ')' && len(r.sums) > 0:
			r.sums = r.sums[:len(r.sums)-1]
		}
		r.function = ""
	}
	r.stay(text)
}

// summed says whether what stands here as an argument is summed up.
func (r *formulaReader) summed() bool { return len(r.sums) > 0 && r.sums[len(r.sums)-1] }

func (r *formulaReader) stay(text string) {
	if text != "" {
		r.made = append(r.made, formulaPiece{text})
	}
}

// token takes the one that begins there, and gives where it ends.
func (r *formulaReader) token(start int) (end int, ok bool) {
	found := formulaToken.FindStringSubmatch(r.text[start:])
	sheet, from, until := found[1], found[2], found[3]
	end = start + len(found[0])
	if from == "" {
		r.stay(found[0])
		return end, true
	}
	if end, ok, is := r.sheetTwice(sheet, from, start); is {
		return end, ok
	}
	if until != "" {
		if r.follows(end, "!") {
			if of := formulaToken.FindStringIndex(r.text[end:]); of != nil {
				end += of[1]
			}
			return end, false // over several sheets
		}
		to, isCorner := cornerOf(until)
		if first, ok := cornerOf(from); ok && isCorner && !r.follows(end, "([") && first.like(to) {
			return end, r.refer(sheet, rangeOf(first, to), start, end)
		}
		end -= len(":") + len(until)
	}
	cell, isCorner := cornerOf(from)
	switch {
	case r.follows(end, "("):
		r.stay(r.text[start:end])
		r.function = strings.ToUpper(strings.TrimPrefix(from, "_xlfn."))
	case isCorner && cell.row > 0 && cell.column > 0 && !r.follows(end, "["):
		return end, r.refer(sheet, cellRange{from: cell, to: cell, single: true}, start, end)
	case sheet != "" && !r.follows(end, "["):
		return end, r.refer(sheet, cellRange{}, start, end)
	default:
		r.stay(r.text[start:end])
	}
	return end, true
}

// sheetTwice is token of a range with its sheet at both ends, as S!A1:S!A9.
func (r *formulaReader) sheetTwice(sheet, from string, start int) (end int, ok, is bool) {
	if sheet == "" {
		return 0, false, false
	}
	again := start + len(sheet) + len("!") + len(from)
	rest, is := strings.CutPrefix(r.text[again:], ":"+sheet+"!")
	if !is {
		return 0, false, false
	}
	until := cornerWord.FindString(rest)
	end = len(r.text) - len(rest) + len(until)
	first, isFirst := cornerOf(from)
	last, isLast := cornerOf(until)
	if !isFirst || !isLast || !first.like(last) || r.follows(end, "([!") {
		return 0, false, false
	}
	return end, r.refer(sheet, rangeOf(first, last), start, end), true
}

func (r *formulaReader) follows(at int, one string) bool {
	return at < len(r.text) && strings.ContainsRune(one, rune(r.text[at]))
}

// isArgument says whether what stands there is all of an argument.
func (r *formulaReader) isArgument(start, end int) bool {
	const blanks = " \n\r\t"
	before, behind := strings.TrimRight(r.text[:start], blanks), strings.TrimLeft(r.text[end:], blanks)
	return before != "" && strings.ContainsRune("(,", rune(before[len(before)-1])) && behind != "" && strings.ContainsRune("),", rune(behind[0]))
}

// refer takes a reference to cells, or, of none, to a name of a sheet.
func (r *formulaReader) refer(sheet string, cells cellRange, start, end int) bool {
	body := start
	if sheet != "" {
		body += len(sheet) + len("!")
	}
	if r.rows != 0 || r.columns != 0 {
		cells = cells.offset(r.rows, r.columns)
	}
	ref := &formReference{prefix: r.text[start:body], written: r.text[body:end], cells: cells, summed: r.summed() && r.isArgument(start, end)}
	if r.rows != 0 || r.columns != 0 {
		ref.written = cells.String()
	}
	spellings, ok := r.spell(sheet, ref)
	r.made = append(r.made, spellings)
	return ok
}
