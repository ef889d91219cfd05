package xlsx

// SubstitutionKind names a way in which a cell differs from the value it was
// given.
type SubstitutionKind string

// The kinds of substitutions.
const (
	// TextTooLong: text was cut after 32,767 UTF-16 units, Excel's limit, or that of a page after 255.
	TextTooLong SubstitutionKind = "text_too_long"
	// IllegalCharacter: a control character or a noncharacter, which XML cannot
	// hold, was replaced by U+FFFD.
	IllegalCharacter SubstitutionKind = "illegal_character"
	// InvalidUTF8: bytes that are no UTF-8 were replaced by U+FFFD.
	InvalidUTF8 SubstitutionKind = "invalid_utf8"
	// InexactNumber: a number that Excel would round was written as text, digit
	// for digit.
	InexactNumber SubstitutionKind = "inexact_number"
	// NotANumber: NaN or an infinity was written as text.
	NotANumber SubstitutionKind = "not_a_number"
	// TimeOutOfRange: a date outside 1900–9999, an infinite one, a time of day
	// outside [0, 24h) or a duration that Excel cannot show (negative, or of
	// days and months without an exact length) was written as text.
	TimeOutOfRange SubstitutionKind = "time_out_of_range"
	// FormatMismatch: the value is not what its column's format is for; it was
	// written as what it is.
	FormatMismatch SubstitutionKind = "format_mismatch"
	// SheetRenamed: the sheet's name was illegal or taken.
	SheetRenamed SubstitutionKind = "sheet_renamed"
	// TooManyLinks: a link was written as text alone, since Excel takes 65,530 in a
	// sheet, and a workbook's writer keeps 8 MiB of them, compressed.
	TooManyLinks SubstitutionKind = "too_many_links"
	// PictureUnreadable: what should be a picture is no PNG, JPEG or GIF, or is cut
	// short; the cell says so.
	PictureUnreadable SubstitutionKind = "picture_unreadable"
	// PictureTooLarge: the picture passes 16 MiB or 64 Mi pixels; the cell says so.
	PictureTooLarge SubstitutionKind = "picture_too_large"
	// PictureMissing: the picture that the caller looked for is not there; the cell says so.
	PictureMissing SubstitutionKind = "picture_missing"
	// TooManyPictures: the workbook has 5,000 pictures already, or its writer would have
	// to hold more than 32 MiB of them; the cell says so.
	TooManyPictures SubstitutionKind = "too_many_pictures"
	// FormulaTooLong: a template's formula would name so many ranges that it is longer than the
	// 8,192 characters that Excel takes; it is #REF!.
	FormulaTooLong SubstitutionKind = "formula_too_long"
)

// change is a set of kinds within one cell, one bit for each of changeKinds.
type change uint16

const (
	changedLength change = 1 << iota
	changedCharacter
	changedUTF8
	changedInexact
	changedNaN
	changedRange
	changedFormat
	changedName
	changedLinks
	changedPicture
	changedPictureSize
	changedPictureMissing
	changedPictures
	changedFormula
)

var changeKinds = [...]SubstitutionKind{
	TextTooLong, IllegalCharacter, InvalidUTF8, InexactNumber,
	NotANumber, TimeOutOfRange, FormatMismatch, SheetRenamed, TooManyLinks,
	PictureUnreadable, PictureTooLarge, PictureMissing, TooManyPictures, FormulaTooLong,
}

// Substitution is one change to one cell.
type Substitution struct {
	// Sheet is the sheet's name as it stands in the workbook.
	Sheet string `json:"sheet"`
	// Cell is the cell's reference, "B12"; empty for what is in no cell: a sheet's name,
	// the text at the top or the bottom of a page.
	Cell string `json:"cell,omitempty"`
	// Column is the title of the cell's column, as the caller gave it.
	Column string           `json:"column,omitempty"`
	Kind   SubstitutionKind `json:"kind"`
}

// maxSamples bounds what a workbook full of bad values keeps in memory.
const maxSamples = 20

// Substitutions is every change that was made to a workbook's values: counted
// all, the first 20 named. It holds no values, so it may be logged.
type Substitutions struct {
	Samples []Substitution `json:"samples,omitempty"`
	// Counts has no entry for a kind that did not occur; it is nil when none did.
	Counts map[SubstitutionKind]int64 `json:"counts,omitempty"`
}

// Total is the number of changes of all kinds.
func (s Substitutions) Total() int64 {
	var total int64
	for _, n := range s.Counts {
		total += n
	}
	return total
}

func (s *Substitutions) record(changes change, at Substitution) {
	for i, kind := range changeKinds {
		if changes&(1<<i) == 0 {
			continue
		}
		if s.Counts == nil {
			s.Counts = make(map[SubstitutionKind]int64)
		}
		s.Counts[kind]++
		if len(s.Samples) < maxSamples {
			at.Kind = kind
			s.Samples = append(s.Samples, at)
		}
	}
}
