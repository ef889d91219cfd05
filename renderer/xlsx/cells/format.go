package cells

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// General is the number format of cells that have none.
const General = "General"

// cellFormat is what a style says of a cell's value.
type cellFormat struct {
	code  string
	quote bool
	kind  formatKind
}

type formatKind uint8

const (
	formatPlain formatKind = iota
	formatDate
	formatElapsed
)

// readStyles keeps the number format of each style; a workbook without styles
// shows everything as General.
func (b *Book) readStyles(part string) error {
	if part == "" {
		return nil
	}
	t, err := b.archive.index(part)
	if err != nil {
		return err
	}
	custom := make(map[string]string)
	return t.each(func(parents []string, start xml.StartElement) error {
		switch {
		case start.Name.Local == "numFmt" && within(parents, "numFmts"):
			custom[attribute(start, "numFmtId")] = attribute(start, "formatCode")
		case start.Name.Local == "xf" && within(parents, "cellXfs"):
			if len(b.formats) == maxFormats {
				return beyond("the workbook has more than %d cell formats", maxFormats)
			}
			id := attribute(start, "numFmtId")
			code, ok := custom[id]
			if !ok {
				code = builtinFormat(id)
			}
			b.formats = append(b.formats, cellFormat{code: code, kind: kindOf(code), quote: isTrue(attribute(start, "quotePrefix"))})
		}
		return nil
	})
}

func within(parents []string, name string) bool {
	return len(parents) > 0 && parents[len(parents)-1] == name
}

// format gives the format of a style's number.
func (b *Book) format(style string) (cellFormat, error) {
	if style == "" {
		style = "0"
	}
	n, err := strconv.ParseUint(style, 10, 32)
	switch {
	case err == nil && int(n) < len(b.formats):
		return b.formats[n], nil
	case err == nil && n == 0:
		return cellFormat{code: General}, nil
	}
	return cellFormat{}, malformed("style %q does not exist", style)
}

// builtinFormat gives the code of a format that workbooks use by number only:
// ECMA-376 part 1, 18.8.30, with the Japanese ones for 27 to 58.
func builtinFormat(id string) string {
	n, err := strconv.Atoi(id)
	if err != nil || n < 0 || n >= len(builtinFormats) || builtinFormats[n] == "" {
		return General
	}
	return builtinFormats[n]
}

var builtinFormats = [...]string{
	0: General, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
	9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
	14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
	18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm",
	27: "[$-411]ge.m.d", 28: `[$-411]ggge"年"m"月"d"日"`, 29: `[$-411]ggge"年"m"月"d"日"`, 30: "m/d/yy",
	31: `yyyy"年"m"月"d"日"`, 32: `h"時"mm"分"`, 33: `h"時"mm"分"ss"秒"`, 34: `yyyy"年"m"月"`, 35: `m"月"d"日"`, 36: "[$-411]ge.m.d",
	37: "#,##0 ;(#,##0)", 38: "#,##0 ;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
	50: "[$-411]ge.m.d", 51: `[$-411]ggge"年"m"月"d"日"`, 52: `yyyy"年"m"月"`, 53: `m"月"d"日"`, 54: `[$-411]ggge"年"m"月"d"日"`,
	55: `yyyy"年"m"月"`, 56: `m"月"d"日"`, 57: "[$-411]ge.m.d", 58: `[$-411]ggge"年"m"月"d"日"`,
}

// kindOf tells whether a code shows a date or a time, by the letters that stand
// outside quotes, brackets and escapes.
func kindOf(code string) formatKind {
	kind := formatPlain
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; {
		case code[i] == '"' || code[i] == '[':
			closing := map[byte]byte{'"': '"', '[': ']'}[code[i]]
			inside, _, _ := strings.Cut(code[i+1:], string(closing))
			if closing == ']' && isElapsed(inside) {
				return formatElapsed
			}
			i += len(inside) + 1
		case code[i] == '\\' || code[i] == '_' || code[i] == '*':
			i++
		case c == 'g' && len(code)-i >= len(General) && strings.EqualFold(code[i:i+len(General)], General):
			i += len(General) - 1
		case c == 'e' && i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-'):
			i++
		case strings.IndexByte("ymdhsge", c) >= 0:
			kind = formatDate
		}
	}
	return kind
}

func isElapsed(inside string) bool {
	lower := strings.ToLower(inside)
	return lower != "" && strings.Contains("hms", lower[:1]) && strings.Trim(lower, lower[:1]) == ""
}
