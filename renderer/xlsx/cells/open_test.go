package cells_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

func TestHostileWorkbooksAreRefused(t *testing.T) {
	t.Parallel()
	good := plain("")
	const (
		sheet = "xl/worksheets/sheet1.xml"
		book  = "xl/workbook.xml"
		rels  = "xl/_rels/workbook.xml.rels"
		types = "[Content_Types].xml"
	)
	tests := []struct {
		name    string
		content []byte
		limits  cells.Limits
		want    string
	}{
		{"no archive", []byte("PK no"), cells.Limits{}, "directory"},
		{"empty", nil, cells.Limits{}, "directory"},
		{"no content types", good.with(types, "").zip(t), cells.Limits{}, "missing"},
		{"no root relations", good.with("_rels/.rels", "").zip(t), cells.Limits{}, "missing"},
		{"no workbook", good.with(book, "").zip(t), cells.Limits{}, "missing"},
		{"no sheet part", good.with(sheet, "").zip(t), cells.Limits{}, `part of sheet "Data" is missing`},
		{"no styles part", good.with("xl/styles.xml", "").zip(t), cells.Limits{}, "missing"},
		{"no sheets", good.replace(t, book, `<sheet name="Data" sheetId="1" r:id="rId1"/>`, "").zip(t), cells.Limits{}, "no sheet"},
		{"sheet twice", good.replace(t, book, "</sheets>", `<sheet name="DATA" sheetId="2" r:id="rId1"/></sheets>`).zip(t), cells.Limits{}, "two sheets"},
		{"relation twice", good.replace(t, rels, `Id="rId2"`, `Id="rId1"`).zip(t), cells.Limits{}, "repeated"},
		{"content type twice", good.replace(t, types, "</Types>", `<Default Extension="RELS" ContentType="x"/></Types>`).zip(t), cells.Limits{}, "given twice"},
		{"sheet of another type", good.replace(t, types, ".worksheet+xml", ".table+xml").zip(t), cells.Limits{}, "content type"},
		{"workbook of another type", good.replace(t, types, ".sheet.main+xml", ".styles+xml").zip(t), cells.Limits{}, "content type"},
		{"part twice", zipped(t, entry{"xl/a.xml", "<a/>"}, entry{"XL/A.xml", "<a/>"}), cells.Limits{}, "twice"},
		{"path upwards", good.with("../evil.xml", "<a/>").zip(t), cells.Limits{}, "not allowed"},
		{"absolute path", good.with("/evil.xml", "<a/>").zip(t), cells.Limits{}, "not allowed"},
		{"backslash", good.with(`xl\evil.xml`, "<a/>").zip(t), cells.Limits{}, "not allowed"},
		{"DOCTYPE", good.with(sheet, `<!DOCTYPE a [<!ENTITY b "c">]>`+good[sheet]).zip(t), cells.Limits{}, "document type"},
		{"doctype in a part that is not read", good.with("xl/other.xml", strings.Repeat(" ", 64<<10-5)+`<!doctype a><a/>`).zip(t), cells.Limits{}, "document type"},
		{"cut off", good.with(book, strings.TrimSuffix(good[book], "</workbook>")).zip(t), cells.Limits{}, "part \"xl/workbook.xml\""},
		{"two roots", good.with(book, good[book]+"<a/>").zip(t), cells.Limits{}, "more than one root"},
		{"too many parts", good.zip(t), cells.Limits{Parts: 6}, "limit of 6"},
		{"part too large", good.with("xl/media/a.bin", strings.Repeat("x", 5000)).zip(t), cells.Limits{PartBytes: 4000}, "larger than the limit"},
		{"all too large", good.zip(t), cells.Limits{TotalBytes: 1000}, "limit of 1000"},
		{"too many strings", good.zip(t), cells.Limits{SharedStringBytes: 40}, "limit of 40"},
		{"index too large", good.with("xl/styles.xml", good["xl/styles.xml"]+"<!--"+strings.Repeat("x", 5000)+"-->").zip(t), cells.Limits{IndexBytes: 4000}, "larger than the limit of 4000"},
		{"too many formats", good.with("xl/styles.xml", `<styleSheet><cellXfs>`+strings.Repeat("<xf/>", 65491)+`</cellXfs></styleSheet>`).zip(t), cells.Limits{}, "more than 65490 cell formats"},
		{"too many sheets", good.replace(t, book, "<sheets>", `<sheets>`+manySheets(t, good[book], 20)).zip(t), cells.Limits{Parts: 10}, "more sheets than"},
		{"long tag", good.replace(t, book, "<sheets>", `<sheets a="`+strings.Repeat("x", 3000)+`">`).zip(t), cells.Limits{TextBytes: 2000}, "more than 2000"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := open(test.content, test.limits)
			if !errors.Is(err, cells.ErrMalformed) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want a malformed workbook with %q", err, test.want)
			}
		})
	}
}

