package verify

import (
	"strings"

	"github.com/jetsheet/jetsheet"
)

// Kind says what is wrong. The list is closed: programs may switch on it.
type Kind string

// The kinds of problems, from the plan to the cells.
const (
	// KindNoOutcome: the run is closed, and the conversion is neither done, failed nor
	// queued.
	KindNoOutcome Kind = "no_outcome"
	// KindUnplannedOutcome: DONE has an outcome of something that the plan does not have.
	KindUnplannedOutcome Kind = "unplanned_outcome"
	// KindForbiddenOutcome: the route does not allow the outcome, such as a workbook
	// published for a tenant that the previous system makes it for.
	KindForbiddenOutcome Kind = "forbidden_outcome"
	// KindOutcomeDiffers: the outcome cannot be read, or says something else than the
	// plan: ids, key, file name, period.
	KindOutcomeDiffers Kind = "outcome_differs"
	// KindSharedKey: two conversions of the run say that their workbook is the one under
	// the same key.
	KindSharedKey Kind = "shared_key"
	// KindObjectMissing: nothing lies under the key of a published workbook.
	KindObjectMissing Kind = "object_missing"
	// KindObjectForeign: what lies there is not the conversion's, nor that of a newer
	// run.
	KindObjectForeign Kind = "object_foreign"
	// KindObjectDamaged: the bytes do not have the recorded sha256 or size.
	KindObjectDamaged Kind = "object_damaged"
	// KindMetadataDiffers: the object's metadata says something else than DONE.
	KindMetadataDiffers Kind = "metadata_differs"
	// KindHeaderDiffers: the content type is not a workbook's, or the
	// Content-Disposition does not give the recorded file name.
	KindHeaderDiffers Kind = "header_differs"
	// KindWorkbookMalformed: the object is no sound workbook.
	KindWorkbookMalformed Kind = "workbook_malformed"
	// KindRowsDiffer: the workbook has another number of rows or sheets than recorded,
	// or a skipped conversion has rows in the database.
	KindRowsDiffer Kind = "rows_differ"
	// KindObjectUnexpected: an object of the run that no outcome accounts for.
	KindObjectUnexpected Kind = "object_unexpected"
	// KindUploadUnfinished: parts of an upload to one of the run's keys were left.
	KindUploadUnfinished Kind = "upload_unfinished"
	// KindNotSuperseded: the conversion is done as superseded, and its key does not hold
	// the newer run's workbook.
	KindNotSuperseded Kind = "not_superseded"
	// KindTargetDiffers (deep): the targets query gives another set of targets, or
	// another key, file name or period, than the plan has.
	KindTargetDiffers Kind = "target_differs"
	// KindSheetDiffers (deep): a sheet is missing, too many, or has another name, header
	// or layout.
	KindSheetDiffers Kind = "sheet_differs"
	// KindCellDiffers (deep): a cell is not what the database gives.
	KindCellDiffers Kind = "cell_differs"
	// KindOtherTenant (deep): a statement gave a row whose tenant or tenant_id is not
	// the conversion's.
	KindOtherTenant Kind = "other_tenant"
	// KindNotComparable (deep): the definition that made the workbook is not there any
	// more, or a statement of it does not run, so nothing can be said of the cells.
	KindNotComparable Kind = "not_comparable"
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{
		KindNoOutcome, KindUnplannedOutcome, KindForbiddenOutcome, KindOutcomeDiffers, KindSharedKey, KindObjectMissing,
		KindObjectForeign, KindObjectDamaged, KindMetadataDiffers, KindHeaderDiffers, KindWorkbookMalformed, KindRowsDiffer,
		KindObjectUnexpected, KindUploadUnfinished, KindNotSuperseded, KindTargetDiffers, KindSheetDiffers, KindCellDiffers,
		KindOtherTenant, KindNotComparable,
	}
}

// Mend says what mends problems of a kind in a run. An empty scope stands for all.
func Mend(kind Kind, run jetsheet.RunID, scope jetsheet.Scope) string {
	again := jetsheet.StartAgain(run, scope)
	if scope == (jetsheet.Scope{}) {
		again += " (add --tenant and --target for one of them)"
	}
	switch kind {
	case KindUnplannedOutcome, KindForbiddenOutcome:
		return "find out who else publishes to " + strings.TrimSuffix(jetsheet.SubjectDone, ">") + run.String() + ".>; the record goes with: nats stream purge " + jetsheet.StreamDone + " --subject=SUBJECT"
	case KindSharedKey:
		return "correct output.key so that it tells the two apart, apply it with: jetsheet reports apply DIR, then: " + again
	case KindObjectForeign:
		return "somebody put another object in the workbook's place, or saved the workbook there by hand. Keep it and clear the key with: aws s3 mv s3://BUCKET/KEY ELSEWHERE, then: " + again +
			"; where the bucket keeps versions, the workbook is an earlier version of the object"
	case KindObjectDamaged:
		return "if somebody changed the workbook on purpose, copy it elsewhere: it is replaced with: " + again
	case KindObjectUnexpected:
		return "look at the object; if nobody put it there on purpose: aws s3 rm s3://BUCKET/KEY"
	case KindUploadUnfinished:
		return "aws s3api abort-multipart-upload --bucket BUCKET --key KEY --upload-id ID; a lifecycle rule does it by itself"
	case KindTargetDiffers:
		return "if the data did not change since the plan, report it; the targets as they are now get workbooks with: " + jetsheet.StartAgain(run, jetsheet.Scope{})
	case KindOtherTenant:
		return "correct the query: its rows must be those of @tenant alone; withdraw the workbook, apply the report with: jetsheet reports apply DIR, then: " + again
	case KindNotComparable:
		return "if a template is missing, its file mends that: jetsheet templates put NAME FILE.xlsx; if the schema changed since the run, correct the report, or compare with a copy of the database from then"
	case KindCellDiffers, KindSheetDiffers, KindRowsDiffer:
		return "if the data did not change after the snapshot, keep the workbook and report it; a new one is made with: " + again
	default:
		return again
	}
}
