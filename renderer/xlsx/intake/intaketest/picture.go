package intaketest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
)

// picture is a PNG that says it has this size. Only small ones hold their pixels.
func picture(width, height int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, min(width, 8), min(height, 8)))) // a buffer takes everything
	file := b.Bytes()
	header := file[12:29]                                  // IHDR and its fields
	binary.BigEndian.PutUint32(header[4:], uint32(width))  //nolint:gosec // small
	binary.BigEndian.PutUint32(header[8:], uint32(height)) //nolint:gosec // small
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(header))
	return file
}
