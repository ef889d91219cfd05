package main

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// traffic counts the messages and requests that pass, by what they are for: a round
// trip that is not needed shows here. It costs time, so a run whose time counts goes
// without.
type traffic struct {
	mu    sync.Mutex
	count map[string]counted
}

type counted struct{ messages, bytes int64 }

func newTraffic() *traffic { return &traffic{count: map[string]counted{}} }

func (t *traffic) add(what string, size int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.count[what]
	t.count[what] = counted{c.messages + 1, c.bytes + int64(size)}
}

// reset forgets what was counted.
func (t *traffic) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.count)
}

// snapshot returns what was counted.
func (t *traffic) snapshot() map[string]counted {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := make(map[string]counted, len(t.count))
	for what, c := range t.count {
		counts[what] = c
	}
	return counts
}

// Dial implements [nats.CustomDialer].
func (t *traffic) Dial(network, address string) (net.Conn, error) {
	conn, err := net.Dial(network, address) //nolint:noctx // nats.go gives no context here
	if err != nil {
		return nil, err
	}
	return &countedConn{
		Conn: conn,
		out:  protocol{add: func(what string, size int) { t.add("→ "+what, size) }},
		in:   protocol{add: func(what string, size int) { t.add("← "+what, size) }},
	}, nil
}

// wrap counts HTTP requests.
func (t *traffic) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		t.add("→ S3 "+r.Method, int(max(r.ContentLength, 0)))
		return next.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// countedConn reads the protocol of NATS as it passes.
type countedConn struct {
	net.Conn
	out, in protocol
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.out.see(p[:n])
	return n, err
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.in.see(p[:n])
	return n, err
}

// protocol cuts one direction of a connection into its lines and payloads.
type protocol struct {
	add  func(what string, size int)
	line []byte
	skip int // bytes of payload to come
}

func (p *protocol) see(data []byte) {
	for len(data) > 0 {
		if p.skip > 0 {
			n := min(p.skip, len(data))
			p.skip, data = p.skip-n, data[n:]
			continue
		}
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			p.line = append(p.line, data...)
			return
		}
		p.line = append(p.line, data[:end]...)
		p.operation(strings.Fields(string(p.line)))
		p.line, data = p.line[:0], data[end+1:]
	}
}

// operation counts the line of one operation.
func (p *protocol) operation(words []string) {
	if len(words) == 0 {
		return
	}
	verb := strings.ToUpper(words[0])
	switch verb {
	case "PUB", "HPUB", "MSG", "HMSG":
		size, err := strconv.Atoi(words[len(words)-1])
		if err != nil || len(words) < 3 {
			return
		}
		p.skip = size + len("\r\n")
		p.add(subjectKind(words[1]), size)
	default:
		p.add(verb, 0)
	}
}

// subjectKind is a subject without what differs from one conversion to the next.
func subjectKind(subject string) string {
	words := strings.Split(subject, ".")
	var keep int
	switch {
	case strings.HasPrefix(subject, "_INBOX."):
		return "answers"
	case strings.HasPrefix(subject, "$JS.ACK."):
		keep = 4
	case strings.HasPrefix(subject, "$JS.API.DIRECT.GET."), strings.HasPrefix(subject, "$JS.API.STREAM."):
		keep = 5
		if strings.HasPrefix(subject, "$JS.API.STREAM.MSG.") {
			keep = 6
		}
	case strings.HasPrefix(subject, "$JS.API.CONSUMER.MSG.NEXT."):
		keep = 7
	case strings.HasPrefix(subject, "$JS.API.CONSUMER."):
		keep = 5
	case strings.HasPrefix(subject, "conversions.done."), strings.HasPrefix(subject, "conversions.failed."):
		keep = 2
	default: // conversions.request.LANE, $KV.BUCKET.STAGE, $O.STORE.C
		keep = 3
	}
	return strings.Join(words[:min(keep, len(words))], ".")
}
