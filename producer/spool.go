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
	object, err := p.stored.Open(ctx, plan.Object)
	if err != nil {
		return nil, planLost(delivery.NotSetUp("object store "+jetsheet.StorePlans, err))
	}
	file, err := os.CreateTemp(p.cfg.TempDir, "jetsheet-plan-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file for the plan: %w", err)
	}
	f := &planFile{file: file, summary: plan}
	sum, err := planSum(io.TeeReader(object, file))
	if err == nil && sum != plan.SHA256 {
		err = fmt.Errorf("%w: its sha256 is %s, the run's record says %s", errPlanLost, sum, plan.SHA256)
	}
	if err != nil {
		f.close()
		return nil, planLost(err)
	}
	return f, nil
}

// planLost wraps [errPlanLost] where a plan is gone or damaged, not where it cannot be read.
func planLost(err error) error {
	for _, lost := range []error{jetstream.ErrObjectNotFound, jetstream.ErrBadObjectMeta, delivery.ErrObjectDamaged} {
		if errors.Is(err, lost) {
			return fmt.Errorf("%w: %w", errPlanLost, err)
		}
	}
	return err
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
