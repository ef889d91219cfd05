package xlsx_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/picture/picturetest"
)

// photos are 10 MB in 50 files that cannot be compressed, as JPEGs are.
func photos(b *testing.B) [][]byte {
	b.Helper()
	const count, size = 50, 200_000
	r := rand.NewChaCha8([32]byte{7})
	files := make([][]byte, count)
	for i := range files {
		noise := make([]byte, size)
		if _, err := r.Read(noise); err != nil {
			b.Fatal(err)
		}
		files[i] = append(append(picturetest.JPEG(b, 640, 480), bytes.ReplaceAll(noise, []byte{0xFF}, []byte{0})...), 0xFF, 0xD9)
	}
	return files
}

// BenchmarkPictures writes a workbook with 10 MB of photos, beside excelize.
func BenchmarkPictures(b *testing.B) {
	files := photos(b)
	values := func(of func([]byte) xlsx.Value) []xlsx.Value {
		all := make([]xlsx.Value, len(files))
		for i, file := range files {
			all[i] = of(file)
		}
		return all
	}
	write := func(b *testing.B, values []xlsx.Value) {
		columns := []xlsx.Column{{Title: "n"}, {Title: "photo", Format: parseFormat(b, "image:160x120", "en")}}
		for b.Loop() {
			w, err := xlsx.New(b.Context(), io.Discard, xlsx.Book{})
			if err != nil {
				b.Fatal(err)
			}
			rows := make([][]xlsx.Value, len(values))
			for i, v := range values {
				rows[i] = []xlsx.Value{xlsx.Int(int64(i)), v}
			}
			writeSheet(b, w, xlsx.Sheet{Name: "s", Columns: columns}, rows)
			if _, err := w.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("bytes", func(b *testing.B) {
		write(b, values(func(file []byte) xlsx.Value { return xlsx.Image(string(file)) }))
	})
	b.Run("base64", func(b *testing.B) {
		write(b, values(func(file []byte) xlsx.Value { return xlsx.Text(base64.StdEncoding.EncodeToString(file)) }))
	})
	b.Run("excelize", func(b *testing.B) {
		for b.Loop() {
			writePicturesByExcelize(b, files)
		}
	})
}

func writePicturesByExcelize(b *testing.B, files [][]byte) {
	b.Helper()
	f := excelize.NewFile()
	for i, file := range files {
		cell, err := excelize.CoordinatesToCellName(2, i+2)
		if err != nil {
			b.Fatal(err)
		}
		photo := &excelize.Picture{Extension: ".jpg", File: file, Format: &excelize.GraphicOptions{AutoFit: true, LockAspectRatio: true}}
		if err := f.AddPictureFromBytes("Sheet1", cell, photo); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Write(io.Discard); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}
