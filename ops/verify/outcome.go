package verify

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// check looks at one expected conversion.
func (v *verifier) check(ctx context.Context, t *jetsheet.Target, known planned) error {
	c := &conversion{v: v, t: t, id: v.conversion(t)}
	switch {
	case known.done && known.route == routeHold: // reported when it was seen
		return nil
	case known.done:
		return c.checkDone(ctx)
	case known.failed && !known.again:
		v.findings.count(func(r *Report) { r.Failed++; r.Checked++ })
		return c.wantNoObject(ctx, "failed")
	case known.failed, known.again, v.findings.report.Open:
		v.findings.count(func(r *Report) { r.Pending++ })
		return nil
	}
	c.problem(KindNoOutcome, "outcome", "none, and nothing is queued", "done or failed: the run is closed")
	return nil
}

// conversion is one that is being looked at.
type conversion struct {
	v    *verifier
	t    *jetsheet.Target
	id   jetsheet.Conversion
	done *jetsheet.Done
}

func (c *conversion) problem(kind Kind, what, got, want string) {
	c.v.findings.problem(Problem{
		Kind: kind, Conversion: c.id.String(), Tenant: c.t.Tenant, Target: c.t.Target, What: what, Got: got, Want: want,
	})
}

// same reports a difference of one field and says whether there is none.
func (c *conversion) same(kind Kind, what, got, want string) bool {
	if got == want {
		return true
	}
	c.problem(kind, what, got, want)
	return false
}

// checkDone looks at a conversion that is done.
func (c *conversion) checkDone(ctx context.Context) error {
	done, err := c.v.readDone(ctx, c.id.Address())
	if errors.Is(err, jetsheet.ErrMessage) || errors.Is(err, jetsheet.ErrNewerSchema) {
		c.problem(KindOutcomeDiffers, "record", err.Error(), "a done record")
		return nil
	}
	if err != nil {
		return err
	}
	if done == nil {
		c.problem(KindNoOutcome, "outcome", "a record that was deleted meanwhile", "done or failed")
		return nil
	}
	c.done = done
	c.v.findings.count(func(r *Report) { r.Checked++ })
	c.checkRecord()
	if c.t.Route == jetsheet.RouteShadow && done.State != jetsheet.DoneCompared && done.State != jetsheet.DoneSkipped {
		c.problem(KindForbiddenOutcome, "state", string(done.State), "compared or skipped: the previous system makes it")
	}
	switch done.State {
	case jetsheet.DonePublished:
		return c.checkPublished(ctx)
	case jetsheet.DoneSkipped:
		c.v.findings.count(func(r *Report) { r.Skipped++ })
		return c.checkSkipped(ctx)
	case jetsheet.DoneSuperseded:
		c.v.findings.count(func(r *Report) { r.Superseded++ })
		return c.checkSuperseded(ctx)
	case jetsheet.DoneCompared:
		c.checkCompared()
		return c.wantNoObject(ctx, string(done.State))
	default:
		c.problem(KindOutcomeDiffers, "state", string(done.State), "published, skipped, superseded or compared")
		return nil
	}
}

// checkCompared looks at the result of a comparison. What differs is no problem of the run.
func (c *conversion) checkCompared() {
	var result jetsheet.ComparisonResult
	if c.done.Comparison != nil {
		result = c.done.Comparison.Result
	}
	if !slices.Contains(jetsheet.ComparisonResults(), result) {
		c.problem(KindOutcomeDiffers, "comparison", string(result), "equal, waived, different or incomparable")
	}
	c.v.findings.count(func(r *Report) {
		r.Compared++
		if r.Comparisons == nil {
			r.Comparisons = map[jetsheet.ComparisonResult]int64{}
		}
		r.Comparisons[result]++
	})
}

// checkRecord compares the record with the plan. The plan has what the definition gave.
func (c *conversion) checkRecord() {
	d := c.done
	c.same(KindOutcomeDiffers, "conversion", d.Conversion().String(), c.id.String())
	c.same(KindOutcomeDiffers, "tenant", d.Tenant, c.t.Tenant)
	c.same(KindOutcomeDiffers, "target", d.Target, c.t.Target)
	c.same(KindOutcomeDiffers, "report", d.Report, c.id.Run.Report)
	c.same(KindOutcomeDiffers, "period", periodText(d.Period), periodText(c.t.Period))
	if d.State == jetsheet.DoneSkipped {
		c.same(KindOutcomeDiffers, "reason", d.Reason, jetsheet.ReasonNoRecords)
		return
	}
	c.same(KindOutcomeDiffers, "key", d.Key, c.t.Key)
	c.same(KindOutcomeDiffers, "filename", filenameOf(d.Filename, d.Key), filenameOf(c.t.Filename, c.t.Key))
}

func periodText(p jetsheet.Period) string {
	return fmt.Sprintf("%s (%s to %s)", p.Label, p.From.UTC().Format(time.RFC3339Nano), p.Until.UTC().Format(time.RFC3339Nano))
}

// filenameOf is what a browser saves a workbook as: without a name of its own it is the
// key's last part.
func filenameOf(filename, key string) string {
	if filename == "" && key != "" {
		return path.Base(key)
	}
	return filename
}

// readDone reads the outcome of a conversion; nil when there is none. The error of one
// that cannot be read wraps [jetsheet.ErrMessage] or [jetsheet.ErrNewerSchema].
func (v *verifier) readDone(ctx context.Context, a jetsheet.Address) (*jetsheet.Done, error) {
	m, err := v.done.GetLastMsgForSubject(ctx, a.DoneSubject())
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil //nolint:nilnil // absence is an answer
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", a.DoneSubject(), err)
	}
	var d jetsheet.Done
	if err := jetsheet.Decode(m.Data, &d); err != nil {
		return nil, fmt.Errorf("read %s: %w", a.DoneSubject(), err)
	}
	return &d, nil
}

// claims are the keys whose object is said to be a conversion's workbook.
type claims struct {
	mu sync.Mutex
	by map[digest]string
}

// claim returns who has claimed the place before, or "".
func (c *claims) claim(place, conversion string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := digestOf(place)
	first := c.by[key]
	if first == "" {
		c.by[key] = conversion
	}
	return first
}
