package flags

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// Errors of [Freeze] and [Load] that a caller can test for.
var (
	// ErrNoFlagDocument: nothing says who makes what, so nothing is frozen.
	ErrNoFlagDocument = errors.New("there is no flag document; write the first one with: jetsheet setup")
	// ErrNoFirstRun: a re-run was asked for where there is no scheduled run.
	ErrNoFirstRun = errors.New("there is no scheduled run of this report and tick to run again; start one with: jetsheet runs start")
	// ErrNotFrozen: neither system may work on the run yet.
	ErrNotFrozen = errors.New("the run is not frozen; list the known ones with: jetsheet runs list")
	// ErrRecord: a record of a run is not what was frozen: it is cut, was edited, or
	// lies under the wrong key.
	ErrRecord = errors.New("the run's record is damaged")
	// ErrConflict: the run was planned by another record than the one on S3. Work on
	// it would give workbooks twice or not at all.
	ErrConflict = errors.New("the run was planned by another record than the one on S3")
)

// RecordStore keeps the frozen records of runs outside NATS: on S3, beside the
// workbooks. It is implemented by the caller with two requests.
type RecordStore interface {
	// Record stores body under key unless something lies there, in one atomic step
	// (PUT with If-None-Match: *), and returns what lies there afterwards, by a read
	// that follows the write. With a nil body it only reads, and returns (nil, nil)
	// when nothing lies there. After an error it need not be known whether the body
	// was stored. It is called concurrently and with keys below
	// [jetsheet.RecordPrefix].
	Record(ctx context.Context, key string, body []byte) ([]byte, error)
}

// Stores is where runs are frozen. All three are needed.
type Stores struct {
	// Runs and Flags are the buckets [jetsheet.BucketRuns] and [jetsheet.BucketFlags].
	// Open them after setup: a handle reads from the leader only if the bucket was
	// provisioned so when the handle was made.
	Runs, Flags jetstream.KeyValue
	Records     RecordStore
}
