package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops/notify/notifytest"
)

// message is one about a concern with everything that people might try.
func message(action Action) *Message {
	c := concern("20261031T200000Z-readings-0", 3)
	c.FirstError = "cell B7: <!channel> & @everyone ``` #1"
	n := next(nil, &c, start)
	if action == ActionClose {
		n = next(n, nil, start.Add(time.Hour))
	}
	return &Message{Action: action, Notice: n, Number: 1, At: start}
}

// serve answers with a handler, at an address with a secret in it.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL + "/services/hushhush"
}

const secret = "hushhush-hushhush"

// channels are all channels, against one server.
func channels(t *testing.T, address string) map[string]Channel {
	t.Helper()
	s := Settings{
		SlackURL: address, WebhookURL: address, WebhookSecret: secret,
		GitHubURL: address, GitHubRepository: notifytest.Repository, GitHubToken: secret,
	}
	list, err := s.Channels()
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]Channel{}
	for _, channel := range list {
		named[channel.Name()] = channel
	}
	if len(named) != 3 {
		t.Fatalf("got the channels %v, want three", named)
	}
	return named
}

// What a server does wrong is an error that says so and gives no secret away.
func TestServersThatFail(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a redirect to another host was followed") })
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    string
		after   time.Duration
	}{
		"500": {func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "cannot POST "+r.URL.Path+" with "+r.Header.Get("Authorization"), http.StatusInternalServerError)
		}, "500", 0},
		"429": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "90")
			w.WriteHeader(http.StatusTooManyRequests)
		}, "429", 90 * time.Second},
		"429 with a date": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", start.Add(2*time.Minute).Format(http.TimeFormat))
			w.WriteHeader(http.StatusTooManyRequests)
		}, "429", 2 * time.Minute},
		"a used-up limit": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Ratelimit-Remaining", "0")
			w.Header().Set("X-Ratelimit-Reset", "1793509500") // five minutes after start
			w.WriteHeader(http.StatusForbidden)
		}, "403", 5 * time.Minute},
		"hang": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // a server sees that a client has gone only then
			<-r.Context().Done()
		}, "deadline", 0},
		"cut": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF", 0},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}, "another host", 0},
	} {
		for channel, c := range channels(t, serve(t, tc.handler)) {
			t.Run(channel+" "+name, func(t *testing.T) {
				t.Parallel()
				clientOf(c).now = func() time.Time { return start }
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				if name == "hang" {
					clientOf(c).http.Timeout = 50 * time.Millisecond
				}
				defer cancel()
				_, err := c.Send(ctx, message(ActionOpen))
				hidden := "hushhush"
				if channel == "github" {
					hidden = secret // its address is none
				}
				if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), hidden) {
					t.Errorf("got error %v, want one with %q and without the secret", err, tc.want)
				}
				var asked *RetryAfterError
				if errors.As(err, &asked); (asked != nil) != (tc.after > 0) || asked != nil && asked.After != tc.after {
					t.Errorf("got %+v, want a pause of %s", asked, tc.after)
				}
			})
		}
	}
}

func clientOf(c Channel) *client {
	switch c := c.(type) {
	case *slack:
		return c.client
	case *webhook:
		return c.client
	case *github:
		return c.client
	default:
		return nil
	}
}

func TestNoServerAtAll(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL + "/services/hushhush"
	server.Close()
	for name, c := range channels(t, address) {
		if _, err := c.Send(t.Context(), message(ActionOpen)); err == nil || strings.Contains(err.Error(), "hushhush") {
			t.Errorf("%s: got error %v, want one without the secret", name, err)
		}
	}
}

func TestSlackPayload(t *testing.T) {
	t.Parallel()
	slack := &notifytest.Slack{}
	c := channels(t, serve(t, slack.ServeHTTP))["slack"]
	for action, want := range map[Action][]string{
		ActionOpen: {":red_circle:", "failed (3 conversions)", "jetsheet failures replay --run", "tenant \"a\" target \"b\"", "&lt;!channel&gt; &amp;"},
		ActionUpdate: {
			":large_orange_circle:", "now 3 conversions",
		},
		ActionClose: {":white_check_mark:", "closed: workbooks of", "at most 3", "made, was dismissed, or is no longer on record", "jetsheet runs show "},
	} {
		if _, err := c.Send(t.Context(), message(action)); err != nil {
			t.Fatal(err)
		}
		texts := slack.Texts()
		got := texts[len(texts)-1]
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: got %q, want it to hold %q", action, got, part)
			}
		}
		if strings.Contains(got, "<!") {
			t.Errorf("%s: got %q, which mentions people", action, got)
		}
	}
}

func TestWebhookIsSigned(t *testing.T) {
	t.Parallel()
	var header http.Header
	var body []byte
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
	})
	m := message(ActionOpen)
	if _, err := channels(t, address)["webhook"].Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("1793509200." + string(body)))
	if got, want := header.Get(HeaderSignature), "t=1793509200,v1="+hex.EncodeToString(mac.Sum(nil)); got != want {
		t.Errorf("signature %q, want %q", got, want)
	}
	if got, want := header.Get(HeaderIdempotency), m.Notice.ID+"-1"; got != want {
		t.Errorf("idempotency key %q, want %q", got, want)
	}
	var got WebhookBody
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != jetsheet.SchemaVersion || got.Action != ActionOpen || got.Notice.Count != 3 || got.ID != m.Notice.ID || len(got.Notice.Samples) != 1 {
		t.Errorf("body %s", body)
	}
	if strings.Contains(string(body), secret) {
		t.Errorf("body %s holds the secret", body)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		settings Settings
		want     string // part of the error; empty for none
	}{
		{Settings{GitHubURL: "https://api.github.com"}, ""},
		{Settings{SlackURL: "https://hooks.example/x"}, ""},
		{Settings{SlackURL: "hushhush"}, "slack-url is no address"},
		{Settings{PauseGrace: -time.Second}, "pause-grace is -1s: expected 0 or more"},
		{Settings{Interval: -time.Second}, "interval is -1s: expected 0 or more"},
		{Settings{SlackURL: "file:///hushhush"}, "slack-url is no address"},
		{Settings{WebhookURL: "https://e.example/x"}, "needs webhook-secret"},
		{Settings{WebhookURL: "https://e.example/x", WebhookSecret: "hushhush"}, "at least 16"},
		{Settings{WebhookSecret: secret}, "without webhook-url"},
		{Settings{GitHubURL: "https://g.example", GitHubRepository: "o/r"}, "needs github-token"},
		{Settings{GitHubURL: "https://g.example", GitHubRepository: "o/r/../../user", GitHubToken: secret}, "is not OWNER/NAME"},
		{Settings{GitHubURL: "https://g.example", GitHubRepository: "../r", GitHubToken: secret}, "is not OWNER/NAME"},
		{Settings{GitHubToken: secret}, "without github-repository"},
	} {
		_, err := tc.settings.Channels()
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("got error %v, want %q", err, tc.want)
		}
		if err != nil && strings.Contains(err.Error(), "hushhush") {
			t.Errorf("error %v gives a secret away", err)
		}
	}
}
