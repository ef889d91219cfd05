package main

import (
	"context"

	"github.com/jetsheet/jetsheet/ops/notify"
)

// checkNotices refuses settings of channels that cannot be used, before anything is
// connected.
func checkNotices(settings *notify.Settings) error {
	if err := settings.Check(); err != nil {
		return usageError("settings of notices (%s…): %w", variableName("ops-notify-"), err)
	}
	return nil
}

// newNotices builds what tells people of failures and of what stands still. It runs
// beside the ops service; without channels, notices are kept and logged.
func (a *app) newNotices(ctx context.Context, p parts, settings *notify.Settings) (stage, error) {
	channels, err := settings.Channels()
	if err != nil {
		return nil, err
	}
	ledger, err := openLedger(ctx, p.js)
	if err != nil {
		return nil, err
	}
	source, err := notify.NewSource(ctx, notify.SourceConfig{
		JetStream: p.js, Parse: parseReport, PauseGrace: settings.PauseGrace, Returns: (&returns{ledger: ledger}).read,
	})
	if err != nil {
		return nil, err
	}
	return notify.New(ctx, notify.Config{
		JetStream: p.js, Channels: channels, Source: source, UnkeptGrace: settings.PauseGrace, Timeout: settings.Timeout, Interval: settings.Interval,
		Worker: workerName("notify"), Logger: a.log,
	})
}
