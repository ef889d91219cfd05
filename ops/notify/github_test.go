package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeGitHub keeps issues as GitHub does.
type fakeGitHub struct {
	mu     sync.Mutex
	issues []*fakeIssue
	calls  []string
	// cutAfter cuts the connection after the first call of a method was carried out.
	cutAfter string
}

type fakeIssue struct {
	Number   int             `json:"number"`
	Title    string          `json:"title"`
	Body     string          `json:"body"`
	State    string          `json:"state"`
	Pull     json.RawMessage `json:"pull_request,omitempty"`
	Comments []fakeComment   `json:"-"`
	gone     bool
}

type fakeComment struct {
	Body string `json:"body"`
}

func (g *fakeGitHub) handler() http.Handler {
	mux := http.NewServeMux()
	const issues = "/services/hushhush/repos/o/r/issues"
	mux.HandleFunc("GET "+issues, g.list)
	mux.HandleFunc("POST "+issues, g.open)
	mux.HandleFunc("PATCH "+issues+"/{n}", g.patch)
	mux.HandleFunc("GET "+issues+"/{n}/comments", g.comments)
	mux.HandleFunc("POST "+issues+"/{n}/comments", g.comment)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.calls = append(g.calls, r.Method+" "+strings.TrimPrefix(r.URL.Path, issues))
		if r.Header.Get("Authorization") != "Bearer "+secret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
		if r.Method == g.cutAfter {
			g.cutAfter = ""
			panic(http.ErrAbortHandler)
		}
	})
}

func (g *fakeGitHub) list(w http.ResponseWriter, r *http.Request) {
	var page int
	_, _ = fmt.Sscan(r.FormValue("page"), &page)
	open := slices.DeleteFunc(slices.Clone(g.issues), func(i *fakeIssue) bool { return i.State != "open" || i.gone })
	size := 100
	from := min(len(open), (page-1)*size)
	_ = json.NewEncoder(w).Encode(open[from:min(len(open), from+size)])
}

func (g *fakeGitHub) open(w http.ResponseWriter, r *http.Request) {
	i := &fakeIssue{Number: len(g.issues) + 1, State: "open"}
	_ = json.NewDecoder(r.Body).Decode(i)
	g.issues = append(g.issues, i)
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(i)
}

// issue finds the issue of a request; it answers 410 for one that was deleted.
func (g *fakeGitHub) issue(w http.ResponseWriter, r *http.Request) *fakeIssue {
	var n int
	_, _ = fmt.Sscan(r.PathValue("n"), &n)
	if n < 1 || n > len(g.issues) || g.issues[n-1].gone {
		w.WriteHeader(http.StatusGone)
		return nil
	}
	return g.issues[n-1]
}

func (g *fakeGitHub) patch(w http.ResponseWriter, r *http.Request) {
	if i := g.issue(w, r); i != nil {
		_ = json.NewDecoder(r.Body).Decode(i)
	}
}

func (g *fakeGitHub) comments(w http.ResponseWriter, r *http.Request) {
	if i := g.issue(w, r); i != nil {
		_ = json.NewEncoder(w).Encode(append([]fakeComment{}, i.Comments...))
	}
}

func (g *fakeGitHub) comment(w http.ResponseWriter, r *http.Request) {
	if i := g.issue(w, r); i != nil {
		var c fakeComment
		_ = json.NewDecoder(r.Body).Decode(&c)
		i.Comments = append(i.Comments, c)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("{}"))
	}
}

// ticket is an installation with a fake GitHub.
func ticket(t *testing.T, g *fakeGitHub) (*rig, *Runner) {
	t.Helper()
	r := setup(t)
	return r, r.runner("ops-1", channels(t, serve(t, g.handler().ServeHTTP))["github"])
}

// open opens a notice and lets it be sent.
func open(r *rig, n *Runner, c Concern) {
	r.t.Helper()
	r.source.set(c)
	r.round(n)
	r.clock.advance(settle)
	r.round(n)
}

