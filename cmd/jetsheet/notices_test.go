package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops/notify"
)

// TestOpsTellsOfAFailure runs the role with its settings as an operator sets them: a
// webhook whose secret is in a file hears of a failure once, and of its end.
func TestOpsTellsOfAFailure(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a mended failure is seen within half a minute")
	}
	bodies := make(chan notify.WebhookBody, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body notify.WebhookBody
		content, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(content, &body) != nil || !strings.HasPrefix(r.Header.Get(notify.HeaderSignature), "t=") {
			t.Errorf("got %q (%v), signed %q", content, err, r.Header.Get(notify.HeaderSignature))
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		bodies <- body
	}))
	t.Cleanup(server.Close)
	next := func() notify.WebhookBody {
		select {
		case body := <-bodies:
			return body
		case <-time.After(time.Minute):
			t.Fatal("the webhook was not told")
			return notify.WebhookBody{}
		}
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("a secret of many letters\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	i := install(t, "")
	i.env = append(i.env, "JETSHEET_OPS_NOTIFY_WEBHOOK_URL="+server.URL+"/hook", "JETSHEET_OPS_NOTIFY_WEBHOOK_SECRET_FILE="+secret)
	i.start("ops")

	c := jetsheet.Conversion{Run: jetsheet.RunID{Tick: time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC), Report: "readings"}, Tenant: "a", Target: "b"}
	f := jetsheet.Failure{Stage: jetsheet.StageUploader, Cause: jetsheet.CausePanic, Message: "oh", Attempts: 3, Worker: "w", Version: "v", At: time.Now()}
	if _, err := i.js.PublishMsg(t.Context(), f.Msg(jetsheet.FailedSubject(c))); err != nil {
		t.Fatal(err)
	}
	opened := next()
	if opened.Action != notify.ActionOpen || opened.Notice.Cause != jetsheet.CausePanic || opened.Notice.Count != 1 || opened.Notice.FirstError != "oh" {
		t.Errorf("got %+v, want the opening of a notice", opened)
	}
	if _, err := i.js.Publish(t.Context(), jetsheet.DoneSubject(c), []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if closed := next(); closed.Action != notify.ActionClose || closed.ID != opened.ID {
		t.Errorf("got %+v, want the close of notice %s", closed, opened.ID)
	}
}
