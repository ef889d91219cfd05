package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops/notify"
)

// toldLimit is how long people may wait to be told: what a process that died held of a
// channel is free after a while.
const toldLimit = 150 * time.Second

// toldKind tells people of a failure and, when it is mended, of that: the report is
// corrected and the failure replayed with it.
func toldKind(t *testing.T) faultKind {
	t.Helper()
	return faultKind{
		name: "told", schema: readTestdata(t, "faults", "told.sql"), report: readTestdata(t, "faults", "report.yaml"),
		workers: 6, share: faultShare{workers: 1, plays: 2},
		flags:   map[string][]string{"ops": {"--ops-notify-interval=1s", "--ops-notify-timeout=4s"}},
		furnish: func(w *faultWorld) { w.told = w.tellsAll() },
		scenarios: []*faultScenario{{
			name: "told of a failure that a corrected report mends", begin: byCalendar, follow: mendedAsTold,
			want: jetsheet.Counts{Expected: 3, Done: 3},
			keys: []string{"t1/2026-10/{report}/s1.xlsx", "t2/2026-10/{report}/s1.xlsx", "t1/2026-10/{report}/broken.xlsx"},
		}},
	}
}

// mendedAsTold does what somebody does who is told of a failure: corrects the report,
// replays with it, and is told that it is over.
func mendedAsTold(ctx context.Context, w *faultWorld, id jetsheet.RunID) error {
	if err := w.awaitTold(ctx, id, notify.ActionOpen); err != nil {
		return err
	}
	mended := strings.Replace(w.kind.report, "10 / divisor", "10 / nullif(divisor, 0)", 1)
	if err := w.applyReport(ctx, mended, id.Report, calendarCron, calendarTick().Add(-time.Minute)); err != nil {
		return err
	}
	if err := w.ask(ctx, []int{exitDone, exitNothing}, "failures", "replay", "--run", id.String(), "--definition", "current", "--wait"); err != nil {
		return err
	}
	kv, err := w.js.KeyValue(ctx, jetsheet.BucketNotices)
	if err != nil {
		return err
	}
	if err := w.awaitSilence(ctx, kv, id); err != nil {
		return err
	}
	if err := w.awaitTold(ctx, id, notify.ActionOpen, notify.ActionClose); err != nil {
		return err
	}
	for _, c := range w.told {
		if err := w.forgetStorm(ctx, kv, jetsheet.ChannelKey(string(c.wire))); err != nil {
			return err
		}
	}
	return nil
}

// awaitTold waits until people were told this of a run through every channel.
func (w *faultWorld) awaitTold(ctx context.Context, id jetsheet.RunID, want ...notify.Action) error {
	return w.within(ctx, toldLimit, fmt.Sprintf("told %v", want), func() (bool, error) {
		for _, c := range w.told {
			if err := c.heard(id, want, w.fault); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// awaitSilence waits until nobody has anything more to tell of a run's failures: it is
// written down that each channel was told of the end.
func (w *faultWorld) awaitSilence(ctx context.Context, kv jetstream.KeyValue, id jetsheet.RunID) error {
	key := jetsheet.NoticeKey(string(notify.KindFailures), id.String(), string(jetsheet.CauseStatement))
	return w.within(ctx, toldLimit, "every channel told of the end", func() (bool, error) {
		var n notify.Notice
		entry, err := kv.Get(ctx, key)
		if err == nil {
			err = jetsheet.Decode(entry.Value(), &n)
		}
		for _, c := range w.told {
			if d := n.Deliveries[string(c.wire)]; err == nil && (!n.Mended() || d.Open || d.Begun != "") {
				err = fmt.Errorf("%s has yet to be told, mended at %s: %+v", c.wire, n.MendedAt, d)
			}
		}
		return err == nil, err
	})
}

// forgetStorm makes each run a channel's first of an hour: there are no more than twenty
// messages in one.
func (w *faultWorld) forgetStorm(ctx context.Context, kv jetstream.KeyValue, channel string) error {
	return w.within(ctx, toldLimit, channel+" is free", func() (bool, error) {
		var state notify.ChannelState
		entry, err := kv.Get(ctx, channel)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return true, nil
		}
		if err == nil {
			err = jetsheet.Decode(entry.Value(), &state)
		}
		if err != nil || state.Holder != "" && time.Now().Before(state.Until) { // who died holds it until then
			return false, err
		}
		err = kv.Delete(ctx, channel, jetstream.LastRevision(entry.Revision()))
		return err == nil, err
	})
}
