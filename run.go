package jetsheet

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// tickLayout is the first part of a run id. It sorts by time as text.
const tickLayout = "20060102T150405Z"

// ErrRunID is returned by [ParseRunID] for text that is not a run id.
var ErrRunID = errors.New("not a run id")

// RunID identifies a run. Its text form, 20261031T200000Z-REPORT-RERUN, is one
// subject token, one KV key and sorts by time.
type RunID struct {
	// Tick is the nominal instant of the report's calendar, in UTC, to the second.
	Tick time.Time
	// Report is the report's name, [a-z0-9-]{1,40}.
	Report string
	// Rerun is 0 for the scheduled run; a re-run carries the time of its creation
	// in milliseconds since 1970, above that of every known run of the same tick.
	Rerun int64
}

// String returns the text form.
func (id RunID) String() string {
	return id.Tick.UTC().Format(tickLayout) + "-" + id.Report + "-" + strconv.FormatInt(id.Rerun, 10)
}

// IsZero says whether the id is unset.
func (id RunID) IsZero() bool { return id.Report == "" && id.Tick.IsZero() }

// Compare orders runs of one report by (tick, rerun), as numbers.
func (id RunID) Compare(other RunID) int {
	return cmp.Or(id.Tick.Compare(other.Tick), cmp.Compare(id.Rerun, other.Rerun))
}

// First returns the id of the scheduled run of the same report and tick, whose
// routes every re-run obeys.
func (id RunID) First() RunID { return RunID{Tick: id.Tick, Report: id.Report} }

