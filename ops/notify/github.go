package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// github keeps one issue for each notice: opened once, commented, closed, and opened
// again where the same happens again.
type github struct {
	api        string // without a slash at its end
	repository string // OWNER/NAME
	token      string
	client     *client
}

const (
	// issuesPage is how many issues are asked for at once, issuePages how many times at
	// most.
	issuesPage = 100
	issuePages = 10
	// clocksApart is how far GitHub's clock may be behind ours.
	clocksApart = time.Hour
	// maxIssueBody bounds a body; GitHub takes 65,536 characters.
	maxIssueBody = 60_000
)

// issue is what is read of an issue.
type issue struct {
	Number int    `json:"number"`
	Body   string `json:"body"`
	// PullRequest is set for what is no issue.
	PullRequest json.RawMessage `json:"pull_request"`
}

// Name implements [Channel].
func (g *github) Name() string { return "github" }

// Send implements [Channel]. The ticket is the issue's number.
func (g *github) Send(ctx context.Context, m *Message) (string, error) {
	ticket, err := g.send(ctx, m)
	switch status := statusOf(err); {
	case err == nil:
		return ticket, nil
	case ticket != "" && (status == http.StatusNotFound || status == http.StatusGone):
		if m.Action == ActionClose {
			return "", nil // somebody has deleted it: there is nothing to close
		}
		return "", fmt.Errorf("github issue %s is gone, a new one will be opened: %w", ticket, err)
	default:
		return ticket, fmt.Errorf("github repository %s: %w", g.repository, err)
	}
}

func (g *github) send(ctx context.Context, m *Message) (string, error) {
	if m.Ticket == "" && m.Action == ActionClose {
		return g.closeUnknown(ctx, m)
	}
	if m.Ticket == "" {
		return g.open(ctx, m)
	}
	switch m.Action {
	case ActionClose:
		// The state first: it may be set twice, a comment may not.
		if err := g.setState(ctx, m.Ticket, "closed"); err != nil {
			return m.Ticket, err
		}
		if err := g.closeTwins(ctx, m); err != nil {
			return m.Ticket, err
		}
	case ActionOpen:
		if err := g.setState(ctx, m.Ticket, "open"); err != nil {
			return m.Ticket, err
		}
	case ActionUpdate:
	}
	return m.Ticket, g.comment(ctx, m)
}

// open opens an issue, unless an earlier attempt has whose answer was lost.
func (g *github) open(ctx context.Context, m *Message) (string, error) {
	found, err := g.find(ctx, m, marker(m))
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return strconv.Itoa(found[0]), nil
	}
	var made issue
	err = g.call(ctx, http.MethodPost, "/issues", map[string]any{
		"title": "jetsheet: " + m.Notice.Title, "body": issueBody(m) + "\n\n" + marker(m),
	}, &made)
	if err == nil && made.Number == 0 {
		err = errors.New("the answer to a new issue has no number")
	}
	if err != nil {
		return "", err
	}
	return strconv.Itoa(made.Number), nil
}

// closeUnknown closes the issue that an attempt has made whose answer was lost, if it has.
func (g *github) closeUnknown(ctx context.Context, m *Message) (string, error) {
	found, err := g.find(ctx, m, markerBegin+m.Notice.ID)
	if len(found) == 0 || err != nil {
		return "", err
	}
	known := *m
	known.Ticket = strconv.Itoa(found[0])
	return g.send(ctx, &known)
}

// closeTwins closes what else is open of the notice: something on the way that asks for a
// new issue twice has opened one that nobody here has heard of.
func (g *github) closeTwins(ctx context.Context, m *Message) error {
	found, err := g.find(ctx, m, markerBegin+m.Notice.ID)
	if err != nil {
		return err
	}
	for _, number := range found {
		if err := g.setState(ctx, strconv.Itoa(number), "closed"); err != nil {
			return err
		}
	}
	return nil
}

