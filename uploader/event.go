package uploader

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// event is a rendered event with its request read.
type event struct {
	jetsheet.Rendered
	Request jetsheet.Request
	digest  []byte
}

// readEvent reads an event and the request in it, the one time that it is parsed.
func readEvent(data []byte) (delivery.Content, error) {
	e := &event{}
	if err := jetsheet.Decode(data, &e.Rendered); err != nil {
		return delivery.Content{RequestBytes: requestIn(data)}, err
	}
	c := delivery.Content{RequestBytes: e.Rendered.Request, Body: e}
	if err := jetsheet.Decode(c.RequestBytes, &e.Request); err != nil {
		return c, fmt.Errorf("request in it: %w", err)
	}
	c.Request = e.Request
	return c, nil
}

// requestIn returns the request in an event whose other fields cannot be read, so
// that it can be replayed; nil where that is not certain.
func requestIn(data []byte) []byte {
	var e struct {
		jetsheet.Envelope
		Request json.RawMessage `json:"request"`
	}
	if jetsheet.Decode(data, &e) != nil {
		return nil
	}
	return e.Request
}

// eventOf returns the event of a job. Everything in it is checked here, so that
// what follows can rely on it.
func eventOf(job *delivery.Job) (*event, error) {
	e, ok := job.Body.(*event)
	if !ok {
		return nil, delivery.Permanent(jetsheet.CauseInternal, fmt.Errorf("job holds a %T, not a rendered event", job.Body))
	}
	if err := e.check(); err != nil {
		return nil, delivery.Permanent(jetsheet.CauseBadMessage, fmt.Errorf("rendered event: %w", err))
	}
	if strings.HasPrefix(e.Request.Key, jetsheet.RecordPrefix) {
		return nil, delivery.Permanent(jetsheet.CauseUploadRefused,
			fmt.Errorf("key %q: %s is for jetsheet's own records; change output.key", e.Request.Key, jetsheet.RecordPrefix))
	}
	return e, nil
}

func (e *event) check() error {
	var err error
	if e.digest, err = hex.DecodeString(e.SHA256); err != nil || len(e.digest) != 32 {
		return fmt.Errorf("%w: sha256 is %q, not 64 hex digits", jetsheet.ErrMessage, e.SHA256)
	}
	switch {
	case e.Object == "":
		return fmt.Errorf("%w: no object", jetsheet.ErrMessage)
	case e.NUID != "" && !jetsheet.ValidNUID(e.NUID):
		return fmt.Errorf("%w: nuid is %q", jetsheet.ErrMessage, e.NUID)
	case e.SizeBytes < 1:
		return fmt.Errorf("%w: sizeBytes is %d", jetsheet.ErrMessage, e.SizeBytes)
	case e.Request.Key == "":
		return fmt.Errorf("%w: no key in its request", jetsheet.ErrMessage)
	case e.Request.Run.IsZero():
		return fmt.Errorf("%w: no run in its request", jetsheet.ErrMessage)
	}
	return nil
}
