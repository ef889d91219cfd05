package ops

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
)

const (
	// answerReplayWithin is how long after its request a replay that is not queued yet is
	// answered: most are by then, and the answer says all. `nats req` gives up after 5 s,
	// and then says nothing, not even the replay's id.
	answerReplayWithin = 3 * time.Second
	// replayLease is how long a replay's record may stay unchanged before another
	// process goes on with it; its owner writes it at least every third of that.
	replayLease = 15 * time.Second
)

// replayer queues failed requests again. Replays that take longer than an answer go on
// in the background, here or, where this process ends, in another one.
type replayer struct {
	js     jetstream.JetStream
	reader *Reader
	// owner names this service, also apart from another one in its process.
	owner string
	log   *slog.Logger
	// definition reads the applied definition of a report, parse any other.
	definition func(ctx context.Context, name string) (*report.Definition, error)
	parse      func(file string, data []byte) (*report.Definition, error)
	// start runs work in the background unless the service stops.
	start func(work func(ctx context.Context)) bool
	// window is how many requests may be in the bulk lane, lease is [replayLease],
	// answerWithin is [answerReplayWithin]; a test changes them.
	window       int
	lease        time.Duration
	answerWithin time.Duration

	mu     sync.Mutex
	active map[string]bool // replays that this process queues
}

// replay answers a request.
func (p *replayer) replay(ctx context.Context, req *ReplayRequest) (*ReplayAnswer, error) {
	began := time.Now()
	req.By = cmp.Or(req.By, somebody)
	current, err := req.Definition.check()
	if err != nil {
		return nil, err
	}
	scan, err := p.reader.narrowed(ctx, req.FailureFilter)
	if err != nil {
		return nil, err
	}
	if scan.upTo, err = p.lastFailure(ctx); err != nil {
		return nil, err
	}
	scan.bodies = req.DryRun
	set, advice, err := p.toReplay(ctx, scan)
	if err != nil {
		return nil, err
	}
	answer := &ReplayAnswer{DryRun: req.DryRun, Advice: advice}
	answer.Left, answer.Causes = set.skipped, set.byCause()
	filter := scan.FailureFilter
	answer.Replay = Replay{
		Envelope: jetsheet.CurrentEnvelope(), Filter: filter, Lane: laneFor(len(set.list)), By: req.By, Reason: req.Reason,
		Matched: len(set.list), UpTo: scan.upTo,
	}
	if len(set.list) == 0 && !req.DryRun {
		return nil, nothingToReplay(&answer.Left, answer.Advice)
	}
	var definitions currentDefinitions
	if current {
		if definitions, err = p.current(ctx, set, answer); err != nil {
			return nil, err
		}
	}
	if req.DryRun {
		return answer, p.preview(ctx, set, answer)
	}
	if err := p.store(ctx, definitions, req.By); err != nil {
		return nil, err
	}
	answer.State, answer.Owner, answer.At = ReplayRunning, p.owner, time.Now().UTC()
	answer.ID = jetsheet.NewReplayID(answer.At, strings.ToLower(rand.Text()[:6]))
	return answer, p.begin(ctx, answer, set, began.Add(p.answerWithin))
}

// toReplay reads what a replay tries again, and what helps of the rest.
func (p *replayer) toReplay(ctx context.Context, scan *failureScan) (*failureSet, []CauseAdvice, error) {
	set, err := p.reader.failures(ctx, scan)
	if err != nil {
		return nil, nil, err
	}
	advice := set.leaveOutHopeless(scan)
	return set, advice, p.reader.leaveOutSuperseded(ctx, scan, set)
}

// begin stores the record, queues in the background and waits for that until an instant.
func (p *replayer) begin(ctx context.Context, answer *ReplayAnswer, set *failureSet, answerBy time.Time) error {
	work := newReplayWork(p, &replayEntry{Replay: answer.Replay}, set)
	if err := work.entry.write(ctx, p.reader.progress); err != nil {
		return err
	}
	if !p.run(work) {
		return &Error{Text: "this process is stopping; another one goes on with replay " + answer.ID, Code: CodeUnavailable}
	}
	timer := time.NewTimer(time.Until(answerBy))
	defer timer.Stop()
	select {
	case <-work.ended:
	case <-timer.C:
	case <-ctx.Done():
	}
	answer.Replay = work.snapshot()
	answer.Next = "nats req " + jetsheet.SubjectOps + "." + EndpointStatus + ` '{"replay":"` + answer.ID + `"}'`
	return nil
}

// run starts the work, and says whether it did.
func (p *replayer) run(work *replayWork) bool {
	id := work.entry.ID
	p.mu.Lock()
	p.active[id] = true
	p.mu.Unlock()
	started := p.start(func(ctx context.Context) {
		work.run(ctx)
		p.mu.Lock()
		delete(p.active, id)
		p.mu.Unlock()
	})
	if !started {
		p.mu.Lock()
		delete(p.active, id)
		p.mu.Unlock()
	}
	return started
}

// lastFailure is the last sequence of FAILED.
func (p *replayer) lastFailure(ctx context.Context) (uint64, error) {
	stream, err := p.js.Stream(ctx, jetsheet.StreamFailed)
	if err != nil {
		return 0, delivery.NotSetUp("stream "+jetsheet.StreamFailed, err)
	}
	return stream.CachedInfo().State.LastSeq, nil
}

// watch takes over replays whose process has ended, until ctx ends. It compares
// revisions by its own clock, so that clocks need not agree.
func (p *replayer) watch(ctx context.Context) {
	seen := map[string]seenReplay{}
	ticker := time.NewTicker(p.lease / 3)
	defer ticker.Stop()
	for {
		if err := p.takeOver(ctx, seen); err != nil && ctx.Err() == nil {
			p.log.DebugContext(ctx, "replays not looked up", slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// seenReplay is since when a record has had a revision.
type seenReplay struct {
	revision uint64
	since    time.Time
}

// takeOver goes on with the replays that nobody works on.
func (p *replayer) takeOver(ctx context.Context, seen map[string]seenReplay) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	running, err := runningReplays(ctx, p.reader.progress)
	if err != nil {
		return err
	}
	known := maps.Clone(seen)
	clear(seen)
	for _, e := range running {
		p.mu.Lock()
		ours := p.active[e.ID]
		p.mu.Unlock()
		if ours {
			continue
		}
		at, ok := known[e.ID]
		if !ok || at.revision != e.revision {
			at = seenReplay{e.revision, time.Now()}
		}
		if seen[e.ID] = at; e.Owner != "" && time.Since(at.since) < p.lease {
			continue
		}
		if err := p.resume(ctx, e); err != nil && !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return err
		}
	}
	return nil
}

// resume goes on with a replay. Whoever writes the record first has it.
func (p *replayer) resume(ctx context.Context, e *replayEntry) error {
	e.Owner = p.owner
	if err := e.write(ctx, p.reader.progress); err != nil {
		return err
	}
	scan, err := p.reader.scan(ctx, e.Filter)
	if err != nil {
		return err
	}
	scan.after, scan.upTo = e.After, e.UpTo
	set, _, err := p.toReplay(ctx, scan)
	if err != nil {
		return err
	}
	// What its last process queued and did not write down is pending or done by now.
	e.Queued += max(0, e.Matched-e.Queued-e.Skipped.Total()-len(set.list))
	p.log.InfoContext(ctx, "replay taken over", slog.String("replay", e.ID), slog.Int("left", len(set.list)))
	p.run(newReplayWork(p, e, set))
	return nil
}
