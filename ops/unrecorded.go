package ops

import (
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet"
)

// A closed run stays closed, but its outcomes do not stay for ever: they pass the age up to
// which FAILED and DONE keep them, or a stream is lost. By the law of counts such a
// conversion is pending again; as nothing goes on with it, nobody is to be told to wait.

// noteUnrecorded counts the pending conversions of a closed run of which nothing is known.
// The others were asked for again: they are queued, rendered or to be tried again.
func (r *Reader) noteUnrecorded(ctx context.Context, t *tally, run *jetsheet.Run) error {
	nowhere := t.counts().Pending - t.retrying()
	if run.State != jetsheet.RunClosed || nowhere <= 0 {
		return nil
	}
	if t.queued == nil {
		if err := r.readQueues(ctx, t, run.ID(), ""); err != nil {
			return err
		}
	}
	nowhere -= len(t.queued)
	for key := range t.rendered {
		if _, queued := t.queued[key]; !queued {
			nowhere--
		}
	}
	t.unrecorded = max(0, nowhere)
	return nil
}

// Again says whether conversions of a closed run are on their way once more: a person
// replayed them.
func (i *RunInfo) Again() bool {
	return i.State == jetsheet.RunClosed && i.Counts.Pending > i.Unrecorded
}

// unrecordedAdvice says what was known of a run when it closed.
func unrecordedAdvice(i *RunInfo) (notice, next string) {
	notice = fmt.Sprintf("NATS no longer has the outcome of %d: too old, or lost with a stream", i.Unrecorded)
	if c := i.closedWith; c != nil {
		notice += fmt.Sprintf("; the run closed with %d done and %d failed", c.Done, c.Failed)
	}
	return notice, "what is on S3 stays; to make the workbooks again: " + jetsheet.StartAgain(i.Run, i.Scope)
}
