package ops

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// digest stands for a conversion's key where there are many.
type digest [16]byte

func digestOf(key string) digest {
	sum := sha256.Sum256([]byte(key))
	return digest(sum[:16])
}

// plan is a run's plan as a stream from the object store, checked against the run's
// record when it is read to its end.
type plan struct {
	*jetsheet.PlanReader
	name string
	want string
	sum  hash.Hash
}

// errPlanGone is of a plan that NATS no longer has. Plans pass their age, 430 days, and the
// records of runs stay, so that one of an old run is no reason to tell nothing of the others.
var errPlanGone = errors.New("it is no longer in NATS, too old or lost")

func (r *Reader) openPlan(ctx context.Context, run *jetsheet.Run) (*plan, error) {
	object, err := r.plans.Open(ctx, run.Plan.Object)
	switch {
	case errors.Is(err, jetstream.ErrObjectNotFound) && run.State == jetsheet.RunClosed:
		return nil, fmt.Errorf("read plan %s: %w; what was published lies on S3; to make the run again: %s",
			run.Plan.Object, errPlanGone, jetsheet.StartAgain(run.ID(), run.Frozen.Scope))
	case errors.Is(err, jetstream.ErrObjectNotFound):
		return nil, fmt.Errorf("read plan %s: %w; the producer plans the run again", run.Plan.Object, errPlanGone)
	case err != nil:
		return nil, fmt.Errorf("read plan %s: %w", run.Plan.Object, err)
	}
	p := &plan{name: run.Plan.Object, want: run.Plan.SHA256, sum: sha256.New()}
	p.PlanReader = jetsheet.NewPlanReader(io.TeeReader(object, p.sum))
	return p, nil
}

// read returns the next target, [io.EOF] after the last one.
func (p *plan) read(t *jetsheet.Target) error {
	err := p.Read(t)
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read plan %s: %w", p.name, err)
	case hex.EncodeToString(p.sum.Sum(nil)) != p.want:
		return fmt.Errorf("read plan %s: %w: its sha256 is not the one in the run's record", p.name, jetsheet.ErrPlan)
	}
	return io.EOF
}

// periodOf returns the period of a plan's first target; the zero period where it has
// none.
func (r *Reader) periodOf(ctx context.Context, run *jetsheet.Run) (jetsheet.Period, error) {
	p, err := r.openPlan(ctx, run)
	if err != nil {
		return jetsheet.Period{}, err
	}
	var t jetsheet.Target
	if err := p.read(&t); err != nil && !errors.Is(err, io.EOF) {
		return jetsheet.Period{}, err
	}
	return t.Period, nil
}
