package xlsx_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
)

// picturesBook has pictures of every kind on two sheets, the same one on both.
func picturesBook(t testing.TB) []byte {
	t.Helper()
	var dst bytes.Buffer
	w, err := xlsx.New(t.Context(), &dst, xlsx.Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for i := range 2 {
		rows := [][]xlsx.Value{
			{xlsx.Text("https://example.com"), xlsx.Image(string(picturetest.PNG(t, 40, 30)))},
			{xlsx.Null(), xlsx.Image(string(picturetest.GIF(t, 40, 30+i)))},
			{xlsx.Null(), xlsx.Text(base64.StdEncoding.EncodeToString(picturetest.Turned(t, 30, 40, binary.BigEndian, 6)))},
		}
		columns := []xlsx.Column{{Title: "link", Format: parseFormat(t, "link", "ja")}, {Title: "写真", Format: parseFormat(t, "image:80x60", "ja")}}
		writeSheet(t, w, xlsx.Sheet{Name: fmt.Sprintf("sheet %d", i), Columns: columns, Filter: true}, rows)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dst.Bytes()
}

// pictureAt is what excelize finds over a cell.
func pictureAt(t *testing.T, f *excelize.File, sheet string, column, row int) []byte {
	t.Helper()
	cell, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		t.Fatal(err)
	}
	found, err := f.GetPictures(sheet, cell)
	if err != nil {
		t.Fatalf("pictures of %s!%s: %v", sheet, cell, err)
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return found[0].File
	}
	t.Fatalf("%d pictures over %s!%s", len(found), sheet, cell)
	return nil
}

// partNames lists the archive's parts below a folder.
func partNames(t *testing.T, content []byte, folder string) (names []string) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		if strings.HasPrefix(f.Name, folder) {
			names = append(names, f.Name)
			if folder == "xl/media/" && f.Method != zip.Store {
				t.Errorf("part %s is compressed once more", f.Name)
			}
		}
	}
	return names
}

// Whatever way a column holds a picture, excelize finds its bytes over the cell; whatever
// is no picture is text there, and recorded.
func TestPictures(t *testing.T) {
	t.Parallel()
	png, jpeg, gif := picturetest.PNG(t, 40, 30), picturetest.Turned(t, 30, 40, binary.LittleEndian, 8), picturetest.GIF(t, 20, 20)
	tests := []struct {
		value xlsx.Value
		want  []byte
		text  string
		kind  xlsx.SubstitutionKind
	}{
		{value: xlsx.Image(string(png)), want: png},
		{value: xlsx.Image(string(jpeg)), want: jpeg},
		{value: xlsx.Text(`\x` + hex.EncodeToString(gif)), want: gif},
		{value: xlsx.Text("data:image/png;base64," + base64.StdEncoding.EncodeToString(png)), want: png},
		{value: xlsx.Text(base64.RawURLEncoding.EncodeToString(jpeg) + "\n"), want: jpeg},
		{value: xlsx.Null()},
		{value: xlsx.Text("")},
		{value: xlsx.Text(`\x`)},
		{value: xlsx.Int(7), text: "7", kind: xlsx.FormatMismatch},
		{value: xlsx.Text("https://example.com/a.png"), text: "（画像として表示できません）", kind: xlsx.PictureUnreadable},
		{value: xlsx.Image(string(png[:len(png)-1])), text: "（画像として表示できません）", kind: xlsx.PictureUnreadable},
		{value: xlsx.Image(""), text: "（画像として表示できません）", kind: xlsx.PictureUnreadable},
		{value: xlsx.MissingImage(), text: "（画像が見つかりません）", kind: xlsx.PictureMissing},
		{value: xlsx.Image(string(append(bytes.Clone(png), make([]byte, 16<<20)...))), text: "（画像が大きすぎます）", kind: xlsx.PictureTooLarge},
	}
	rows := make([][]xlsx.Value, len(tests))
	counts := map[xlsx.SubstitutionKind]int64{xlsx.FormatMismatch: 1} // that of the other column
	for i, test := range tests {
		rows[i] = []xlsx.Value{xlsx.Int(int64(i)), test.value}
		if test.kind != "" {
			counts[test.kind]++
		}
	}
	rows[0] = append(rows[0], xlsx.Image(string(png)))
	columns := []xlsx.Column{{Title: "n"}, {Title: "写真", Format: parseFormat(t, "image", "ja")}, {Title: "text", Format: parseFormat(t, "text", "en")}}
	content, summary := writeBook(t, xlsx.Sheet{Name: "s", Columns: columns}, rows)
	f := openExcelize(t, content)
	read := readSheet(t, openBook(t, content).Sheets()[0])
	for i, test := range tests {
		if got := pictureAt(t, f, "s", 2, i+2); !bytes.Equal(got, test.want) {
			t.Errorf("row %d: a picture of %d bytes, want %d", i+2, len(got), len(test.want))
		}
		if got := read[fmt.Sprintf("B%d", i+2)].Text; got != test.text {
			t.Errorf("row %d: the cell holds %q, want %q", i+2, got, test.text)
		}
	}
	if got := read["C2"].Text; got != "(a picture)" {
		t.Errorf("a picture in a column of text: %q", got)
	}
	for kind, want := range counts {
		if got := summary.Substitutions.Counts[kind]; got != want {
			t.Errorf("%d substitutions of %s, want %d", got, kind, want)
		}
	}
	if got := partNames(t, content, "xl/media/"); len(got) != 3 {
		t.Errorf("parts %v, want each of 3 pictures once", got)
	}
}

