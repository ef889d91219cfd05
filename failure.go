package jetsheet

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// Stage is one of the three steps of the pipeline.
type Stage string

// The stages, in the order of the data.
const (
	StageProducer Stage = "producer"
	StageRenderer Stage = "renderer"
	StageUploader Stage = "uploader"
)

// Class says what the system does next about an error.
type Class string

// The classes of errors.
const (
	// ClassPermanent: bad input; the conversion fails at once.
	ClassPermanent Class = "permanent"
	// ClassTransient: three attempts, after 10 s and 60 s, outside the lane.
	ClassTransient Class = "transient"
	// ClassUnavailable: database, S3 or bucket down or full; the lease is kept,
	// fetching stops, nothing is counted and nothing fails.
	ClassUnavailable Class = "unavailable"
	// ClassInterrupted: a shutdown, or only a newer worker can do it; given back,
	// nothing is counted.
	ClassInterrupted Class = "interrupted"
)

// Cause names why a conversion failed. The list is closed: deploy/runbook has a
// page for each.
type Cause string

// The causes of failures.
const (
	// CauseBadMessage: the request cannot be read.
	CauseBadMessage Cause = "bad_message"
	// CauseMessageVersion: no worker of this version may read the request or the record
	// of its run, and no newer one came.
	CauseMessageVersion Cause = "message_version"
	// CauseTenantID, CauseTargetID: the id is NULL, empty, over 256 bytes, not
	// UTF-8 or has control characters.
	CauseTenantID Cause = "tenant_id_invalid"
	CauseTargetID Cause = "target_id_invalid"
	// CauseTargetInvalid: another column of the targets row cannot be used.
	CauseTargetInvalid Cause = "target_invalid"
	// CauseTemplateUnknown: nobody stored the template that the target's workbook is to be
	// made of.
	CauseTemplateUnknown Cause = "template_unknown"
	// CauseDuplicateTarget: the targets query returned tenant and target twice.
	CauseDuplicateTarget Cause = "duplicate_target"
	// CauseDuplicateKey: two targets of the run have one output key.
	CauseDuplicateKey Cause = "duplicate_key"
	// CauseRequestTooLarge: the request does not fit 64 KiB.
	CauseRequestTooLarge Cause = "request_too_large"
	// CauseDefinition: the frozen definition or the run's record cannot be used.
	CauseDefinition Cause = "definition_invalid"
	// CauseStatement: PostgreSQL refuses a statement of the report, or ends its connection
	// at it while others get through.
	CauseStatement Cause = "statement_invalid"
	// CauseStatementTime: a statement passed its time limit.
	CauseStatementTime Cause = "statement_time_limit"
	// CauseTooManyRows: a query passed the report's row limit.
	CauseTooManyRows Cause = "too_many_rows"
	// CauseNoRecords: no rows, and the report says empty: fail.
	CauseNoRecords Cause = "no_records"
	// CauseWorkbook: the workbook cannot hold what the statements returned.
	CauseWorkbook Cause = "workbook_invalid"
	// CauseStalled: no progress for a lease, or past the job deadline.
	CauseStalled Cause = "stalled"
	// CausePanic: the code panicked.
	CausePanic Cause = "panic"
	// CauseWorkerCrash: four starts ended without an outcome.
	CauseWorkerCrash Cause = "worker_crash"
	// CauseDeadRequest: the request passed the most deliveries.
	CauseDeadRequest Cause = "dead_request"
	// CauseWorkbookLost: the workbook in the object store is missing or damaged.
	CauseWorkbookLost Cause = "workbook_lost"
	// CauseKeyOccupied: something that is not this report's lies under the key.
	CauseKeyOccupied Cause = "key_occupied"
	// CauseUploadRefused: S3 refuses the object for good, or while others get through.
	CauseUploadRefused Cause = "upload_refused"
	// CauseInternal: an error that has no better name.
	CauseInternal Cause = "internal_error"
	// CauseHeld: the tenant's route is hold.
	CauseHeld Cause = "held"
	// CauseCancelled: the run was cancelled before the conversion was done.
	CauseCancelled Cause = "cancelled"
)

