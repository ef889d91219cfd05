package query

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// expect takes the next answer, which must be a T.
func expect[T any](p *pgconn.Pipeline) (T, error) {
	var none T
	result, err := p.GetResults()
	if err != nil {
		return none, err
	}
	answer, ok := result.(T)
	if !ok {
		return none, fmt.Errorf("the protocol is out of step: %T instead of %T", result, none)
	}
	return answer, nil
}

// all runs the steps up to the first error.
func all(steps []func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (x *exchange) expectClosed() error {
	_, err := expect[*pgconn.CloseComplete](x.pipeline)
	return err
}

func (x *exchange) expectPrepared() error {
	_, err := expect[*pgconn.StatementDescription](x.pipeline)
	return err
}

func (x *exchange) expectSync() error {
	_, err := expect[*pgconn.PipelineSync](x.pipeline)
	return err
}

func (x *exchange) expectDone() error {
	reader, err := expect[*pgconn.ResultReader](x.pipeline)
	if err != nil {
		return err
	}
	_, err = reader.Close()
	return err
}

func (x *exchange) expectSnapshot() error {
	reader, err := expect[*pgconn.ResultReader](x.pipeline)
	if err != nil {
		return err
	}
	if reader.NextRow() {
		row := reader.Values()
		at := decodeInstant(KindTimestampTZ, time.UTC, int64(binary.BigEndian.Uint64(row[1])))
		x.snapshot = Snapshot{ID: string(row[0]), At: at.Time()}
	}
	_, err = reader.Close()
	return err
}

// expectPlan takes the answer to the preparation of query i.
func (x *exchange) expectPlan(caller context.Context, i int, name string, slot *planSlot) func() error {
	return func() error {
		description, err := expect[*pgconn.StatementDescription](x.pipeline)
		if err != nil {
			return x.blame(i).classify(caller, err)
		}
		description.Name = name
		slot.plan = newPlan(description, x.conn.Conn().TypeMap())
		if x.db.named {
			x.session.keep(x.bound[i].sql, slot.plan)
		}
		return nil
	}
}
