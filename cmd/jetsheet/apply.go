package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

// applied says what applying a report did, or would do.
type applied struct {
	Report string `json:"report"`
	// Action is created, updated or unchanged.
	Action        string    `json:"action"`
	ScheduledFrom time.Time `json:"scheduledFrom"`
}

// The actions of applied.
const (
	actionCreated   = "created"
	actionUpdated   = "updated"
	actionUnchanged = "unchanged"
)

// application is what a report is applied with.
type application struct {
	// from is where the calendar starts; zero means now for a new report, and as
	// before for one that is known.
	from   time.Time
	by     string
	now    time.Time
	dryRun bool
}

// applyReport stores a definition by compare-and-set.
func applyReport(ctx context.Context, kv jetstream.KeyValue, d *report.Definition, a application) (applied, error) {
	for {
		next, before, revision, err := nextApplied(ctx, kv, d, a)
		if err != nil {
			return applied{}, err
		}
		result := applied{Report: d.Name, Action: actionUpdated, ScheduledFrom: next.ScheduledFrom}
		switch {
		case before == nil:
			result.Action = actionCreated
		case before.SHA256 == next.SHA256 && before.ScheduledFrom.Equal(next.ScheduledFrom):
			result.Action = actionUnchanged
		}
		if a.dryRun || result.Action == actionUnchanged {
			return result, nil
		}
		value, err := json.Marshal(next)
		if err != nil {
			return applied{}, fmt.Errorf("encode report %s: %w", d.Name, err)
		}
		_, err = kv.Update(ctx, jetsheet.ReportKey(d.Name), value, revision)
		var api *jetstream.APIError
		if errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence {
			continue // somebody else applied it meanwhile
		}
		if err != nil {
			return applied{}, fmt.Errorf("store report %s: %w", d.Name, err)
		}
		return result, nil
	}
}

// nextApplied reads what is stored and makes what is to be stored. before is nil for a
// report that is not known; revision is what the update must meet.
func nextApplied(ctx context.Context, kv jetstream.KeyValue, d *report.Definition, a application) (next, before *jetsheet.Applied, revision uint64, err error) {
	next = &jetsheet.Applied{
		Envelope: jetsheet.CurrentEnvelope(), Definition: d.Source, SHA256: d.Digest,
		AppliedAt: a.now, AppliedBy: a.by, ScheduledFrom: a.from,
	}
	entry, err := lastEntry(ctx, kv, jetsheet.ReportKey(d.Name))
	if err != nil {
		return nil, nil, 0, fmt.Errorf("read report %s: %w", d.Name, err)
	}
	if entry != nil {
		revision = entry.Revision()
	}
	if entry != nil && entry.Operation() == jetstream.KeyValuePut {
		before = &jetsheet.Applied{}
		if err := jetsheet.Decode(entry.Value(), before); err != nil {
			return nil, nil, 0, fmt.Errorf("read report %s: %w", d.Name, err)
		}
		next.Paused = before.Paused
		if next.ScheduledFrom.IsZero() {
			next.ScheduledFrom = before.ScheduledFrom
		}
	}
	if next.ScheduledFrom.IsZero() {
		next.ScheduledFrom = a.now
	}
	return next, before, revision, nil
}

// lastEntry reads the newest entry of a key, a delete marker included; nil when there
// is none. An update after a delete must name the marker's revision.
func lastEntry(ctx context.Context, kv jetstream.KeyValue, key string) (jetstream.KeyValueEntry, error) {
	history, err := kv.History(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) || err == nil && len(history) == 0 {
		return nil, nil //nolint:nilnil // absence is an answer
	}
	if err != nil {
		return nil, err
	}
	return history[len(history)-1], nil
}
