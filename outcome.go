package jetsheet

import (
	"encoding/json"
	"time"
)

// Rendered says that a workbook lies in the object store [StoreWorkbooks]. The
// renderer publishes it on [RenderedSubject] with Msg-Id = Object; the uploader
// reads it.
type Rendered struct {
	Envelope
	// Request is the request byte for byte, so that a failure of the uploader can
	// be replayed like any other.
	Request json.RawMessage `json:"request"`
	// Object is the workbook's name in the object store: new for every attempt and
	// never used again.
	Object string `json:"object"`
	// NUID is the object's chunk subject token, when the whole object is one
	// chunk; empty otherwise. It lets the uploader read the chunk directly.
	NUID      string   `json:"nuid,omitempty"`
	SizeBytes int64    `json:"sizeBytes"`
	SHA256    string   `json:"sha256"`
	Rows      int64    `json:"rows"`
	Sheets    int      `json:"sheets"`
	Snapshot  Snapshot `json:"snapshot"`
	// Notes tells what was changed or left out while rendering; never silent.
	Notes *Notes `json:"notes,omitempty"`
	// Waive are the definition's waivers, where the workbook is to be compared.
	Waive []Waiver `json:"waive,omitempty"`
	// DefinitionSHA256 names the definition that it was made with: the run's, or the one
	// that the request named in [HeaderDefinition].
	DefinitionSHA256 string `json:"definitionSha256,omitempty"`
	// Worker and Version say who rendered it.
	Worker  string `json:"worker"`
	Version string `json:"version"`
	// At is when it was rendered, by the worker's clock.
	At time.Time `json:"at"`
}

// Notes is what a person should know of a workbook that was made all the same.
type Notes struct {
	// Substitutions counts changed values by kind, with some samples.
	Substitutions []Substitution `json:"substitutions,omitempty"`
	// UnknownKeys counts the jsonb keys that no column names.
	UnknownKeys map[string]int64 `json:"unknownKeys,omitempty"`
	// MissingColumns lists columns found in no row.
	MissingColumns []string `json:"missingColumns,omitempty"`
	// Excelize says that the template has what is not compiled, so that it took many times
	// as long to fill; `jetsheet templates check` says what.
	Excelize bool `json:"excelize,omitempty"`
}

// Empty says whether there is nothing to tell; n may be nil.
func (n *Notes) Empty() bool {
	return n == nil || len(n.Substitutions) == 0 && len(n.UnknownKeys) == 0 && len(n.MissingColumns) == 0 && !n.Excelize
}

// Substitution is one kind of change made to values, e.g. an illegal character.
type Substitution struct {
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
	// Cells holds the first places, like Sheet1!B7.
	Cells []string `json:"cells,omitempty"`
}

// DoneState is the way in which a conversion was done.
type DoneState string

// The states of a done conversion.
const (
	// DonePublished: the workbook is on S3 under Key.
	DonePublished DoneState = "published"
	// DoneSkipped: nothing was made, for the Reason no_records.
	DoneSkipped DoneState = "skipped"
	// DoneCompared: a shadow workbook was compared with the previous system's, see
	// [Comparison]; nothing was published.
	DoneCompared DoneState = "compared"
	// DoneSuperseded: a newer run of the same report holds the key.
	DoneSuperseded DoneState = "superseded"
)

// ReasonNoRecords is the reason of [DoneSkipped].
const ReasonNoRecords = "no_records"

// Done is the outcome of a conversion that did not fail. It lies on
// [DoneSubject] in the stream [StreamDone] for 400 days, one message per
// conversion, and never changes once written. It is a public contract: other
// programs may consume the stream, for instance to mark a table of their own
// (deploy/sample has an example). Fields are only ever added.
//
// For [DonePublished] every field below Key is read from the object on S3, not
// from the attempt: where two attempts raced, it tells of the workbook that is
// really there. For [DoneCompared] they tell of the workbook that was compared, and Key
// and Filename say where it would lie; Bucket is empty, as it lies nowhere.
type Done struct {
	Envelope
	Run    RunID     `json:"run"`
	Tenant string    `json:"tenant"`
	Target string    `json:"target"`
	Report string    `json:"report"`
	State  DoneState `json:"state"`
	// Reason explains a skipped or superseded conversion.
	Reason string `json:"reason,omitempty"`
	Period Period `json:"period"`

	// Bucket, Key and Filename say where the workbook is; all are empty when skipped.
	Bucket   string `json:"bucket,omitempty"`
	Key      string `json:"key,omitempty"`
	Filename string `json:"filename,omitempty"`
	// SizeBytes and SHA256 (hex) are the object's; Rows counts data rows over all
	// sheets.
	SizeBytes int64  `json:"sizeBytes,omitempty"`
	SHA256    string `json:"sha256,omitempty"`
	Rows      int64  `json:"rows,omitempty"`
	// Snapshot is the state of the database that the workbook shows.
	Snapshot Snapshot `json:"snapshot,omitzero"`
	// DefinitionSHA256 (hex) names the definition that made the workbook, or found no
	// records: as a rule the one frozen with the run, and another one where a person
	// replayed with the definition of that day, see [HeaderDefinition]. Empty where it is
	// not known.
	DefinitionSHA256 string `json:"definitionSha256,omitempty"`
	// By is the run whose workbook holds the key, when superseded.
	By string `json:"by,omitempty"`
	// Version is the jetsheet that rendered it.
	Version string `json:"version,omitempty"`
	Notes   *Notes `json:"notes,omitempty"`
	// Comparison is there when compared.
	Comparison *Comparison `json:"comparison,omitempty"`
	// At is when the outcome was written, by the worker's clock.
	At time.Time `json:"at"`
}

// Conversion returns the identity of what was done.
func (d *Done) Conversion() Conversion {
	return Conversion{Run: d.Run, Tenant: d.Tenant, Target: d.Target}
}
