package xlsx_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/corpustest"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
)

// corpusBook is a workbook that other programs must read as we do.
type corpusBook struct {
	name   string
	sheets []corpusSheet
}

type corpusSheet struct {
	xlsx.Sheet
	rows [][]xlsx.Value
}

func (b corpusBook) write(t testing.TB) ([]byte, xlsx.Summary) {
	t.Helper()
	var dst bytes.Buffer
	w, err := xlsx.New(t.Context(), &dst, xlsx.Book{
		Title: b.name + " & <記録>", Subject: "subject", Creator: "jetsheet", Keywords: "温度, 湿度", Description: "two\nlines", Identifier: "run",
		Created: time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for _, sheet := range b.sheets {
		writeSheet(t, w, sheet.Sheet, sheet.rows)
	}
	summary, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return dst.Bytes(), summary
}

// layoutFeatures are what a sheet can have around its rows, each as a change of a sheet
// without it.
var layoutFeatures = []struct {
	name string
	add  func(*testing.T, *corpusSheet)
}{
	{"title", func(_ *testing.T, s *corpusSheet) {
		s.Title = xlsx.Title{Lines: []string{"冷蔵庫温度記録 & <b>", "", "two\nlines"}}
	}},
	{"merged title", func(_ *testing.T, s *corpusSheet) {
		s.Title = xlsx.Title{Lines: []string{"冷蔵庫温度記録", "2026年10月"}, Merge: true}
	}},
	{"header", func(_ *testing.T, s *corpusSheet) { s.Header = xlsx.Header{Fill: "DDEBF7", Bold: true, Wrap: true} }},
	{"freeze", func(_ *testing.T, s *corpusSheet) { s.FreezeHeader = true }},
	{"filter", func(_ *testing.T, s *corpusSheet) { s.Filter = true }},
	{"widths", func(_ *testing.T, s *corpusSheet) { s.Columns[0].Width, s.Columns[2].Width = 40, 8.5 }},
	{"totals", func(_ *testing.T, s *corpusSheet) {
		s.TotalLabel = "合計"
		for i, total := range []xlsx.Total{xlsx.TotalCount, xlsx.TotalSum, xlsx.TotalAverage, xlsx.TotalMin, xlsx.TotalMax} {
			s.Columns[i+1].Total = total
		}
	}},
	{"banding", func(_ *testing.T, s *corpusSheet) { s.Banding = xlsx.Banding{Fill: "F2F2F2"} }},
	{"rules", func(_ *testing.T, s *corpusSheet) {
		for _, c := range ruleCases {
			c.rule.Look, c.rule.WholeRow = red, len(s.Rules)%2 == 1
			s.Rules = append(s.Rules, c.rule)
		}
		s.Rules = append(s.Rules,
			xlsx.Rule{Column: 3, When: xlsx.WhenScale, Colours: []string{"63BE7B", "FFEB84", "F8696B"}},
			xlsx.Rule{Column: 5, When: xlsx.WhenBar, Colours: []string{"638EC6"}})
	}},
	{"page", func(_ *testing.T, s *corpusSheet) { s.Page = a4() }},
	{"protection", func(t *testing.T, s *corpusSheet) {
		s.Protection = &xlsx.Protection{Password: hashPassword(t, "secret", "salt"), Allow: []xlsx.Action{xlsx.AllowFilter, xlsx.AllowFormatColumns}}
	}},
	{"footer", func(_ *testing.T, s *corpusSheet) {
		s.Footer = func(rows int64) []string { return []string{strconv.FormatInt(rows, 10) + " 件", "two\nlines"} }
	}},
	{"links", func(t *testing.T, s *corpusSheet) {
		s.column("link", "link", t, xlsx.Text("https://example.com/?a=1&b=<2>"), xlsx.Text("mailto:a@example.com"), xlsx.Text("ftp://example.com"))
	}},
	{"pictures", func(t *testing.T, s *corpusSheet) {
		s.column("写真", "image:80x60", t, xlsx.Image(string(picturetest.PNG(t, 40, 30))), xlsx.Image(string(picturetest.GIF(t, 30, 40))),
			xlsx.Image(string(picturetest.Turned(t, 30, 40, binary.BigEndian, 6))), xlsx.MissingImage())
	}},
}

// column adds a column that repeats these values.
func (s *corpusSheet) column(title, format string, t *testing.T, values ...xlsx.Value) {
	t.Helper()
	s.Columns = append(s.Columns, xlsx.Column{Title: title, Format: parseFormat(t, format, "ja")})
	for i := range s.rows {
		s.rows[i] = append(slices.Clip(s.rows[i]), values[i%len(values)])
	}
}

// readings are rows under a plain header.
func readings(t *testing.T, name string, rows int) *corpusSheet {
	t.Helper()
	s := &corpusSheet{Sheet: xlsx.Sheet{Name: name, Columns: []xlsx.Column{
		{Title: "設備"},
		{Title: "備考\n(任意)"},
		{Title: "温度", Format: parseFormat(t, "decimal:1", "ja")},
		{Title: "電力", Format: parseFormat(t, "integer", "ja")},
		{Title: "日", Format: parseFormat(t, "date", "ja")},
		{Title: "時間", Format: parseFormat(t, "duration", "ja")},
	}}}
	for i := range rows {
		note := xlsx.Null()
		if i%3 == 0 {
			note = xlsx.Text([]string{"=1+1", "改行\nあり", " spaces ", "_x000A_", "𠮷野家 😀", "<&>\"'"}[i/3%6])
		}
		s.rows = append(s.rows, []xlsx.Value{
			xlsx.Text("冷蔵庫 " + strconv.Itoa(i%4)), note, xlsx.Decimal(strconv.FormatFloat(float64(i%120)/10-1, 'f', 1, 64)), xlsx.Int(int64(i) * 1000),
			xlsx.Date(2026, time.October, 1+i), xlsx.Duration(time.Duration(i) * 95 * time.Minute),
		})
	}
	return s
}

// everything is a sheet with every feature but one, which may be none.
func everything(t *testing.T, name string, but int) corpusSheet {
	t.Helper()
	s := readings(t, name, 40)
	for i, feature := range layoutFeatures {
		if i != but {
			feature.add(t, s)
		}
	}
	return *s
}

// corpus has every feature alone, all of them, and all without each; every format in
// several languages; what Excel cannot hold; and workbooks of unusual shape.
func corpus(t *testing.T) (books []corpusBook) {
	t.Helper()
	for i, feature := range layoutFeatures {
		alone := readings(t, "記録", 12)
		feature.add(t, alone)
		books = append(books,
			corpusBook{feature.name, []corpusSheet{*alone}},
			corpusBook{"all but " + feature.name, []corpusSheet{everything(t, "記録", i)}})
	}
	books = append(books, corpusBook{"all", []corpusSheet{everything(t, "記録", -1)}},
		corpusBook{"all, three times", []corpusSheet{everything(t, "a", -1), everything(t, "it's", -1), everything(t, "a/b", -1)}})
	for _, paper := range xlsx.PaperNames() {
		s := readings(t, paper, 60)
		s.Page = xlsx.Page{Paper: xlsx.Paper(paper), FitWidth: true, RepeatHeader: true}
		books = append(books, corpusBook{"paper " + paper, []corpusSheet{*s}})
	}
	return append(books, slices.Concat(formatBooks(t), shapeBooks(t))...)
}

// formatBooks have every value under every format.
func formatBooks(t *testing.T) (books []corpusBook) {
	t.Helper()
	formats := []string{
		"general", "text", "integer", "number", "decimal:2", "percent", "percent:1", "currency:JPY", "currency:EUR", "currency:USD", "currency:KWD",
		"date", "datetime", "time", "duration", "boolean", "boolean:適/否", "link", "image", `excel:#,##0.0;[Red]-#,##0.0`, "excel:yyyy\"年\"m\"月\"d\"日\"",
	}
	at := time.Date(2026, time.October, 31, 23, 59, 59, 500_000_000, time.UTC)
	values := []xlsx.Value{
		xlsx.Null(), xlsx.Text("text"), xlsx.Text(""), xlsx.Text("3.5"), xlsx.Text("2026-10-01"), xlsx.Text("https://example.com/"), xlsx.Int(0), xlsx.Int(-1234567),
		xlsx.Int(math.MaxInt64), xlsx.Decimal("0.1"), xlsx.Decimal("-12345.678"), xlsx.Decimal("1234567890.1234567890"), xlsx.Float(1e-300), xlsx.Float(math.Inf(1)),
		xlsx.Bool(true), xlsx.Bool(false), xlsx.Date(2026, time.February, 28), xlsx.Date(1900, time.January, 1), xlsx.Date(1899, time.December, 31), xlsx.DateTime(at),
		xlsx.TimeOfDay(13*time.Hour + 5*time.Minute), xlsx.TimeOfDay(25 * time.Hour), xlsx.Duration(100 * time.Hour), xlsx.Duration(-time.Hour), xlsx.OddTime("infinity"),
		xlsx.Text("\x00\x1f\ufffe"), xlsx.Text("\xff"), xlsx.Text("_x0041_"), xlsx.Text("a\r\nb\tc"), xlsx.Text(strings.Repeat("長", 32_768)),
	}
	for _, locale := range []string{"ja", "en-US", "de-DE", "fr-CH"} {
		s := corpusSheet{Sheet: xlsx.Sheet{Name: locale}}
		for _, format := range formats {
			s.Columns = append(s.Columns, xlsx.Column{Title: format, Format: parseFormat(t, format, locale), Width: 14})
		}
		for _, value := range values {
			s.rows = append(s.rows, slices.Repeat([]xlsx.Value{value}, len(formats)))
		}
		books = append(books, corpusBook{"formats " + locale, []corpusSheet{s}})
	}
	return books
}

// shapeBooks have no rows, many sheets, many columns, and names that Excel refuses.
func shapeBooks(t *testing.T) (books []corpusBook) {
	t.Helper()
	empty := readings(t, "empty", 0)
	for _, feature := range layoutFeatures {
		feature.add(t, empty)
	}
	wide := corpusSheet{Sheet: xlsx.Sheet{Name: "wide", Filter: true, FreezeHeader: true}, rows: make([][]xlsx.Value, 3)}
	for i := range 1000 {
		wide.Columns = append(wide.Columns, xlsx.Column{Title: "c" + strconv.Itoa(i), Total: xlsx.TotalSum})
		for j := range wide.rows {
			wide.rows[j] = append(wide.rows[j], xlsx.Int(int64(i*j)))
		}
	}
	wide.Columns[0].Total, wide.TotalLabel = xlsx.NoTotal, "sum"
	many := corpusBook{name: "many sheets"}
	for i := range 40 {
		many.sheets = append(many.sheets, *readings(t, fmt.Sprintf("拠点 %d", i), i%5))
	}
	named := corpusBook{name: "names"}
	for _, name := range []string{"", "a", "A", "[x]:*?/\\", "'quoted'", strings.Repeat("長", 40), "History", "1!B2"} {
		s := readings(t, name, 3)
		s.Filter, s.Page = true, a4()
		named.sheets = append(named.sheets, *s)
	}
	return []corpusBook{{"no rows", []corpusSheet{*empty}}, {"1000 columns", []corpusSheet{wide}}, many, named, {"plain", []corpusSheet{*readings(t, "s", 2000)}}}
}

// TestCorpus leaves the workbooks for other programs, and holds that each has the rows that
// it was given, where we and excelize look for them.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, book := range corpus(t) {
		t.Run(book.name, func(t *testing.T) {
			t.Parallel()
			content, summary := book.write(t)
			corpustest.Keep(t, "tables/"+book.name, content)
			sheets, byExcelize, rows := openBook(t, content).Sheets(), openExcelize(t, content), int64(0)
			for i, sheet := range book.sheets {
				header, got := len(sheet.Title.Lines)+1, readSheet(t, sheets[i])
				for column, c := range sheet.Columns {
					ref, err := excelize.CoordinatesToCellName(column+1, header)
					if err != nil {
						t.Fatal(err)
					}
					if read, err := byExcelize.GetCellValue(sheets[i].Name, ref); err != nil || read != c.Title || got[ref].Text != c.Title {
						t.Errorf("%s!%s is %q, in excelize %q, %v, want %q", sheets[i].Name, ref, got[ref].Text, read, err, c.Title)
					}
				}
				rows += int64(len(sheet.rows))
			}
			if summary.Rows != rows || summary.Sheets != len(book.sheets) || len(sheets) != len(book.sheets) {
				t.Errorf("%d rows on %d sheets, %d sheets read; want %d on %d", summary.Rows, summary.Sheets, len(sheets), rows, len(book.sheets))
			}
		})
	}
}
