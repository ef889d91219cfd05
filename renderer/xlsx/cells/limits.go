package cells

import "cmp"

// Limits bound what a hostile workbook can cost. A zero field takes its default.
type Limits struct {
	// Parts is the most parts in the archive; default 10,000.
	Parts int
	// PartBytes is the most bytes of one part, unpacked; default 4 GiB.
	PartBytes int64
	// TotalBytes is the most bytes of all parts, unpacked; default 16 GiB.
	TotalBytes int64
	// SharedStringBytes is the most bytes of shared strings, which are held in
	// memory with 16 more for each; default 256 MiB.
	SharedStringBytes int64
	// IndexBytes is the most bytes of each part that is held in memory as a whole: the
	// workbook, its styles, content types and relations; default 16 MiB.
	IndexBytes int64
	// TextBytes is the most bytes between two "<" of a part, which is what a
	// reader of XML must hold; default 1 MiB, several times Excel's longest text.
	TextBytes int
	// RowBytes is the most bytes of one row's texts and formulas, and of the shared
	// formulas of a sheet, which are held in memory; default 64 MiB.
	RowBytes int64
}

func (l Limits) withDefaults() Limits {
	l.Parts = cmp.Or(l.Parts, 10_000)
	l.PartBytes = cmp.Or(l.PartBytes, 4<<30)
	l.TotalBytes = cmp.Or(l.TotalBytes, 16<<30)
	l.SharedStringBytes = cmp.Or(l.SharedStringBytes, 256<<20)
	l.IndexBytes = cmp.Or(l.IndexBytes, 16<<20)
	l.RowBytes = cmp.Or(l.RowBytes, 64<<20)
	l.TextBytes = cmp.Or(l.TextBytes, 1<<20)
	return l
}

// Excel's limits for one sheet.
const (
	maxRow    = 1048576
	maxColumn = 16384
	// maxFormats is the most cell formats of a workbook.
	maxFormats = 65490
	// maxDepth is far below what a document can nest to exhaust a reader, and
	// far above what a workbook does.
	maxDepth = 100
)
