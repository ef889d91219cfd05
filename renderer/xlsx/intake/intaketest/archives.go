package intaketest

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
)

// archives are files whose archive is hostile or damaged.
func archives() []File {
	const media = "xl/media/image2.png"
	entries := func(all ...entry) func() []entry { return func() []entry { return all } }
	return []File{
		{"cut off", intake.CauseDamaged, "directory", func() []byte { return Form()[:1000] }},
		{"a byte changed", intake.CauseDamaged, "点検表", func() []byte {
			return lying(sheetPart, func(e *entry) { e.packed = append([]byte{0xFF, 0xFF}, e.packed[2:]...) })
		}},
		{"wrong checksum", intake.CauseChecksum, "点検表", func() []byte { return lying(sheetPart, func(e *entry) { e.crc++ }) }},
		{"checksum of zero", intake.CauseChecksum, "点検表", func() []byte { return lying(sheetPart, func(e *entry) { e.crc = 0 }) }},
		{"smaller than it says", intake.CauseDamaged, "点検表", func() []byte { return lying(sheetPart, func(e *entry) { e.size++ }) }},
		{"larger than it says", intake.CauseDamaged, "点検表", func() []byte { return lying(sheetPart, func(e *entry) { e.size = 10 }) }},
		{"says that it is huge", intake.CauseTooLarge, sheetPart, func() []byte { return lying(sheetPart, func(e *entry) { e.size = 1<<32 - 2 }) }},
		{"longer than the file", intake.CauseDamaged, "xl/theme/theme1.xml", func() []byte {
			whole := form().zip(pack("xl/theme/theme1.xml", "<a/>"))
			at := bytes.LastIndex(whole, []byte("PK\x01\x02"))
			copy(whole[at+20:], "\xFF\xFF\xFF\x0F")
			return whole
		}},
		{"encrypted part", intake.CausePassword, sheetPart, func() []byte { return lying(sheetPart, func(e *entry) { e.flags |= 1 }) }},
		{"another compression", intake.CauseDamaged, sheetPart, func() []byte { return lying(sheetPart, func(e *entry) { e.method = 14 }) }},
		{"a bomb in a sheet", intake.CauseRatio, "点検表", func() []byte { return sheetBomb(12, 0) }},
		{"a bomb that says it is small", intake.CauseDamaged, "点検表", func() []byte { return sheetBomb(1024, 100) }},
		{"a bomb of a gigabyte", intake.CauseTooLarge, sheetPart, func() []byte { return sheetBomb(1024, 0) }},
		{"a bomb in a picture", intake.CauseRatio, media, func() []byte { return form().zip(bomb(media, "", strings.Repeat("\x00", 1<<20), 31, "", 0)) }},
		{"many parts of a moderate size", intake.CauseTooLarge, "xl/media/m", func() []byte { return manyModerate() }},
		{"the bytes of one part for many", intake.CauseOverlap, "shares bytes", func() []byte { return shared() }},
		{"a part within a part", intake.CauseOverlap, "shares bytes", func() []byte { return quoted() }},
		{"too many parts", intake.CauseTooMany, "parts", func() []byte { return many(1100) }},
		{"a directory of 60,000 parts", intake.CauseTooMany, "parts", func() []byte { return many(60_000) }},
		added("a name upwards", intake.CausePartName, "../evil.xml", entries(pack("../evil.xml", "<a/>"))),
		added("a name upwards within", intake.CausePartName, "xl/../../evil.xml", entries(pack("xl/../../evil.xml", "<a/>"))),
		added("an absolute name", intake.CausePartName, "/etc/evil.xml", entries(pack("/etc/evil.xml", "<a/>"))),
		added("a backslash", intake.CausePartName, `xl\\evil.xml`, entries(pack(`xl\evil.xml`, "<a/>"))),
		added("a drive", intake.CausePartName, `C:evil.xml`, entries(pack(`C:evil.xml`, "<a/>"))),
		added("an empty name", intake.CausePartName, "leads out", entries(pack("", "<a/>"))),
		added("a name with a NUL", intake.CausePartName, "leads out", entries(pack("xl/a\x00.xml", "<a/>"))),
		added("a part twice", intake.CausePartTwice, sheetPart, entries(pack(sheetPart, "<a/>"))),
		added("a part twice in another case", intake.CausePartTwice, "XL/Worksheets/Sheet1.XML", entries(pack("XL/Worksheets/Sheet1.XML", "<a/>"))),
		added("a folder with bytes", intake.CausePartName, "xl/media/", entries(store("xl/media/", []byte("x")))),
		added("an archive as a picture", intake.CauseNested, media, func() []entry { return []entry{store(media, archive(pack("a", "b")))} }),
		added("a gzip file as a picture", intake.CauseNested, media, entries(store(media, []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00")))),
		added("a program as a part", intake.CauseUnknownPart, "xl/evil.exe", entries(store("xl/evil.exe", []byte("MZ")))),
		added("a part in a folder of its own", intake.CauseUnknownPart, "evil/evil.xml", entries(pack("evil/evil.xml", "<a/>"))),
		added("a huge file", intake.CauseTooLarge, "bytes", func() []entry { return []entry{store(media, make([]byte, 17<<20))} }),
		added("a picture of many bytes", intake.CausePicture, media, func() []entry {
			return []entry{store(media, append(picture(2, 2), make([]byte, 9<<20)...))}
		}),
		added("a picture of many pixels", intake.CausePicture, "30000 × 30000", func() []entry { return []entry{store(media, picture(30_000, 30_000))} }),
	}
}

// lying is the form in which one entry is not what it seems.
func lying(name string, lie func(e *entry)) []byte {
	all := form().entries()
	for i := range all {
		if all[i].name == name {
			lie(&all[i])
		}
	}
	return archive(all...)
}

// manyModerate has parts that are each within all limits, and together are not.
func manyModerate() []byte {
	return form().zip(copies(pack("", strings.Repeat(numbered("%d ", 500), 200)), "xl/media/m%d.bmp", 100)...)
}

// copies gives an entry's content many names.
func copies(e entry, format string, count int) []entry {
	all := make([]entry, count)
	for i := range all {
		all[i] = e
		all[i].name = fmt.Sprintf(format, i)
	}
	return all
}

// shared is an archive in which many names have the bytes of one.
func shared() []byte {
	first := pack("xl/theme/theme0.xml", "<r>"+strings.Repeat("<a/>", 200_000)+"</r>")
	more := []entry{first}
	for i := 1; i < 500; i++ {
		e := first
		e.name, e.sharedWith = fmt.Sprintf("xl/theme/theme%d.xml", i), i
		more = append(more, e)
	}
	return form().zip(more...)
}

// quoted is an archive in which a part's bytes hold another part with its header.
func quoted() []byte {
	inner := pack("xl/theme/theme1.xml", "<a/>")
	alone := archive(inner)
	outer := store("xl/media/image2.bmp", alone[:bytes.Index(alone, []byte("PK\x01\x02"))])
	whole := form().zip(outer, inner)
	// The directory's last entry is led to the copy within the other part.
	at := bytes.LastIndex(whole, []byte("PK\x01\x02"))
	offset := bytes.Index(whole, outer.packed)
	copy(whole[at+42:], []byte{byte(offset), byte(offset >> 8), byte(offset >> 16), byte(offset >> 24)}) //nolint:gosec // an offset of 32 bits
	return whole
}

// many has so many parts more than a form.
func many(count int) []byte {
	more := make([]entry, count)
	for i := range more {
		more[i] = store(fmt.Sprintf("xl/theme/t%d.xml", i), []byte("<a/>"))
	}
	return form().zip(more...)
}