func TestPicturesOfSeveralSheets(t *testing.T) {
	t.Parallel()
	content := picturesBook(t)
	f := openExcelize(t, content)
	for i, sheet := range []string{"sheet 0", "sheet 1"} {
		for row, want := range [][]byte{picturetest.PNG(t, 40, 30), picturetest.GIF(t, 40, 30+i), picturetest.Turned(t, 30, 40, binary.BigEndian, 6)} {
			if got := pictureAt(t, f, sheet, 2, row+2); !bytes.Equal(got, want) {
				t.Errorf("%s, row %d: a picture of %d bytes, want %d", sheet, row+2, len(got), len(want))
			}
		}
		if found, target, err := f.GetCellHyperLink(sheet, "A2"); err != nil || !found || target != "https://example.com" {
			t.Errorf("%s: the link beside the pictures leads to %q, %v", sheet, target, err)
		}
		if height, err := f.GetRowHeight(sheet, 2); err != nil || height != 48 {
			t.Errorf("%s: row 2 is %v points high, %v, want 48", sheet, height, err)
		}
		if width, err := f.GetColWidth(sheet, "B"); err != nil || width != 12 {
			t.Errorf("%s: column B is %v wide, %v, want 12", sheet, width, err)
		}
	}
	if got := partNames(t, content, "xl/media/"); len(got) != 4 {
		t.Errorf("parts %v, want each of 4 pictures once", got)
	}
	for _, name := range partNames(t, content, "xl/media/") {
		if !slices.Contains([]string{".png", ".jpeg", ".gif"}, path.Ext(name)) {
			t.Errorf("part %s has an extension that nothing says the type of", name)
		}
	}
}

// Pictures that come while rows are passed on are held, up to a limit.
func TestPicturesOfALongSheet(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("44 MB of pictures: run without -short")
	}
	large := func(i byte) xlsx.Value {
		return xlsx.Image(string(append(picturetest.PNG(t, 4, 4), bytes.Repeat([]byte{i}, 11<<20)...)))
	}
	text := xlsx.Text(strings.Repeat("記録", 5000))
	rows := [][]xlsx.Value{{text, large(0)}}
	for range 400 { // 12 MB
		rows = append(rows, []xlsx.Value{text})
	}
	rows = append(rows, [][]xlsx.Value{{text, large(1)}, {text, large(2)}, {text, large(3)}, {text, large(0)}, {text, large(2)}}...)
	columns := []xlsx.Column{{Title: "text"}, {Title: "picture", Format: parseFormat(t, "image:50x50", "en")}}
	content, summary := writeBook(t, xlsx.Sheet{Name: "s", Columns: columns}, rows)
	if got := summary.Substitutions.Counts[xlsx.TooManyPictures]; got != 1 || summary.Substitutions.Total() != 1 {
		t.Errorf("substitutions %v, want one of too many pictures", summary.Substitutions.Counts)
	}
	if got := summary.Substitutions.Samples; len(got) != 1 || got[0].Cell != "B405" {
		t.Errorf("substitutions at %v, want B405", got)
	}
	if got := partNames(t, content, "xl/media/"); len(got) != 3 {
		t.Errorf("parts %v, want 3", got)
	}
	f := openExcelize(t, content)
	for row, want := range map[int]int{2: 11 << 20, 403: 11 << 20, 404: 11 << 20, 405: 0, 406: 11 << 20, 407: 11 << 20} {
		if got := len(pictureAt(t, f, "s", 2, row)); got < want || want == 0 && got > 0 {
			t.Errorf("row %d: a picture of %d bytes, want at least %d", row, got, want)
		}
	}
}

