package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/faults"
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
		furnish: func(w *faultWorld) { w.told = w.tellsBook() },
		scenarios: []*faultScenario{{
			name: "told of a failure that a corrected report mends", begin: byCalendar, follow: mendedAsTold,
			want: jetsheet.Counts{Expected: 3, Done: 3},
			keys: []string{"t1/2026-10/{report}/s1.xlsx", "t2/2026-10/{report}/s1.xlsx", "t1/2026-10/{report}/broken.xlsx"},
		}},
	}
}

// toldBook is a webhook that keeps what it was told.
type toldBook struct {
	mu       sync.Mutex
	messages []toldMessage
	refused  error // what it was told that nobody may tell
}

// toldMessage is one that was not told before under its key.
type toldMessage struct {
	key  string
	body notify.WebhookBody
}

// tellsBook makes ops tell of notices through a proxy.
func (w *faultWorld) tellsBook() *toldBook {
	w.t.Helper()
	book := &toldBook{}
	server := httptest.NewServer(book)
	w.t.Cleanup(server.Close)
	proxy, err := faults.StartWebhook(w.director, "ops", server.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			w.t.Error(err)
		}
	})
	w.tellThrough(proxy.URL() + "/hook")
	return book
}

// ServeHTTP implements [http.Handler].
func (b *toldBook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	message := toldMessage{key: r.Header.Get(notify.HeaderIdempotency)}
	err := json.NewDecoder(r.Body).Decode(&message.body)
	if signed := r.Header.Get(notify.HeaderSignature); err == nil && (message.key == "" || signed == "") {
		err = fmt.Errorf("a message has the key %q and the signature %q", message.key, signed)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err != nil:
		b.refused = err
		w.WriteHeader(http.StatusBadRequest)
	case !slices.ContainsFunc(b.messages, func(m toldMessage) bool { return m.key == message.key }):
		b.messages = append(b.messages, message)
	}
}

// about returns what was told of a run's failures, such as "open 1".
func (b *toldBook) about(id jetsheet.RunID) (told []string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.messages {
		if m.body.Notice.Kind == notify.KindFailures && m.body.Notice.Run == id.String() {
			told = append(told, fmt.Sprintf("%s %d", m.body.Action, m.body.Number))
		}
	}
	return told, b.refused
}

// mendedAsTold does what somebody does who is told of a failure: corrects the report,
// replays with it, and is told that it is over.
func mendedAsTold(ctx context.Context, w *faultWorld, id jetsheet.RunID) error {
	if err := w.awaitTold(ctx, id, "open 1"); err != nil {
		return err
	}
	mended := strings.Replace(w.kind.report, "10 / divisor", "10 / nullif(divisor, 0)", 1)
	if err := w.applyReport(ctx, mended, id.Report, calendarCron, calendarTick().Add(-time.Minute)); err != nil {
		return err
	}
	if err := w.ask(ctx, []int{exitDone, exitNothing}, "failures", "replay", "--run", id.String(), "--definition", "current", "--wait"); err != nil {
		return err
	}
	if err := w.awaitTold(ctx, id, "open 1", "close 2"); err != nil {
		return err
	}
	return w.forgetStorm(ctx)
}

// awaitTold waits until people were told this of a run, each once.
func (w *faultWorld) awaitTold(ctx context.Context, id jetsheet.RunID, want ...string) error {
	return w.within(ctx, toldLimit, "told "+strings.Join(want, ", "), func() (bool, error) {
		told, err := w.told.about(id)
		if err == nil && !slices.Equal(told, want) {
			err = fmt.Errorf("told %v", told)
		}
		return err == nil, err
	})
}

// forgetStorm makes each run the channel's first of an hour: there are no more than twenty
// messages in one.
func (w *faultWorld) forgetStorm(ctx context.Context) error {
	kv, err := w.js.KeyValue(ctx, jetsheet.BucketNotices)
	if err != nil {
		return err
	}
	return w.within(ctx, toldLimit, "the channel is free", func() (bool, error) {
		var state notify.ChannelState
		entry, err := kv.Get(ctx, jetsheet.ChannelKey("webhook"))
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return true, nil
		}
		if err == nil {
			err = jetsheet.Decode(entry.Value(), &state)
		}
		if err != nil || state.Holder != "" && time.Now().Before(state.Until) { // who died holds it until then
			return false, err
		}
		err = kv.Delete(ctx, jetsheet.ChannelKey("webhook"), jetstream.LastRevision(entry.Revision()))
		return err == nil, err
	})
}
