package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

// ReplayDefinition says with which definition of its report a failed conversion is made.
type ReplayDefinition string

// The definitions to choose from.
const (
	// DefinitionFrozen is the one frozen with the run; so is the empty text.
	DefinitionFrozen ReplayDefinition = "frozen"
	// DefinitionCurrent is the one applied when the replay is asked for. What the run's
	// plan says of a workbook stays: its row of the targets query, period, key and file
	// name.
	DefinitionCurrent ReplayDefinition = "current"
)

// check reads the choice of a request.
func (d ReplayDefinition) check() (current bool, err error) {
	switch d {
	case "", DefinitionFrozen:
		return false, nil
	case DefinitionCurrent:
		return true, nil
	default:
		return false, invalid(fmt.Errorf("unknown definition %q; known are %s and %s", d, DefinitionFrozen, DefinitionCurrent))
	}
}

// maxNotices bounds what is said of single runs.
const maxNotices = 10

// currentDefinitions are the definitions applied now, by report.
type currentDefinitions map[string]*report.Definition

// current reads the definition applied now of every report in the set, and holds each
// against the runs whose conversions it is to make.
func (p *replayer) current(ctx context.Context, set *failureSet, answer *ReplayAnswer) (currentDefinitions, error) {
	definitions := currentDefinitions{}
	runs := map[jetsheet.RunID]bool{}
	answer.Definition, answer.Definitions = DefinitionCurrent, map[string]string{}
	for i := range set.list {
		run := set.list[i].address.Run
		if runs[run] {
			continue
		}
		runs[run] = true
		d := definitions[run.Report]
		if d == nil {
			var err error
			if d, err = p.applied(ctx, run.Report); err != nil {
				return nil, err
			}
			definitions[run.Report], answer.Definitions[run.Report] = d, d.Digest
		}
		notice, err := p.standIn(ctx, run, d)
		if err != nil {
			return nil, err
		}
		if notice != "" && len(answer.Notices) < maxNotices {
			answer.Notices = append(answer.Notices, notice)
		}
	}
	return definitions, nil
}

// applied reads the definition that is applied now.
func (p *replayer) applied(ctx context.Context, name string) (*report.Definition, error) {
	d, err := p.definition(ctx, name)
	var refusal *Error
	if errors.As(err, &refusal) {
		return nil, &Error{Text: "there is no current definition to replay with: " + refusal.Text, Next: refusal.Next + ", then replay again", Code: refusal.Code}
	}
	return d, err
}

// standIn says what a person should know of a definition in the place of a run's. One
// that cannot stand there is an error.
func (p *replayer) standIn(ctx context.Context, run jetsheet.RunID, d *report.Definition) (notice string, err error) {
	record, err := p.reader.Record(ctx, run)
	if errors.Is(err, ErrUnknownRun) || errors.Is(err, jetsheet.ErrMessage) || errors.Is(err, jetsheet.ErrNewerSchema) {
		return "", nil // renderers say so, conversion by conversion
	}
	if err != nil {
		return "", err
	}
	frozen, err := p.parse(run.Report, []byte(record.Frozen.Definition))
	if err != nil {
		return "", nil //nolint:nilerr // as above
	}
	if missing := d.Missing(frozen); len(missing) > 0 {
		return "", &Error{
			Text: fmt.Sprintf("the current definition of %s cannot make workbooks of run %s: it uses the columns %s of the targets row, which the run's plan does not have",
				run.Report, run, strings.Join(missing, ", ")),
			Next: "make a new plan with: " + jetsheet.StartAgain(run, jetsheet.Scope{}), Code: CodeInvalid,
		}
	}
	if d.Digest == frozen.Digest {
		return fmt.Sprintf("the current definition of %s is the one that run %s was frozen with; to change it: jetsheet reports apply DIR", run.Report, run), nil
	}
	if keys := d.PlannedOtherwise(frozen); len(keys) > 0 {
		return fmt.Sprintf("%s: the workbooks keep the row, period, key and file name of the plan of run %s, although the current definition has another %s; to plan them anew: %s",
			run.Report, run, strings.Join(keys, ", "), jetsheet.StartAgain(run, jetsheet.Scope{})), nil
	}
	return "", nil
}

// store puts the definitions where renderers find them, before the first request names
// one.
func (p *replayer) store(ctx context.Context, definitions currentDefinitions, by string) error {
	for name, d := range definitions {
		value, err := json.Marshal(jetsheet.StoredDefinition{
			Envelope: jetsheet.CurrentEnvelope().Requiring(d.MinReader), Report: name,
			Definition: d.Source, SHA256: d.Digest, StoredAt: time.Now().UTC(), StoredBy: by,
		})
		if err != nil {
			return fmt.Errorf("encode the definition of %s: %w", name, err)
		}
		_, err = p.reader.runs.Create(ctx, jetsheet.DefinitionKey(d.Digest), value)
		switch {
		case errors.Is(err, jetstream.ErrKeyExists): // by an earlier replay
		case err != nil:
			return fmt.Errorf("store the definition of %s: %w", name, err)
		default:
			p.log.InfoContext(ctx, "definition stored for replays", slog.String("report", name), slog.String("sha256", d.Digest), slog.String("by", by))
		}
	}
	return nil
}

// define writes into a request's headers with which definition it is made, and says
// whether that is known.
func (r *Replay) define(header map[string][]string, name string) bool {
	delete(header, jetsheet.HeaderDefinition) // of an earlier replay
	if r.Definition != DefinitionCurrent {
		return true
	}
	digest, ok := r.Definitions[name]
	if ok {
		header[jetsheet.HeaderDefinition] = []string{digest}
	}
	return ok
}