func TestTooManyPictures(t *testing.T) {
	t.Parallel()
	const most, more = 5_000, 5_003
	picture := xlsx.Image(string(picturetest.GIF(t, 4, 4)))
	rows := make([][]xlsx.Value, more)
	for i := range rows {
		rows[i] = []xlsx.Value{picture}
	}
	content, summary := writeBook(t, xlsx.Sheet{Name: "s", Columns: []xlsx.Column{{Format: parseFormat(t, "image:8x8", "en")}}}, rows)
	if got := summary.Substitutions.Counts[xlsx.TooManyPictures]; got != more-most {
		t.Errorf("%d pictures too many, want %d", got, more-most)
	}
	read := readSheet(t, openBook(t, content).Sheets()[0])
	if got := read[fmt.Sprintf("A%d", most+2)].Text; got != "(too many pictures)" {
		t.Errorf("the first cell beyond the limit holds %q", got)
	}
}

func TestParseImage(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"image:", "image:80", "image:80x", "image:x60", "image:0x60", "image:80x0", "image:80x60x2", "image:1781x60", "image:80x541", "image:-8x6", "image:８x６"} {
		if _, err := xlsx.ParseFormat(format, "en"); err == nil || !strings.Contains(err.Error(), "image:128x96") {
			t.Errorf("format %q: got %v, want an error that shows how to write it", format, err)
		}
	}
	for _, format := range []string{"image", "image:1x1", "image:1780x540"} {
		if _, err := xlsx.ParseFormat(format, "en"); err != nil {
			t.Errorf("format %q: %v", format, err)
		}
	}
}

func TestPicturesHaveNoTotals(t *testing.T) {
	t.Parallel()
	w, err := xlsx.New(t.Context(), io.Discard, xlsx.Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	column := xlsx.Column{Format: parseFormat(t, "image", "en"), Total: xlsx.TotalCount}
	if _, err := w.Sheet(xlsx.Sheet{Name: "s", Columns: []xlsx.Column{column}}); err == nil || !strings.Contains(err.Error(), "pictures") {
		t.Errorf("a count of pictures: got %v, want an error that names them", err)
	}
}

// Writers of cells other than SheetWriter get the file, or the text in its place.
func TestContentOfPictures(t *testing.T) {
	t.Parallel()
	format, png := parseFormat(t, "image", "en"), picturetest.PNG(t, 4, 6)
	value := xlsx.Text(base64.StdEncoding.EncodeToString(png))
	content := format.Content(&value)
	file, about, ok := content.Picture()
	if !ok || !bytes.Equal(file, png) || about.Height != 6 || !content.Empty() || content.AppendXML(nil) != nil {
		t.Errorf("got %d bytes, %+v, %v, and the cell %s; want %d bytes over an empty cell", len(file), about, ok, content.AppendXML(nil), len(png))
	}
	value = xlsx.MissingImage()
	content = format.Content(&value)
	var notes xlsx.Substitutions
	notes.Note(&content, xlsx.Substitution{Sheet: "s", Cell: "A1"})
	if _, _, ok := content.Picture(); ok || !strings.Contains(string(content.AppendXML(nil)), "missing") || notes.Counts[xlsx.PictureMissing] != 1 {
		t.Errorf("a missing picture gives the cell %s and the notes %v", content.AppendXML(nil), notes.Counts)
	}
}
