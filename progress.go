package jetsheet

import (
	"strings"
	"time"
)

// MaxStarts is how many starts without an outcome a conversion may have: the next
// one fails it as [CauseWorkerCrash], before any work. The last of them is made while
// nothing else runs on its worker, so that a job which kills its worker takes nobody
// with it.
const MaxStarts = 4

// Progress is the live state of a conversion in one stage, in the KV bucket
// [BucketProgress] under [ProgressKey]. A worker writes it at the start of every
// attempt, with compare-and-set; it lives for seven days and may be lost.
type Progress struct {
	Envelope
	// Starts are the starts without an outcome, oldest first. A start that ended
	// by give-back is struck off.
	Starts []Start `json:"starts,omitempty"`
	// Attempts counts the attempts that ended in a transient failure since the
	// last outcome or replay.
	Attempts int `json:"attempts,omitempty"`
	// OwnTrouble: one of these attempts failed time after time of what looked like an
	// outage, while others got through. The next one ends with the first such failure.
	OwnTrouble bool `json:"ownTrouble,omitempty"`
	// Rows counts the records read so far by the running attempt.
	Rows int64 `json:"rows,omitempty"`
	// Waiting says what a running attempt waits for; empty when it works.
	Waiting string `json:"waiting,omitempty"`
	// LastError is the message of the last attempt that failed.
	LastError string    `json:"lastError,omitempty"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Start is the beginning of an attempt.
type Start struct {
	Worker string    `json:"worker"`
	At     time.Time `json:"at"`
	// Sequence and Delivery are the message's stream sequence and delivery count.
	Sequence uint64 `json:"sequence"`
	Delivery uint64 `json:"delivery"`
	// Waiting: it does nothing but wait for what is unavailable. Should its worker end
	// now, this attempt has not done it, and the start does not count.
	Waiting bool `json:"waiting,omitempty"`
}

// A worker writes its [WorkerState] every WorkerHeartbeat and when it pauses or goes
// on; what is written goes by itself after WorkerStateTTL, so a worker without a
// state is dead, or cut off from NATS.
const (
	WorkerHeartbeat = 30 * time.Second
	WorkerStateTTL  = 2 * time.Minute
)

// WorkerState says that a worker lives, and whether it is paused: in the KV bucket
// [BucketProgress] under [WorkerKey]. The worker alone writes it, people and ops read
// it. It is removed when the worker stops in order.
type WorkerState struct {
	Envelope
	Stage Stage `json:"stage"`
	// Worker is the worker's name, such as renderer@host-3/714-k3xq; Version its build.
	Worker    string    `json:"worker"`
	Version   string    `json:"version"`
	StartedAt time.Time `json:"startedAt"`
	// Working is how many jobs it has in hand, Slots how many it takes at most; both
	// are 0 for a producer, which has no jobs.
	Working int `json:"working"`
	Slots   int `json:"slots"`
	// Paused says what the worker waits for, such as "S3 bucket exports", while it
	// begins nothing new; empty when it works. PausedOn is the same for programs, and
	// PausedSince the time since when it has not worked.
	Paused      string    `json:"paused,omitempty"`
	PausedOn    Resource  `json:"pausedOn,omitempty"`
	PausedSince time.Time `json:"pausedSince,omitzero"`
	// LastError is the newest reason for a pause, at most 1 KiB; it stays when the
	// worker goes on.
	LastError string    `json:"lastError,omitempty"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// CompareSuffix ends the name of the worker of an uploader that compares shadow workbooks;
// without it, it is the name of the one that publishes.
const CompareSuffix = "-compare"

// Process names the process that the worker is part of.
func (w *WorkerState) Process() string { return strings.TrimSuffix(w.Worker, CompareSuffix) }

// Resource is a part that a worker needs and may have to wait for. The list is
// closed: notices are grouped by it.
type Resource string

// The resources.
const (
	// ResourceDatabase: PostgreSQL is down, out of connections or refuses to log in.
	ResourceDatabase Resource = "database"
	// ResourceS3: S3 or the bucket is down, missing, silent, or refuses every object.
	ResourceS3 Resource = "s3"
	// ResourceObjectStore: the store between renderer and uploader is full or gone.
	ResourceObjectStore Resource = "objectStore"
	// ResourceNATS: a stream, consumer or KV bucket is full, missing or not answering.
	ResourceNATS Resource = "nats"
	// ResourceFlags: there is no flag document, so no run can be frozen.
	ResourceFlags Resource = "flags"
	// ResourceOther: anything else; the text says what.
	ResourceOther Resource = "other"
)

// Resources lists every resource.
func Resources() []Resource {
	return []Resource{ResourceDatabase, ResourceS3, ResourceObjectStore, ResourceNATS, ResourceFlags, ResourceOther}
}
