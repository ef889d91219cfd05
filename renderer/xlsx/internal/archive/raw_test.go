package archive

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
)

// readParts reads an archive with the standard library's checks of sizes and sums.
func readParts(t *testing.T, content []byte) (*zip.Reader, map[string]string) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	parts := make(map[string]string)
	for _, f := range r.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(part)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		parts[f.Name] = string(got)
	}
	return r, parts
}

// rawParts gives the parts of an archive as AddRaw takes them.
func rawParts(t *testing.T, r *zip.Reader) map[string]Raw {
	t.Helper()
	parts := make(map[string]Raw)
	for _, f := range r.File {
		raw, err := f.OpenRaw()
		if err != nil {
			t.Fatal(err)
		}
		packed, err := io.ReadAll(raw)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = Raw{Deflated: f.Method == zip.Deflate, CRC32: f.CRC32, Size: int64(f.UncompressedSize64), Packed: packed}
	}
	return parts
}

// foreignArchive is one that the standard library wrote.
func foreignArchive(t *testing.T, parts map[string]string) *zip.Reader {
	t.Helper()
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for name, content := range parts {
		method := zip.Deflate
		if strings.HasSuffix(name, ".png") {
			method = zip.Store
		}
		part, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRawPartsStayByteIdentical(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"xl/theme/theme1.xml": strings.Repeat("<a:clr/>", 500), "xl/media/image1.png": "\x89PNG\r\n\x1a\n",
		"xl/media/画像.png": "named otherwise", "xl/empty.xml": "",
	}
	given := rawParts(t, foreignArchive(t, want))
	var file bytes.Buffer
	a := New(&file)
	defer a.Release()
	for name, raw := range given {
		if err := a.AddRaw(name, raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	r, got := readParts(t, file.Bytes())
	if len(got) != len(want) {
		t.Errorf("%d parts read, want %d", len(got), len(want))
	}
	for name, content := range want {
		if got[name] != content {
			t.Errorf("part %s reads %q, want %q", name, got[name], content)
		}
	}
	for name, raw := range rawParts(t, r) {
		if before := given[name]; !bytes.Equal(raw.Packed, before.Packed) || raw.Deflated != before.Deflated {
			t.Errorf("part %s is packed as %x, want %x", name, raw.Packed, before.Packed)
		}
	}
	for _, f := range r.File {
		if f.NonUTF8 {
			t.Errorf("the name of part %q is not said to be UTF-8", f.Name)
		}
	}
}

func TestStoredPartIsNotCompressed(t *testing.T) {
	t.Parallel()
	picture := strings.Repeat("picture", 100)
	var file bytes.Buffer
	a := New(&file)
	defer a.Release()
	if err := a.AddStored("xl/media/image1.png", []byte(picture)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	r, got := readParts(t, file.Bytes())
	if got["xl/media/image1.png"] != picture || r.File[0].Method != zip.Store || !bytes.Contains(file.Bytes(), []byte(picture)) {
		t.Errorf("got %q by method %d, want the picture as it is", got, r.File[0].Method)
	}
}

func TestRawPartThatCannotBe(t *testing.T) {
	t.Parallel()
	a := New(io.Discard)
	defer a.Release()
	for name, raw := range map[string]Raw{
		"shorter.png": {Size: 5, Packed: []byte("four")},
		"large.xml":   {Deflated: true, Size: 1<<32 - 1, Packed: []byte("x")},
	} {
		if err := a.AddRaw(name, raw); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("part %s: error %v, want one that names it", name, err)
		}
	}
}