// manySheets repeats the workbook's sheet under other names.
func manySheets(t *testing.T, book string, count int) string {
	t.Helper()
	_, rest, _ := strings.Cut(book, "<sheet ")
	sheet, _, ok := strings.Cut(rest, "/>")
	if !ok || !strings.Contains(sheet, `name="Data"`) {
		t.Fatalf("the workbook has no sheet Data: %s", book)
	}
	var all strings.Builder
	for i := range count {
		all.WriteString("<sheet " + strings.Replace(sheet, `name="Data"`, fmt.Sprintf("name=%q", fmt.Sprint("S", i)), 1) + "/>")
	}
	return all.String()
}

// What is held in memory while rows are read is bounded too.
func TestHostileRowsAreRefused(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("x", 600)
	for name, test := range map[string]struct {
		rows string
		want string
	}{
		"a row": {`<row r="1"><c t="str"><v>` + text + `</v></c><c t="str"><v>` + text + `</v></c></row>`, "row 1 has more than the limit of 1000 bytes"},
		"shared formulas": {
			`<row r="1"><c><f t="shared" si="0">` + text + `</f></c></row><row r="2"><c><f t="shared" si="1">` + text + `</f></c></row>`,
			"shared formulas have more than the limit of 1000 bytes",
		},
	} {
		book, err := open(plain(test.rows).zip(t), cells.Limits{RowBytes: 1000})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		err = book.Sheets()[0].Rows(func(int, []cells.Cell) error { return nil })
		if !errors.Is(err, cells.ErrMalformed) || !errors.Is(err, cells.ErrLimit) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one beyond a limit with %q", name, err, test.want)
		}
	}
}

func TestDefaultContentTypeIsEnough(t *testing.T) {
	t.Parallel()
	p := plain(`<row r="1"><c r="A1"><v>1</v></c></row>`)
	p = p.replace(t, "[Content_Types].xml", `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="`, `<Default Extension="xml" ContentType="`)
	if got := read(t, mustOpen(t, p).Sheets()[0]); len(got) != 1 {
		t.Errorf("got %v, want one cell", got)
	}
}

// TestEveryDamagedByteIsFound flips each byte of a workbook in turn: it is then
// refused, or reads as before (the byte has no meaning, such as a time).
func TestEveryDamagedByteIsFound(t *testing.T) {
	t.Parallel()
	whole := plain(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>12345</v></c></row>`).zip(t)
	want, err := open(whole, cells.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 0x10
		got, err := open(damaged, cells.Limits{})
		if err != nil {
			refused++
			continue
		}
		report, err := cells.Diff(want, got, cells.Options{})
		if err != nil || !report.Equal() {
			t.Errorf("byte %d of %d: opened, then %v, %+v", i, len(whole), err, report)
		}
	}
	if refused < len(whole)/2 {
		t.Errorf("%d of %d damaged workbooks were refused, want most", refused, len(whole))
	}
}

var errDisk = errors.New("disk")

type brokenDisk struct{}

func (brokenDisk) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestReadErrorIsNotMalformed(t *testing.T) {
	t.Parallel()
	_, err := cells.Open(brokenDisk{}, 1000, cells.Limits{})
	if !errors.Is(err, errDisk) || errors.Is(err, cells.ErrMalformed) {
		t.Errorf("error %v, want %v and not a malformed workbook", err, errDisk)
	}
}

func TestHiddenSheetsAndCharts(t *testing.T) {
	t.Parallel()
	p := plain("").with("xl/worksheets/sheet2.xml", sheetXML("")).
		replace(t, "xl/workbook.xml", "</sheets>", `<sheet name="B" sheetId="2" state="veryHidden" r:id="rId7"/><sheet name="C" sheetId="3" r:id="rId8"/></sheets>`).
		replace(t, "xl/_rels/workbook.xml.rels", "</Relationships>", `<Relationship Id="rId7" Type="`+relType+`/worksheet" Target="worksheets/sheet2.xml"/>`+
			`<Relationship Id="rId8" Type="`+relType+`/chartsheet" Target="chartsheets/sheet1.xml"/></Relationships>`).
		with("xl/chartsheets/sheet1.xml", `<chartsheet `+namespace+`/>`)
	sheets := mustOpen(t, p).Sheets()
	if len(sheets) != 3 || sheets[0].Visibility != cells.Visible || sheets[1].Visibility != cells.VeryHidden || sheets[1].Name != "B" {
		t.Fatalf("got %+v, want Data, a very hidden B and C", sheets)
	}
	if got := read(t, sheets[2]); sheets[2].Worksheet || got != nil {
		t.Errorf("the chart is a worksheet: %v, with cells %v", sheets[2].Worksheet, got)
	}
	if layout, err := sheets[2].Layout(); err != nil || layout.Dimension != "" {
		t.Errorf("the chart's layout: %+v, %v, want none", layout, err)
	}
}
