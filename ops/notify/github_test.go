package notify

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/ops/notify/notifytest"
)

// ticket is an installation with a GitHub.
func ticket(t *testing.T, g *notifytest.GitHub) (*rig, *Runner) {
	t.Helper()
	r := setup(t)
	return r, r.runner("ops-1", channels(t, serve(t, g.ServeHTTP))["github"])
}

func TestIssueIsOpenedCommentedClosedAndOpenedAgain(t *testing.T) {
	t.Parallel()
	g := notifytest.NewGitHub(secret)
	r, n := ticket(t, g)
	c := concern("r", 1)
	c.FirstError = "```\n@everyone #1"
	r.open(n, c)
	r.source.set(concern("r", 2))
	r.clock.advance(updateEvery)
	r.round(n)
	r.source.set()
	r.round(n)
	if len(g.Issues()) != 1 || g.Issues()[0].State != "closed" || len(g.Issues()[0].Comments) != 2 {
		t.Fatalf("got %+v, want one issue, closed, with two comments", g.Issues())
	}
	body := g.Issues()[0].Body
	for _, part := range []string{"jetsheet failures replay --run r", "````text\n```\n@everyone #1\n````", "deploy/runbook/workbook\\_invalid.md", "jetsheet-notice: "} {
		if !strings.Contains(body, part) {
			t.Errorf("body %q lacks %q", body, part)
		}
	}
	r.clock.advance(time.Hour)
	r.open(n, concern("r", 5))
	if len(g.Issues()) != 1 || g.Issues()[0].State != "open" || len(g.Issues()[0].Comments) != 3 {
		t.Errorf("the same again: got %+v, want the same issue, open, with a third comment", g.Issues()[0])
	}
}

// The answer is lost after the server has done what it was asked: nothing is done twice.
func TestIssueIsNotOpenedTwice(t *testing.T) {
	t.Parallel()
	g := notifytest.NewGitHub(secret)
	g.CutAfter(http.MethodPost)
	const others = 150 // other people's, more than a page
	for range others {
		g.Add(notifytest.Issue{})
	}
	r, n := ticket(t, g)
	r.open(n, concern("r", 1))
	r.clock.advance(time.Minute)
	r.round(n)
	if len(g.Issues()) != others+1 {
		t.Fatalf("%d issues were opened, want 1; calls %q", len(g.Issues())-others, g.Calls())
	}
	for _, method := range []string{http.MethodPost, http.MethodPatch} {
		g.CutAfter(method)
		r.source.set(concern("r", 10))
		if method == http.MethodPatch {
			r.source.set()
		}
		r.clock.advance(updateEvery)
		r.round(n)
		r.clock.advance(time.Minute)
		r.round(n)
	}
	if mine := g.Issues()[others]; len(mine.Comments) != 2 || mine.State != "closed" || len(g.Issues()) != others+1 {
		t.Errorf("got %+v, want it closed with two comments; calls %q", mine, g.Calls())
	}
}

// What is mended before it is known that an issue was opened closes that issue.
func TestIssueOfALostAnswerIsClosed(t *testing.T) {
	t.Parallel()
	g := notifytest.NewGitHub(secret)
	g.CutAfter(http.MethodPost)
	r, n := ticket(t, g)
	r.open(n, concern("r", 1)) // the call that is cut; no other is
	r.source.set()
	for range 2 {
		r.clock.advance(time.Minute)
		r.round(n)
	}
	if len(g.Issues()) != 1 || g.Issues()[0].State != "closed" || len(g.Issues()[0].Comments) != 1 {
		t.Errorf("got %+v, want one issue, closed with a comment; calls %q", g.Issues(), g.Calls())
	}
}

// A line that doubles a request opens two issues, of which one is known: in the end both
// are closed, and other people's are not.
func TestIssueThatTheLineDoubles(t *testing.T) {
	t.Parallel()
	g := notifytest.NewGitHub(secret)
	g.Add(notifytest.Issue{Title: "somebody's"})
	line, address := newFront(t, g)
	r := setup(t)
	n := r.runner("ops-1", channels(t, address)["github"])
	line.set((*front).doubled)
	r.open(n, concern("r", 1))
	line.set(nil)
	if issues := g.Issues(); len(issues) != 3 {
		t.Fatalf("got %+v, want two more", issues)
	}
	r.source.set()
	r.round(n)
	issues := g.Issues()
	if len(issues) != 3 || issues[0].State != "open" || issues[1].State != "closed" || issues[2].State != "closed" {
		t.Errorf("got %+v, want both closed", issues)
	}
	if len(issues[1].Comments) != 0 || len(issues[2].Comments) != 1 {
		t.Errorf("got %+v, want one comment, on the issue that is known", issues)
	}
}

// A person has deleted the issue: the notice gets a new one.
func TestIssueThatIsGone(t *testing.T) {
	t.Parallel()
	g := notifytest.NewGitHub(secret)
	r, n := ticket(t, g)
	r.open(n, concern("r", 1))
	g.Delete(1)
	r.source.set(concern("r", 10))
	for range 20 {
		r.round(n)
		r.clock.advance(time.Minute)
	}
	if len(g.Issues()) != 2 || g.Issues()[1].State != "open" {
		t.Fatalf("got %+v, want a second issue", g.Issues())
	}
	g.Delete(2)
	r.source.set()
	r.round(n)
	r.round(n)
	if s := r.overview().Channels[0]; s.Failures != 0 || len(g.Issues()) != 2 {
		t.Errorf("closing what is gone: %+v, %d issues, want no failure and no further issue", s, len(g.Issues()))
	}
}

// A pull request and somebody else's text with a guessed marker are not ours.
func TestIssueIsNotMistaken(t *testing.T) {
	t.Parallel()
	g := notifytest.NewGitHub(secret)
	r, n := ticket(t, g)
	r.source.set(concern("r", 1))
	r.round(n)
	id := r.overview().Notices[0].ID
	g.Add(notifytest.Issue{Body: "<!-- jetsheet-notice: " + id + " -->", Pull: json.RawMessage(`{"url":"x"}`)})
	g.Add(notifytest.Issue{Body: "<!-- jetsheet-notice: notice.failures.r -->"})
	r.clock.advance(settle)
	r.round(n)
	if len(g.Issues()) != 3 {
		t.Errorf("%d issues, want a third one", len(g.Issues()))
	}
}
