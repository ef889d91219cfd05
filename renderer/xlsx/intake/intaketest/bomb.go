package intaketest

import (
	"bytes"
	"compress/flate"
	"hash/crc32"
	"strings"
)

// bomb is a part whose block stands so many times between head and tail. A block is packed
// once, behind itself, and its packed bytes are repeated: a gigabyte is made in no time.
// size is what the archive says of it; 0 is the truth.
func bomb(name, head, block string, times int, tail string, size uint32) entry {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression) // the level is one
	sum := crc32.NewIEEE()
	write := func(text string) {
		_, _ = sum.Write([]byte(text)) // neither a hash nor a buffer fails
		_, _ = w.Write([]byte(text))
		_ = w.Flush()
	}
	write(head + block)
	start := packed.Len()
	write(block)
	again := bytes.Clone(packed.Bytes()[start:])
	for range times - 2 {
		_, _ = sum.Write([]byte(block))
		packed.Write(again)
	}
	write(tail)
	_ = w.Close()
	e := entry{name: name, packed: packed.Bytes(), method: deflated, crc: sum.Sum32(), size: size}
	if size == 0 {
		e.size = uint32(len(head) + times*len(block) + len(tail)) //nolint:gosec // below 4 GiB
	}
	return e
}

// sheetBomb is the form with a sheet of so many mebibytes that packs very well.
func sheetBomb(mebibytes int, size uint32) []byte {
	head, tail, _ := strings.Cut(form()[sheetPart], "</worksheet>")
	block := strings.Repeat("<a/>"+strings.Repeat(" ", 60), 1<<20/64)
	return form().without(sheetPart).zip(bomb(sheetPart, head, block, mebibytes, "</worksheet>"+tail, size))
}
