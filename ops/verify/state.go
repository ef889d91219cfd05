package verify

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// readStates learns where each conversion is, in the order in which it moves: one that
// moves on meanwhile is seen twice rather than not at all.
func (v *verifier) readStates(ctx context.Context) error {
	id := v.run.ID()
	patterns := []string{}
	for _, lane := range jetsheet.Lanes() {
		patterns = append(patterns, jetsheet.RunRequestSubjects(lane, id))
	}
	for _, pattern := range patterns {
		if err := v.markQueued(ctx, jetsheet.StreamConversions, pattern); err != nil {
			return err
		}
	}
	for _, pattern := range jetsheet.RunRenderedSubjects(id) {
		if err := v.markQueued(ctx, jetsheet.StreamRendered, pattern); err != nil {
			return err
		}
	}
	if err := delivery.Scan(ctx, v.cfg.JetStream, jetsheet.StreamFailed, true, v.markFailed, v.ofTenant(jetsheet.RunFailedSubjects(id))); err != nil {
		return err
	}
	return delivery.Scan(ctx, v.cfg.JetStream, jetsheet.StreamDone, true, v.markDone, v.ofTenant(jetsheet.RunDoneSubjects(id)))
}

// ofTenant narrows a pattern that matches a run's subjects.
func (v *verifier) ofTenant(pattern string) string {
	if v.options.Tenant == "" {
		return pattern
	}
	return strings.TrimSuffix(pattern, ">") + jetsheet.Token(v.options.Tenant) + ".>"
}

// mark changes what is remembered of a planned conversion and says whether there is one.
func (v *verifier) mark(subject string, change func(*planned)) bool {
	key := digestOf(jetsheet.SubjectKey(subject))
	p, ok := v.planned[key]
	if ok {
		change(&p)
		v.planned[key] = p
	}
	return ok
}

// markQueued lists what waits in a work queue; the publishing window bounds it.
func (v *verifier) markQueued(ctx context.Context, stream, pattern string) error {
	handle, err := v.cfg.JetStream.Stream(ctx, stream)
	if err != nil {
		return delivery.NotSetUp("stream "+stream, err)
	}
	info, err := handle.Info(ctx, jetstream.WithSubjectFilter(v.ofTenant(pattern)))
	if err != nil {
		return fmt.Errorf("list subjects of stream %s: %w", stream, err)
	}
	for subject := range info.State.Subjects {
		v.mark(subject, func(p *planned) { p.again = true })
	}
	return nil
}

func (v *verifier) markFailed(m jetstream.Msg) error {
	f, err := jetsheet.ParseFailure(m.Headers(), nil)
	retrying := err == nil && f.Retrying()
	planned := v.mark(m.Subject(), func(p *planned) { p.failed, p.again = true, p.again || retrying })
	if !planned {
		// Anybody who may publish can put a message under a run's subjects, and what is no
		// request fails like one.
		v.findings.notice("there are failures of conversions that nobody planned; look at them with: jetsheet runs show " + v.run.ID().String())
	}
	return nil
}

func (v *verifier) markDone(m jetstream.Msg) error {
	if v.mark(m.Subject(), func(p *planned) { p.done = true }) {
		key := digestOf(jetsheet.SubjectKey(m.Subject()))
		if route := v.planned[key].route; route == routeLegacy || route == routeHold {
			v.findings.problem(Problem{
				Kind: KindForbiddenOutcome, Conversion: conversionOf(m.Subject()), What: "outcome",
				Got: "a record in " + jetsheet.StreamDone, Want: "none: its route gives it to nobody here",
			})
		}
		return nil
	}
	v.findings.problem(Problem{
		Kind: KindUnplannedOutcome, Conversion: conversionOf(m.Subject()), What: "outcome",
		Got: "a record on " + m.Subject(), Want: "none: the plan has no such conversion",
	})
	return nil
}

// conversionOf writes a subject as [jetsheet.Conversion.String] would; what is no
// conversion's subject stays as it is.
func conversionOf(subject string) string {
	if key := jetsheet.SubjectKey(subject); key != "" {
		return strings.ReplaceAll(key, ".", "/")
	}
	return subject
}
