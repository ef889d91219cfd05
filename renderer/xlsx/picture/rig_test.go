package picture_test

import (
	"encoding/binary"
	"hash/crc32"
)

// withChunk puts a chunk behind the header of a PNG.
func withChunk(picture []byte, kind string, content []byte) []byte {
	const header = 8 + 25
	b := append([]byte{}, picture[:header]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(content))) //nolint:gosec // short
	b = append(b, withSum(append([]byte(kind), content...))...)
	return append(b, picture[header:]...)
}

// withSum puts the sum of a chunk's type and content behind them.
func withSum(chunk []byte) []byte {
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk))
}
