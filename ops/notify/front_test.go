package notify

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/ops/notify/notifytest"
)

// fault is what a front does to a request instead of passing it on.
type fault func(f *front, w http.ResponseWriter, r *http.Request)

// front stands between a channel and its server. Without a fault it passes requests on.
type front struct {
	t      *testing.T
	server http.Handler
	mu     sync.Mutex
	fault  fault
	met    int // requests that met a fault
	held   []net.Conn
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	now := f.fault
	if now != nil {
		f.met++
	}
	f.mu.Unlock()
	if now == nil {
		now = (*front).pass
	}
	now(f, w, r)
}

func (f *front) set(now fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.met = now, 0
}

func (f *front) faults() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.met
}

func (f *front) pass(w http.ResponseWriter, r *http.Request) { f.server.ServeHTTP(w, r) }

// fail answers as a gateway does whose server is down.
func (f *front) fail(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }

// limit answers that there were too many requests.
func (f *front) limit(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "20")
	w.WriteHeader(http.StatusTooManyRequests)
}

// silence keeps the connection, the one that was used before as well, and nothing ever
// comes back on it.
func (f *front) silence(w http.ResponseWriter, r *http.Request) {
	if conn := f.take(w, r); conn != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.held = append(f.held, conn)
	}
}

// stall begins an answer and does not end it.
func (f *front) stall(w http.ResponseWriter, r *http.Request) {
	if conn := f.take(w, r); conn != nil {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
		f.mu.Lock()
		defer f.mu.Unlock()
		f.held = append(f.held, conn)
	}
}

// reset ends the connection before the server has heard of anything.
func (f *front) reset(w http.ResponseWriter, r *http.Request) {
	if conn := f.take(w, r); conn != nil {
		_ = conn.Close()
	}
}

// applied has the server do what it is asked, and nobody hears of it.
func (f *front) applied(w http.ResponseWriter, r *http.Request) {
	f.server.ServeHTTP(httptest.NewRecorder(), r)
	f.reset(w, r)
}

// appliedFailed has the server do what it is asked, and somebody in between says that it
// did not.
func (f *front) appliedFailed(w http.ResponseWriter, r *http.Request) {
	f.server.ServeHTTP(httptest.NewRecorder(), r)
	w.WriteHeader(http.StatusGatewayTimeout)
}

// doubled has the server do what it is asked twice, and tells the second answer.
func (f *front) doubled(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	for _, answer := range []http.ResponseWriter{httptest.NewRecorder(), w} {
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.server.ServeHTTP(answer, r)
	}
}

// onWrites is a fault that reading does not meet.
func onWrites(of fault) fault {
	return func(f *front, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			f.pass(w, r)
			return
		}
		of(f, w, r)
	}
}

// take takes a connection from the server's hands, with what is left of the request read.
func (f *front) take(w http.ResponseWriter, r *http.Request) net.Conn {
	_, _ = io.Copy(io.Discard, r.Body)
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		f.t.Error("the connection cannot be taken")
		return nil
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		f.t.Errorf("take the connection: %v", err)
		return nil
	}
	return conn
}

// newFront puts a front before a server and returns its address.
func newFront(t *testing.T, server http.Handler) (*front, string) {
	t.Helper()
	f := &front{t: t, server: server}
	address := serve(t, f.ServeHTTP)
	t.Cleanup(func() {
		for _, conn := range f.held {
			_ = conn.Close()
		}
	})
	return f, address
}

// inbox is a server of webhooks that keeps what it is told, by the key of the message; the
// other kind has no key but its text.
type inbox struct {
	mu   sync.Mutex
	told map[string]int
}

func (i *inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key := r.Header.Get(HeaderIdempotency)
	if key == "" {
		var slack struct{ Text string }
		_ = json.NewDecoder(bytes.NewReader(body)).Decode(&slack)
		key, _, _ = strings.Cut(slack.Text, "\n")
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.told[key]++
}

// messages returns how many different messages were told, and the most that one was.
func (i *inbox) messages() (different, most int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, times := range i.told {
		most = max(most, times)
	}
	return len(i.told), most
}

// TestChannelsBehindAFaultyLine: through whatever happens on the way, each channel says
// each thing in the end, twice at most where nobody can know whether it was said, and GitHub
// never twice. Meanwhile the other channel is told everything at once, and the failing one
// is seen to fail.
func TestChannelsBehindAFaultyLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault fault
		says  string
		// unsure says that the server may have done it.
		unsure bool
	}{
		"fails":               {(*front).fail, "502", false},
		"rate-limits":         {(*front).limit, "429", false},
		"is half open":        {(*front).silence, "Client.Timeout", false},
		"hangs in the answer": {(*front).stall, "Client.Timeout", false},
		"is cut":              {(*front).reset, "EOF", false},
		"applies, is cut":     {onWrites((*front).applied), "EOF", true},
		"applies, fails":      {onWrites((*front).appliedFailed), "504", true},
	} {
		for _, channel := range []string{"slack", "webhook", "github"} {
			t.Run(channel+" "+name, func(t *testing.T) {
				t.Parallel()
				hub, in := notifytest.NewGitHub(secret), &inbox{told: map[string]int{}}
				server := http.Handler(in)
				if channel == "github" {
					server = hub
				}
				front, address := newFront(t, server)
				c := channels(t, address)[channel]
				r, good := setup(t), &box{name: "good"}
				n := r.runner("ops-1", c, good)
				state := func() *ChannelState {
					list := r.overview().Channels
					return list[slices.IndexFunc(list, func(s *ChannelState) bool { return s.Name == channel })]
				}
				// through has something to be told during the fault and after it.
				through := func(what string, told int, concerns ...Concern) {
					t.Helper()
					front.set(tc.fault)
					patience := clientOf(c).http.Timeout
					if tc.says == "Client.Timeout" { // elsewhere an answer comes, on a busy machine late
						clientOf(c).http.Timeout = 150 * time.Millisecond
					}
					r.source.set(concerns...)
					before := len(good.said())
					var seen string
					for range 16 { // attempts at most after 10, 15 and 25 s
						r.round(n)
						r.clock.advance(time.Second)
						if text := state().LastError; text != "" {
							seen = text
						}
					}
					if said := good.said(); len(said) != before+1 {
						t.Errorf("%s: the other channel was told %q meanwhile, want one message", what, said[before:])
					}
					if front.faults() == 0 || !strings.Contains(seen, tc.says) {
						t.Errorf("%s: after %d faults the channel shows the error %q, want %q", what, front.faults(), seen, tc.says)
					}
					front.set(nil)
					clientOf(c).http.Timeout = patience
					for range 3 {
						r.clock.advance(time.Minute)
						r.round(n)
					}
					if s := state(); s.Failures != 0 {
						t.Errorf("%s: the channel has %d failures in a row after the fault, want none: %s", what, s.Failures, s.LastError)
					}
					if different, most := in.messages(); channel != "github" && (different != told || most > 1 && !tc.unsure) {
						t.Errorf("%s: %d messages, one %d times, want %d: %v", what, different, most, told, in.told)
					}
				}
				r.open(n, concern("first", 1)) // makes the connection that is used again
				through("open", 2, concern("first", 1), concern("second", 1))
				through("close", 3, concern("first", 1))
				if issues := hub.Issues(); channel == "github" && (len(issues) != 2 || issues[0].State != "open" || issues[1].State != "closed" ||
					len(issues[0].Comments) != 0 || len(issues[1].Comments) != 1) {
					t.Errorf("got the issues %+v, want one open and one closed with a comment", issues)
				}
			})
		}
	}
}
