package ops

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// live stores the state of a worker.
func (r *rig) live(w *jetsheet.WorkerState) {
	r.t.Helper()
	w.Envelope, w.StartedAt, w.UpdatedAt = jetsheet.CurrentEnvelope(), tick, tick
	_, err := r.reader.progress.Put(r.t.Context(), jetsheet.WorkerKey(w.Stage, w.Worker), r.json(w))
	r.check(err)
}

func worker(stage jetsheet.Stage, name string) *jetsheet.WorkerState {
	return &jetsheet.WorkerState{Stage: stage, Worker: name, Version: "test"}
}

// obstacleTexts are what keeps a run.
func (r *rig) obstacleTexts(id jetsheet.RunID) []string {
	r.t.Helper()
	info, err := r.reader.Info(r.t.Context(), id)
	r.check(err)
	list, err := r.reader.Obstacles(r.t.Context(), info)
	r.check(err)
	var texts []string
	for _, o := range list {
		texts = append(texts, o.Text)
	}
	return texts
}

func TestWorkersInOrder(t *testing.T) {
	t.Parallel()
	r := setup(t)
	if workers, err := r.reader.Workers(t.Context()); err != nil || workers == nil || len(workers) != 0 {
		t.Errorf("without workers: got %#v, %v, want an empty list", workers, err)
	}
	for _, w := range []*jetsheet.WorkerState{
		worker("painter", "p"), worker(jetsheet.StageUploader, "u"), worker(jetsheet.StageRenderer, "b"), worker(jetsheet.StageRenderer, "a"), worker(jetsheet.StageProducer, "z"),
	} {
		r.live(w)
	}
	workers, err := r.reader.Workers(t.Context())
	r.check(err)
	var got []string
	for _, w := range workers {
		got = append(got, string(w.Stage)+" "+w.Worker)
	}
	if want := []string{"producer z", "renderer a", "renderer b", "uploader u", "painter p"}; !slices.Equal(got, want) {
		t.Errorf("workers: got %q, want %q", got, want)
	}
}

// TestObstaclesOfARun goes through what may keep a run, one after the other.
func TestObstaclesOfARun(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("daily", 0)
	one := target("a", "1")
	run := r.store(id, jetsheet.Scope{}, one)
	expect := func(when string, want ...string) {
		t.Helper()
		if got := r.obstacleTexts(id); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", when, got, want)
		}
	}
	const noProducer, noRenderer = "no producer is running: start one with: jetsheet producer", "no renderer is running: start one with: jetsheet renderer"
	expect("nothing runs, nothing is queued", noProducer)
	r.queue(id, &one)
	expect("a request is queued", noProducer, noRenderer)
	r.live(worker(jetsheet.StageProducer, "p"))
	expect("a producer runs", noRenderer)

	// Somebody who asks is a worker, also one that does not say that it lives.
	consumer, err := r.js.Consumer(t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneLarge))
	r.check(err)
	asks, err := consumer.Messages(jetstream.PullMaxMessages(1))
	r.check(err)
	defer asks.Stop()
	go func() { _, _ = asks.Next() }()
	r.eventually("somebody asks", func() bool { return len(r.obstacleTexts(id)) == 0 })

	paused := worker(jetsheet.StageRenderer, "r1")
	paused.Paused, paused.PausedOn, paused.PausedSince = "database", jetsheet.ResourceDatabase, time.Now().Add(-3*time.Hour)
	paused.LastError = "connect:\n  connection refused"
	r.live(paused)
	since := paused.PausedSince.UTC().Format("15:04")
	expect("the only renderer waits", "renderer paused since "+since+" UTC: database: connect: connection refused")
	r.live(worker(jetsheet.StageRenderer, "r2"))
	expect("one of two renderers waits", "1 of 2 renderers paused since "+since+" UTC: database: connect: connection refused")

	detail, err := r.reader.Run(t.Context(), id)
	r.check(err)
	if len(detail.Workers) != 3 || len(detail.Obstacles) != 1 || detail.Obstacles[0].PausedOn != jetsheet.ResourceDatabase || !detail.Obstacles[0].Since.Equal(paused.PausedSince) {
		t.Errorf("detail: got workers %+v, obstacles %+v, want three and the database", detail.Workers, detail.Obstacles)
	}
	r.done(id, &one, jetsheet.DonePublished)
	run.State = jetsheet.RunClosed
	r.put(run)
	expect("the run is over")
}

func TestPauseTextIsShort(t *testing.T) {
	t.Parallel()
	w := worker(jetsheet.StageUploader, "u")
	if got := PauseText(w); got != "" {
		t.Errorf("of a worker that works: got %q, want none", got)
	}
	for _, c := range []struct{ what, why, want string }{
		{"database", "database: refused", "database: refused"},
		{"database", "planning of run r: database: refused", "database: planning of run r: refused"},
		{"S3 bucket exports", "put a.xlsx in S3 bucket exports: 403", "S3 bucket exports: put a.xlsx in S3 bucket exports: 403"},
	} {
		w.Paused, w.PausedSince, w.LastError = c.what, tick, c.why
		if got, want := PauseText(w), "since 2026-10-31 20:00 UTC: "+c.want; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	w.Paused, w.PausedSince, w.LastError = "S3 bucket exports", tick, strings.Repeat("あ ", 400)
	got := PauseText(w)
	if !strings.HasPrefix(got, "since 2026-10-31 20:00 UTC: S3 bucket exports: あ あ") || len([]rune(got)) > 400 || !strings.HasSuffix(got, "…") {
		t.Errorf("got %q, want the day, the bucket and the beginning of the error", got)
	}
}

// TestStatusTellsOfWorkers asks as a program does.
func TestStatusTellsOfWorkers(t *testing.T) {
	t.Parallel()
	r := setup(t)
	id := runOf("daily", 0)
	r.store(id, jetsheet.Scope{}, target("a", "1"))
	r.live(worker(jetsheet.StageUploader, "u"))
	s := &Service{reader: r.reader}
	answer, err := s.answerStatus(t.Context(), []byte(`{"run": "daily"}`))
	r.check(err)
	var got struct {
		Workers   []jetsheet.WorkerState
		Obstacles []Obstacle
	}
	r.check(json.Unmarshal(r.json(answer), &got))
	if len(got.Workers) != 1 || got.Workers[0].Worker != "u" || len(got.Obstacles) != 1 || got.Obstacles[0].Next != "jetsheet producer" {
		t.Errorf("answer: got %+v, want the worker, and that no producer runs", got)
	}
}
