package jetsheet

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"
)

// Route says which system makes a tenant's workbook in a run.
type Route string

// The routes. Disjoint and total: every tenant has exactly one in a run.
const (
	// RouteLegacy: the previous system makes it; nothing here is expected.
	RouteLegacy Route = "legacy"
	// RouteShadow: the previous system makes it; this pipeline renders it too and
	// compares, and publishes nothing.
	RouteShadow Route = "shadow"
	// RouteNew: this pipeline makes it.
	RouteNew Route = "new"
	// RouteHold: neither makes it; the conversion fails as held and can be replayed.
	RouteHold Route = "hold"
)

// Expected says whether a target with this route counts as expected.
func (r Route) Expected() bool { return r == RouteShadow || r == RouteNew || r == RouteHold }

// Valid says whether r is one of the four routes.
func (r Route) Valid() bool { return r == RouteLegacy || r.Expected() }

// Lane is the queue a request waits in.
type Lane string

// The lanes, in the order in which a free slot asks them.
const (
	// LaneExpress is for a person who pressed a button.
	LaneExpress Lane = "express"
	// LaneSmall holds planned requests below the report's limit.
	LaneSmall Lane = "small"
	// LaneLarge holds planned requests at or above it.
	LaneLarge Lane = "large"
	// LaneBulk is for mass replays and backfill.
	LaneBulk Lane = "bulk"
)

// Lanes lists all lanes in the order in which a free slot asks them.
func Lanes() []Lane { return []Lane{LaneExpress, LaneSmall, LaneLarge, LaneBulk} }

// Target is one line of a plan: one workbook, as the targets query and the
// report's definition decided it.
type Target struct {
	// Tenant and Target are the user's ids as PostgreSQL text; any string.
	Tenant string `json:"tenant"`
	Target string `json:"target"`
	Route  Route  `json:"route"`
	// Lane is empty for a target that is never queued: routed legacy or hold, or
	// with a Problem.
	Lane Lane `json:"lane,omitempty"`
	// Weight is the expected number of records; it orders and picks the lane.
	Weight   int64  `json:"weight"`
	Period   Period `json:"period"`
	TimeZone string `json:"timeZone"`
	Locale   string `json:"locale,omitempty"`
	// Template names the template that the workbook is made of; empty for one of sheets.
	Template string `json:"template,omitempty"`
	// TemplateSHA256 is the digest of what that name meant when the run was planned.
	TemplateSHA256 string `json:"templateSha256,omitempty"`
	// Key is the object's key on S3, Filename what a browser saves it as.
	Key      string `json:"key"`
	Filename string `json:"filename,omitempty"`
	// Previous is the key of the previous system's workbook, for shadow.
	Previous string `json:"previous,omitempty"`
	// Values are the columns of the targets row as text; NULL is absent.
	Values map[string]string `json:"values,omitempty"`
	// Problem is set for a target that cannot be asked for, e.g. a NULL id. It
	// becomes one failure and does no harm to the others.
	Problem *TargetProblem `json:"problem,omitempty"`
}

// TargetProblem says why a target fails before it is queued.
type TargetProblem struct {
	Cause   Cause  `json:"cause"`
	Message string `json:"message"`
}

// PlanSummary is what a run's record keeps of its plan.
type PlanSummary struct {
	// Object is the plan's name in the object store [StorePlans].
	Object    string `json:"object"`
	SHA256    string `json:"sha256"`
	SizeBytes int64  `json:"sizeBytes"`
	// Targets counts all lines, Expected those that end in an outcome here.
	Targets  int           `json:"targets"`
	Expected int           `json:"expected"`
	Routes   map[Route]int `json:"routes"`
	Lanes    map[Lane]int  `json:"lanes"`
	// Sections say where the targets of each lane lie in the plan, so that each lane
	// is read from its own place.
	Sections []PlanSection `json:"sections"`
	// Problems counts the targets that fail before they are queued.
	Problems int   `json:"problems,omitempty"`
	Weight   int64 `json:"weight"`
	// Snapshot is PostgreSQL's snapshot the targets were read in.
	Snapshot Snapshot  `json:"snapshot"`
	At       time.Time `json:"at"`
}

// PlanSection is a stretch of consecutive targets of one lane.
type PlanSection struct {
	Lane      Lane  `json:"lane,omitempty"`
	Offset    int64 `json:"offset"`
	SizeBytes int64 `json:"sizeBytes"`
	Targets   int   `json:"targets"`
}

