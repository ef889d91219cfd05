package producer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// publishBatch is how many requests are on their way at a time.
const publishBatch = 500

// laneWindow is the window of a lane. One run of this process at a time fills it; two
// producers may overshoot by a batch.
type laneWindow struct {
	consumer jetstream.Consumer
	mu       sync.Mutex // over Window
	*delivery.Window
}

// pass goes once through a plan, lane by lane, and publishes what is missing.
type pass struct {
	r       *runner
	known   *survey // nil when nothing can have been published before
	cursors []*cursor
	// cancelled is set when the run is: what is missing then fails instead.
	cancelled *jetsheet.Mark
}

// cursor is how far a pass has come in one lane.
type cursor struct {
	lane jetsheet.Lane
	plan *jetsheet.PlanReader
	// again holds targets whose publishing is in doubt.
	again []jetsheet.Target
	ended bool
}

func newPass(r *runner, known *survey) *pass {
	p := &pass{r: r, known: known}
	for _, lane := range r.plan.lanes() {
		p.cursors = append(p.cursors, &cursor{lane: lane, plan: r.plan.lane(lane)})
	}
	return p
}

// fill publishes until the windows are full and says whether the plan's end is
// reached in every lane.
func (p *pass) fill(ctx context.Context) (finished bool, err error) {
	finished = true
	for _, c := range p.cursors {
		if c.lane == "" || p.cancelled != nil {
			err = p.failAll(ctx, c)
		} else {
			err = p.fillLane(ctx, c, p.r.p.lanes[c.lane])
		}
		if err != nil {
			return false, err
		}
		finished = finished && c.ended
	}
	return finished, nil
}

func (p *pass) fillLane(ctx context.Context, c *cursor, w *laneWindow) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	free, _, err := w.Room(ctx)
	if err != nil {
		return err
	}
	for free > 0 && !c.ended && ctx.Err() == nil {
		inDoubt := len(c.again) > 0
		targets, err := p.next(c, min(free, publishBatch))
		if err != nil {
			return err
		}
		if p.known != nil || inDoubt {
			if targets, err = p.recheck(ctx, targets); err != nil {
				c.again = append(c.again, targets...)
				return err
			}
		}
		var stored int
		stored, c.again, err = p.r.p.publishRequests(ctx, p.r.id, targets)
		w.Filled(stored)
		if err != nil {
			return err
		}
		free -= len(targets)
	}
	return ctx.Err()
}

// next takes up to n targets that are to be published.
func (p *pass) next(c *cursor, n int) ([]jetsheet.Target, error) {
	targets := c.again
	c.again = nil
	for len(targets) < n {
		var t jetsheet.Target
		err := c.plan.Read(&t)
		if errors.Is(err, io.EOF) {
			c.ended = len(targets) == 0
			break
		}
		if err != nil {
			c.again = targets
			return nil, err
		}
		if p.known == nil || p.known.missing(jetsheet.Conversion{Run: p.r.id, Tenant: t.Tenant, Target: t.Target}) {
			targets = append(targets, t)
		}
	}
	return targets, nil
}

// recheck leaves out what has an outcome by now: between the survey and this
// moment a conversion may have been done.
func (p *pass) recheck(ctx context.Context, targets []jetsheet.Target) ([]jetsheet.Target, error) {
	kept := targets[:0]
	for i, t := range targets {
		has, err := p.r.p.hasOutcome(ctx, jetsheet.Conversion{Run: p.r.id, Tenant: t.Tenant, Target: t.Target})
		if err != nil {
			return append(kept, targets[i:]...), err
		}
		if !has {
			kept = append(kept, t)
		}
	}
	return kept, nil
}

// failAll records the failures of targets that cannot be asked for, are held or
// belong to a cancelled run.
func (p *pass) failAll(ctx context.Context, c *cursor) error {
	for !c.ended && ctx.Err() == nil {
		targets, err := p.next(c, publishBatch)
		if err != nil {
			return err
		}
		for i := range targets {
			if err := p.failTarget(ctx, &targets[i]); err != nil {
				c.again, c.ended = targets[i:], false
				return err
			}
		}
	}
	return ctx.Err()
}

