package ops

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// maxObstacleError is how many characters of an error an obstacle's text has.
const maxObstacleError = 300

// stages are those that work runs through, in the data's order.
func stages() []jetsheet.Stage {
	return []jetsheet.Stage{jetsheet.StageProducer, jetsheet.StageRenderer, jetsheet.StageUploader}
}

// Workers returns the workers that live, or have done so within the last
// [jetsheet.WorkerStateTTL]: by stage in the data's order, and by name. They are asked, so
// that it is true when NATS has no room for what they write.
func (r *Reader) Workers(ctx context.Context) ([]jetsheet.WorkerState, error) {
	workers, err := delivery.LiveWorkers(ctx, r.js.Conn(), r.progress)
	if err != nil {
		return nil, err
	}
	if workers == nil {
		workers = []jetsheet.WorkerState{}
	}
	slices.SortFunc(workers, func(a, b jetsheet.WorkerState) int {
		return cmp.Or(cmp.Compare(rank(a.Stage), rank(b.Stage)), cmp.Compare(a.Worker, b.Worker))
	})
	return workers, nil
}

// rank orders stages; one that this build does not know comes last.
func rank(stage jetsheet.Stage) int {
	if i := slices.Index(stages(), stage); i >= 0 {
		return i
	}
	return len(stages())
}

// Obstacle is why work does not go on that somebody waits for: workers of a stage wait
// for something, or there are none.
type Obstacle struct {
	Stage jetsheet.Stage `json:"stage"`
	// Workers is how many processes wait, 0 where nobody lives; Of how many live.
	Workers int `json:"workers"`
	Of      int `json:"of"`
	// Paused says what they wait for, PausedOn is the same for programs; both are empty
	// where nobody lives, as is the rest.
	Paused   string            `json:"paused,omitempty"`
	PausedOn jetsheet.Resource `json:"pausedOn,omitempty"`
	// Since is when the first of them began to wait, Error why.
	Since time.Time `json:"since,omitzero"`
	Error string    `json:"error,omitempty"`
	// Text is all of it in a sentence for people, Next the command that helps, if one does.
	Text string `json:"text"`
	Next string `json:"next,omitempty"`
}

// Obstacles returns what keeps a run from going on; nothing of one that is over. That
// one of several workers waits does not stop the others, and is told all the same.
func (r *Reader) Obstacles(ctx context.Context, run *RunInfo) ([]Obstacle, error) {
	workers, err := r.Workers(ctx)
	if err != nil {
		return nil, err
	}
	return r.obstacles(ctx, run, workers)
}

func (r *Reader) obstacles(ctx context.Context, run *RunInfo, workers []jetsheet.WorkerState) ([]Obstacle, error) {
	if run.State == jetsheet.RunClosed && run.Counts.Pending == 0 {
		return nil, nil
	}
	list := paused(workers)
	if run.State != jetsheet.RunClosed && !lives(workers, jetsheet.StageProducer) {
		list = append(list, unattended(jetsheet.StageProducer))
	}
	if run.Counts.Pending > 0 {
		more, err := r.unattended(ctx, workers)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	slices.SortStableFunc(list, func(a, b Obstacle) int { return cmp.Compare(rank(a.Stage), rank(b.Stage)) })
	return list, nil
}

// unattended returns the stages that have work in their queues and nobody who does it or
// asks for it: builds before worker states do not say that they live.
func (r *Reader) unattended(ctx context.Context, workers []jetsheet.WorkerState) ([]Obstacle, error) {
	waits, asked := map[jetsheet.Stage]bool{}, map[jetsheet.Stage]bool{}
	_, queues := newLines()
	for _, l := range queues {
		info, err := r.queue(ctx, l)
		if err != nil {
			return nil, err
		}
		waits[l.stage] = waits[l.stage] || info.NumPending > 0 || info.NumAckPending > 0
		asked[l.stage] = asked[l.stage] || info.NumWaiting > 0
	}
	var list []Obstacle
	for _, stage := range []jetsheet.Stage{jetsheet.StageRenderer, jetsheet.StageUploader} {
		if waits[stage] && !asked[stage] && !lives(workers, stage) {
			list = append(list, unattended(stage))
		}
	}
	return list, nil
}

func lives(workers []jetsheet.WorkerState, stage jetsheet.Stage) bool {
	return count(workers, stage, func(*jetsheet.WorkerState) bool { return true }) > 0
}

// count counts the processes of a stage that have a worker of which that is true.
func count(workers []jetsheet.WorkerState, stage jetsheet.Stage, is func(*jetsheet.WorkerState) bool) int {
	processes := map[string]bool{}
	for i := range workers {
		if w := &workers[i]; w.Stage == stage && is(w) {
			processes[w.Process()] = true
		}
	}
	return len(processes)
}

func unattended(stage jetsheet.Stage) Obstacle {
	next := "jetsheet " + string(stage)
	return Obstacle{Stage: stage, Next: next, Text: fmt.Sprintf("no %s is running: start one with: %s", stage, next)}
}

// paused returns what workers wait for, each stage and thing once.
func paused(workers []jetsheet.WorkerState) []Obstacle {
	var list []Obstacle
	for i := range workers {
		w := &workers[i]
		if w.Paused == "" {
			continue
		}
		at := slices.IndexFunc(list, func(o Obstacle) bool { return o.Stage == w.Stage && o.Paused == w.Paused })
		if at < 0 {
			list = append(list, Obstacle{
				Stage: w.Stage, Paused: w.Paused, PausedOn: w.PausedOn, Of: count(workers, w.Stage, func(*jetsheet.WorkerState) bool { return true }),
				Workers: count(workers, w.Stage, func(other *jetsheet.WorkerState) bool { return other.Paused == w.Paused }),
			})
			at = len(list) - 1
		}
		if o := &list[at]; o.Since.IsZero() || w.PausedSince.Before(o.Since) {
			o.Since, o.Error = w.PausedSince.UTC(), w.LastError
		}
	}
	for i := range list {
		list[i].Text = list[i].sentence()
	}
	return list
}

// sentence is "renderer paused since 05:12 UTC: S3 bucket exports: put a.xlsx: 403 …".
func (o *Obstacle) sentence() string {
	who := string(o.Stage)
	if o.Of > 1 {
		who = fmt.Sprintf("%d of %d %ss", o.Workers, o.Of, o.Stage)
	}
	return who + " paused " + pauseText(o.Since, o.Paused, o.Error)
}

// PauseText says for people since when a worker waits, for what and why; "" where it does
// not wait.
func PauseText(w *jetsheet.WorkerState) string {
	if w.Paused == "" {
		return ""
	}
	return pauseText(w.PausedSince, w.Paused, w.LastError)
}

func pauseText(since time.Time, what, why string) string {
	text := fmt.Sprintf("since %s: %s", sinceText(since, time.Now()), what)
	if why = shortError(without(what, why)); why != "" && why != what {
		text += ": " + why
	}
	return text
}

// without takes what is waited for out of an error that says it too, such as "planning of
// run R: database: connection refused".
func without(what, why string) string {
	return strings.TrimPrefix(strings.Replace(": "+why, ": "+what+": ", ": ", 1), ": ")
}

// sinceText leaves out the day where there can be no doubt.
func sinceText(since, now time.Time) string {
	if now.Sub(since) < 20*time.Hour {
		return since.UTC().Format("15:04 UTC")
	}
	return since.UTC().Format("2006-01-02 15:04 UTC")
}

// shortError is the beginning of an error on one line.
func shortError(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > maxObstacleError {
		return string(runes[:maxObstacleError-1]) + "…"
	}
	return string(runes)
}
