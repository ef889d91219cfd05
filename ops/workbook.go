package ops

import (
	"path"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// Who makes a workbook.
const (
	// MadeHere: this pipeline.
	MadeHere = "jetsheet"
	// MadeByPrevious: the previous system; with the route shadow this pipeline makes
	// one too, to compare.
	MadeByPrevious = "previous system"
	// MadeByNobody: the tenant's route is hold.
	MadeByNobody = "nobody"
)

// Workbook is one line of a plan with what became of it.
type Workbook struct {
	Run    jetsheet.RunID  `json:"run"`
	Tenant string          `json:"tenant"`
	Target string          `json:"target"`
	Period jetsheet.Period `json:"period"`
	Route  jetsheet.Route  `json:"route"`
	// MadeBy follows from the route.
	MadeBy string        `json:"madeBy"`
	Lane   jetsheet.Lane `json:"lane,omitempty"`
	Weight int64         `json:"weight"`
	State  State         `json:"state"`

	// Key and Filename are as planned; Bucket is known once it is published.
	Bucket   string `json:"bucket,omitempty"`
	Key      string `json:"key"`
	Filename string `json:"filename"`
	// Rows counts data rows: of the workbook when it is done, read so far while it is
	// rendered.
	Rows      int64  `json:"rows,omitempty"`
	SizeBytes int64  `json:"sizeBytes,omitempty"`
	SHA256    string `json:"sha256,omitempty"`
	// Snapshot is the state of the database that the published workbook shows.
	Snapshot jetsheet.Snapshot `json:"snapshot,omitzero"`
	// By is the run whose workbook holds the key, when superseded; of one that is looked
	// at alone also when a later run has published over it.
	By    string          `json:"by,omitempty"`
	Notes *jetsheet.Notes `json:"notes,omitempty"`
	// Previous is the key of the previous system's workbook, where the route is shadow;
	// Comparison is what came of comparing the two.
	Previous   string               `json:"previous,omitempty"`
	Comparison *jetsheet.Comparison `json:"comparison,omitempty"`

	Stage    jetsheet.Stage `json:"stage,omitempty"`
	Cause    jetsheet.Cause `json:"cause,omitempty"`
	Message  string         `json:"message,omitempty"`
	Attempts int            `json:"attempts,omitempty"`
	RetryAt  time.Time      `json:"retryAt,omitzero"`
	Worker   string         `json:"worker,omitempty"`
	// Since is when the running attempt began.
	Since time.Time `json:"since,omitzero"`
	// At is when the outcome was written; zero without one.
	At time.Time `json:"at,omitzero"`

	// Why says why it is not published, Next what mends it or moves it on. Both are
	// empty for a published one.
	Why  string `json:"why,omitempty"`
	Next string `json:"next,omitempty"`
}

func newWorkbook(run jetsheet.RunID, t *jetsheet.Target) *Workbook {
	w := &Workbook{
		Run: run, Tenant: t.Tenant, Target: t.Target, Period: t.Period, Route: t.Route, MadeBy: MadeBy(t.Route),
		Lane: t.Lane, Weight: t.Weight, Key: t.Key, Filename: t.Filename,
	}
	if t.Route == jetsheet.RouteShadow {
		w.Previous = t.Previous
	}
	if w.Filename == "" && w.Key != "" {
		w.Filename = path.Base(w.Key)
	}
	return w
}

// MadeBy says who makes the workbooks of a tenant with a route.
func MadeBy(route jetsheet.Route) string {
	switch route {
	case jetsheet.RouteLegacy, jetsheet.RouteShadow:
		return MadeByPrevious
	case jetsheet.RouteHold:
		return MadeByNobody
	}
	return MadeHere
}

// Conversion returns the workbook's identity.
func (w *Workbook) Conversion() jetsheet.Conversion {
	return jetsheet.Conversion{Run: w.Run, Tenant: w.Tenant, Target: w.Target}
}

func (w *Workbook) takeDone(d *jetsheet.Done) {
	w.State = State(d.State)
	if w.Route == jetsheet.RouteHold { // a person had it made here all the same
		w.MadeBy = MadeHere
	}
	w.Bucket, w.SizeBytes, w.SHA256, w.Rows = d.Bucket, d.SizeBytes, d.SHA256, d.Rows
	w.Snapshot, w.By, w.Notes, w.Comparison, w.At = d.Snapshot, d.By, d.Notes, d.Comparison, d.At
	if d.Key != "" {
		w.Key = d.Key
	}
}

func (w *Workbook) takeFailure(f *jetsheet.Failure) {
	w.State = StateFailed
	if f.Retrying() {
		w.State = StateRetrying
	}
	w.Stage, w.Cause, w.Message = f.Stage, f.Cause, f.Message
	w.Attempts, w.RetryAt, w.Worker, w.At = f.Attempts, f.RetryAt, f.Worker, f.At
}

func (w *Workbook) takeFlight(f *flight) {
	w.Stage = f.line.stage
	w.State = StateRendering
	if f.line.stage == jetsheet.StageUploader {
		w.State = StateUploading
	}
	r := f.running()
	w.Rows, w.Worker, w.Since = r.Rows, r.Worker, r.Since
	if r.Waiting != "" {
		w.State = StateWaiting
		w.Why = "it waits for " + r.Waiting
		w.Message = r.LastError
	}
}

// WorkbookFilter picks workbooks. Empty fields match everything.
type WorkbookFilter struct {
	// Run is a run's id, the beginning of one, or a report's name for the run of it that
	// was started last.
	// Without it, of each report the newest run that has the workbook is taken.
	Run    string `json:"run,omitempty"`
	Report string `json:"report,omitempty"`
	Tenant string `json:"tenant,omitempty"`
	Target string `json:"target,omitempty"`
	// Period is a label such as 2026-10. Without Run it picks the run too.
	Period string `json:"period,omitempty"`
	// State is one of [States], [AnyDone] or [AnyPending], or one of
	// [jetsheet.ComparisonResults] for those that were compared with that result.
	State string `json:"state,omitempty"`
	// Text is part of the file name or the key, upper or lower case alike; or
	// RUN/TENANT/TARGET, which picks the run too: as [jetsheet.Conversion.String] writes
	// it, or with the ids as they are.
	Text string `json:"text,omitempty"`
	// Limit is the most workbooks; 0 or less means all.
	Limit int `json:"limit,omitempty"`

	conversion string
}

func (f *WorkbookFilter) matches(w *Workbook) bool {
	return (f.Tenant == "" || f.Tenant == w.Tenant) && (f.Target == "" || f.Target == w.Target) &&
		(f.Period == "" || f.Period == w.Period.Label) &&
		(f.conversion == "" || f.conversion == w.Conversion().String() || f.conversion == w.plainName()) &&
		(f.Text == "" || contains(w.Filename, f.Text) || contains(w.Key, f.Text))
}

// plainName is RUN/TENANT/TARGET with the ids as they are, as people read and copy them.
func (w *Workbook) plainName() string { return w.Run.String() + "/" + w.Tenant + "/" + w.Target }

// resolve turns a text that names a conversion into what it means.
func (f WorkbookFilter) resolve() WorkbookFilter {
	run, _, ok := strings.Cut(f.Text, "/")
	if _, err := jetsheet.ParseRunID(run); ok && err == nil && strings.Count(f.Text, "/") >= 2 {
		f.conversion, f.Text = f.Text, ""
		if f.Run == "" {
			f.Run = run
		}
	}
	return f
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
