package producer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// storePlan writes the plan into the object store, as a stream.
func (p *Producer) storePlan(ctx context.Context, run jetsheet.RunID, c *collector) (*jetsheet.PlanSummary, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	pr, pw := io.Pipe()
	type result struct {
		summary jetsheet.PlanSummary
		err     error
	}
	written := make(chan result, 1)
	go func() {
		w := jetsheet.NewPlanWriter(pw)
		err := c.writeTo(w)
		summary, closeErr := w.Close()
		err = errors.Join(err, closeErr)
		pw.CloseWithError(err)
		written <- result{summary, err}
	}()
	object := jetsheet.PlanObject(run, nuid.Next())
	err := p.putPlan(ctx, object, pr)
	pr.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	r := <-written
	if err != nil && errors.Is(r.err, io.ErrClosedPipe) {
		r.err = nil // what the writer was told of err
	}
	if err := errors.Join(err, r.err); err != nil {
		return nil, fmt.Errorf("store the plan of run %s: %w", run, err)
	}
	r.summary.Object = object
	return &r.summary, nil
}

func (p *Producer) putPlan(ctx context.Context, object string, plan io.Reader) error {
	meta := jetstream.ObjectMeta{Name: object, Opts: &jetstream.ObjectMetaOptions{ChunkSize: jetsheet.ChunkBytes}}
	err := delivery.PutObject(ctx, p.plans, meta, fullChunks{plan})
	if err == nil {
		return nil
	}
	if _, gone := p.plans.Status(ctx); errors.Is(gone, jetstream.ErrStreamNotFound) {
		return delivery.NotSetUp("object store "+jetsheet.StorePlans, gone)
	}
	return err
}

// writeTo writes the targets in their order.
func (c *collector) writeTo(w *jetsheet.PlanWriter) error {
	return c.each(func(e *entry, line []byte) error {
		return w.WriteLine(line, e.route, e.lane, e.weight, e.faulty)
	})
}

// each calls do for every target in their order, with its line, which is valid until
// the next call.
func (c *collector) each(do func(e *entry, line []byte) error) error {
	buf := make([]byte, jetsheet.MaxRequestBytes)
	for i := range c.entries {
		e := &c.entries[i]
		line := buf[:e.size]
		if _, err := c.spool.ReadAt(line, e.offset); err != nil {
			return fmt.Errorf("read temporary plan: %w", err)
		}
		if changed, err := e.amend(line); err != nil {
			return err
		} else if changed != nil {
			line = changed
		}
		if err := do(e, line); err != nil {
			return err
		}
	}
	return nil
}

// amend rewrites a line whose target was given a problem or another lane later.
func (e *entry) amend(line []byte) ([]byte, error) {
	if e.broken == nil && e.repeats == nil && e.lane != jetsheet.LaneExpress {
		return nil, nil
	}
	var t jetsheet.Target
	if err := json.Unmarshal(line, &t); err != nil {
		return nil, fmt.Errorf("read temporary plan: %w", err)
	}
	t.Lane = e.lane
	if e.broken != nil {
		t.Problem = e.broken
	}
	t.Problem = e.repeats.tellIn(t.Problem)
	return encodeTarget(&t)
}

// planSum returns the sha256 of what is read, in hex, also of what is read until an
// error.
func planSum(r io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), err
}
