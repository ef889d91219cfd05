package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// failureGroup is the failures of one run with one cause.
type failureGroup struct {
	run   string // or strayRun
	cause jetsheet.Cause
	count int
	// first are those that failed first, at most MaxSamples.
	first []failedConversion
}

// scope is that of the only conversion that was no request.
func (g *failureGroup) scope() jetsheet.Scope {
	if g.cause != jetsheet.CauseBadMessage || g.count != 1 {
		return jetsheet.Scope{}
	}
	address, err := jetsheet.ParseSubject(failedSubject(g.key(g.first[0])))
	if err != nil {
		return jetsheet.Scope{}
	}
	return ops.ScopeOf(address)
}

type failedConversion struct {
	sequence uint64
	name     string // TENANT.TARGET, or for a stray message the end of its subject
}

// key is the end of the subject in FAILED.
func (g *failureGroup) key(c failedConversion) string {
	if g.run == strayRun {
		return c.name
	}
	return g.run + "." + c.name
}

// failureSample is a failure as people are shown it.
type failureSample struct {
	Sample
	at time.Time
}

// count makes concerns of the failures. What is tried again by itself is not counted,
// but keeps a notice open: it is not mended.
func (b *failureBook) count(ctx context.Context) error {
	samples := map[uint64]failureSample{}
	concerns := []Concern{}
	for _, g := range b.groups() {
		c, err := b.concern(ctx, g, samples)
		if err != nil {
			return err
		}
		concerns = append(concerns, *c)
	}
	b.samples, b.concerns, b.retried = samples, concerns, b.retriedRuns()
	return nil
}

// retriedRuns are the runs of [Sight.Retried].
func (b *failureBook) retriedRuns() map[string]bool {
	runs := map[string]bool{}
	for run, conversions := range b.open {
		for _, f := range conversions {
			if f.retrying && f.replayed {
				runs[run] = true
				break
			}
		}
	}
	return runs
}

func (b *failureBook) groups() []*failureGroup {
	var groups []*failureGroup
	for run, conversions := range b.open {
		ofRun := map[jetsheet.Cause]*failureGroup{}
		for name, f := range conversions {
			g := ofRun[f.cause]
			if g == nil {
				g = &failureGroup{run: run, cause: f.cause}
				ofRun[f.cause] = g
				groups = append(groups, g)
			}
			if !f.retrying {
				g.add(failedConversion{f.sequence, name})
			}
		}
	}
	slices.SortFunc(groups, func(a, b *failureGroup) int {
		return cmp.Or(cmp.Compare(a.run, b.run), cmp.Compare(a.cause, b.cause))
	})
	return groups
}

// add counts a conversion and keeps it if it is among the first.
func (g *failureGroup) add(c failedConversion) {
	g.count++
	if len(g.first) == MaxSamples && c.sequence > g.first[MaxSamples-1].sequence {
		return
	}
	at, _ := slices.BinarySearchFunc(g.first, c, func(a, b failedConversion) int { return cmp.Compare(a.sequence, b.sequence) })
	g.first = slices.Insert(g.first, at, c)
	if len(g.first) > MaxSamples {
		g.first = g.first[:MaxSamples]
	}
}

func (b *failureBook) concern(ctx context.Context, g *failureGroup, samples map[uint64]failureSample) (*Concern, error) {
	c := &Concern{
		Kind: KindFailures, Key: jetsheet.NoticeKey(string(KindFailures), g.run, string(g.cause)),
		Run: g.run, Cause: g.cause, Count: g.count, Unripe: g.count == 0,
		Runbook: runbookPage(jetsheet.Token(string(g.cause))),
	}
	if g.run == strayRun {
		c.Title = "messages that belong to no run failed: " + jetsheet.Token(string(g.cause))
		c.Correct, c.Command, c.Raw = mendStray(g.cause)
	} else {
		id, err := jetsheet.ParseRunID(g.run)
		if err != nil {
			return nil, err
		}
		c.Report = id.Report
		c.Title = fmt.Sprintf("workbooks of run %s failed: %s", g.run, jetsheet.Token(string(g.cause)))
		c.Correct, c.Command, c.Raw = mendFailures(id, g.cause, g.scope())
	}
	for _, f := range g.first {
		s, ok := b.samples[f.sequence]
		if !ok {
			var err error
			if s, err = b.readSample(ctx, failedSubject(g.key(f))); err != nil {
				return nil, err
			}
		}
		samples[f.sequence] = s
		c.Samples = append(c.Samples, s.Sample)
		if c.Since.IsZero() {
			c.Since, c.FirstError = s.at, s.Message
		}
	}
	return c, nil
}

// readSample reads a FAILED record whole: the ids are in its body.
func (b *failureBook) readSample(ctx context.Context, subject string) (failureSample, error) {
	var s failureSample
	if address, err := jetsheet.ParseSubject(subject); err == nil {
		s.Tenant, s.Target = address.Tenant, address.Target
	} else {
		s.Subject = cut(subject, maxIDBytes)
	}
	m, err := b.failed.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return s, nil // it has just expired
	}
	if err != nil {
		return s, fmt.Errorf("read %s: %w", subject, err)
	}
	s.at = m.Time.UTC()
	f, err := jetsheet.ParseFailure(m.Header, m.Data)
	if err != nil {
		s.Message = err.Error()
		return s, nil //nolint:nilerr // a record that cannot be read is shown as that
	}
	if !f.At.IsZero() {
		s.at = f.At.UTC()
	}
	s.Message = cut(f.Message, maxErrorBytes)
	var request jetsheet.Request
	if s.Subject == "" && jetsheet.Decode(f.Request, &request) == nil {
		s.Tenant, s.Target = cut(request.Tenant, maxIDBytes), cut(request.Target.Target, maxIDBytes)
	}
	return s, nil
}

// maxIDBytes bounds an id in a sample: one may be why the conversion failed.
const maxIDBytes = 256

func failedSubject(key string) string {
	return jetsheet.SubjectFailed[:len(jetsheet.SubjectFailed)-1] + key
}
