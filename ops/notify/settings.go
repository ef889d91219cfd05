package notify

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Settings say which channels there are, and how soon they are told. A channel is there when its address is set;
// without any, notices are kept and logged.
type Settings struct {
	SlackURL         string `name:"slack-url" secret:"" hidden:"" help:"Incoming webhook of Slack or of what takes the same."`
	WebhookURL       string `name:"webhook-url" secret:"" hidden:"" help:"Address that notices are posted to as JSON, signed."`
	WebhookSecret    string `name:"webhook-secret" secret:"" hidden:"" help:"Key of the webhook's signature, at least 16 characters."`
	GitHubURL        string `name:"github-url" placeholder:"URL" default:"https://api.github.com" help:"GitHub's REST API; https://HOST/api/v3 for an Enterprise server."`
	GitHubRepository string `name:"github-repository" placeholder:"OWNER/NAME" help:"Repository in which notices become issues."`
	GitHubToken      string `name:"github-token" secret:"" hidden:"" help:"Token with the right to write issues in that repository."`

	PauseGrace time.Duration `name:"pause-grace" default:"1m" help:"How long a worker may wait for something before people are told."`
	Timeout    time.Duration `name:"timeout" default:"40s" help:"How long one message may take. What a process began to tell and did not end is told again after three times as long."`
	Interval   time.Duration `name:"interval" default:"30s" help:"How often runs and workers are looked at. What fails is looked at when it is heard of."`
}

// DefaultPauseGrace is the PauseGrace of settings that say nothing: long enough for a
// database that is switched over or an S3 that answers 503 for a while.
const DefaultPauseGrace = time.Minute

// DefaultTimeout is the Timeout of settings that say nothing: all requests of a message
// together.
const DefaultTimeout = 40 * time.Second

// DefaultInterval is the Interval of settings that say nothing.
const DefaultInterval = 30 * time.Second

// minSecret is the least length of the webhook's key.
const minSecret = 16

// Check returns every mistake in the settings. It quotes no secret.
func (s *Settings) Check() error {
	var wrong []error
	check := func(name, address string) {
		if address != "" && !isHTTP(address) {
			wrong = append(wrong, fmt.Errorf("%s is no address that begins with https:// or http://", name))
		}
	}
	check("slack-url", s.SlackURL)
	check("webhook-url", s.WebhookURL)
	check("github-url", s.GitHubURL)
	switch {
	case s.WebhookURL != "" && len(s.WebhookSecret) < minSecret:
		wrong = append(wrong, fmt.Errorf("webhook-url needs webhook-secret, with at least %d characters", minSecret))
	case s.WebhookURL == "" && s.WebhookSecret != "":
		wrong = append(wrong, errors.New("webhook-secret is set without webhook-url"))
	}
	owner, name, ok := strings.Cut(s.GitHubRepository, "/")
	switch {
	case s.GitHubRepository == "" && s.GitHubToken != "":
		wrong = append(wrong, errors.New("github-token is set without github-repository"))
	case s.GitHubRepository == "":
	case !ok || !isName(owner) || !isName(name):
		wrong = append(wrong, fmt.Errorf("github-repository %q is not OWNER/NAME", s.GitHubRepository))
	case s.GitHubToken == "":
		wrong = append(wrong, errors.New("github-repository needs github-token"))
	case s.GitHubURL == "":
		wrong = append(wrong, errors.New("github-repository needs github-url"))
	}
	if s.PauseGrace < 0 {
		wrong = append(wrong, fmt.Errorf("pause-grace is %s: expected 0 or more; 0 means %s", s.PauseGrace, DefaultPauseGrace))
	}
	if s.Timeout < 0 {
		wrong = append(wrong, fmt.Errorf("timeout is %s: expected 0 or more; 0 means %s", s.Timeout, DefaultTimeout))
	}
	if s.Interval < 0 {
		wrong = append(wrong, fmt.Errorf("interval is %s: expected 0 or more; 0 means %s", s.Interval, DefaultInterval))
	}
	return errors.Join(wrong...)
}

func isHTTP(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// isName says whether a part of a repository's name is made of what GitHub allows.
func isName(s string) bool {
	return s != "" && s != "." && s != ".." && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r)
	}) < 0
}

// Channels returns the channels that the settings describe. The error is that of
// [Settings.Check].
func (s *Settings) Channels() ([]Channel, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	var channels []Channel
	if s.SlackURL != "" {
		channels = append(channels, &slack{url: s.SlackURL, client: newClient(secretsIn(s.SlackURL)...)})
	}
	if s.WebhookURL != "" {
		channels = append(channels, &webhook{
			url: s.WebhookURL, secret: s.WebhookSecret, client: newClient(append(secretsIn(s.WebhookURL), s.WebhookSecret)...),
		})
	}
	if s.GitHubRepository != "" {
		channels = append(channels, &github{
			api: strings.TrimRight(s.GitHubURL, "/"), repository: s.GitHubRepository, token: s.GitHubToken,
			client: newClient(s.GitHubToken),
		})
	}
	return channels, nil
}

// secretsIn returns an address and what of it a server may repeat by itself.
func secretsIn(address string) []string {
	secrets := []string{address}
	if u, err := url.Parse(address); err == nil && len(u.RequestURI()) > 1 {
		secrets = append(secrets, u.RequestURI())
		if len(u.Path) > 1 {
			secrets = append(secrets, u.Path)
		}
	}
	return secrets
}
