package picture

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Picture is what the headers of a picture say.
type Picture struct {
	Format Format
	// Width and Height are in pixels, as they are stored: before it is turned.
	Width, Height int
	// PixelRatio is the height of a pixel, its width being 1. It is 1 for nearly every
	// picture; scans of faxes have others.
	PixelRatio  float64
	Orientation Orientation
}

// Format is how a picture is encoded.
type Format uint8

// The formats that every program that opens workbooks can show.
const (
	PNG Format = iota + 1
	JPEG
	GIF
)

// Formats lists them all.
func Formats() []Format { return []Format{PNG, JPEG, GIF} }

// Extension is that of a part's name, without the dot.
func (f Format) Extension() string {
	switch f {
	case PNG:
		return "png"
	case JPEG:
		return "jpeg"
	case GIF:
		return "gif"
	}
	return ""
}

// ContentType is the one that a workbook's list of content types gives the extension.
func (f Format) ContentType() string { return "image/" + f.Extension() }

var (
	// ErrNotPicture is for what is no PNG, JPEG or GIF, or one that says what cannot be.
	ErrNotPicture = errors.New("not a PNG, JPEG or GIF")
	// ErrTruncated is for a picture that ends too early.
	ErrTruncated = errors.New("the picture is cut short")
	// ErrTooLarge is for a picture that passes one of Limits.
	ErrTooLarge = errors.New("the picture is too large")
)

// Limits bound a picture. A zero field has the default.
type Limits struct {
	// Bytes is the size of the file; by default DefaultBytes.
	Bytes int
	// Pixels is the width times the height; by default DefaultPixels, four times what
	// most cameras make: programs that show a picture need 4 bytes for each.
	Pixels int64
}

// MaxPerWorkbook is how many pictures a workbook takes. Programs get slow long before.
const MaxPerWorkbook = 5_000

// The limits where none are given.
const (
	DefaultBytes  = 16 << 20
	DefaultPixels = 64 << 20
)

func (l Limits) checkBytes(n int) error {
	most := l.Bytes
	if most == 0 {
		most = DefaultBytes
	}
	if n > most {
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, n, most)
	}
	return nil
}

func (l Limits) checkPixels(p *Picture) error {
	most := l.Pixels
	if most == 0 {
		most = DefaultPixels
	}
	if int64(p.Width)*int64(p.Height) > most {
		return fmt.Errorf("%w: %d × %d pixels, the limit is %d", ErrTooLarge, p.Width, p.Height, most)
	}
	return nil
}

// Read reads the headers of a picture, whose format its first bytes tell. It keeps
// nothing of data.
func Read(data []byte, limits Limits) (*Picture, error) {
	format, ok := formatOf(data)
	if !ok {
		return nil, ErrNotPicture
	}
	if err := limits.checkBytes(len(data)); err != nil {
		return nil, err
	}
	p := &Picture{Format: format, PixelRatio: 1, Orientation: Upright}
	if err := p.read(data); err != nil {
		return nil, err
	}
	if p.Width == 0 || p.Height == 0 {
		return nil, fmt.Errorf("%w: it has no pixels", ErrNotPicture)
	}
	return p, limits.checkPixels(p)
}

func (p *Picture) read(data []byte) error {
	switch p.Format {
	case PNG:
		return p.readPNG(data)
	case JPEG:
		return p.readJPEG(data)
	case GIF:
		return p.readGIF(data)
	}
	return ErrNotPicture
}

// formatOf knows formats by their first bytes.
func formatOf[T string | []byte](data T) (Format, bool) {
	begins := func(signature string) bool {
		return len(data) >= len(signature) && string(data[:len(signature)]) == signature
	}
	switch {
	case begins(signaturePNG):
		return PNG, true
	case begins(signatureJPEG):
		return JPEG, true
	case begins("GIF87a"), begins("GIF89a"):
		return GIF, true
	}
	return 0, false
}

// setPixelRatio takes the pixels of a length across and of the same length down. What
// is far from square is a mistake in the file more often than a picture.
func (p *Picture) setPixelRatio(across, down uint32) {
	const farthest = 4
	if across == 0 || down == 0 {
		return
	}
	if ratio := float64(across) / float64(down); ratio >= 1.0/farthest && ratio <= farthest {
		p.PixelRatio = ratio
	}
}

// Part is the name of the part that holds a picture. It stands for the content: the same
// picture has the same name in every workbook, and no two in one have the same.
func Part(data []byte, format Format) string {
	sum := sha256.Sum256(data)
	return "xl/media/" + hex.EncodeToString(sum[:16]) + "." + format.Extension()
}