// Causes lists every cause.
func Causes() []Cause {
	return []Cause{
		CauseBadMessage, CauseMessageVersion, CauseTenantID, CauseTargetID, CauseTargetInvalid, CauseTemplateUnknown,
		CauseDuplicateTarget, CauseDuplicateKey, CauseRequestTooLarge, CauseDefinition, CauseStatement,
		CauseStatementTime, CauseTooManyRows, CauseNoRecords, CauseWorkbook, CauseStalled, CausePanic,
		CauseWorkerCrash, CauseDeadRequest, CauseWorkbookLost, CauseKeyOccupied, CauseUploadRefused,
		CauseInternal, CauseHeld, CauseCancelled,
	}
}

// MaxAttempts is how often a transient error is tried before it fails the
// conversion.
const MaxAttempts = 3

// RetryDelay returns how long to wait after the given failed attempt, counted
// from 1: 10 s, then 60 s.
func RetryDelay(attempt int) time.Duration {
	if attempt <= 1 {
		return 10 * time.Second
	}
	return time.Minute
}

// Failure is a FAILED record: the message on [FailedSubject] in the stream
// [StreamFailed]. Its body is the original request byte for byte; the rest
// travels in headers.
type Failure struct {
	Stage Stage `json:"stage"`
	Cause Cause `json:"cause"`
	// Message names report, tenant, target, record and cell where they are known.
	Message string `json:"message"`
	// Attempts counts the attempts up to and with this one; for worker_crash those that no
	// worker survived. 0 where one was put off before it was decided.
	Attempts int `json:"attempts"`
	// RetryAt is set while the system will try again by itself: the conversion
	// then counts as pending.
	RetryAt time.Time `json:"retryAt,omitzero"`
	// Dismissed is set when a person decided that nothing is to be done; Dismissal
	// says who, when and why.
	Dismissed bool      `json:"dismissed,omitempty"`
	Dismissal Mark      `json:"dismissal,omitzero"`
	Worker    string    `json:"worker"`
	Version   string    `json:"version"`
	At        time.Time `json:"at"`
	// Trace is the W3C traceparent, if any.
	Trace string `json:"trace,omitempty"`
	// Replay is the id of the replay that asked for the request which failed; empty
	// for a planned one.
	Replay string `json:"replay,omitempty"`
	// Definition is the sha256 of the definition that the request named instead of the
	// run's, see [HeaderDefinition]; empty for the run's.
	Definition string `json:"definition,omitempty"`
	// Request is the body.
	Request []byte `json:"-"`
}

// Names of the headers of a FAILED record. Trace context uses [HeaderTrace], the
// replay [HeaderReplay], the definition [HeaderDefinition].
const (
	HeaderStage           = "Jetsheet-Stage"
	HeaderCause           = "Jetsheet-Cause"
	HeaderMessage         = "Jetsheet-Message"
	HeaderAttempts        = "Jetsheet-Attempts"
	HeaderRetryAt         = "Jetsheet-Retry-At"
	HeaderDismissed       = "Jetsheet-Dismissed"
	HeaderDismissedBy     = "Jetsheet-Dismissed-By"
	HeaderDismissedAt     = "Jetsheet-Dismissed-At"
	HeaderDismissedReason = "Jetsheet-Dismissed-Reason"
	HeaderWorker          = "Jetsheet-Worker"
	HeaderVersion         = "Jetsheet-Version"
	HeaderAt              = "Jetsheet-At"
	// HeaderTrace is lower case, as the W3C writes it: header look-up in NATS minds
	// the case.
	HeaderTrace = "traceparent"
)

// HeaderAttempt carries, on a request that is tried again, how many attempts have
// failed before.
const HeaderAttempt = "Jetsheet-Attempt"

// maxHeaderMessage bounds the message, in bytes.
const maxHeaderMessage = 4 << 10

