package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/faults"
	"github.com/jetsheet/jetsheet/ops/notify"
	"github.com/jetsheet/jetsheet/ops/notify/notifytest"
)

// toldChannel is a channel as those have it who are told through it.
type toldChannel struct {
	wire faults.Wire // by the channel's name
	// about returns what was told of a run's failures: an action for each time.
	about func(id jetsheet.RunID) ([]notify.Action, error)
}

// tellsAll makes ops tell of notices through every channel there is, each behind a proxy.
func (w *faultWorld) tellsAll() []toldChannel {
	w.t.Helper()
	const token = "a token of many letters"
	book, slack, hub := &toldBook{}, &notifytest.Slack{}, notifytest.NewGitHub(token)
	w.tellThrough(w.channel(faults.WireWebhook, book) + "/hook")
	w.env = append(w.env,
		"JETSHEET_OPS_NOTIFY_SLACK_URL="+w.channel(faults.WireSlack, slack)+"/hook",
		"JETSHEET_OPS_NOTIFY_GITHUB_URL="+w.channel(faults.WireGitHub, hub),
		"JETSHEET_OPS_NOTIFY_GITHUB_REPOSITORY="+notifytest.Repository,
		"JETSHEET_OPS_NOTIFY_GITHUB_TOKEN="+token)
	return []toldChannel{
		{faults.WireWebhook, book.about},
		{faults.WireSlack, func(id jetsheet.RunID) ([]notify.Action, error) { return slackAbout(slack.Texts(), id), nil }},
		{faults.WireGitHub, func(id jetsheet.RunID) ([]notify.Action, error) { return issuesAbout(hub.Issues(), id), nil }},
	}
}

// channel puts a proxy before a server and returns its address.
func (w *faultWorld) channel(wire faults.Wire, handler http.Handler) string {
	w.t.Helper()
	server := httptest.NewServer(handler)
	w.t.Cleanup(server.Close)
	proxy, err := faults.StartChannel(w.director, "ops", wire, server.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			w.t.Error(err)
		}
	})
	return proxy.URL()
}

// heard says whether the channel was told this of a run, each once, and again only where
// a fault allows for that.
func (c *toldChannel) heard(id jetsheet.RunID, want []notify.Action, fault faults.Fault) error {
	told, err := c.about(id)
	if err != nil {
		return err
	}
	each := slices.Compact(slices.Clone(told))
	if !slices.Equal(each, want) || len(told) > len(each)+c.repeats(fault) {
		return fmt.Errorf("%s was told %v, want %v", c.wire, told, want)
	}
	return nil
}

// repeats is how often the same may be told twice because of a fault. Slack's messages
// have no keys, so what may have been heard is said again; GitHub has only what the line
// has doubled.
func (c *toldChannel) repeats(fault faults.Fault) int {
	doubled := fault.Action == faults.Duplicate && strings.HasPrefix(fault.Point.Effect, "post ")
	switch {
	case c.wire == faults.WireSlack && fault.Point.Role == "ops", c.wire == faults.WireGitHub && fault.Point.Wire == c.wire && doubled:
		return 1
	}
	return 0
}

// toldTitle is in whatever is told of a run's failures to people.
func toldTitle(id jetsheet.RunID) string { return "workbooks of run " + id.String() + " failed" }

func slackAbout(texts []string, id jetsheet.RunID) (told []notify.Action) {
	for _, text := range texts {
		switch {
		case !strings.Contains(text, toldTitle(id)):
		case strings.HasPrefix(text, ":red_circle:"):
			told = append(told, notify.ActionOpen)
		case strings.HasPrefix(text, ":white_check_mark:"):
			told = append(told, notify.ActionClose)
		default:
			told = append(told, notify.ActionUpdate)
		}
	}
	return told
}

// issuesAbout is an opening for each issue of a run, and when none is open any more a
// close for each comment.
func issuesAbout(issues []notifytest.Issue, id jetsheet.RunID) (told []notify.Action) {
	open, comments := 0, 0
	for _, i := range issues {
		if !strings.Contains(i.Title, toldTitle(id)) {
			continue
		}
		told = append(told, notify.ActionOpen)
		comments += len(i.Comments)
		if i.State == "open" {
			open++
		}
	}
	if open > 0 {
		return told
	}
	return append(told, slices.Repeat([]notify.Action{notify.ActionClose}, comments)...)
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

func (b *toldBook) about(id jetsheet.RunID) (told []notify.Action, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.messages {
		if m.body.Notice.Kind == notify.KindFailures && m.body.Notice.Run == id.String() {
			told = append(told, m.body.Action)
		}
	}
	return told, b.refused
}
