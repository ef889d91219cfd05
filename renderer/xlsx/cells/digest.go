package cells

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
)

// Digest is a sha256, in hex, of what [Diff] compares: two workbooks of one writer have
// the same one where a reader sees the same in them, whatever their bytes. Numbers count
// as they are written.
func Digest(b *Book) (string, error) {
	sum := sha256.New()
	for _, s := range b.sheets {
		if err := s.digest(sum); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (s *Sheet) digest(sum hash.Hash) error {
	var line []byte
	note := func(fields ...any) {
		line = line[:0]
		for _, field := range fields {
			line = fmt.Appendf(line, "%q ", fmt.Sprint(field))
		}
		sum.Write(append(line, '\n'))
	}
	note("sheet", s.Name, s.Visibility, s.Worksheet, s.book.date1904)
	err := s.Rows(func(_ int, cells []Cell) error {
		for _, c := range cells {
			if c.Kind != Empty || c.Formula != "" {
				note(c.Ref(), c.Kind, c.Text, c.Format, c.Formula)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	layout, err := s.Layout()
	note("merges", slices.Sorted(slices.Values(layout.Merges)))
	if err != nil {
		return err
	}
	pictures, err := s.Pictures()
	for _, p := range pictures {
		note("picture", p.Ref(), p.SHA256)
	}
	return err
}
