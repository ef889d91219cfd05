package producer

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
)

// book is what the producer knows of reports and runs, kept up to date by watching
// their buckets. It is a cache: decisions read the record again.
type book struct {
	mu       sync.Mutex
	reports  map[string]applied
	runs     map[jetsheet.RunID]jetsheet.RunState
	lastTick map[string]time.Time
	// unreadable are reports whose newest definition this build cannot read.
	unreadable map[string]bool
	seen       map[string]bool
}

// applied is a report with its parsed definition.
type applied struct {
	jetsheet.Applied
	definition *report.Definition
}

func newBook() *book {
	return &book{
		reports:    map[string]applied{},
		runs:       map[jetsheet.RunID]jetsheet.RunState{},
		lastTick:   map[string]time.Time{},
		unreadable: map[string]bool{},
		seen:       map[string]bool{},
	}
}

// complete says whether both buckets were read to their end once.
func (b *book) complete() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen["reports"] && b.seen["runs"]
}

func (b *book) markSeen(what string) {
	b.mu.Lock()
	b.seen[what] = true
	b.mu.Unlock()
}

func (b *book) setRun(run jetsheet.RunID, state jetsheet.RunState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs[run] = state
	if run.Rerun == 0 && run.Tick.After(b.lastTick[run.Report]) {
		b.lastTick[run.Report] = run.Tick
	}
}

// open lists the runs that are not closed, oldest first.
func (b *book) open() []jetsheet.RunID {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []jetsheet.RunID
	for id, state := range b.runs {
		if state != jetsheet.RunClosed {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, c jetsheet.RunID) int { return strings.Compare(a.String(), c.String()) })
	return ids
}

// closed says whether a run is known and closed.
func (b *book) closed(run jetsheet.RunID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.runs[run] == jetsheet.RunClosed
}

// scheduled lists the reports that have a calendar and are not paused, by name.
func (b *book) scheduled() []applied {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []applied
	for _, a := range b.reports {
		if a.Paused == nil && a.definition.Schedule != nil {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, c applied) int { return strings.Compare(a.definition.Name, c.definition.Name) })
	return list
}

// unread lists the reports that this build cannot read.
func (b *book) unread() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.unreadable))
}

func (b *book) last(report string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lastTick[report]
}

// watch follows a bucket and calls see for every entry, again from the start after
// a loss of the watch.
func (p *Producer) watch(ctx context.Context, what string, kv jetstream.KeyValue, see func(context.Context, jetstream.KeyValueEntry)) {
	var said delivery.Complaint
	for ctx.Err() == nil {
		began := time.Now()
		err := p.watchOnce(ctx, what, kv, see, &said)
		if err != nil && ctx.Err() == nil {
			p.tell(ctx, what, began, delivery.Unavailable("KV bucket "+kv.Bucket(), err))
			if said.Changed(err) {
				p.log.WarnContext(ctx, "watch lost, watching again", slog.String("bucket", kv.Bucket()), slog.Any("err", err))
			}
		}
		wait(ctx, time.Second)
	}
}

func (p *Producer) watchOnce(ctx context.Context, what string, kv jetstream.KeyValue, see func(context.Context, jetstream.KeyValueEntry), said *delivery.Complaint) error {
	created, err := delivery.BucketCreated(ctx, kv)
	if err != nil {
		return err
	}
	w, err := kv.WatchAll(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = w.Stop() }()
	p.tell(ctx, what, time.Now(), nil)
	said.Changed(nil)
	still := time.NewTicker(p.cfg.Interval)
	defer still.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-still.C:
			if err := delivery.StillBucket(ctx, kv, created); err != nil {
				return err
			}
		case entry, ok := <-w.Updates():
			switch {
			case !ok:
				return nil
			case entry == nil:
				p.book.markSeen(what)
				p.nudge()
			default:
				see(ctx, entry)
				if p.book.complete() {
					p.nudge()
				}
			}
		}
	}
}

func (p *Producer) seeReport(ctx context.Context, entry jetstream.KeyValueEntry) {
	name := entry.Key()
	if entry.Operation() != jetstream.KeyValuePut {
		p.book.mu.Lock()
		delete(p.book.reports, name)
		delete(p.book.unreadable, name)
		p.book.mu.Unlock()
		return
	}
	var a applied
	err := jetsheet.Decode(entry.Value(), &a.Applied)
	if err == nil {
		a.definition, err = p.cfg.Parse(name, []byte(a.Definition))
		err = a.Explain(err)
	}
	if err != nil {
		p.cannotRead(ctx, name, err)
		return
	}
	p.book.mu.Lock()
	p.book.reports[name] = a
	delete(p.book.unreadable, name)
	p.book.mu.Unlock()
}

// cannotRead deals with an applied report that this build cannot read. It must not stop
// the others, nor lose its own schedule.
func (p *Producer) cannotRead(ctx context.Context, name string, err error) {
	newer := errors.Is(err, jetsheet.ErrNewerSchema)
	p.book.mu.Lock()
	p.book.unreadable[name] = true
	if newer {
		// A run with what we knew would be one that nobody wants any more. A newer
		// producer makes it, from the last recorded tick on.
		delete(p.book.reports, name)
	}
	p.book.mu.Unlock()
	if newer {
		p.log.WarnContext(ctx, "applied report is left to a newer producer; update this one", slog.String("report", name), slog.Any("err", err))
		return
	}
	p.log.ErrorContext(ctx, "applied report cannot be read; apply it again with: jetsheet reports apply", slog.String("report", name), slog.Any("err", err))
}

func (p *Producer) seeRun(ctx context.Context, entry jetstream.KeyValueEntry) {
	if entry.Operation() != jetstream.KeyValuePut || jetsheet.IsDefinitionKey(entry.Key()) {
		return
	}
	id, err := jetsheet.ParseRunID(entry.Key())
	var run jetsheet.Run
	if err == nil {
		err = jetsheet.Decode(entry.Value(), &run)
	}
	if errors.Is(err, jetsheet.ErrNewerSchema) {
		p.log.WarnContext(ctx, "run is left to a newer producer; update this one", slog.String("run", entry.Key()), slog.Any("err", err))
		return
	}
	if err != nil {
		p.log.ErrorContext(ctx, "run record cannot be read", slog.String("run", entry.Key()), slog.Any("err", err))
		return
	}
	p.book.setRun(id, run.State)
}

// waitOr sleeps until it is woken and says whether it was.
func waitOr(ctx context.Context, d time.Duration, wake <-chan struct{}) (woken bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-wake:
		return true
	}
	return false
}

// wait sleeps and says whether ctx is still alive.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
