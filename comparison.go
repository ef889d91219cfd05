package jetsheet

import (
	"slices"
	"strings"
	"time"
)

// ComparisonResult says how a shadow workbook compares with the previous system's.
type ComparisonResult string

// The results of a comparison. The first two speak for the move to [RouteNew].
const (
	// ResultEqual: no cell differs.
	ResultEqual ComparisonResult = "equal"
	// ResultWaived: all that differs is declared in the report, see [Waiver].
	ResultWaived ComparisonResult = "waived"
	// ResultDifferent: something else differs.
	ResultDifferent ComparisonResult = "different"
	// ResultIncomparable: the two could not be compared; Reason says why. It speaks
	// neither for nor against either of them.
	ResultIncomparable ComparisonResult = "incomparable"
)

// Passed says whether the comparison speaks for the move to [RouteNew].
func (r ComparisonResult) Passed() bool { return r == ResultEqual || r == ResultWaived }

// ComparisonResults lists all results.
func ComparisonResults() []ComparisonResult {
	return []ComparisonResult{ResultEqual, ResultWaived, ResultDifferent, ResultIncomparable}
}

// IncomparableReason says why two workbooks could not be compared.
type IncomparableReason string

// The reasons of [ResultIncomparable].
const (
	// ReasonNoPreviousKey: the report does not say where the previous system's workbook
	// is: output.previous.
	ReasonNoPreviousKey IncomparableReason = "no_previous_key"
	// ReasonAbsent: nothing lay under the key [ComparisonWait] after ours was rendered.
	ReasonAbsent IncomparableReason = "absent"
	// ReasonDenied: S3 refused to read it until then.
	ReasonDenied IncomparableReason = "denied"
	// ReasonNotWorkbook: what lies there is no xlsx workbook, or a damaged one.
	ReasonNotWorkbook IncomparableReason = "not_a_workbook"
	// ReasonTooLarge: it is beyond what a comparison may cost.
	ReasonTooLarge IncomparableReason = "too_large"
	// ReasonPreviousChanged: it was written again while it was compared, until then.
	ReasonPreviousChanged IncomparableReason = "previous_changed"
	// ReasonRecordsChanged: the two differ, and so do two of ours, made before and after:
	// somebody changed records meanwhile.
	ReasonRecordsChanged IncomparableReason = "records_changed"
)

// ComparisonWait is how long the previous system's workbook is waited for, from when
// ours was rendered.
const ComparisonWait = 24 * time.Hour

// HeaderCompared marks a request for a second rendering of a shadow workbook whose first
// one differs: only where both of ours are the same, the difference is not one of records
// that somebody changed in between. Uploaders set and read it: the digest of the first
// one's contents, a space, the ETag of the previous system's. See [KeepHeaders].
const HeaderCompared = "Jetsheet-Compared"

// MaxDifferences is the most differences that a [Comparison] names. Each value in them
// is cut after 200 bytes.
const MaxDifferences = 20

// Comparison is what came of comparing a shadow workbook with the previous system's. It
// is part of [Done]. Its differences hold contents of records.
type Comparison struct {
	Result ComparisonResult `json:"result"`
	// Reason says why, when incomparable; Detail says it to people.
	Reason IncomparableReason `json:"reason,omitempty"`
	Detail string             `json:"detail,omitempty"`
	// Previous is the object that it was compared with; its times and sizes are zero
	// where it could not be read.
	Previous PreviousWorkbook `json:"previous"`
	// Sheets and Cells count what was compared: no difference over no cell proves
	// nothing.
	Sheets int   `json:"sheets"`
	Cells  int64 `json:"cells"`
	// Count counts all differences that are not waived, Differences are the first
	// [MaxDifferences] of them. WaivedCount counts the waived ones, Waived splits it by
	// waiver.
	Count       int64        `json:"count"`
	Differences []Difference `json:"differences,omitempty"`
	WaivedCount int64        `json:"waivedCount"`
	Waived      []WaivedKind `json:"waived,omitempty"`
}

