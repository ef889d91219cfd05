package jetsheet

import (
	"encoding/json"
	"errors"
	"fmt"
)

// SchemaVersion is the version of the messages this build writes, and the newest
// it reads.
const SchemaVersion = 1

// Errors of [Decode].
var (
	// ErrNewerSchema: the message needs a newer reader. It is given back, so that
	// a newer worker takes it.
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

func (e Envelope) check() error {
	switch {
	case e.Schema < 1 || e.MinReader < 1:
		return fmt.Errorf("%w: no schema and minReader of at least 1 in it", ErrMessage)
	case e.MinReader > SchemaVersion:
		return fmt.Errorf("%w: minReader is %d, this build reads up to %d", ErrNewerSchema, e.MinReader, SchemaVersion)
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
