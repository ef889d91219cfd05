package flags

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/jetsheet/jetsheet"
)

// maxRunBytes leaves 64 KiB of the server's default max_payload to what the
// producer adds to a run's record later.
const maxRunBytes = 1<<20 - 64<<10

// frozenRecord is the frozen part of a run with the bytes it was read from. The
// bytes are copied from place to place, so that fields which only a newer version
// knows are not lost on the way.
type frozenRecord struct {
	frozen *jetsheet.Frozen
	body   []byte
}

func newFrozenRecord(f *jetsheet.Frozen) (*frozenRecord, error) {
	body, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode the record of run %s: %w", f.Run, err)
	}
	return decodeFrozen(body, f.Run)
}

// decodeFrozen reads a frozen record and holds it to its own digests: no route is
// ever read from a record that was changed.
func decodeFrozen(body []byte, run jetsheet.RunID) (*frozenRecord, error) {
	var f jetsheet.Frozen
	if err := jetsheet.Decode(body, &f); err != nil {
		return nil, err
	}
	if f.Run.String() != run.String() {
		return nil, fmt.Errorf("%w: it is the record of %s", ErrRecord, f.Run)
	}
	document, err := canonicalJSON(f.Flags)
	if err != nil {
		return nil, fmt.Errorf("%w: its flag document: %w", ErrRecord, err)
	}
	f.Flags = document
	if digest(f.Flags) != f.FlagsSHA256 {
		return nil, fmt.Errorf("%w: its flag document does not have the digest %q", ErrRecord, f.FlagsSHA256)
	}
	if digest([]byte(f.Definition)) != f.DefinitionSHA256 {
		return nil, fmt.Errorf("%w: its definition does not have the digest %q", ErrRecord, f.DefinitionSHA256)
	}
	return &frozenRecord{frozen: &f, body: body}, nil
}

// same says whether two records freeze the same. Programs that copy a record may
// order or space its JSON otherwise.
func (r *frozenRecord) same(other *frozenRecord) (bool, error) {
	have, err := json.Marshal(r.frozen)
	if err != nil {
		return false, fmt.Errorf("encode the record of run %s: %w", r.frozen.Run, err)
	}
	want, err := json.Marshal(other.frozen)
	if err != nil {
		return false, fmt.Errorf("encode the record of run %s: %w", other.frozen.Run, err)
	}
	return bytes.Equal(have, want), nil
}

// runRecord is a run's record in the KV at one revision.
type runRecord struct {
	*frozenRecord
	run      jetsheet.Run
	whole    []byte
	revision uint64
}

// newRunRecord is the record of a run that nobody has planned yet.
func newRunRecord(frozen *frozenRecord) (*runRecord, error) {
	whole, err := encodeRun(frozen)
	if err != nil {
		return nil, err
	}
	if len(whole) > maxRunBytes {
		return nil, fmt.Errorf("the record of run %s has %d bytes, at most %d fit: shorten the report's definition or the flag document",
			frozen.frozen.Run, len(whole), maxRunBytes)
	}
	return decodeRun(whole, 0, frozen.frozen.Run)
}

// encodeRun writes the record of a run for whoever can read its frozen part.
func encodeRun(frozen *frozenRecord) ([]byte, error) {
	whole, err := json.Marshal(struct {
		jetsheet.Envelope
		Frozen json.RawMessage   `json:"frozen"`
		State  jetsheet.RunState `json:"state"`
	}{jetsheet.CurrentEnvelope().Requiring(frozen.frozen.MinReader), frozen.body, jetsheet.RunPlanning})
	if err != nil {
		return nil, fmt.Errorf("encode the record of run %s: %w", frozen.frozen.Run, err)
	}
	return whole, nil
}

func decodeRun(whole []byte, revision uint64, id jetsheet.RunID) (*runRecord, error) {
	r := &runRecord{whole: whole, revision: revision}
	if err := jetsheet.Decode(whole, &r.run); err != nil {
		return nil, err
	}
	var part struct {
		Frozen json.RawMessage `json:"frozen"`
	}
	if err := json.Unmarshal(whole, &part); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	frozen, err := decodeFrozen(part.Frozen, id)
	if err != nil {
		return nil, err
	}
	r.frozenRecord = frozen
	return r, nil
}

// planned says whether anything was decided by the record's frozen part.
func (r *runRecord) planned() bool {
	return r.run.Plan != nil || jetsheet.RunPlanning.Before(r.run.State)
}

// with returns the record with another frozen part, for whoever can read that part.
// Whatever else is in it stays, also what this version does not know.
func (r *runRecord) with(frozen *frozenRecord) ([]byte, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(r.whole, &fields); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	envelope := r.run.Requiring(frozen.frozen.MinReader)
	fields["frozen"], fields["minReader"] = frozen.body, json.RawMessage(strconv.Itoa(envelope.MinReader))
	whole, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("encode the record of run %s: %w", frozen.frozen.Run, err)
	}
	return whole, nil
}
