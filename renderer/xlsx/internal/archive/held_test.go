package archive

import (
	"archive/zip"
	"bytes"
	"io"
	"strconv"
	"testing"
)

// TestHeldPart writes a part in between that is written meanwhile; what is held is no other
// than what would be written at once.
func TestHeldPart(t *testing.T) {
	t.Parallel()
	var want []byte
	var dst bytes.Buffer
	a := New(&dst)
	defer a.Release()
	var held Held
	for round := range 2 { // it is used again
		want = want[:0]
		for i := range 30_000 {
			piece := []byte(strconv.Itoa(i * i * i))
			want = append(want, piece...)
			if err := held.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		if !held.Begun() || held.Size() <= chunkBytes || held.Size() >= len(want) {
			t.Errorf("%d bytes are held of %d, want chunks of them, compressed", held.Size(), len(want))
		}
		n := strconv.Itoa(round)
		if err := a.Add("meanwhile"+n, want); err != nil {
			t.Fatal(err)
		}
		if err := a.AddHeld("held"+n, &held); err != nil || held.Begun() || held.Size() != 0 {
			t.Fatalf("%v, %d bytes are still held", err, held.Size())
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(dst.Bytes()), int64(dst.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(part) // fails for a wrong sum
		if err != nil || !bytes.Equal(got, want) || f.CompressedSize64 != r.File[0].CompressedSize64 {
			t.Errorf("%s: %d bytes, %d packed, %v, want %d, %d packed", f.Name, len(got), f.CompressedSize64, err, len(want), r.File[0].CompressedSize64)
		}
	}
}
