package xlsx

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"testing"
)

// What Excel expects of the headers of a part: see the archive package.
const (
	versionDeflate  = 20
	versionLarge    = 45
	localHeaderSize = 30
)

// TestPartBeyond4GiB writes one, and reads it with the standard library's checks.
func TestPartBeyond4GiB(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("4 GiB: run without -short")
	}
	var file bytes.Buffer
	w, err := New(context.Background(), &file, Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	const columns = 20
	s, err := w.Sheet(Sheet{Name: "s", Columns: make([]Column, columns)})
	if err != nil {
		t.Fatal(err)
	}
	row := make([]Value, columns)
	for i := range row {
		row[i] = Text(strings.Repeat("long text ", 3000))
	}
	const rows = (4<<30)/(columns*30_000) + 20
	for range rows {
		if err := s.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if summary, err := w.Close(); err != nil || summary.Sheets != 1 {
		t.Fatalf("%d sheets, %v, want 1", summary.Sheets, err)
	}
	checkLarge(t, file.Bytes(), columns*30_000*rows)
}

func checkLarge(t *testing.T, content []byte, atLeast uint64) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		if f.Name != sheetPart(1) {
			if f.ReaderVersion != versionDeflate || len(f.Extra) != 0 {
				t.Errorf("%s: version %d, %d bytes extra, want %d and none", f.Name, f.ReaderVersion, len(f.Extra), versionDeflate)
			}
			continue
		}
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, part)
		if err != nil || uint64(n) != f.UncompressedSize64 || f.UncompressedSize64 < atLeast {
			t.Errorf("sheet has %d bytes and reads %d, %v, want at least %d", f.UncompressedSize64, n, err, atLeast)
		}
		// What Excel wants: no offset in the extra field, the version in both headers.
		if f.ReaderVersion != versionLarge || len(f.Extra) != 12 {
			t.Errorf("directory says version %d with %d bytes extra, want %d with 12", f.ReaderVersion, len(f.Extra), versionLarge)
		}
		offset, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		local := content[offset-int64(localHeaderSize+len(f.Name)):]
		if version := binary.LittleEndian.Uint16(local[4:]); version != versionLarge {
			t.Errorf("local header says version %d, want %d", version, versionLarge)
		}
	}
}

// TestSheetGoesOnBeforeItsPartIsTooLarge makes the limit small.
func TestSheetGoesOnBeforeItsPartIsTooLarge(t *testing.T) {
	t.Parallel()
	for limit := int64(1 << 20); limit < 1<<20+400; limit += 100 { // so that it is another row
		goOn(t, limit)
	}
}

func goOn(t *testing.T, limit int64) {
	t.Helper()
	var file bytes.Buffer
	w, err := New(t.Context(), &file, Book{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	s, err := w.Sheet(Sheet{Name: "s", Columns: []Column{{Title: "n"}, {Title: "bad"}, {Title: "none"}}, Banding: Banding{Fill: "F2F2F2"}})
	if err != nil {
		t.Fatal(err)
	}
	s.bytesMax = limit
	for i := range 30_000 {
		if err := s.Row([]Value{Int(int64(i)), Text("\x01" + strconv.Itoa(i))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	summary, err := w.Close()
	if err != nil || summary.Rows != 30_000 || summary.Sheets != 2 {
		t.Fatalf("%+v, %v, want 30,000 rows on 2 sheets", summary, err)
	}
	if bad := summary.Substitutions.Counts[IllegalCharacter]; bad != 30_000 {
		t.Errorf("%d substitutions, want one for each row", bad)
	}
	r, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	part, err := r.Open(sheetPart(2))
	if err != nil {
		t.Fatal(err)
	}
	second, err := io.ReadAll(part)
	if err != nil || !bytes.Contains(second, []byte(`<row r="2">`)) || bytes.Count(second, []byte("<row ")) < 2 {
		t.Errorf("the second sheet has %d bytes, %v, want a header and rows from 2", len(second), err)
	}
	// The row that went on was styled for another place.
	_, rows, _ := bytes.Cut(second, []byte(`<row r="2">`))
	row, rows, _ := bytes.Cut(rows, []byte(`<row r="3">`))
	if bytes.Contains(row, []byte(` s="`)) || !bytes.Contains(rows, []byte(`<c r="C3" s="`)) {
		t.Errorf("the second sheet begins %.100s, want its second row filled and not its first", row)
	}
}
