package renderer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// Settings are the numbers an operator may change.
type Settings struct {
	Slots    int           `help:"Workbooks rendered at a time, plus one slot for the express lane." default:"8"`
	Deadline time.Duration `help:"The most work time of one attempt." default:"45m"`
	Grace    time.Duration `help:"How long running work may go on after a shutdown began." default:"20s"`

	PictureBucket PictureSettings `embed:"" prefix:"pictures-"`
}

// Config is what a renderer needs.
type Config struct {
	Settings
	JetStream jetstream.JetStream
	Database  *query.DB
	// Pictures finds pictures by their keys; nil where no bucket is set.
	Pictures Pictures
	// Parse reads definitions.
	Parse func(file string, data []byte) (*report.Definition, error)
	// Templates are those that plans name.
	Templates Templates
	// Render makes the bytes; nil means [Render]. A benchmark of everything around it
	// puts another in.
	Render RenderFunc
	// Refusal, if set, says what NATS refused; see [delivery.Config].
	Refusal delivery.RefusalFunc
	// Worker is this process's name, Version its build.
	Worker  string
	Version string
	Logger  *slog.Logger
}

// RenderFunc writes the workbook of a request; see [Render].
type RenderFunc func(ctx context.Context, s Source, dst io.Writer) (*Result, error)

// Renderer runs the renderer stage. Make it with [New].
type Renderer struct {
	cfg       Config
	js        jetstream.JetStream
	worker    *delivery.Worker
	runs      *runCache
	store     *objectStore
	templates *templateCache
	done      jetstream.Stream
}

// New checks the configuration and looks up what setup makes. A missing part is an
// error that wraps [delivery.ErrNotSetUp].
func New(ctx context.Context, cfg Config) (*Renderer, error) {
	if cfg.Render == nil {
		cfg.Render = Render
	}
	r := &Renderer{cfg: cfg, js: cfg.JetStream, templates: newTemplateCache(cfg.Templates)}
	runs, err := cfg.JetStream.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return nil, delivery.NotSetUp("bucket "+jetsheet.BucketRuns, err)
	}
	r.runs = newRunCache(runs, cfg.Parse)
	if r.store, err = newObjectStore(ctx, cfg.JetStream); err != nil {
		return nil, err
	}
	if r.done, err = cfg.JetStream.Stream(ctx, jetsheet.StreamDone); err != nil {
		return nil, delivery.NotSetUp("stream "+jetsheet.StreamDone, err)
	}
	r.worker, err = delivery.New(ctx, delivery.Config{
		JetStream: cfg.JetStream, Stage: jetsheet.StageRenderer, Worker: cfg.Worker, Version: cfg.Version,
		Stream: jetsheet.StreamConversions, Queues: lanes(), Slots: cfg.Slots,
		Request: readRequest, Handle: r.handle, RecordStarts: true, Gate: r.store.gate,
		Refusal: cfg.Refusal, Deadline: cfg.Deadline, Grace: cfg.Grace, Logger: cfg.Logger,
	})
	return r, err
}

// lanes are the queues in the order in which a free slot asks them.
func lanes() []delivery.Queue {
	var queues []delivery.Queue
	for _, lane := range jetsheet.Lanes() {
		queues = append(queues, delivery.Queue{
			Consumer:  jetsheet.LaneConsumer(lane),
			ExtraSlot: lane == jetsheet.LaneExpress,
			SpareLast: lane == jetsheet.LaneLarge,
		})
	}
	return queues
}

func readRequest(data []byte) (delivery.Content, error) {
	c := delivery.Content{RequestBytes: data}
	err := jetsheet.Decode(data, &c.Request)
	return c, err
}

// Run works until ctx ends, finishes or gives back what is running, and returns
// nil.
func (r *Renderer) Run(ctx context.Context) error {
	var watch sync.WaitGroup
	defer watch.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch.Go(func() { r.runs.watch(ctx, r.cfg.Logger) })
	return r.worker.Run(ctx)
}

// handle is one attempt.
func (r *Renderer) handle(ctx context.Context, job *delivery.Job) error {
	conversion := job.Request.Conversion()
	isDone, err := r.isDone(ctx, conversion)
	if err != nil || isDone {
		return err
	}
	definition, err := r.runs.definition(ctx, conversion.Run, job.Message.Header)
	if err != nil {
		return err
	}
	if tell, ok := job.Kept.(outcome); ok {
		return tell(ctx)
	}
	compiled, err := r.templates.of(ctx, &job.Request)
	if err != nil {
		return err
	}
	object := jetsheet.WorkbookObject(conversion, nuid.Next())
	dst := r.store.create(ctx, object)
	defer dst.discard()
	result, err := r.cfg.Render(ctx, Source{
		Database: r.cfg.Database, Definition: definition, Request: &job.Request, Template: compiled, Pictures: r.pictures(job), Progress: job,
	}, dst)
	if err != nil {
		return classify(ctx, dst, err)
	}
	job.Used(records)
	tell := outcome(func(ctx context.Context) error { return r.settleEmpty(ctx, job, definition, result) })
	if !result.Empty {
		stored, err := dst.close(ctx)
		if err != nil {
			return storeProblem(err)
		}
		tell = func(ctx context.Context) error { return r.announce(ctx, job, object, stored, definition, result) }
	}
	job.Kept = tell
	return tell(ctx)
}

