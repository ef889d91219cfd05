package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// insteadOfPicture is what a cell says whose picture is not shown: the run's notes tell why.
var insteadOfPicture = []string{
	"(not a picture that can be shown)", "(the picture is too large)", "(too many pictures)",
	"（画像として表示できません）", "（画像が大きすぎます）", "（画像が多すぎます）",
}

// pictureCell is for a column of pictures.
func (f format) pictureCell(v value) expected {
	if v.is != textual {
		return f.plain(v)
	}
	text := strings.TrimSpace(v.text)
	if text == "" || text == `\x` {
		return expected{}
	}
	file := pictureFile(text)
	for _, signature := range []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a"} {
		if bytes.HasPrefix(file, []byte(signature)) {
			sum := sha256.Sum256(file)
			return expected{picture: hex.EncodeToString(sum[:])}
		}
	}
	return textCell(f.either("（画像として表示できません）", "(not a picture that can be shown)"), "")
}

// pictureFile decodes what a column holds; nil for what is no file.
func pictureFile(text string) []byte {
	if digits, ok := strings.CutPrefix(text, `\x`); ok {
		file, err := hex.DecodeString(digits)
		if err != nil {
			return nil
		}
		return file
	}
	if kind, content, ok := strings.Cut(text, ","); ok && strings.HasPrefix(strings.ToLower(kind), "data:image/") {
		text = content
	}
	plain := strings.NewReplacer("\r", "", "\n", "", " ", "", "\t", "", "-", "+", "_", "/", "=", "").Replace(text)
	file, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		return nil
	}
	return file
}

// shows says whether the pictures over a cell, by their digests, are those expected.
func (e expected) shows(over []string, got cells.Cell) bool {
	switch {
	case e.unknown:
		return true
	case e.picture == "":
		return len(over) == 0
	case len(over) == 0:
		return got.Kind == cells.Text && slices.Contains(insteadOfPicture, got.Text)
	}
	return len(over) == 1 && over[0] == e.picture
}

// readPictures reads the pictures of the sheet in hand.
func (s *sheetComparison) readPictures() error {
	pictures, err := s.sheet.Pictures()
	s.pictures = make(map[string][]string, len(pictures))
	for _, p := range pictures {
		s.pictures[p.Ref()] = append(s.pictures[p.Ref()], p.SHA256)
	}
	return err
}

// takePictures gives the pictures over a cell, once.
func (s *sheetComparison) takePictures(cell cells.Cell) []string {
	if len(s.pictures) == 0 {
		return nil
	}
	over := s.pictures[cell.Ref()]
	delete(s.pictures, cell.Ref())
	return over
}

// pictureString is the picture that is expected, for people.
func (e expected) pictureString() string {
	if e.picture == "" {
		return showPictures(nil)
	}
	return showPictures([]string{e.picture})
}

// showPictures says for people which pictures they are.
func showPictures(digests []string) string {
	if len(digests) == 0 {
		return "no picture"
	}
	return "the picture with the sha256 " + strings.Join(digests, " and that with ")
}
