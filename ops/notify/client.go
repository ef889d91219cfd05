package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// connectLimit bounds connecting, requestLimit a whole request.
	connectLimit = 5 * time.Second
	requestLimit = 10 * time.Second
	// maxAnswer bounds what is read of an answer: a hundred of the longest issues.
	maxAnswer = 16 << 20
)

// client makes HTTP requests whose errors name no secret: not the address, which for
// some channels is one, and not what was sent.
type client struct {
	http *http.Client
	now  func() time.Time
	// secrets are struck out of what a server answers: some repeat what they were sent.
	secrets []string
}

func newClient(secrets ...string) *client {
	dialer := &net.Dialer{Timeout: connectLimit}
	return &client{now: time.Now, secrets: secrets, http: &http.Client{
		Timeout: requestLimit,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           dialer.DialContext,
			TLSHandshakeTimeout:   connectLimit,
			ResponseHeaderTimeout: requestLimit,
			MaxIdleConns:          2,
			IdleConnTimeout:       time.Minute,
			ForceAttemptHTTP2:     true,
		},
		CheckRedirect: sameHost,
	}}
}

// errElsewhere: following would hand a secret to another host.
var errElsewhere = errors.New("the server redirects to another host, which is not followed")

func sameHost(next *http.Request, before []*http.Request) error {
	first := before[0]
	switch {
	case next.URL.Host != first.URL.Host || next.URL.Scheme != first.URL.Scheme:
		return errElsewhere
	case next.Method != first.Method:
		return errors.New("the server redirects so that the message would get lost: correct the address")
	case len(before) >= 3:
		return errors.New("the server redirects without end")
	}
	return nil
}

// answer is what a server answered.
type answer struct {
	status int
	body   []byte
}

// do sends a request and returns the answer if it is one of success. Otherwise the error
// is a [statusError] as far as there was an answer.
func (c *client) do(ctx context.Context, method, address string, header http.Header, body []byte) (*answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, withoutAddress(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", "jetsheet")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, withoutAddress(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", withoutAddress(err))
	}
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return &answer{response.StatusCode, content}, nil
	}
	failure := error(&statusError{status: response.StatusCode, text: c.quote(content)})
	if after := c.retryAfter(response.Header); after > 0 {
		failure = &RetryAfterError{After: after, Err: failure}
	}
	return nil, failure
}

// quote shortens an answer for an error.
func (c *client) quote(content []byte) string {
	text := string(content)
	for _, secret := range c.secrets {
		text = strings.ReplaceAll(text, secret, "xxxxx")
	}
	return cut(oneLine(strings.TrimSpace(text)), 200)
}

// statusError is an answer that is no success.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("the server answers %d %s", e.status, http.StatusText(e.status))
	if e.text != "" {
		text += ": " + e.text
	}
	return text
}

// statusOf returns the status of an answer that was no success, 0 for other errors.
func statusOf(err error) int {
	var status *statusError
	if errors.As(err, &status) {
		return status.status
	}
	return 0
}

// refused says whether a message was certainly not taken: its server said so, or could not
// be connected to. After any other error it may have been: a gateway that has lost its
// server's answer speaks of itself.
func refused(err error) bool {
	switch statusOf(err) {
	case 0:
		var op *net.OpError
		return errors.As(err, &op) && op.Op == "dial"
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return false
	}
	return true
}

// retryAfter reads how long to wait: Retry-After in seconds or as a date, or the reset of
// a used-up limit as GitHub writes it.
func (c *client) retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(max(seconds, 0), int(longestAsked/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(at.Sub(c.now()), longestAsked)
	}
	if header.Get("X-Ratelimit-Remaining") != "0" {
		return 0
	}
	reset, err := strconv.ParseInt(header.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil {
		return 0
	}
	return min(time.Unix(reset, 0).Sub(c.now()), longestAsked)
}

// withoutAddress takes the address out of an error: it may hold a secret.
func withoutAddress(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// pauseAfter is how long to wait after failures in a row: 5 s, 10 s, 20 s, up to 10
// minutes; longer where the server asks for it.
func pauseAfter(failures int, err error) time.Duration {
	pause := longestPause
	if failures < 8 {
		pause = min(firstPause<<(failures-1), longestPause)
	}
	var asked *RetryAfterError
	if errors.As(err, &asked) {
		pause = max(pause, min(asked.After, longestAsked))
	}
	return pause
}
