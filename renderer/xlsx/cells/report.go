package cells

// Options of a comparison. The zero Options are the defaults.
type Options struct {
	// Max is the most differences that are named; all are counted. Default 100,
	// less than 0 for none.
	Max int
	// Accept, if set, says which differences are known and accepted: they are counted
	// apart, and not named.
	Accept func(*Difference) bool
}

// What says in what two workbooks differ.
type What string

// What can differ.
const (
	DiffSheet      What = "sheet"      // a sheet is in one workbook only
	DiffOrder      What = "order"      // the sheets' order
	DiffVisibility What = "visibility" // whether a sheet is hidden
	DiffKind       What = "kind"       // text, number, … of a cell, or that it is there
	DiffValue      What = "value"
	DiffFormat     What = "format" // the number format
	DiffFormula    What = "formula"
	DiffMerge      What = "merge"   // a merged range is in one sheet only
	DiffPicture    What = "picture" // which pictures lie over a cell
)

// Difference is one of them. A and B are what the two workbooks say, a date or duration
// as people read it with the stored number behind it, cut after 200 bytes; they hold the
// records' content, so they do not belong in logs.
type Difference struct {
	Sheet string `json:"sheet,omitempty"`
	// Cell is a cell's reference or a merged range; empty for a sheet.
	Cell string `json:"cell,omitempty"`
	// Column is the title of the cell's column: the text in a's first row; often empty.
	Column string `json:"column,omitempty"`
	What   What   `json:"what"`
	A      string `json:"a"`
	B      string `json:"b"`
}

// Report is the outcome of a comparison.
type Report struct {
	// Differences are the first ones, in the order of a's sheets.
	Differences []Difference `json:"differences,omitempty"`
	// Total counts all differences that are not accepted, Accepted the others, Cells and Sheets what was compared: a report
	// of no difference over no cell proves nothing.
	Total    int64 `json:"total"`
	Accepted int64 `json:"accepted,omitempty"`
	Cells    int64 `json:"cells"`
	Sheets   int   `json:"sheets"`
}

// Equal says that no difference was found but accepted ones.
func (r Report) Equal() bool { return r.Total == 0 }

const (
	defaultMax = 100
	maxShown   = 200
)
