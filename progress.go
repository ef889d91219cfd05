package jetsheet

import "time"

// MaxStarts is how many starts without an outcome a conversion may have: the next
// one fails it as [CauseWorkerCrash], before any work, so that a job which kills
// its worker takes nobody with it.
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
}
