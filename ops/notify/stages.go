package notify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// workerGrace is how long work may wait while no worker of its stage lives.
const workerGrace = 2 * time.Minute

// paused returns what workers wait for, one concern for each stage and resource. People
// are told of it when that has lasted for grace.
func paused(workers []jetsheet.WorkerState, now time.Time, grace time.Duration) []Concern {
	grouped := map[string][]jetsheet.WorkerState{}
	for _, w := range workers {
		if w.Paused != "" {
			key := jetsheet.NoticeKey(string(KindPaused), string(w.Stage), string(w.PausedOn))
			grouped[key] = append(grouped[key], w)
		}
	}
	concerns := make([]Concern, 0, len(grouped))
	for key, group := range grouped {
		slices.SortFunc(group, func(a, b jetsheet.WorkerState) int {
			return cmp.Or(a.PausedSince.Compare(b.PausedSince), cmp.Compare(a.Worker, b.Worker))
		})
		first := group[0]
		c := Concern{
			Kind: KindPaused, Key: key, Stage: first.Stage, Resource: first.PausedOn,
			Title: fmt.Sprintf("%s paused: it waits for %s", first.Stage, oneLine(first.Paused)),
			Count: len(group), FirstError: cmp.Or(first.LastError, first.Paused), Since: first.PausedSince.UTC(),
			Correct: correctResource(first.PausedOn), Runbook: pausedPage(first.PausedOn),
			Unripe: now.Sub(first.PausedSince) < grace,
		}
		for _, w := range group[:min(len(group), MaxSamples)] {
			c.Samples = append(c.Samples, Sample{Worker: w.Worker, Message: cut(cmp.Or(w.LastError, w.Paused), maxErrorBytes)})
		}
		concerns = append(concerns, c)
	}
	return concerns
}

// correctResource says what to look at; work then goes on by itself.
func correctResource(r jetsheet.Resource) string {
	const goesOn = " Work goes on by itself, and no conversion fails of it"
	switch r {
	case jetsheet.ResourceDatabase:
		return "is PostgreSQL up, does it have connections left, is the password right?" + goesOn
	case jetsheet.ResourceS3:
		return "is S3 up, does the bucket exist, may the role write to it?" + goesOn
	case jetsheet.ResourceObjectStore:
		return "do uploaders run and keep up? The store between renderer and uploader is full or gone." + goesOn
	case jetsheet.ResourceNATS:
		return "does NATS have disk left, and do all streams exist? jetsheet setup makes what is missing." + goesOn
	case jetsheet.ResourceFlags:
		return "jetsheet setup makes the first flag document." + goesOn
	default:
		return "look at the error." + goesOn
	}
}

// pausedPage is the page about what is waited for.
func pausedPage(r jetsheet.Resource) string {
	switch r {
	case jetsheet.ResourceDatabase:
		return runbookPage("paused_database")
	case jetsheet.ResourceS3:
		return runbookPage("paused_s3")
	case jetsheet.ResourceObjectStore:
		return runbookPage("paused_object_store")
	case jetsheet.ResourceNATS:
		return runbookPage("paused_nats")
	case jetsheet.ResourceFlags:
		return runbookPage("paused_flags")
	default:
		return runbookPage("paused")
	}
}

// queues are the consumers that the workers of a stage take from.
func queues() map[jetsheet.Stage][][2]string {
	lanes := make([][2]string, 0, len(jetsheet.Lanes()))
	for _, lane := range jetsheet.Lanes() {
		lanes = append(lanes, [2]string{jetsheet.StreamConversions, jetsheet.LaneConsumer(lane)})
	}
	return map[jetsheet.Stage][][2]string{
		jetsheet.StageRenderer: lanes,
		jetsheet.StageUploader: {{jetsheet.StreamRendered, jetsheet.ConsumerUploader}, {jetsheet.StreamRendered, jetsheet.ConsumerUploaderShadow}},
	}
}

// attendance remembers since when work of a stage waits with nobody to do it.
type attendance struct {
	js    jetstream.JetStream
	since map[jetsheet.Stage]time.Time
}

// unattended returns the stages whose work nobody does. That a consumer has messages in
// hand proves nothing: those of a worker that died stay in hand until another one asks.
func (a *attendance) unattended(ctx context.Context, workers []jetsheet.WorkerState, now time.Time) ([]Concern, error) {
	var concerns []Concern
	for stage, consumers := range queues() {
		waiting, asked, err := a.look(ctx, consumers)
		if err != nil {
			return nil, err
		}
		lives := slices.ContainsFunc(workers, func(w jetsheet.WorkerState) bool { return w.Stage == stage })
		if waiting == 0 || asked || lives {
			delete(a.since, stage)
			continue
		}
		if a.since[stage].IsZero() {
			a.since[stage] = now
		}
		concerns = append(concerns, Concern{
			Kind: KindUnattended, Key: jetsheet.NoticeKey(string(KindUnattended), string(stage)), Stage: stage,
			Title: fmt.Sprintf("conversions wait, and no %s is running", stage),
			Count: waiting, Since: a.since[stage], Runbook: runbookPage("no_worker"),
			Command: "jetsheet " + string(stage),
			Unripe:  now.Sub(a.since[stage]) < workerGrace,
		})
	}
	return concerns, nil
}

// look asks how many messages wait in some queues, and whether anybody asks for them.
func (a *attendance) look(ctx context.Context, consumers [][2]string) (waiting int, asked bool, err error) {
	for _, c := range consumers {
		consumer, err := a.js.Consumer(ctx, c[0], c[1])
		if err != nil {
			return 0, false, delivery.NotSetUp("consumer "+c[0]+"/"+c[1], err)
		}
		info := consumer.CachedInfo()
		waiting += int(info.NumPending) + info.NumAckPending //nolint:gosec // streams do not hold 2^63 messages
		asked = asked || info.NumWaiting > 0
	}
	return waiting, asked, nil
}
