package model

import "fmt"

// Bug is one rule of the protocol switched off. The zero value is none: the rules as
// they are.
type Bug uint8

// The bugs that can be planted, in the order of the data's way.
const (
	None Bug = iota
	// TickIsNow: a run is named by the time at which its tick was noticed.
	TickIsNow
	// RoutesBeforeRecord: routes are given out before the record lies on S3.
	RoutesBeforeRecord
	// RerunReadsFlags: a re-run is frozen with the newest flag document.
	RerunReadsFlags
	// LiveFlags: the planner asks the newest flag document for each target.
	LiveFlags
	// PreviousReadsLatest: the previous system asks the newest flag document.
	PreviousReadsLatest
	// MissingIsLegacy: where there is no flag document, everybody is frozen as legacy.
	MissingIsLegacy
	// DeleteAndCreate: a record is deleted before it is created, in KV and on S3.
	DeleteAndCreate
	// RescanOnResume: whoever goes on with a run reads the targets anew.
	RescanOnResume
	// LostPlanStays: a run whose plan is lost is not planned again.
	LostPlanStays
	// RepublishBlindly: DONE and FAILED are not read again before a republish.
	RepublishBlindly
	// RequestMsgID: requests carry a Msg-Id, so that the window swallows a republish.
	RequestMsgID
	// RetryingIsFailed: a failure with a retry counts as failed.
	RetryingIsFailed
	// IgnoreDead: nobody looks for requests that passed the most deliveries.
	IgnoreDead
	// IgnoreLate: nobody looks after the retries of closed runs.
	IgnoreLate
	// Prefetch: a worker takes a second message before it needs one.
	Prefetch
	// BackOff: the consumer's BackOff overrides AckWait.
	BackOff
	// BlindHeartbeat: the lease is kept whether or not the job makes progress.
	BlindHeartbeat
	// NoStartCount: starts without an outcome are not counted.
	NoStartCount
	// AckBeforePut: the renderer settles before the workbook is stored.
	AckBeforePut
	// SettleBeforeEvent: the renderer settles before its event is acknowledged.
	SettleBeforeEvent
	// ReuseObjectName: every attempt at a conversion writes the same object.
	ReuseObjectName
	// NoEventMsgID: rendered events carry no Msg-Id.
	NoEventMsgID
	// TermWithoutRecord: a failed message is ended before its FAILED record is written.
	TermWithoutRecord
	// StaleIncarnationAck: nobody looks whether the stream is the one the message came from.
	StaleIncarnationAck
	// UncheckedDigest: the uploader does not check the workbook's digest.
	UncheckedDigest
	// NoIfNoneMatch: a new object is written without a condition.
	NoIfNoneMatch
	// NoIfMatch: an older run's object is replaced without a condition.
	NoIfMatch
	// OccupiedIsFailure: a 412 fails the conversion without a look.
	OccupiedIsFailure
	// DoneFromEvent: DONE is written from the event, not from the object.
	DoneFromEvent
	// DeleteBeforeOutcome: the workbook is deleted before its event is settled.
	DeleteBeforeOutcome
	// TrustQueued: a lost workbook's event is settled by whatever request is queued.
	TrustQueued
	// PublishShadow: the workbooks of tenants routed shadow are published.
	PublishShadow
	// StalePlan: a run that is planned again after a loss of all data, and cancelled
	// before that, is held against the plan it had before.
	StalePlan
	// PlanBesideRecord: a plan is recorded in a run that is frozen with other routes by
	// now: all data was lost meanwhile.
	PlanBesideRecord
	bugs
)

// rare is the first bug that takes thousands of schedules to show.
const rare = StalePlan

var bugNames = [bugs]string{
	None: "none", TickIsNow: "tick-is-now", RoutesBeforeRecord: "routes-before-record", RerunReadsFlags: "rerun-reads-flags",
	LiveFlags: "live-flags", PreviousReadsLatest: "previous-reads-latest", MissingIsLegacy: "missing-is-legacy",
	DeleteAndCreate: "delete-and-create", RescanOnResume: "rescan-on-resume",
	LostPlanStays: "lost-plan-stays", RepublishBlindly: "republish-blindly", RequestMsgID: "request-msg-id",
	RetryingIsFailed: "retrying-is-failed", IgnoreDead: "ignore-dead", IgnoreLate: "ignore-late", Prefetch: "prefetch",
	BackOff: "backoff", BlindHeartbeat: "blind-heartbeat", NoStartCount: "no-start-count", AckBeforePut: "ack-before-put",
	SettleBeforeEvent: "settle-before-event", ReuseObjectName: "reuse-object-name", NoEventMsgID: "no-event-msg-id",
	TermWithoutRecord: "term-without-record", StaleIncarnationAck: "stale-incarnation-ack", UncheckedDigest: "unchecked-digest",
	NoIfNoneMatch: "no-if-none-match", NoIfMatch: "no-if-match", OccupiedIsFailure: "occupied-is-failure",
	DoneFromEvent: "done-from-event", DeleteBeforeOutcome: "delete-before-outcome", TrustQueued: "trust-queued",
	PublishShadow: "publish-shadow", StalePlan: "stale-plan", PlanBesideRecord: "plan-beside-record",
}

// String returns the name by which [ParseBug] knows it.
func (b Bug) String() string {
	if b >= bugs {
		return fmt.Sprintf("bug %d", uint8(b))
	}
	return bugNames[b]
}

// Bugs lists the planted bugs that 200 schedules show.
func Bugs() []Bug { return between(None+1, rare) }

// Rare lists the planted bugs that take thousands of schedules to show. The model found
// them in the code, see DESIGN.md.
func Rare() []Bug { return between(rare, bugs) }

func between(first, end Bug) []Bug {
	list := make([]Bug, 0, end-first)
	for b := first; b < end; b++ {
		list = append(list, b)
	}
	return list
}

// ParseBug reads a bug's name.
func ParseBug(name string) (Bug, error) {
	for b := None; b < bugs; b++ {
		if bugNames[b] == name {
			return b, nil
		}
	}
	return None, fmt.Errorf("there is no bug %q", name)
}
