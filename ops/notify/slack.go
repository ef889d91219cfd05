package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// maxSlackText is the most bytes of a message; Slack cuts longer ones.
const maxSlackText = 3500

// slack posts to an incoming webhook of Slack, or of what takes the same: Mattermost,
// Rocket.Chat, Discord with /slack behind its address. Such a webhook cannot change what
// it posted, so an update is a short message.
type slack struct {
	url    string
	client *client
}

// Name implements [Channel].
func (s *slack) Name() string { return "slack" }

// Send implements [Channel].
func (s *slack) Send(ctx context.Context, m *Message) (string, error) {
	body, err := json.Marshal(map[string]string{"text": slackText(m)})
	if err != nil {
		return "", fmt.Errorf("encode the message: %w", err)
	}
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	if _, err := s.client.do(ctx, http.MethodPost, s.url, header, body); err != nil {
		return "", fmt.Errorf("slack webhook: %w", err)
	}
	return "", nil
}

func slackText(m *Message) string {
	mark := map[Action]string{ActionOpen: ":red_circle:", ActionUpdate: ":large_orange_circle:", ActionClose: ":white_check_mark:"}[m.Action]
	var b strings.Builder
	fmt.Fprintf(&b, "%s *jetsheet* %s", mark, slackEscape(m.headline()))
	parts := m.parts()
	if m.Action == ActionUpdate {
		parts = nil // what it was about is a few lines further up
	}
	for _, p := range parts {
		b.WriteString("\n" + slackPart(p))
	}
	return cut(b.String(), maxSlackText)
}

func slackPart(p part) string {
	text := slackEscape(p.text)
	if p.code {
		// A backtick would end the code; Slack knows no way to escape one.
		text = "```" + strings.ReplaceAll(text, "`", "'") + "```"
	}
	if p.label == "" {
		return text
	}
	return "*" + p.label + ":* " + text
}

// slackEscape keeps text from becoming links, mentions or commands.
func slackEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