func TestIssueIsOpenedCommentedClosedAndOpenedAgain(t *testing.T) {
	t.Parallel()
	g := &fakeGitHub{}
	r, n := ticket(t, g)
	c := concern("r", 1)
	c.FirstError = "```\n@everyone #1"
	open(r, n, c)
	r.source.set(concern("r", 2))
	r.clock.advance(updateEvery)
	r.round(n)
	r.source.set()
	r.round(n)
	if len(g.issues) != 1 || g.issues[0].State != "closed" || len(g.issues[0].Comments) != 2 {
		t.Fatalf("got %+v, want one issue, closed, with two comments", g.issues)
	}
	body := g.issues[0].Body
	for _, part := range []string{"jetsheet failures replay --run r", "````text\n```\n@everyone #1\n````", "deploy/runbook/workbook\\_invalid.md", "jetsheet-notice: "} {
		if !strings.Contains(body, part) {
			t.Errorf("body %q lacks %q", body, part)
		}
	}
	r.clock.advance(time.Hour)
	open(r, n, concern("r", 5))
	if len(g.issues) != 1 || g.issues[0].State != "open" || len(g.issues[0].Comments) != 3 {
		t.Errorf("the same again: got %+v, want the same issue, open, with a third comment", g.issues[0])
	}
}

// The answer is lost after the server has done what it was asked: nothing is done twice.
func TestIssueIsNotOpenedTwice(t *testing.T) {
	t.Parallel()
	g := &fakeGitHub{cutAfter: http.MethodPost}
	for i := range 150 { // other people's, more than a page
		g.issues = append(g.issues, &fakeIssue{Number: i + 1, State: "open"})
	}
	others := len(g.issues)
	r, n := ticket(t, g)
	open(r, n, concern("r", 1))
	r.clock.advance(time.Minute)
	r.round(n)
	if len(g.issues) != others+1 {
		t.Fatalf("%d issues were opened, want 1; calls %q", len(g.issues)-others, g.calls)
	}
	mine := g.issues[others]
	for _, method := range []string{http.MethodPost, http.MethodPatch} {
		g.cutAfter = method
		r.source.set(concern("r", 10))
		if method == http.MethodPatch {
			r.source.set()
		}
		r.clock.advance(updateEvery)
		r.round(n)
		r.clock.advance(time.Minute)
		r.round(n)
	}
	if len(mine.Comments) != 2 || mine.State != "closed" || len(g.issues) != others+1 {
		t.Errorf("got %+v, want it closed with two comments; calls %q", mine, g.calls)
	}
}

// What is mended before it is known that an issue was opened closes that issue.
func TestIssueOfALostAnswerIsClosed(t *testing.T) {
	t.Parallel()
	g := &fakeGitHub{cutAfter: http.MethodPost}
	r, n := ticket(t, g)
	open(r, n, concern("r", 1)) // the call that is cut; no other is
	r.source.set()
	for range 2 {
		r.clock.advance(time.Minute)
		r.round(n)
	}
	if len(g.issues) != 1 || g.issues[0].State != "closed" || len(g.issues[0].Comments) != 1 {
		t.Errorf("got %+v, want one issue, closed with a comment; calls %q", g.issues, g.calls)
	}
}

// A person has deleted the issue: the notice gets a new one.
func TestIssueThatIsGone(t *testing.T) {
	t.Parallel()
	g := &fakeGitHub{}
	r, n := ticket(t, g)
	open(r, n, concern("r", 1))
	g.issues[0].gone = true
	r.source.set(concern("r", 10))
	for range 20 {
		r.round(n)
		r.clock.advance(time.Minute)
	}
	if len(g.issues) != 2 || g.issues[1].State != "open" {
		t.Fatalf("got %+v, want a second issue", g.issues)
	}
	g.issues[1].gone = true
	r.source.set()
	r.round(n)
	r.round(n)
	if s := r.overview().Channels[0]; s.Failures != 0 || len(g.issues) != 2 {
		t.Errorf("closing what is gone: %+v, %d issues, want no failure and no further issue", s, len(g.issues))
	}
}

// A pull request and somebody else's text with a guessed marker are not ours.
func TestIssueIsNotMistaken(t *testing.T) {
	t.Parallel()
	g := &fakeGitHub{}
	r, n := ticket(t, g)
	r.source.set(concern("r", 1))
	r.round(n)
	id := r.overview().Notices[0].ID
	g.issues = append(g.issues,
		&fakeIssue{Number: 1, State: "open", Body: "<!-- jetsheet-notice: " + id + " -->", Pull: json.RawMessage(`{"url":"x"}`)},
		&fakeIssue{Number: 2, State: "open", Body: "<!-- jetsheet-notice: notice.failures.r -->"})
	r.clock.advance(settle)
	r.round(n)
	if len(g.issues) != 3 {
		t.Errorf("%d issues, want a third one", len(g.issues))
	}
}
