package jetsheet

import (
	"encoding/json"
	"errors"
	"fmt"
)

// SchemaVersion is the version of the messages this build writes, and the newest
// it reads.
//
// It rises when there is something new that an older build must not pass over: a
// field of a message, or a key of a report's definition (internal/report, since).
// Writers then raise [Envelope.MinReader] of exactly those messages and records that
// use it; all others stay readable for older builds, as a rolling upgrade needs.
//
//	1  the first
//	2  output.waive, layout of sheets and templates in definitions; requests with templates
const SchemaVersion = 2

// Errors of [Decode].
var (
	// ErrNewerSchema: the message or record needs a newer reader. A worker gives its
	// message back, so that a newer worker takes it; a command is refused.
	ErrNewerSchema = errors.New("message needs a newer jetsheet")
	// ErrMessage: the message is not one of ours, or misses what it must have.
	ErrMessage = errors.New("bad message")
)

// Envelope opens every JSON message and record.
type Envelope struct {
	// Schema is the version the writer knew, at least 1.
	Schema int `json:"schema"`
	// MinReader is the oldest version that may read it. Readers ignore unknown
	// fields, so it rises only when ignoring one would do harm.
	MinReader int `json:"minReader"`
}

// CurrentEnvelope is the envelope of messages written by this build.
func CurrentEnvelope() Envelope { return Envelope{Schema: SchemaVersion, MinReader: 1} }

// Requiring returns the envelope with MinReader raised to a version: for what holds
// something that readers below it would take for something else.
func (e Envelope) Requiring(version int) Envelope {
	e.MinReader = max(e.MinReader, version)
	return e
}

// Explain is for an error in reading what the message carries, such as a definition:
// where the writer knew more than this build does, that may be why, and the result
// wraps [ErrNewerSchema] as well.
func (e Envelope) Explain(err error) error {
	if err == nil || e.Schema <= SchemaVersion {
		return err
	}
	return fmt.Errorf("%w: it was written by schema %d, this build knows %d: %w", ErrNewerSchema, e.Schema, SchemaVersion, err)
}

func (e Envelope) check() error {
	switch {
	case e.Schema < 1 || e.MinReader < 1:
		return fmt.Errorf("%w: no schema and minReader of at least 1 in it", ErrMessage)
	case e.MinReader > SchemaVersion:
		return fmt.Errorf("%w: minReader is %d, this build reads up to %d; update it", ErrNewerSchema, e.MinReader, SchemaVersion)
	}
	return nil
}

// opening returns the envelope itself, from whatever embeds it.
func (e *Envelope) opening() *Envelope { return e }

// Decode reads a message or record into v, a pointer to what embeds an [Envelope].
// Unknown fields are ignored. The error wraps [ErrNewerSchema] or [ErrMessage]; what v
// then holds means nothing.
func Decode(data []byte, v any) error {
	var e *Envelope
	if opened, ok := v.(interface{ opening() *Envelope }); ok {
		e = opened.opening()
		*e = Envelope{} // what an earlier message left there must not pass for this one's
	}
	err := json.Unmarshal(data, v)
	if err != nil || e == nil {
		// Where something cannot be read, a newer schema may be why.
		e = &Envelope{}
		if envelopeErr := json.Unmarshal(data, e); envelopeErr != nil {
			return fmt.Errorf("%w: %w", ErrMessage, envelopeErr)
		}
	}
	if newer := e.check(); newer != nil {
		return newer
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return nil
}