// Snapshot names a state of the database.
type Snapshot struct {
	// ID is the text of pg_current_snapshot().
	ID string `json:"id"`
	// At is the time of the transaction by PostgreSQL's clock.
	At time.Time `json:"at"`
}

// ErrPlan is wrapped by the errors of a [PlanReader].
var ErrPlan = errors.New("plan is damaged")

// PlanWriter writes targets as NDJSON and sums them up.
type PlanWriter struct {
	dst     *bufio.Writer
	digest  hash.Hash
	size    int64
	summary PlanSummary
}

// NewPlanWriter returns a writer to dst. Close it to learn the summary.
func NewPlanWriter(dst io.Writer) *PlanWriter {
	digest := sha256.New()
	return &PlanWriter{
		dst:    bufio.NewWriterSize(io.MultiWriter(dst, digest), 64<<10),
		digest: digest,
		summary: PlanSummary{
			Routes: map[Route]int{},
			Lanes:  map[Lane]int{},
		},
	}
}

// Write appends one target.
func (w *PlanWriter) Write(t *Target) error {
	line, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode target %q of tenant %q: %w", t.Target, t.Tenant, err)
	}
	return w.WriteLine(line, t.Route, t.Lane, t.Weight, t.Problem != nil)
}

// WriteLine appends an encoded target whose sums the caller knows; line has no
// newline at its end.
func (w *PlanWriter) WriteLine(line []byte, route Route, lane Lane, weight int64, problem bool) error {
	if _, err := w.dst.Write(line); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	if err := w.dst.WriteByte('\n'); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	w.section(lane, int64(len(line))+1)
	w.summary.Targets++
	w.summary.Routes[route]++
	if route.Expected() {
		w.summary.Expected++
		w.summary.Weight += weight
		if problem {
			w.summary.Problems++
		}
	}
	if lane != "" {
		w.summary.Lanes[lane]++
	}
	return nil
}

// section adds a line to the section of its lane.
func (w *PlanWriter) section(lane Lane, size int64) {
	last := len(w.summary.Sections) - 1
	if last < 0 || w.summary.Sections[last].Lane != lane {
		w.summary.Sections = append(w.summary.Sections, PlanSection{Lane: lane, Offset: w.size})
		last++
	}
	w.summary.Sections[last].SizeBytes += size
	w.summary.Sections[last].Targets++
	w.size += size
}

// Close flushes and returns the summary without Object, Snapshot and At. It does
// not close dst.
func (w *PlanWriter) Close() (PlanSummary, error) {
	if err := w.dst.Flush(); err != nil {
		return PlanSummary{}, fmt.Errorf("write plan: %w", err)
	}
	w.summary.SHA256 = hex.EncodeToString(w.digest.Sum(nil))
	w.summary.SizeBytes = w.size
	return w.summary, nil
}

// PlanReader reads a plan line by line; memory does not grow with the plan.
type PlanReader struct {
	src  *bufio.Reader
	line int
	buf  []byte
}

// NewPlanReader returns a reader of NDJSON.
func NewPlanReader(src io.Reader) *PlanReader {
	return &PlanReader{src: bufio.NewReaderSize(src, 64<<10)}
}

// Read returns the next target, [io.EOF] after the last one, or an error that
// wraps [ErrPlan].
func (r *PlanReader) Read(t *Target) error {
	line, err := r.readLine()
	if err != nil {
		return err
	}
	*t = Target{}
	if err := json.Unmarshal(line, t); err != nil {
		return fmt.Errorf("%w: line %d: %w", ErrPlan, r.line, err)
	}
	if !t.Route.Valid() {
		return fmt.Errorf("%w: line %d: unknown route %q", ErrPlan, r.line, t.Route)
	}
	return nil
}

func (r *PlanReader) readLine() ([]byte, error) {
	r.buf = r.buf[:0]
	for {
		part, err := r.src.ReadSlice('\n')
		r.buf = append(r.buf, part...)
		switch {
		case err == nil:
			r.line++
			return bytes.TrimSuffix(r.buf, []byte{'\n'}), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(r.buf) == 0:
			return nil, io.EOF
		case errors.Is(err, io.EOF):
			return nil, fmt.Errorf("%w: line %d is cut short", ErrPlan, r.line+1)
		default:
			return nil, fmt.Errorf("read plan at line %d: %w", r.line+1, err)
		}
	}
}