// PreviousWorkbook is an object that the previous system wrote.
type PreviousWorkbook struct {
	Bucket       string    `json:"bucket,omitempty"`
	Key          string    `json:"key,omitempty"`
	SizeBytes    int64     `json:"sizeBytes,omitempty"`
	ETag         string    `json:"etag,omitempty"`
	LastModified time.Time `json:"lastModified,omitzero"`
}

// DifferenceKind says in what two workbooks differ.
type DifferenceKind string

// The kinds of differences.
const (
	// DifferentSheet: a sheet is in one workbook only.
	DifferentSheet DifferenceKind = "sheet"
	// DifferentOrder: the sheets stand in another order.
	DifferentOrder DifferenceKind = "order"
	// DifferentVisibility: a sheet is hidden in one workbook.
	DifferentVisibility DifferenceKind = "visibility"
	// DifferentType: text, number, bool, error or empty.
	DifferentType DifferenceKind = "kind"
	// DifferentValue: of the same type.
	DifferentValue DifferenceKind = "value"
	// DifferentFormat: the number format.
	DifferentFormat DifferenceKind = "format"
	// DifferentFormula: the formula behind a value.
	DifferentFormula DifferenceKind = "formula"
	// DifferentMerge: a merged range is in one workbook only.
	DifferentMerge DifferenceKind = "merge"
	// DifferentPicture: which pictures lie over a cell.
	DifferentPicture DifferenceKind = "picture"
)

// DifferenceKinds lists all kinds of differences.
func DifferenceKinds() []DifferenceKind {
	return []DifferenceKind{
		DifferentSheet, DifferentOrder, DifferentVisibility, DifferentType, DifferentValue, DifferentFormat, DifferentFormula, DifferentMerge, DifferentPicture,
	}
}

// InColumn says whether differences of the kind lie in a column.
func (k DifferenceKind) InColumn() bool {
	return slices.Contains([]DifferenceKind{DifferentType, DifferentValue, DifferentFormat, DifferentFormula, DifferentPicture}, k)
}

// Difference is one place in which two workbooks differ.
type Difference struct {
	// Sheet is the sheet's name; empty where the sheets' order differs.
	Sheet string `json:"sheet,omitempty"`
	// Cell is a cell such as B7 or a merged range; empty for what is of a whole sheet.
	Cell string `json:"cell,omitempty"`
	// Column is the title of the cell's column: the text in the first row of ours.
	Column string         `json:"column,omitempty"`
	What   DifferenceKind `json:"what"`
	// Ours and Previous are what the two workbooks say there.
	Ours     string `json:"ours"`
	Previous string `json:"previous"`
}

// Waiver declares differences that are known and accepted: those of one kind, in one
// sheet and column or in all. Reports hold waivers under output.waive:
//
//	output:
//	  key: "{tenant}/{period}/{target}.xlsx"
//	  previous: "exports/{tenant}/{period}/{target}.xlsx"
//	  waive:
//	    - {what: format, column: 記録日時, reason: the previous system shows seconds}
//	    - {what: visibility, reason: the sheet with its queries was hidden there}
type Waiver struct {
	What DifferenceKind `json:"what"`
	// Sheet and Column are titles as the workbook shows them, upper or lower case alike;
	// empty for all.
	Sheet  string `json:"sheet,omitempty"`
	Column string `json:"column,omitempty"`
	// Reason says why they are accepted; never empty.
	Reason string `json:"reason"`
}

// Covers says whether a difference is one of those that are accepted.
func (w *Waiver) Covers(d *Difference) bool {
	return w.What == d.What && (w.Sheet == "" || strings.EqualFold(w.Sheet, d.Sheet)) &&
		(w.Column == "" || strings.EqualFold(w.Column, d.Column))
}

// WaivedKind counts the differences that one waiver covers.
type WaivedKind struct {
	Waiver
	Count int64 `json:"count"`
}
