package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// CancelRequest stops a run or a replay: the body of a request to conversions.ops.cancel.
// One of the two is named.
type CancelRequest struct {
	// Run is a run's id, the beginning of one, or a report's name for the run of it that
	// was started last.
	Run string `json:"run,omitempty"`
	// Replay is a replay's id.
	Replay string `json:"replay,omitempty"`
	// DryRun answers what would be stopped and stops nothing.
	DryRun bool   `json:"dryRun,omitempty"`
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// CancelAnswer says what was stopped.
type CancelAnswer struct {
	Run jetsheet.RunID `json:"run,omitzero"`
	// Counts are those of the run; the pending ones fail as cancelled, but for those that
	// a worker has in hand.
	Counts *jetsheet.Counts `json:"counts,omitempty"`
	// Replay is the replay's record, Removed how many of its requests were taken back.
	Replay  *Replay `json:"replay,omitempty"`
	Removed int     `json:"removed,omitempty"`
	DryRun  bool    `json:"dryRun,omitempty"`
	// Next takes it back.
	Next string `json:"next,omitempty"`
}

// nextCancelReplay helps who wants to stop what goes on in a run that is over.
const nextCancelReplay = "a replay is cancelled by the id that it printed: jetsheet failures cancel REPLAY"

// canceller marks runs as cancelled. The producer, the renderers and the uploaders see the
// mark: what is not queued yet, what is queued and not begun, and what waits to be compared,
// fails with the cause cancelled.
type canceller struct {
	runs   jetstream.KeyValue
	reader *Reader
	log    *slog.Logger
}

func (c *canceller) cancel(ctx context.Context, req *CancelRequest) (*CancelAnswer, error) {
	id, err := c.reader.Find(ctx, req.Run)
	if err != nil {
		return nil, err
	}
	for {
		done, err := c.mark(ctx, id, req)
		if err != nil {
			return nil, err
		}
		if done {
			break
		}
	}
	info, err := c.reader.Info(ctx, id)
	if err != nil {
		return nil, err
	}
	answer := &CancelAnswer{
		Run: id, Counts: &info.Counts, DryRun: req.DryRun,
		Next: "to take it back, once they have failed: " + ReplayCommand(id, jetsheet.CauseCancelled),
	}
	if !info.Planned() { // nothing fails of it
		answer.Next = "to take it back, once it is closed: " + jetsheet.StartAgain(id, info.Scope)
	}
	return answer, nil
}

// mark writes the mark, and says whether it did or had nothing to write.
func (c *canceller) mark(ctx context.Context, id jetsheet.RunID, req *CancelRequest) (bool, error) {
	entry, err := c.runs.Get(ctx, jetsheet.RunKey(id))
	if err != nil {
		return false, fmt.Errorf("read the record of run %s: %w", id, err)
	}
	var run jetsheet.Run
	if err := jetsheet.Decode(entry.Value(), &run); err != nil {
		return false, fmt.Errorf("read the record of run %s: %w", id, err)
	}
	switch {
	case run.Cancelled != nil:
		return false, &Error{
			Text: fmt.Sprintf("nothing to do: run %s was cancelled at %s by %s", id, run.Cancelled.At.Format(time.RFC3339), run.Cancelled.By),
			Next: nextCancelReplay, Code: CodeNothing,
		}
	case run.State == jetsheet.RunClosed:
		return false, &Error{
			Text: fmt.Sprintf("nothing to do: run %s is closed", id),
			Next: nextCancelReplay, Code: CodeNothing,
		}
	case req.DryRun:
		return true, nil
	}
	value, err := withMark(entry.Value(), &jetsheet.Mark{At: time.Now().UTC(), By: req.By, Reason: req.Reason})
	if err != nil {
		return false, fmt.Errorf("change the record of run %s: %w", id, err)
	}
	_, err = c.runs.Update(ctx, jetsheet.RunKey(id), value, entry.Revision())
	switch {
	case err == nil:
		c.log.InfoContext(ctx, "run cancelled", slog.String("run", id.String()), slog.String("by", req.By), slog.String("reason", req.Reason))
		return true, nil
	case errors.Is(err, jetstream.ErrKeyRevisionMismatch), delivery.WrongLastSequence(err):
		return false, nil // the producer wrote meanwhile: read again
	}
	return false, fmt.Errorf("cancel run %s: %w", id, err)
}

// withMark adds the mark to a record and leaves everything else as it is, also what this
// version does not know.
func withMark(record []byte, mark *jetsheet.Mark) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(record, &fields); err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(mark)
	if err != nil {
		return nil, err
	}
	fields["cancelled"] = encoded
	return json.Marshal(fields)
}