// MarshalText implements [encoding.TextMarshaler].
func (id RunID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *RunID) UnmarshalText(text []byte) error {
	parsed, err := ParseRunID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// ParseRunID reads the text form. The error wraps [ErrRunID].
func ParseRunID(s string) (RunID, error) {
	tickText, rest, ok := strings.Cut(s, "-")
	if !ok {
		return RunID{}, runIDError(s, "there is no report in it")
	}
	tick, err := time.Parse(tickLayout, tickText)
	if err != nil {
		return RunID{}, runIDError(s, "it does not begin with a time like 20261031T200000Z")
	}
	cut := strings.LastIndexByte(rest, '-')
	if cut < 0 || !ValidReportName(rest[:cut]) {
		return RunID{}, runIDError(s, "its report is not [a-z0-9-]{1,40}")
	}
	rerun, err := strconv.ParseInt(rest[cut+1:], 10, 64)
	if err != nil || rerun < 0 || strconv.FormatInt(rerun, 10) != rest[cut+1:] {
		return RunID{}, runIDError(s, "it does not end with a rerun number")
	}
	return RunID{Tick: tick, Report: rest[:cut], Rerun: rerun}, nil
}

func runIDError(s, why string) error {
	return fmt.Errorf("%w: %q (%s); list the known ones with: jetsheet runs list", ErrRunID, s, why)
}

// ValidReportName says whether a name is [a-z0-9-]{1,40}.
func ValidReportName(name string) bool {
	if name == "" || len(name) > 40 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// Period is the time a workbook covers: From inclusive, Until exclusive.
type Period struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Label names the period in keys and file names, e.g. 2026-10.
	Label string `json:"label"`
}

// RunState is how far a run has come. It only ever moves forward.
type RunState string

// The states of a run, in their order.
const (
	// RunPlanning: frozen, the targets are not known yet.
	RunPlanning RunState = "planning"
	// RunPublishing: the plan is stored, its requests are being queued.
	RunPublishing RunState = "publishing"
	// RunOpen: every request was queued at least once; outcomes are awaited.
	RunOpen RunState = "open"
	// RunClosed: expected = done + failed. A replay does not open it again.
	RunClosed RunState = "closed"
)

var runStateOrder = map[RunState]int{RunPlanning: 1, RunPublishing: 2, RunOpen: 3, RunClosed: 4}

// Before says whether s comes earlier than other in a run's life.
func (s RunState) Before(other RunState) bool { return runStateOrder[s] < runStateOrder[other] }

// Run is the record of one run in the KV bucket [BucketRuns] under
// [RunKey]. The Frozen part never changes after its creation; the rest is moved
// forward by the producer with compare-and-set.
type Run struct {
	Envelope
	Frozen Frozen `json:"frozen"`

	State RunState `json:"state"`
	// Plan is nil while the run is planning.
	Plan *PlanSummary `json:"plan,omitempty"`
	// Problem says why the run stands still, e.g. a statement that PostgreSQL
	// refuses; nil when nothing is wrong.
	Problem *RunProblem `json:"problem,omitempty"`
	// Cancelled marks a run whose pending conversions fail as cancelled.
	Cancelled *Mark `json:"cancelled,omitempty"`
	// Closed holds the counts with which the run closed.
	Closed *Counts `json:"closed,omitempty"`
	// ClosedAt is when it closed; zero before.
	ClosedAt time.Time `json:"closedAt,omitzero"`
}

// ID returns the run's id.
func (r *Run) ID() RunID { return r.Frozen.Run }

// Frozen is the part of a run that is decided before anything is published, by
// whichever system comes first. The same bytes lie on S3 under [RecordKey], and
// where the two differ, S3 wins. The MinReader of both envelopes is at least what the
// definition needs: a build that does not know one of its keys leaves the run to a
// newer one.
type Frozen struct {
	Envelope
	Run RunID `json:"run"`
	// Definition is the report's YAML as it was applied, and its sha256 in hex.
	Definition       string `json:"definition"`
	DefinitionSHA256 string `json:"definitionSha256"`
	// Flags is the flag document from which every tenant's route follows, the KV
	// revision it was read at, and its sha256 in hex. A re-run carries the document
	// of the scheduled run.
	Flags         json.RawMessage `json:"flags"`
	FlagsRevision uint64          `json:"flagsRevision,omitempty"`
	FlagsSHA256   string          `json:"flagsSha256"`
	// Scope narrows a re-run to one tenant or one target; zero means all.
	Scope Scope `json:"scope,omitzero"`
	// FrozenAt and FrozenBy say when and by which program, for people.
	FrozenAt time.Time `json:"frozenAt"`
	FrozenBy string    `json:"frozenBy,omitempty"`
}

// DecidesAs says whether two records of one run give the same plan and the same routes.
// They may name other programs and times: two were made where all of NATS was lost in
// between.
func (f *Frozen) DecidesAs(other *Frozen) bool {
	return f.FlagsSHA256 == other.FlagsSHA256 && f.DefinitionSHA256 == other.DefinitionSHA256 && f.Scope == other.Scope
}

// Scope narrows a re-run. An empty field matches everything.
type Scope struct {
	Tenant string `json:"tenant,omitempty"`
	Target string `json:"target,omitempty"`
}

// Matches says whether a target lies in the scope.
func (s Scope) Matches(tenant, target string) bool {
	return (s.Tenant == "" || s.Tenant == tenant) && (s.Target == "" || s.Target == target)
}

// RunProblem says why a run stands still.
type RunProblem struct {
	// Class is permanent (only a new definition helps: start the run again) or
	// unavailable and transient (it goes on by itself).
	Class   Class     `json:"class"`
	Cause   Cause     `json:"cause"`
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

// Mark records who did something, when and why.
type Mark struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

// CancelText says why a conversion of a cancelled run fails. The mark is the run's.
func (m *Mark) CancelText() string {
	text := "the run was cancelled by " + m.By
	if m.Reason != "" {
		text += ": " + m.Reason
	}
	return text
}

// Counts is how the conversions of a run stand: Expected = Done + Failed + Pending.
type Counts struct {
	Expected int `json:"expected"`
	Done     int `json:"done"`
	Failed   int `json:"failed"`
	Pending  int `json:"pending"`
}

// Applied is what the KV bucket [BucketReports] holds for a report, under its
// name. MinReader is at least what the definition needs: an older build refuses to
// read it, so it neither starts a run with it nor writes over it.
type Applied struct {
	Envelope
	// Definition is the YAML as it was applied.
	Definition string `json:"definition"`
	SHA256     string `json:"sha256"`
	// AppliedAt is when this definition was applied; ScheduledFrom is where its
	// calendar starts: ticks at or before it are not run.
	AppliedAt     time.Time `json:"appliedAt"`
	AppliedBy     string    `json:"appliedBy,omitempty"`
	ScheduledFrom time.Time `json:"scheduledFrom"`
	// Reason is why it was applied, for people.
	Reason string `json:"reason,omitempty"`
	// Paused stops the calendar; ticks missed meanwhile follow catchUp on resume.
	Paused *Mark `json:"paused,omitempty"`
}
