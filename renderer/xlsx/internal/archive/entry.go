package archive

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"
)

// entry is a part as the archive's headers have it.
type entry struct {
	name   string
	offset int64
	// size is that of the part, packed that of its bytes in the archive.
	size, packed int64
	crc32        uint32
	// stored parts are not compressed.
	stored bool
	// streamed parts have their sum and sizes after their bytes.
	streamed bool
	// large parts may pass 4 GiB. Only streamed ones do.
	large bool
}

const (
	signatureLocal      = 0x04034b50
	signatureDescriptor = 0x08074b50
	signatureCentral    = 0x02014b50

	localHeaderSize = 30

	// versionDeflate is the oldest format of archives that knows deflate, versionLarge
	// the oldest that knows parts of 4 GiB and more.
	versionDeflate = 20
	versionLarge   = 45

	methodStored  = 0
	methodDeflate = 8
	flagStreamed  = 1 << 3
	// flagUTF8 says that the name is not in some older code.
	flagUTF8 = 1 << 11

	// epoch is the first date that an archive can name, the same for every part of
	// every workbook; its time of day is 0.
	epoch = 1<<5 | 1

	// extraSizes is the field of sizes beyond 4 GiB.
	extraSizes = 1
)

// appendLocal writes the header before a part's bytes.
func (e entry) appendLocal(b []byte) []byte {
	le := binary.LittleEndian
	version := uint16(versionDeflate)
	if e.large {
		version = versionLarge
	}
	b = le.AppendUint32(b, signatureLocal)
	b = le.AppendUint16(b, version)
	b = le.AppendUint16(b, e.flags())
	b = le.AppendUint16(b, e.method())
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, epoch)
	if e.streamed {
		b = append(b, make([]byte, 12)...) // sum and sizes
	} else {
		b = le.AppendUint32(b, e.crc32)
		b = le.AppendUint32(b, uint32(e.packed))
		b = le.AppendUint32(b, uint32(e.size))
	}
	b = le.AppendUint16(b, uint16(len(e.name)))
	b = le.AppendUint16(b, 0) // no extra field, also for large ones: Excel refuses it here
	return append(b, e.name...)
}

func (e entry) flags() (flags uint16) {
	if e.streamed {
		flags |= flagStreamed
	}
	if strings.ContainsFunc(e.name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		flags |= flagUTF8
	}
	return flags
}

func (e entry) method() uint16 {
	if e.stored {
		return methodStored
	}
	return methodDeflate
}

// appendDescriptor writes what follows the bytes of a streamed part.
func (e entry) appendDescriptor(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, signatureDescriptor)
	b = le.AppendUint32(b, e.crc32)
	if e.large {
		b = le.AppendUint64(b, uint64(e.packed))
		return le.AppendUint64(b, uint64(e.size))
	}
	b = le.AppendUint32(b, uint32(e.packed))
	return le.AppendUint32(b, uint32(e.size))
}

// appendCentral writes the part's entry in the directory.
func (e entry) appendCentral(b []byte) []byte {
	le := binary.LittleEndian
	version, size, extra := uint16(versionDeflate), uint32(math.MaxUint32), uint16(12)
	if e.size < math.MaxUint32 {
		size, extra = uint32(e.size), 0
	} else {
		version = versionLarge
	}
	b = le.AppendUint32(b, signatureCentral)
	b = le.AppendUint16(b, version) // made by
	b = le.AppendUint16(b, version) // needed
	b = le.AppendUint16(b, e.flags())
	b = le.AppendUint16(b, e.method())
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, epoch)
	b = le.AppendUint32(b, e.crc32)
	b = le.AppendUint32(b, uint32(e.packed))
	b = le.AppendUint32(b, size)
	b = le.AppendUint16(b, uint16(len(e.name)))
	b = le.AppendUint16(b, extra)
	b = le.AppendUint16(b, 0) // no comment
	b = le.AppendUint32(b, 0) // disk and internal attributes
	b = le.AppendUint32(b, 0) // external attributes
	b = le.AppendUint32(b, uint32(e.offset))
	b = append(b, e.name...)
	if extra != 0 {
		b = le.AppendUint16(b, extraSizes)
		b = le.AppendUint16(b, 8)
		b = le.AppendUint64(b, uint64(e.size))
	}
	return b
}