// find looks for the notice's open issues with a mark in them and returns their numbers.
// It lists: GitHub's search learns of an issue only after a while.
func (g *github) find(ctx context.Context, m *Message, mark string) ([]int, error) {
	query := url.Values{
		"state": {"open"}, "per_page": {strconv.Itoa(issuesPage)},
		"since": {m.Notice.OpenedAt.Add(-clocksApart).UTC().Format(time.RFC3339)},
	}
	var found []int
	for page := 1; page <= issuePages; page++ {
		query.Set("page", strconv.Itoa(page))
		var issues []issue
		if err := g.call(ctx, http.MethodGet, "/issues?"+query.Encode(), nil, &issues); err != nil {
			return nil, err
		}
		for _, i := range issues {
			if i.PullRequest == nil && strings.Contains(i.Body, mark) {
				found = append(found, i.Number)
			}
		}
		if len(issues) < issuesPage {
			break
		}
	}
	return found, nil
}

func (g *github) setState(ctx context.Context, ticket, state string) error {
	change := map[string]string{"state": state}
	if state == "closed" {
		change["state_reason"] = "completed"
	}
	return g.call(ctx, http.MethodPatch, "/issues/"+url.PathEscape(ticket), change, nil)
}

// comment comments an issue, unless an earlier attempt at the same message has.
func (g *github) comment(ctx context.Context, m *Message) error {
	path := "/issues/" + url.PathEscape(m.Ticket) + "/comments"
	if m.Again {
		var comments []issue
		last := m.Notice.Deliveries[g.Name()].SentAt
		if last.IsZero() {
			last = m.Notice.OpenedAt // nobody knows when the issue was opened
		}
		since := url.Values{"per_page": {strconv.Itoa(issuesPage)}, "since": {last.Add(-clocksApart).UTC().Format(time.RFC3339)}}
		if err := g.call(ctx, http.MethodGet, path+"?"+since.Encode(), nil, &comments); err != nil {
			return err
		}
		for _, c := range comments {
			if strings.Contains(c.Body, marker(m)) {
				return nil
			}
		}
	}
	text := "**" + markdownEscape(m.headline()) + "**\n\n" + issueBody(m) + "\n\n" + marker(m)
	return g.call(ctx, http.MethodPost, path, map[string]string{"body": text}, nil)
}

// call makes a request and reads the answer into a value, unless that is nil.
func (g *github) call(ctx context.Context, method, path string, body, into any) error {
	var encoded []byte
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode the message: %w", err)
		}
	}
	header := http.Header{
		"Accept":               {"application/vnd.github+json"},
		"X-Github-Api-Version": {"2022-11-28"},
		"Authorization":        {"Bearer " + g.token},
		"Content-Type":         {"application/json; charset=utf-8"},
	}
	got, err := g.client.do(ctx, method, g.api+"/repos/"+g.repository+path, header, encoded)
	if err != nil || into == nil {
		return err
	}
	if err := json.Unmarshal(got.body, into); err != nil {
		return errors.New("the answer is no JSON of an issue")
	}
	return nil
}

// markerBegin is how the markers of all messages about a notice begin, before its id.
const markerBegin = "<!-- jetsheet-notice: "

// marker is in the body of what a message made. It is invisible and cannot be guessed.
func marker(m *Message) string {
	id := m.Notice.ID
	if m.Number > 1 {
		id += "-" + strconv.Itoa(m.Number)
	}
	return markerBegin + id + " -->"
}

func issueBody(m *Message) string {
	var b strings.Builder
	for _, p := range m.parts() {
		if p.label != "" {
			b.WriteString("**" + p.label + ":** ")
		}
		if p.code {
			b.WriteString(fenced(p.text))
		} else {
			b.WriteString(markdownEscape(p.text) + "\n\n")
		}
	}
	return cut(strings.TrimSpace(b.String()), maxIssueBody)
}

// fenced shows text as it is. The fence is longer than any in the text.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return "\n" + fence + "text\n" + text + "\n" + fence + "\n\n"
}

// markdownEscape keeps text from becoming anything but text: no mention, no link, no
// reference to another issue.
func markdownEscape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_{}[]<>#@|~!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		if r == '@' || r == '#' {
			b.WriteRune('\u200b') // a mention is one even when escaped
		}
	}
	return b.String()
}
