package producer

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// readRun reads a run's record from the leader.
func (p *Producer) readRun(ctx context.Context, id jetsheet.RunID) (*jetsheet.Run, uint64, error) {
	entry, err := p.runs.Get(ctx, jetsheet.RunKey(id))
	if err != nil {
		return nil, 0, about(id, "reading the record", err)
	}
	var run jetsheet.Run
	if err := jetsheet.Decode(entry.Value(), &run); err != nil {
		return nil, 0, about(id, "reading the record", err)
	}
	return &run, entry.Revision(), nil
}

// updateRun changes a run's record by compare-and-set and returns what is stored in
// the end. change may be called again; where it returns false nothing is written.
func (p *Producer) updateRun(ctx context.Context, id jetsheet.RunID, change func(*jetsheet.Run) bool) (*jetsheet.Run, error) {
	for {
		run, revision, err := p.readRun(ctx, id)
		if err != nil {
			return nil, err
		}
		if !change(run) {
			return run, nil
		}
		value, err := json.Marshal(run)
		if err != nil {
			return nil, fmt.Errorf("encode the record of run %s: %w", id, err)
		}
		_, err = p.runs.Update(ctx, jetsheet.RunKey(id), value, revision)
		if err == nil {
			p.book.setRun(id, run.State)
			return run, nil
		}
		if !delivery.WrongLastSequence(err) {
			return nil, about(id, "writing the record", err)
		}
	}
}