// failTarget writes the FAILED record of a target that is not queued. Targets of the
// previous system are not ours to fail.
func (p *pass) failTarget(ctx context.Context, t *jetsheet.Target) error {
	switch {
	case !t.Route.Expected():
		return nil
	case t.Problem != nil:
		return p.r.p.recordFailure(ctx, p.r.id, t, t.Problem.Cause, t.Problem.Message)
	case t.Route == jetsheet.RouteHold:
		return p.r.p.recordFailure(ctx, p.r.id, t, jetsheet.CauseHeld, "the tenant's route is hold: neither system makes the workbook")
	default:
		return p.r.p.recordFailure(ctx, p.r.id, t, jetsheet.CauseCancelled, p.cancelled.CancelText())
	}
}

// recordFailure writes a FAILED record unless the conversion has one: the first one
// stays, and with it what a person made of it.
func (p *Producer) recordFailure(ctx context.Context, id jetsheet.RunID, t *jetsheet.Target, cause jetsheet.Cause, message string) error {
	request := jetsheet.NewRequest(id, t)
	body, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("encode request of target %q: %w", t.Target, err)
	}
	f := jetsheet.Failure{
		Stage: jetsheet.StageProducer, Cause: cause, Attempts: 1, Worker: p.cfg.Worker, Version: p.cfg.Version, At: time.Now().UTC(),
		Message: fmt.Sprintf("report %s, tenant %q, target %q: %s", id.Report, t.Tenant, t.Target, message),
		Trace:   request.Conversion().Address().Trace(), Request: body,
	}
	_, err = p.js.PublishMsg(ctx, f.Msg(jetsheet.FailedSubject(request.Conversion())), jetstream.WithExpectLastSequencePerSubject(0))
	if err == nil || delivery.WrongLastSequence(err) {
		return nil
	}
	return refused(jetsheet.StreamFailed, fmt.Errorf("record failure of target %q of tenant %q: %w", t.Target, t.Tenant, err))
}

// publishRequests queues targets and returns how many the stream took, and those for
// which that is in doubt. A request that is queued already is a success.
func (p *Producer) publishRequests(ctx context.Context, id jetsheet.RunID, targets []jetsheet.Target) (stored int, doubt []jetsheet.Target, err error) {
	acks := make([]jetstream.PubAckFuture, 0, len(targets))
	for i := range targets {
		body, err := json.Marshal(jetsheet.NewRequest(id, &targets[i]))
		if err != nil {
			return 0, targets, fmt.Errorf("encode request of target %q: %w", targets[i].Target, err)
		}
		conversion := jetsheet.Conversion{Run: id, Tenant: targets[i].Tenant, Target: targets[i].Target}
		// No Msg-Id: the server would swallow a republished request even after the
		// first one was consumed.
		ack, err := p.js.PublishMsgAsync(&nats.Msg{Subject: jetsheet.RequestSubject(targets[i].Lane, conversion), Data: body},
			jetstream.WithStallWait(10*time.Second))
		if err != nil {
			stored, doubt, _ := p.awaitAcks(ctx, targets[:i], acks)
			return stored, append(doubt, targets[i:]...), refused(jetsheet.StreamConversions, fmt.Errorf("publish request: %w", err))
		}
		acks = append(acks, ack)
	}
	return p.awaitAcks(ctx, targets, acks)
}

func (p *Producer) awaitAcks(ctx context.Context, targets []jetsheet.Target, acks []jetstream.PubAckFuture) (stored int, doubt []jetsheet.Target, err error) {
	var failed error
	timeout := time.NewTimer(30 * time.Second)
	defer timeout.Stop()
	for i, ack := range acks {
		var err error
		select {
		case <-ack.Ok():
		case err = <-ack.Err():
		case <-timeout.C:
			timeout.Reset(0)
			err = errors.New("no acknowledgement within 30 s")
		case <-ctx.Done():
			err = ctx.Err()
		}
		switch {
		case err == nil:
			stored++
		case !delivery.AlreadyQueued(err):
			doubt, failed = append(doubt, targets[i]), err
		}
	}
	if failed != nil {
		return stored, doubt, refused(jetsheet.StreamConversions, fmt.Errorf("publish %d requests: %w", len(doubt), failed))
	}
	return stored, nil, nil
}
