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
	secret := filepath.Join(i.t.TempDir(), "secret")
	writeFile(i.t, secret, "a secret of many letters\n")
	i.env = append(i.env, "JETSHEET_OPS_NOTIFY_WEBHOOK_URL="+server.URL+"/hook", "JETSHEET_OPS_NOTIFY_WEBHOOK_SECRET_FILE="+secret)
	return h
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
		t.Skip("a mended failure is seen within half a minute")
	}
	i := install(t, "")
	hook := i.hook()
	i.start("ops")

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

// TestAnOutageIsToldOnce takes S3 away in the middle of a run, for longer than people leave
// it be: they are told once while it lasts and once that it is over.
func TestAnOutageIsToldOnce(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("ops looks at what is paused every half minute")
	}
	i := install(t, killSchema)
	front, hook := i.frontS3(), i.hook()
	i.startRoles("producer", "renderer", "uploader")
	i.start("ops", "--ops-notify-pause-grace=1s")
	id := i.apply(killReport, killTick())
	i.await("some workbooks", time.Minute, func() bool { return i.done(id) >= 20 })
	mend := front.refuse(http.StatusServiceUnavailable, "SlowDown")
	opened := hook.next(t)
	if n := opened.Notice; opened.Action != notify.ActionOpen || n.Kind != notify.KindPaused || n.Stage != jetsheet.StageUploader ||
		n.Resource != jetsheet.ResourceS3 || n.Count != 1 || !strings.Contains(n.FirstError, "SlowDown") || n.Runbook != "deploy/runbook/paused_s3.md" {
		t.Errorf("got %s of %+v, want the opening of a notice that the uploader waits for S3", opened.Action, n)
	}
	mend()
	i.closed(id, time.Minute)
	i.nothingFailed()
	if closed := hook.next(t); closed.Action != notify.ActionClose || closed.ID != opened.ID || closed.Number != 2 {
		t.Errorf("got %s of notice %s as message %d, want the close of notice %s as the second", closed.Action, closed.ID, closed.Number, opened.ID)
	}
	var overview notify.Overview
	answer, err := i.conn.Request("conversions.ops.notices", nil, 10*time.Second)
	if err != nil || json.Unmarshal(answer.Data, &overview) != nil || overview.Open != 0 || len(hook.bodies) != 0 {
		t.Errorf("notices: got %+v, %v, and %d more messages, want none", overview.Notices, err, len(hook.bodies))
	}
}
