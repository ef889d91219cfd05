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

// requestOf reads the request out of an event: its bytes and what they say.
func requestOf(data []byte) ([]byte, jetsheet.Request, error) {
	var e struct {
		jetsheet.Envelope
		Request json.RawMessage `json:"request"`
	}
	if err := jetsheet.Decode(data, &e); err != nil {
		return nil, jetsheet.Request{}, err
	}
	var request jetsheet.Request
	if err := jetsheet.Decode(e.Request, &request); err != nil {
		return e.Request, request, fmt.Errorf("request in it: %w", err)
	}
	return e.Request, request, nil
}

// eventOf reads the event of a job whose request was read. Everything in it is
// checked here, so that what follows can rely on it.
func eventOf(job *delivery.Job) (*event, error) {
	e := &event{Request: job.Request}
	if err := json.Unmarshal(job.Message.Data, &e.Rendered); err != nil {
		return nil, delivery.Permanent(jetsheet.CauseBadMessage, fmt.Errorf("rendered event: %w", err))
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
	case e.NUID != "" && !oneToken(e.NUID):
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
