package verify

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jetsheet/jetsheet"
)

// Problem is one thing that is wrong.
type Problem struct {
	Kind Kind `json:"kind"`
	// Conversion is RUN/TENANT/TARGET with tokens for ids; empty where the problem is of
	// none.
	Conversion string `json:"conversion,omitempty"`
	// Tenant and Target are the ids as the plan has them; empty where it has none.
	Tenant string `json:"tenant,omitempty"`
	Target string `json:"target,omitempty"`
	// What is the thing that differs: a header, a field, a cell such as Sheet1!B7.
	What string `json:"what"`
	Got  string `json:"got"`
	Want string `json:"want"`
	// Hint is an innocent cause that cannot be excluded; often empty.
	Hint string `json:"hint,omitempty"`
}

// Report is what a check found. Conversions are counted once, by their state.
type Report struct {
	Run    jetsheet.RunID    `json:"run"`
	State  jetsheet.RunState `json:"state"`
	Tenant string            `json:"tenant,omitempty"`
	Deep   bool              `json:"deep"`
	// Open says that the run is not closed: what is pending was not checked.
	Open bool `json:"open"`
	// Expected counts the plan's conversions, Checked those with an outcome.
	Expected int64 `json:"expected"`
	Checked  int64 `json:"checked"`
	// Published are the workbooks that lie on S3 as the run made them, Replaced those
	// whose key holds a newer run's since.
	Published  int64 `json:"published"`
	Replaced   int64 `json:"replaced"`
	Skipped    int64 `json:"skipped"`
	Superseded int64 `json:"superseded"`
	Compared   int64 `json:"compared"`
	// Comparisons splits Compared by the result.
	Comparisons map[jetsheet.ComparisonResult]int64 `json:"comparisons,omitempty"`

	Failed  int64 `json:"failed"`
	Pending int64 `json:"pending"`
	// Previous counts the targets that the previous system makes.
	Previous int64 `json:"previous"`

	// Rows and SizeBytes are those of the published workbooks, Cells were compared with the
	// database.
	Rows      int64 `json:"rows"`
	SizeBytes int64 `json:"sizeBytes"`
	Cells     int64 `json:"cells"`
	// Largest is the published workbook with the most rows; nil when there is none.
	Largest *Workbook `json:"largest,omitempty"`
	// ObjectsListed are the objects of the bucket that were seen, ObjectsAsked those
	// whose metadata was read to learn whose they are.
	ObjectsListed int64 `json:"objectsListed"`
	ObjectsAsked  int64 `json:"objectsAsked"`
	// Versions counts noncurrent versions of the run's own workbooks: earlier ones that
	// were replaced or restored. They are no problem.
	Versions int64 `json:"versions"`

	// Problems are the first ones, ProblemCount counts all, Kinds by their kind. Of one
	// workbook's cells the first few are named and counted; CellDifferences counts all.
	Problems        []Problem      `json:"problems"`
	ProblemCount    int64          `json:"problemCount"`
	Kinds           map[Kind]int64 `json:"kinds,omitempty"`
	CellDifferences int64          `json:"cellDifferences,omitempty"`
	// Notices say what could not be looked at.
	Notices []string `json:"notices,omitempty"`
	Seconds float64  `json:"seconds"`
}

// Workbook is a workbook that lies on S3.
type Workbook struct {
	Conversion string `json:"conversion"`
	Key        string `json:"key"`
	Rows       int64  `json:"rows"`
	SizeBytes  int64  `json:"sizeBytes"`
}

// Sound says that nothing is wrong.
func (r *Report) Sound() bool { return r.ProblemCount == 0 }

// Nothing says that there was nothing to check.
func (r *Report) Nothing() bool { return r.Checked == 0 && r.ProblemCount == 0 }

const (
	// maxProblems are named in a report.
	maxProblems = 1000
	// maxShown is how much of a value a problem shows, in bytes.
	maxShown = 200
)

// findings gathers a report from several goroutines.
type findings struct {
	mu       sync.Mutex
	report   Report
	progress func(checked, problems, total int64)
	seen     int64
}

func (f *findings) problem(p Problem) {
	p.Got, p.Want, p.What = shorten(p.Got), shorten(p.Want), shorten(p.What)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.report.ProblemCount++
	if f.report.Kinds == nil {
		f.report.Kinds = map[Kind]int64{}
	}
	f.report.Kinds[p.Kind]++
	if len(f.report.Problems) < maxProblems {
		f.report.Problems = append(f.report.Problems, p)
	}
}

func (f *findings) notice(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.report.Notices, text) {
		f.report.Notices = append(f.report.Notices, text)
	}
}

// count changes the report's numbers.
func (f *findings) count(change func(*Report)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.report)
}

// step says that one more conversion was looked at.
func (f *findings) step() {
	f.mu.Lock()
	f.seen++
	seen, problems, total := f.seen, f.report.ProblemCount, f.report.Expected
	f.mu.Unlock()
	if f.progress != nil {
		f.progress(seen, problems, total)
	}
}

// end returns the report with its problems in an order that does not depend on who was
// faster.
func (f *findings) end(began time.Time) *Report {
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.SortStableFunc(f.report.Problems, func(a, b Problem) int { return strings.Compare(a.Conversion, b.Conversion) })
	f.report.Seconds = time.Since(began).Seconds()
	return &f.report
}

func shorten(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}
