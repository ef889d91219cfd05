package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
)

// applied says what applying a report did, or would do.
type applied struct {
	Report string `json:"report"`
	// Action is created, updated or unchanged.
	Action string `json:"action"`
	// Changes names what differs in an updated report: definition, scheduledFrom.
	Changes       []string  `json:"changes,omitempty"`
	ScheduledFrom time.Time `json:"scheduledFrom"`
	// Paused is set while the report's schedule is stopped.
	Paused bool `json:"paused,omitempty"`

	// before is the definition that was stored; "" for a new report.
	before string
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
	from time.Time
	by   string
	// reason is for people and may be empty.
	reason string
	// now is this machine's clock: NATS has none to ask. It only decides where the
	// calendar of a new report starts; whether a tick is due is PostgreSQL's to say.
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
		result := compareApplied(d.Name, before, next)
		if a.dryRun || result.Action == actionUnchanged {
			return result, nil
		}
		value, err := json.Marshal(next)
		if err != nil {
			return applied{}, fmt.Errorf("encode report %s: %w", d.Name, err)
		}
		_, err = kv.Update(ctx, jetsheet.ReportKey(d.Name), value, revision)
		if delivery.WrongLastSequence(err) {
			continue
		}
		if err != nil {
			return applied{}, fmt.Errorf("store report %s: %w", d.Name, err)
		}
		return result, nil
	}
}

// compareApplied says what storing next in place of before changes.
func compareApplied(name string, before, next *jetsheet.Applied) applied {
	result := applied{Report: name, Action: actionCreated, ScheduledFrom: next.ScheduledFrom, Paused: next.Paused != nil}
	if before == nil {
		return result
	}
	result.before = before.Definition
	if before.SHA256 != next.SHA256 || before.Definition != next.Definition {
		result.Changes = append(result.Changes, "definition")
	}
	if !before.ScheduledFrom.Equal(next.ScheduledFrom) {
		result.Changes = append(result.Changes, "scheduledFrom")
	}
	result.Action = actionUpdated
	if len(result.Changes) == 0 {
		result.Action = actionUnchanged
	}
	return result
}

// nextApplied reads what is stored and makes what is to be stored. before is nil for a
// report that is not known, or whose record is damaged and gives way; revision is what
// the update must meet.
func nextApplied(ctx context.Context, kv jetstream.KeyValue, d *report.Definition, a application) (next, before *jetsheet.Applied, revision uint64, err error) {
	next = &jetsheet.Applied{
		Envelope: jetsheet.CurrentEnvelope().Requiring(d.MinReader), Definition: d.Source, SHA256: d.Digest,
		AppliedAt: a.now, AppliedBy: a.by, Reason: a.reason, ScheduledFrom: a.from,
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
		err := jetsheet.Decode(entry.Value(), before)
		if errors.Is(err, jetsheet.ErrNewerSchema) {
			return nil, nil, 0, fmt.Errorf("read report %s: %w", d.Name, err)
		}
		if err != nil {
			before = nil
		}
	}
	if before != nil {
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
