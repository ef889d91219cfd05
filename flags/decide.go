package flags

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
)

// create makes the record of a run that the KV does not know, and returns what is
// there afterwards: the first writer's.
func (f freezer) create(ctx context.Context, req Request) (*runRecord, error) {
	frozen, err := f.decide(ctx, req)
	if err != nil {
		return nil, err
	}
	record, err := newRunRecord(frozen)
	if err != nil {
		return nil, err
	}
	revision, createErr := f.Runs.Create(ctx, jetsheet.RunKey(req.Run), record.whole)
	if createErr == nil {
		record.revision = revision
		return record, nil
	}
	// Somebody was first, or the reply was lost: what is stored decides.
	record, err = f.readRun(ctx, req.Run)
	if err != nil || record == nil {
		return nil, fmt.Errorf("create the record of run %s: %w", req.Run, errors.Join(createErr, err))
	}
	return record, nil
}

// decide says what a run without a record in the KV is frozen with: with what the
// record store holds, if NATS was lost, or else with the newest flag document.
func (f freezer) decide(ctx context.Context, req Request) (*frozenRecord, error) {
	stored, err := f.store(ctx, req.Run, nil)
	if err != nil || stored != nil {
		return stored, err
	}
	if req.Definition == "" {
		return nil, fmt.Errorf("there is no definition of report %s; apply one with: jetsheet reports apply DIR", req.Run.Report)
	}
	if !utf8.ValidString(req.Definition) {
		return nil, fmt.Errorf("the definition of report %s is not UTF-8", req.Run.Report)
	}
	flags, err := f.flagsFor(ctx, req.Run)
	if err != nil {
		return nil, err
	}
	return newFrozenRecord(&jetsheet.Frozen{
		Envelope:         jetsheet.CurrentEnvelope().Requiring(f.minReader(req.Definition)),
		Run:              req.Run,
		Definition:       req.Definition,
		DefinitionSHA256: digest([]byte(req.Definition)),
		Flags:            flags.json,
		FlagsRevision:    flags.revision,
		FlagsSHA256:      flags.sha256,
		Scope:            req.Scope,
		FrozenAt:         req.Now.UTC(),
		FrozenBy:         req.By,
	})
}

// flagDocument is a flag document and the revision it was read at.
type flagDocument struct {
	json     []byte
	sha256   string
	revision uint64
}

// flagsFor returns the newest flag document, for a re-run that of the scheduled
// run: a tenant that moved in between must not be made by both systems.
func (f freezer) flagsFor(ctx context.Context, run jetsheet.RunID) (flagDocument, error) {
	if run.Rerun == 0 {
		return f.newestFlags(ctx)
	}
	first, err := f.first(ctx, run.First())
	if err != nil {
		return flagDocument{}, fmt.Errorf("scheduled run %s: %w", run.First(), err)
	}
	return flagDocument{json: first.Flags, sha256: first.FlagsSHA256, revision: first.FlagsRevision}, nil
}

// newestFlags reads the flag document from the leader: the bucket is provisioned
// without direct reads.
func (f freezer) newestFlags(ctx context.Context) (flagDocument, error) {
	entry, err := f.Flags.Get(ctx, jetsheet.FlagsKey)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound), errors.Is(err, jetstream.ErrStreamNotFound):
		return flagDocument{}, ErrNoFlagDocument
	case err != nil:
		return flagDocument{}, fmt.Errorf("read the flag document: %w", err)
	}
	d, err := ParseDocument(entry.Value())
	if err != nil {
		return flagDocument{}, fmt.Errorf("revision %d: %w", entry.Revision(), err)
	}
	return flagDocument{json: d.JSON(), sha256: d.SHA256(), revision: entry.Revision()}, nil
}

// first returns what the scheduled run was frozen with. If its freezer was stopped
// half-way it is settled here: otherwise, were NATS lost now, the scheduled run
// could be frozen again with another document than its re-run.
func (f freezer) first(ctx context.Context, run jetsheet.RunID) (*jetsheet.Frozen, error) {
	record, err := f.readRun(ctx, run)
	if err != nil {
		return nil, err
	}
	if record != nil {
		return f.settle(ctx, record)
	}
	stored, err := f.store(ctx, run, nil)
	if err != nil {
		return nil, err
	}
	if stored == nil {
		return nil, ErrNoFirstRun
	}
	return stored.frozen, nil
}