// Msg returns the record as a message for subject.
func (f *Failure) Msg(subject string) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Data = f.Request
	set := func(key, value string) {
		if value != "" {
			m.Header.Set(key, headerText(value))
		}
	}
	set(HeaderStage, string(f.Stage))
	set(HeaderCause, string(f.Cause))
	set(HeaderMessage, f.Message)
	set(HeaderAttempts, strconv.Itoa(f.Attempts))
	if !f.RetryAt.IsZero() {
		set(HeaderRetryAt, f.RetryAt.UTC().Format(time.RFC3339Nano))
	}
	if f.Dismissed {
		f.Dismissal.Dismiss(m.Header)
	}
	set(HeaderWorker, f.Worker)
	set(HeaderVersion, f.Version)
	set(HeaderAt, f.At.UTC().Format(time.RFC3339Nano))
	set(HeaderTrace, f.Trace)
	set(HeaderReplay, f.Replay)
	set(HeaderDefinition, f.Definition)
	return m
}

// Dismiss writes into the headers of a FAILED record that a person decided that
// nothing is to be done; m says who, when and why.
func (m *Mark) Dismiss(header nats.Header) {
	header.Set(HeaderDismissed, "true")
	for name, value := range map[string]string{HeaderDismissedBy: m.By, HeaderDismissedReason: m.Reason} {
		header.Del(name)
		if value != "" {
			header.Set(name, headerText(value))
		}
	}
	header.Set(HeaderDismissedAt, m.At.UTC().Format(time.RFC3339Nano))
}

// UndoDismissal takes out of the headers of a FAILED record what [Mark.Dismiss] wrote.
func UndoDismissal(header nats.Header) {
	for _, name := range []string{HeaderDismissed, HeaderDismissedBy, HeaderDismissedAt, HeaderDismissedReason} {
		header.Del(name)
	}
}

// headerText keeps a value on one header line and within bounds.
func headerText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) > maxHeaderMessage {
		s = strings.ToValidUTF8(s[:maxHeaderMessage], "") + "…"
	}
	return strings.TrimSpace(s)
}

// ParseFailure reads a FAILED record from its headers and body. An error comes with the
// body, and with the dismissal: a person may dismiss what cannot be read.
func ParseFailure(header nats.Header, body []byte) (Failure, error) {
	f := Failure{
		Stage:      Stage(header.Get(HeaderStage)),
		Cause:      Cause(header.Get(HeaderCause)),
		Message:    header.Get(HeaderMessage),
		Dismissed:  header.Get(HeaderDismissed) == "true",
		Worker:     header.Get(HeaderWorker),
		Version:    header.Get(HeaderVersion),
		Trace:      header.Get(HeaderTrace),
		Replay:     header.Get(HeaderReplay),
		Definition: header.Get(HeaderDefinition),
		Request:    body,
	}
	var err error
	if f.Dismissed {
		f.Dismissal.By, f.Dismissal.Reason = header.Get(HeaderDismissedBy), header.Get(HeaderDismissedReason)
		if f.Dismissal.At, err = headerTime(header, HeaderDismissedAt); err != nil {
			return f, err
		}
	}
	if f.Stage == "" || f.Cause == "" {
		return f, fmt.Errorf("%w: a failure without the headers %s and %s", ErrMessage, HeaderStage, HeaderCause)
	}
	if f.Attempts, err = strconv.Atoi(header.Get(HeaderAttempts)); err != nil {
		return f, fmt.Errorf("%w: header %s: %w", ErrMessage, HeaderAttempts, err)
	}
	if f.At, err = headerTime(header, HeaderAt); err != nil {
		return f, err
	}
	f.RetryAt, err = headerTime(header, HeaderRetryAt)
	return f, err
}

func headerTime(header nats.Header, key string) (time.Time, error) {
	text := header.Get(key)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: header %s: %w", ErrMessage, key, err)
	}
	return at, nil
}

// Retrying says whether the system will try again by itself.
func (f *Failure) Retrying() bool { return !f.RetryAt.IsZero() }
