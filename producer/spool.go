package producer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// spoolWriter writes lines to a temporary file.
type spoolWriter struct{ *bufio.Writer }

func newSpoolWriter(f *os.File) *spoolWriter { return &spoolWriter{bufio.NewWriterSize(f, 256<<10)} }

// fullChunks reads as much as is asked for: the object store makes one chunk of
// every read, however short.
type fullChunks struct{ r io.Reader }

func (f fullChunks) Read(p []byte) (int, error) {
	n, err := io.ReadFull(f.r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) || n > 0 && errors.Is(err, io.EOF) {
		return n, nil
	}
	return n, err
}

// lookLimit bounds a look at the object store: an answer may be lost with its connection.
const lookLimit = 10 * time.Second

// planFile is a plan on local disk, checked against its run's record. A plan is
// read from several places for as long as its run is published, which an object
// store's reader does not do.
type planFile struct {
	file    *os.File
	summary *jetsheet.PlanSummary
}

// openPlan reads the plan that a run's record names. The error wraps [errPlanLost]
// where the plan is gone or damaged.
func (p *Producer) openPlan(ctx context.Context, run *jetsheet.Run) (*planFile, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	f, err := p.fetchPlan(ctx, run.Plan)
	if err != nil {
		return nil, fmt.Errorf("read plan %s: %w", run.Plan.Object, err)
	}
	return f, nil
}

func (p *Producer) fetchPlan(ctx context.Context, plan *jetsheet.PlanSummary) (*planFile, error) {
	if err := p.planIsWhole(ctx, plan.Object); err != nil {
		return nil, err
	}
	object, err := delivery.GetObject(ctx, p.plans, plan.Object)
	if err != nil {
		return nil, err
	}
	defer func() { _ = object.Close() }()
	file, err := os.CreateTemp(p.cfg.TempDir, "jetsheet-plan-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file for the plan: %w", err)
	}
	f := &planFile{file: file, summary: plan}
	sum, err := planSum(io.TeeReader(object, file))
	if errors.Is(err, jetstream.ErrDigestMismatch) || err == nil && sum != plan.SHA256 {
		err = fmt.Errorf("%w: its sha256 is %s, the run's record says %s", errPlanLost, sum, plan.SHA256)
	}
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// planIsWhole looks whether a plan has all its chunks: the library waits for those that
// are gone.
func (p *Producer) planIsWhole(ctx context.Context, object string) error {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	info, err := p.plans.GetInfo(ctx, object)
	if errors.Is(err, jetstream.ErrObjectNotFound) || errors.Is(err, jetstream.ErrBadObjectMeta) {
		return fmt.Errorf("%w: %w", errPlanLost, err)
	}
	if err != nil {
		return err
	}
	stream, err := p.js.Stream(ctx, jetsheet.StoreStream(jetsheet.StorePlans))
	if err != nil {
		return delivery.NotSetUp("object store "+jetsheet.StorePlans, err)
	}
	subject := jetsheet.ObjectChunkSubject(jetsheet.StorePlans, info.NUID)
	state, err := stream.Info(ctx, jetstream.WithSubjectFilter(subject))
	if err != nil {
		return fmt.Errorf("count chunks: %w", err)
	}
	if have := state.State.Subjects[subject]; have != uint64(info.Chunks) {
		return fmt.Errorf("%w: it has %d of its %d chunks", errPlanLost, have, info.Chunks)
	}
	return nil
}

func (f *planFile) close() {
	_ = f.file.Close()
	_ = os.Remove(f.file.Name())
}

// lanes lists the lanes that have targets, the ones that are never queued ("")
// included.
func (f *planFile) lanes() []jetsheet.Lane {
	var lanes []jetsheet.Lane
	for _, s := range f.summary.Sections {
		lanes = append(lanes, s.Lane)
	}
	return lanes
}

// lane returns a reader of one lane's targets.
func (f *planFile) lane(lane jetsheet.Lane) *jetsheet.PlanReader {
	for _, s := range f.summary.Sections {
		if s.Lane == lane {
			return jetsheet.NewPlanReader(io.NewSectionReader(f.file, s.Offset, s.SizeBytes))
		}
	}
	return jetsheet.NewPlanReader(io.NewSectionReader(f.file, 0, 0))
}
