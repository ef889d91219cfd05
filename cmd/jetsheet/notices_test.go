package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops/notify"
)

// hook is a webhook that is told of notices.
type hook struct{ bodies chan notify.WebhookBody }

// hook makes the roles that start from now on tell of notices through a webhook.
func (i *installation) hook() *hook {
	i.t.Helper()
	h := &hook{make(chan notify.WebhookBody, 10)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body notify.WebhookBody
		content, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(content, &body) != nil || !strings.HasPrefix(r.Header.Get(notify.HeaderSignature), "t=") {
			i.t.Errorf("got %q (%v), signed %q", content, err, r.Header.Get(notify.HeaderSignature))
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		h.bodies <- body
	}))
	i.t.Cleanup(server.Close)
	i.tellThrough(server.URL + "/hook")
	return h
}

// tellThrough makes the roles that start from now on tell of notices through the webhook at
// an address.
func (i *installation) tellThrough(address string) {
	i.t.Helper()
	secret := filepath.Join(i.t.TempDir(), "secret")
	writeFile(i.t, secret, "a secret of many letters\n")
	i.env = append(i.env, "JETSHEET_OPS_NOTIFY_WEBHOOK_URL="+address, "JETSHEET_OPS_NOTIFY_WEBHOOK_SECRET_FILE="+secret)
}

// startOps starts the role so that it tells soon.
func (i *installation) startOps() {
	i.t.Helper()
	i.start("ops", "--ops-notify-pause-grace=1s", "--ops-notify-interval=1s")
}

// told waits for the notice that a stage waits for something, and checks what it says.
func (h *hook) told(t *testing.T, stage jetsheet.Stage, on jetsheet.Resource, says string) notify.WebhookBody {
	t.Helper()
	opened := h.next(t)
	if n := opened.Notice; opened.Action != notify.ActionOpen || n.Kind != notify.KindPaused || n.Stage != stage || n.Resource != on ||
		n.Count != 1 || !strings.Contains(n.FirstError, says) || n.Runbook != "deploy/runbook/paused_"+string(on)+".md" {
		t.Errorf("got %s of %+v, want the opening of a notice that %s waits for %s with %q", opened.Action, n, stage, on, says)
	}
	return opened
}

// over waits for the end of a notice that was told once.
func (h *hook) over(t *testing.T, opened notify.WebhookBody) {
	t.Helper()
	if closed := h.next(t); closed.Action != notify.ActionClose || closed.ID != opened.ID || closed.Number != 2 {
		t.Errorf("got %s of notice %s as message %d, want the close of notice %s as the second", closed.Action, closed.ID, closed.Number, opened.ID)
	}
}

// none checks that nothing stays of concern, and that nobody is told more. A worker on a
// loaded machine may wait for a moment longer than the grace, which opens a notice that is
// mended before anybody is told.
func (h *hook) none(i *installation) {
	i.t.Helper()
	i.await("no notice is open", time.Minute, func() bool {
		overview, err := notify.Read(i.t.Context(), i.js)
		if err != nil {
			i.t.Fatal(err)
		}
		return overview.Open == 0
	})
	if n := len(h.bodies); n != 0 {
		i.t.Errorf("%d more messages were told, the first %+v, want none", n, <-h.bodies)
	}
}

// next waits for the next message.
func (h *hook) next(t *testing.T) notify.WebhookBody {
	t.Helper()
	select {
	case body := <-h.bodies:
		return body
	case <-time.After(2 * time.Minute):
		t.Fatal("the webhook was not told")
		return notify.WebhookBody{}
	}
}

// TestOpsTellsOfAFailure runs the role with its settings as an operator sets them: a
// webhook whose secret is in a file hears of a failure once, and of its end.
func TestOpsTellsOfAFailure(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a notice is told ten seconds after it was opened")
	}
	i := install(t, "")
	hook := i.hook()
	i.startOps()

	c := jetsheet.Conversion{Run: jetsheet.RunID{Tick: time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC), Report: "readings"}, Tenant: "a", Target: "b"}
	f := jetsheet.Failure{Stage: jetsheet.StageUploader, Cause: jetsheet.CausePanic, Message: "oh", Attempts: 3, Worker: "w", Version: "v", At: time.Now()}
	if _, err := i.js.PublishMsg(t.Context(), f.Msg(jetsheet.FailedSubject(c))); err != nil {
		t.Fatal(err)
	}
	opened := hook.next(t)
	if opened.Action != notify.ActionOpen || opened.Notice.Cause != jetsheet.CausePanic || opened.Notice.Count != 1 || opened.Notice.FirstError != "oh" {
		t.Errorf("got %+v, want the opening of a notice", opened)
	}
	if _, err := i.js.Publish(t.Context(), jetsheet.DoneSubject(c), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if closed := hook.next(t); closed.Action != notify.ActionClose || closed.ID != opened.ID {
		t.Errorf("got %+v, want the close of notice %s", closed, opened.ID)
	}
}

// TestSilentChannelHoldsUpNothing runs all roles in one process, with a channel that takes
// what it is told and never answers: meanwhile a run is made, the other channel is told,
// and the silent one is seen to fail.
func TestSilentChannelHoldsUpNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a channel is given up after ten seconds")
	}
	i := install(t, killSchema)
	asked := make(chan struct{}, 100)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	hook := i.hook()
	i.env = append(i.env, "JETSHEET_OPS_NOTIFY_SLACK_URL="+silent.URL+"/services/x")
	i.start("up", "--ops-notify-interval=1s")
	broken := strings.NewReplacer("records-monthly", "broken-monthly", "select n, site from", "select n / 0 as n, site from", "{tenant}/", "broken/{tenant}/").Replace(killReport)
	i.closed(i.apply(broken, killTick()), time.Minute)
	select {
	case <-asked:
	case <-time.After(time.Minute):
		t.Fatal("the silent channel was not asked")
	}
	id := i.apply(killReport, killTick())
	i.closed(id, time.Minute)
	i.checkKillWorkbooks(id)
	if opened := hook.next(t); opened.Action != notify.ActionOpen || opened.Notice.Cause != jetsheet.CauseStatement || opened.Notice.Count != 400 {
		t.Errorf("got %s of %+v, want the opening of a notice about 400 failures", opened.Action, opened.Notice)
	}
	i.await("the silent channel is seen to fail", time.Minute, func() bool {
		overview, err := notify.Read(t.Context(), i.js)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range overview.Channels {
			if c.Name == "slack" && c.Failures > 0 && strings.Contains(c.LastError, "Client.Timeout") {
				return true
			}
		}
		return false
	})
}
