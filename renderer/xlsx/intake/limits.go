package intake

import "cmp"

// Limits bound what a file may hold and what its check may cost. A zero field takes its
// default. The defaults are several times what forms that people draw have, and small
// enough for a check within 256 MiB and 5 s.
type Limits struct {
	// FileBytes is the most bytes of the file as it is; default 16 MiB.
	FileBytes int64
	// Parts is the most entries of the archive; default 1,000.
	Parts int
	// PartBytes is the most bytes of one part, unpacked; default 32 MiB.
	PartBytes int64
	// TotalBytes is the most bytes of all parts, unpacked; default 64 MiB.
	TotalBytes int64
	// MarkupBytes is the most bytes of all XML, unpacked; default 16 MiB. XML costs more
	// time than pictures do.
	MarkupBytes int64
	// Ratio is how many times larger than packed a part of more than a mebibyte may be;
	// default 200. Sheets have 10 to 60, the most that deflate can is 1,032.
	Ratio int64
	// Depth is how deep elements may be nested; default 64.
	Depth int
	// TagBytes is the most bytes between two "<"; default 1 MiB, several times the longest
	// text of a cell.
	TagBytes int
	// Sheets is the most sheets; default 200.
	Sheets int
	// Rows and Columns are the last ones that a sheet may use; default 100,000 and 2,000.
	Rows, Columns int
	// Cells is the most cells of all sheets; default 500,000.
	Cells int
	// Merges is the most merged ranges of one sheet; default 10,000.
	Merges int
	// DefinedNames is the most defined names; default 5,000.
	DefinedNames int
	// Formats is the most cell formats; default 65,490, which is Excel's limit.
	Formats int
	// SharedStrings is the most different texts; default 200,000.
	SharedStrings int
	// PictureBytes and PicturePixels are the most bytes and pixels of one picture; default
	// 8 MiB and 40,000,000.
	PictureBytes, PicturePixels int64
}

func (l Limits) withDefaults() Limits {
	l.FileBytes = cmp.Or(l.FileBytes, 16<<20)
	l.Parts = cmp.Or(l.Parts, 1000)
	l.PartBytes = cmp.Or(l.PartBytes, 32<<20)
	l.TotalBytes = cmp.Or(l.TotalBytes, 64<<20)
	l.MarkupBytes = cmp.Or(l.MarkupBytes, 16<<20)
	l.Ratio = cmp.Or(l.Ratio, 200)
	l.Depth = cmp.Or(l.Depth, 64)
	l.TagBytes = cmp.Or(l.TagBytes, 1<<20)
	l.Sheets = cmp.Or(l.Sheets, 200)
	l.Rows = cmp.Or(l.Rows, 100_000)
	l.Columns = cmp.Or(l.Columns, 2000)
	l.Cells = cmp.Or(l.Cells, 500_000)
	l.Merges = cmp.Or(l.Merges, 10_000)
	l.DefinedNames = cmp.Or(l.DefinedNames, 5000)
	l.Formats = cmp.Or(l.Formats, 65_490)
	l.SharedStrings = cmp.Or(l.SharedStrings, 200_000)
	l.PictureBytes = cmp.Or(l.PictureBytes, 8<<20)
	l.PicturePixels = cmp.Or(l.PicturePixels, 40_000_000)
	return l
}

// Excel's limits for one sheet.
const (
	lastRow    = 1_048_576
	lastColumn = 16_384
)

// ratioFrom is the size from which the ratio of a part counts: small parts pack well and
// harm nobody.
const ratioFrom = 1 << 20