// outcome tells others what came of a request. Where it has to wait, only that is tried
// again: the workbook is stored, and to make another one each time would fill the store
// with workbooks that nobody hears of.
type outcome func(ctx context.Context) error

// isDone says whether the conversion has its done record: then a replay or a
// second delivery has nothing to do.
func (r *Renderer) isDone(ctx context.Context, c jetsheet.Conversion) (bool, error) {
	done, err := delivery.HasMessage(ctx, r.done, jetsheet.DoneSubject(c))
	if err != nil {
		return false, delivery.Unavailable("stream "+jetsheet.StreamDone, err)
	}
	return done, nil
}

// settleEmpty does what the report says about a workbook without rows.
func (r *Renderer) settleEmpty(ctx context.Context, job *delivery.Job, d *report.Definition, result *Result) error {
	if d.Empty == report.EmptyFail {
		return delivery.Permanent(jetsheet.CauseNoRecords, fmt.Errorf("there are no records from %s until %s, and the report says empty: fail",
			job.Request.Period.From.Format(time.RFC3339), job.Request.Period.Until.Format(time.RFC3339)))
	}
	request := &job.Request
	done := jetsheet.Done{
		Envelope: jetsheet.CurrentEnvelope(), Run: request.Run, Tenant: request.Tenant, Target: request.Target.Target,
		Report: request.Run.Report, State: jetsheet.DoneSkipped, Reason: jetsheet.ReasonNoRecords, Period: request.Period,
		Snapshot: result.Snapshot, DefinitionSHA256: d.Digest, Version: r.cfg.Version, At: time.Now().UTC(),
	}
	body, err := json.Marshal(done)
	if err != nil {
		return fmt.Errorf("encode done record: %w", err)
	}
	// The first outcome stays: another attempt may have published a workbook.
	_, err = r.js.Publish(ctx, jetsheet.DoneSubject(request.Conversion()), body, jetstream.WithExpectLastSequencePerSubject(0))
	if err == nil || delivery.WrongLastSequence(err) {
		return nil
	}
	return delivery.Unavailable("stream "+jetsheet.StreamDone, err)
}

// announce tells the uploader. The event is published under the object's name as
// its Msg-Id: this attempt's event once, another attempt's all the same.
func (r *Renderer) announce(ctx context.Context, job *delivery.Job, object string, stored *storedObject, d *report.Definition, result *Result) error {
	event := jetsheet.Rendered{
		Envelope: jetsheet.CurrentEnvelope(), Request: job.RequestBytes,
		Object: object, NUID: stored.nuid, SizeBytes: stored.size, SHA256: stored.sha256,
		Rows: result.Rows, Sheets: result.Sheets, Snapshot: result.Snapshot,
		DefinitionSHA256: d.Digest, Worker: r.cfg.Worker, Version: r.cfg.Version, At: time.Now().UTC(),
	}
	if !result.Notes.Empty() {
		event.Notes = result.Notes
	}
	if job.Request.Route == jetsheet.RouteShadow {
		event.Waive = d.Output.Waive
	}
	body, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode rendered event: %w", err)
	}
	m := nats.NewMsg(jetsheet.RenderedSubject(job.Request.Route, job.Request.Conversion()))
	m.Data = body
	// The uploader's attempts go on counting where the request's stood: without that a
	// workbook that is lost each time would be made for ever.
	if attempt := job.Message.Header.Get(jetsheet.HeaderAttempt); attempt != "" {
		m.Header.Set(jetsheet.HeaderAttempt, attempt)
	}
	jetsheet.KeepHeaders(m.Header, job.Message.Header)
	if _, err := r.js.PublishMsg(ctx, m, jetstream.WithMsgID(object)); err != nil {
		return delivery.Unavailable("stream "+jetsheet.StreamRendered, err)
	}
	return nil
}

// records is what a workbook waits for whose records cannot be read.
const records = "database"

// classify gives an error of Render its class. A destination that fails makes the
// writer fail, so it is asked first.
func classify(ctx context.Context, dst *objectWriter, err error) error {
	if ctx.Err() != nil {
		return err
	}
	if failed := dst.failure(); failed != nil {
		return storeProblem(failed)
	}
	var s *query.StatementError
	if errors.As(err, &s) {
		class, cause := s.Failure()
		return &delivery.Error{Class: class, Cause: cause, Waiting: records, Err: err}
	}
	var d *delivery.Error
	if errors.As(err, &d) {
		return err
	}
	var w *WorkbookError
	if errors.As(err, &w) {
		return delivery.Permanent(jetsheet.CauseWorkbook, err)
	}
	return delivery.Transient(jetsheet.CauseInternal, err)
}
