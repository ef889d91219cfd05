package uploader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// ReasonNewerRun is the reason of [jetsheet.DoneSuperseded].
const ReasonNewerRun = "newer_run"

// publishTimeout bounds one try at publishing; publishTries are made before the
// stream counts as unavailable.
const (
	publishTimeout = 5 * time.Second
	publishTries   = 3
)

// doneOf tells of the object that is on S3, which may be another attempt's.
func (u *Uploader) doneOf(e *event, out *outcome) *jetsheet.Done {
	d := &jetsheet.Done{
		Envelope: jetsheet.CurrentEnvelope(),
		Run:      e.Request.Run, Tenant: e.Request.Tenant, Target: e.Request.Target.Target, Report: e.Request.Run.Report,
		State: out.state, Period: e.Request.Period,
		Bucket: u.bucket.name, Key: e.Request.Key, Filename: e.Request.Filename,
		At: time.Now().UTC(),
	}
	if out.state == jetsheet.DoneSuperseded {
		d.Reason, d.By = ReasonNewerRun, out.there.run.String()
		return d
	}
	d.SizeBytes, d.SHA256, d.Rows = out.there.sizeBytes, out.there.sha256, out.there.rows
	d.Snapshot, d.Version, d.DefinitionSHA256 = out.there.snapshot, out.there.version, out.there.definition
	if d.SHA256 == e.SHA256 {
		d.Notes = e.Notes // they are not in the metadata; another attempt's are unknown
	}
	return d
}

// record writes the outcome. The first one stays: finding one is success, and is
// obeyed.
func (u *Uploader) record(ctx context.Context, job *delivery.Job, e *event, out *outcome) error {
	stored, err := u.write(ctx, job, u.doneOf(e, out))
	if err != nil || stored == nil {
		return err
	}
	return u.obey(ctx, job, e, stored)
}

// write stores an outcome unless there is one already, which it then returns.
func (u *Uploader) write(ctx context.Context, job *delivery.Job, d *jetsheet.Done) (stored *jetsheet.Done, err error) {
	body, err := json.Marshal(d)
	if err != nil {
		return nil, delivery.Permanent(jetsheet.CauseInternal, fmt.Errorf("encode done record: %w", err))
	}
	m := nats.NewMsg(jetsheet.DoneSubject(d.Conversion()))
	m.Data = body
	copyTrace(m, job)
	err = u.send(ctx, job, m, jetstream.WithExpectStream(jetsheet.StreamDone), jetstream.WithExpectLastSequencePerSubject(0))
	switch {
	case err == nil:
		return nil, nil
	case !delivery.WrongLastSequence(err):
		return nil, delivery.Unavailable("stream "+jetsheet.StreamDone, err)
	}
	stored, err = u.outcomeOf(ctx, d.Conversion())
	if err == nil && stored == nil { // the read was answered by a replica that is behind
		err = delivery.Unavailable("stream "+jetsheet.StreamDone, fmt.Errorf("outcome of %s is stored and cannot be read yet", d.Conversion()))
	}
	return stored, err
}

// outcomeOf returns the stored outcome of a conversion; nil without an error means
// that it has none, or none that this server knows of yet.
func (u *Uploader) outcomeOf(ctx context.Context, c jetsheet.Conversion) (*jetsheet.Done, error) {
	limited, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	m, err := delivery.LastMessage(limited, u.done, jetsheet.DoneSubject(c))
	if err != nil {
		return nil, delivery.Unavailable("stream "+jetsheet.StreamDone, fmt.Errorf("outcome of %s: %w", c, err))
	}
	if m == nil {
		return nil, nil
	}
	var d jetsheet.Done
	if err := jetsheet.Decode(m.Data, &d); err != nil {
		return nil, fmt.Errorf("outcome of %s: %w", c, err)
	}
	return &d, nil
}

// send publishes a message and waits until it is stored. A try that got no answer
// may have been stored; what it is sent with makes a second one harmless.
func (u *Uploader) send(ctx context.Context, job *delivery.Job, m *nats.Msg, opts ...jetstream.PublishOpt) error {
	defer job.Rows(0)
	var err error
	for range publishTries {
		limited, cancel := context.WithTimeout(ctx, publishTimeout)
		_, err = u.cfg.JetStream.PublishMsg(limited, m, opts...)
		cancel()
		if err == nil || errors.As(err, new(*jetstream.APIError)) || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("publish to %s: %w", m.Subject, err)
	}
	return nil
}

// copyTrace lets a message continue the trace of the event.
func copyTrace(m *nats.Msg, job *delivery.Job) {
	if trace := job.Message.Header.Get(jetsheet.HeaderTrace); trace != "" {
		m.Header.Set(jetsheet.HeaderTrace, trace)
	}
}
