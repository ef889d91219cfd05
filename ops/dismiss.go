package ops

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// DismissRequest says that nothing is to be done about failures: the body of a request to
// conversions.ops.dismiss. They stay failed, raise no notice, and are left out of replays
// that do not name them.
type DismissRequest struct {
	FailureFilter
	// Undo takes a dismissal back.
	Undo bool `json:"undo,omitempty"`
	// DryRun answers how many it is about and changes nothing.
	DryRun bool   `json:"dryRun,omitempty"`
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// DismissAnswer says what was dismissed.
type DismissAnswer struct {
	// Matched is how many failures are to be dismissed, or taken back; Changed is how many
	// were.
	Matched int  `json:"matched"`
	Changed int  `json:"changed"`
	Undo    bool `json:"undo,omitempty"`
	DryRun  bool `json:"dryRun,omitempty"`
	// Left counts what the filter picks and what is left as it is, such as those that were
	// dismissed before.
	Left   Skipped                `json:"left,omitzero"`
	Causes map[jetsheet.Cause]int `json:"causes,omitempty"`
	Next   string                 `json:"next,omitempty"`
}

// dismisser marks failures. A record is written again with the mark, on condition that it
// still is the newest of its conversion: what has failed anew is another failure.
type dismisser struct {
	js     jetstream.JetStream
	reader *Reader
	log    *slog.Logger
}

func (d *dismisser) dismiss(ctx context.Context, req *DismissRequest) (*DismissAnswer, error) {
	req.By = cmp.Or(req.By, somebody)
	scan, err := d.reader.narrowed(ctx, req.FailureFilter)
	if err != nil {
		return nil, err
	}
	scan.Dismissed = true // which of them are dismissed decides below
	set, err := d.reader.failures(ctx, scan)
	if err != nil {
		return nil, err
	}
	set.leaveOutAsTheyAre(req.Undo)
	answer := &DismissAnswer{Matched: len(set.list), Undo: req.Undo, DryRun: req.DryRun, Left: set.skipped, Causes: set.byCause()}
	if len(set.list) == 0 {
		return nil, nothingToDismiss(req.Undo, &set.skipped)
	}
	if req.DryRun {
		return answer, nil
	}
	changed := make([]bool, len(set.list))
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(readsAtOnce)
	for i := range set.list {
		group.Go(func() (err error) {
			changed[i], err = d.one(limited, req, &set.list[i])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("some are dismissed and some are not, ask again: %w", err)
	}
	for _, c := range changed {
		if c {
			answer.Changed++
		} else {
			answer.Left.Changed++
		}
	}
	if answer.Changed == 0 {
		return nil, nothingToDismiss(req.Undo, &answer.Left)
	}
	d.log.InfoContext(ctx, "failures dismissed", slog.Int("count", answer.Changed), slog.Bool("undo", req.Undo),
		slog.String("by", req.By), slog.String("reason", req.Reason), slog.Any("filter", scan.FailureFilter))
	return answer, nil
}

// leaveOutAsTheyAre takes out the failures that need no change: those that are dismissed,
// or, where dismissals are taken back, those that are not.
func (set *failureSet) leaveOutAsTheyAre(undo bool) {
	left := set.leaveOut(func(i int) bool { return set.list[i].dismissed != undo })
	if !undo {
		set.skipped.Dismissed += left
	}
}

// nothingToDismiss says why there is nothing to do, and where to look.
func nothingToDismiss(undo bool, left *Skipped) error {
	e := nothingTo("dismiss", "no failure matches", left)
	if undo {
		e = nothingTo("take back", "no dismissed failure matches", left)
	}
	if undo || left.Dismissed > 0 {
		e.Next += " --dismissed"
	}
	return e
}

// one marks one failure and says whether it did: what has failed anew, or was marked by
// somebody else since, is left alone.
func (d *dismisser) one(ctx context.Context, req *DismissRequest, one *failedOne) (bool, error) {
	stored, err := lastMessage(ctx, d.reader.failed, one.subject)
	if err != nil || stored == nil || stored.Sequence != one.sequence {
		return false, err
	}
	m := delivery.Again(stored)
	if req.Undo {
		jetsheet.UndoDismissal(m.Header)
	} else {
		(&jetsheet.Mark{At: time.Now().UTC(), By: req.By, Reason: req.Reason}).Dismiss(m.Header)
	}
	_, err = d.js.PublishMsg(ctx, m, jetstream.WithExpectLastSequencePerSubject(stored.Sequence))
	switch {
	case err == nil:
		return true, nil
	case delivery.WrongLastSequence(err):
		return false, nil
	}
	return false, fmt.Errorf("dismiss %s: %w", one.subject, err)
}
