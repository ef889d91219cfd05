package main

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/ops/notify"
	"github.com/jetsheet/jetsheet/ops/retreat"
)

// openLedger opens the flag document; a missing part is delivery.ErrNotSetUp.
func openLedger(ctx context.Context, js jetstream.JetStream) (*flags.Ledger, error) {
	ledger, err := flags.OpenLedger(ctx, js)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, delivery.NotSetUp("bucket "+jetsheet.BucketFlags, err)
	}
	return ledger, err
}

// checkReturn refuses settings of the automatic return that cannot be used.
func checkReturn(settings *retreat.Settings) error {
	if err := settings.Check(); err != nil {
		return usageError("settings of the automatic return (%s…): %w", variableName("ops-return-"), err)
	}
	return nil
}

// newRetreat builds what takes groups back when too much of them fails. It runs beside the
// ops service.
func (a *app) newRetreat(ctx context.Context, p parts, settings *retreat.Settings) (stage, error) {
	ledger, err := openLedger(ctx, p.js)
	if err != nil {
		return nil, err
	}
	return retreat.New(ctx, retreat.Config{Settings: *settings, JetStream: p.js, Cutover: cutover{ledger}, Logger: a.log})
}

// cutover is the flag document for those who may not know of flags.
type cutover struct{ ledger *flags.Ledger }

// Decider implements [retreat.Cutover].
func (cutover) Decider(document []byte) (retreat.Decider, error) {
	d, err := flags.ParseDocument(document)
	if err != nil {
		return nil, err
	}
	standings, err := d.Standings()
	if err != nil {
		return nil, err
	}
	return func(tenant string) (string, jetsheet.Route) {
		s := standings.Of(tenant)
		return s.Group, s.Route
	}, nil
}

// TakeBack implements [retreat.Cutover].
func (c cutover) TakeBack(ctx context.Context, frozen *jetsheet.Frozen, group, period, reason string) (uint64, error) {
	r, err := c.ledger.TakeBack(ctx, flags.TakeBack{
		Group: group, Period: period, FrozenRevision: frozen.FlagsRevision, FrozenSHA256: frozen.FlagsSHA256,
		Author: retreat.Author, Reason: reason,
	})
	if err != nil || r == nil {
		return 0, err
	}
	return r.Number, nil
}

// returns lists the automatic returns in force. While the document does not change it
// asks for its newest revision and nothing else.
type returns struct {
	ledger *flags.Ledger
	newest uint64
	list   []notify.Returned
}

func (r *returns) read(ctx context.Context) ([]notify.Returned, error) {
	newest, err := r.ledger.Newest(ctx)
	if errors.Is(err, flags.ErrNoFlagDocument) {
		return nil, nil
	}
	if err != nil || newest.Number == r.newest {
		return r.list, err
	}
	inForce, err := r.ledger.Returns(ctx)
	if err != nil {
		return nil, err
	}
	r.newest, r.list = newest.Number, nil
	for _, back := range inForce {
		r.list = append(r.list, notify.Returned{
			Group: back.Group, Revision: back.Revision.Number, At: back.Revision.At, Reason: back.Revision.By.Reason,
		})
	}
	return r.list, nil
}
