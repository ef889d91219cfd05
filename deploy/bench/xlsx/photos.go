package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx"
)

// photoBytes is about what a photo of a phone has after an application made it smaller.
const photoBytes = 200_000

// photos are files as a row's pictures: JPEGs that, like all of them, cannot be
// compressed any further. To make one costs next to nothing.
type photos struct{ head, noise []byte }

func newPhotos() (*photos, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 640, 480)), nil); err != nil {
		return nil, err
	}
	p := &photos{head: b.Bytes()[:b.Len()-2], noise: make([]byte, photoBytes-b.Len())}
	if _, err := rand.NewChaCha8([32]byte{1}).Read(p.noise); err != nil {
		return nil, err
	}
	p.noise = bytes.ReplaceAll(p.noise, []byte{0xFF}, []byte{0}) // no markers among it
	return p, nil
}

// of is the photo of a row: that of no other.
func (p *photos) of(row int) []byte {
	at := row % len(p.noise)
	file := slices.Concat(p.head, p.noise[at:], p.noise[:at])
	return append(file, 0xFF, 0xD9)
}

// writePhotos writes a number and a photo in each row.
func writePhotos(ctx context.Context, dst io.Writer, rows, _ int) error {
	files, err := newPhotos()
	if err != nil {
		return err
	}
	w, err := xlsx.New(ctx, dst, xlsx.Book{})
	if err != nil {
		return err
	}
	defer w.Discard()
	format, err := xlsx.ParseFormat("image:160x120", "en")
	if err != nil {
		return err
	}
	s, err := w.Sheet(xlsx.Sheet{Name: "Sheet1", Columns: []xlsx.Column{{Title: "number"}, {Title: "photo", Format: format}}})
	if err != nil {
		return err
	}
	for i := range rows {
		if err := s.Row([]xlsx.Value{xlsx.Int(int64(i)), xlsx.Image(string(files.of(i)))}); err != nil {
			return err
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	_, err = w.Close()
	return err
}

func writePhotosByExcelize(_ context.Context, dst io.Writer, rows, _ int) error {
	files, err := newPhotos()
	if err != nil {
		return err
	}
	f := excelize.NewFile()
	for i := range rows {
		row := i + 2
		if err := f.SetCellInt("Sheet1", fmt.Sprintf("A%d", row), int64(i)); err != nil {
			return err
		}
		if err := f.SetRowHeight("Sheet1", row, 93); err != nil {
			return err
		}
		picture := &excelize.Picture{Extension: ".jpeg", File: files.of(i), Format: &excelize.GraphicOptions{AutoFit: true, LockAspectRatio: true}}
		if err := f.AddPictureFromBytes("Sheet1", fmt.Sprintf("B%d", row), picture); err != nil {
			return err
		}
	}
	if err := f.Write(dst); err != nil {
		return err
	}
	return f.Close()
}

// writeNoPhotos makes the photos and throws them away.
func writeNoPhotos(_ context.Context, _ io.Writer, rows, _ int) error {
	files, err := newPhotos()
	if err != nil {
		return err
	}
	for i := range rows {
		files.of(i)
	}
	return nil
}
