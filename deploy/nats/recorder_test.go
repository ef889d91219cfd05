package nats_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// recorder notes the subjects that a client publishes to, by reading along what it
// sends.
type recorder struct {
	server nats.InProcessConnProvider

	mu       sync.Mutex
	subjects map[string]bool
}

// InProcessConn implements [nats.InProcessConnProvider].
func (r *recorder) InProcessConn() (net.Conn, error) {
	conn, err := r.server.InProcessConn()
	if err != nil {
		return nil, err
	}
	reader, writer := io.Pipe()
	// It ends with the connection. What it cannot read fails the client's next write.
	go func() { _ = reader.CloseWithError(r.read(bufio.NewReader(reader))) }()
	return &recordedConn{Conn: conn, along: writer}, nil
}

// recordedConn lets the recorder read along.
type recordedConn struct {
	net.Conn
	along *io.PipeWriter
}

// Write implements [net.Conn].
func (c *recordedConn) Write(p []byte) (int, error) {
	if _, err := c.along.Write(p); err != nil {
		return 0, fmt.Errorf("read along: %w", err)
	}
	return c.Conn.Write(p)
}

// Close implements [net.Conn].
func (c *recordedConn) Close() error {
	_ = c.along.Close()
	return c.Conn.Close()
}

// read reads the client's side of the NATS protocol: PUB SUBJECT [REPLY] SIZE, and
// HPUB with the size of the headers before that of all.
func (r *recorder) read(from *bufio.Reader) error {
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return err
		}
		fields := strings.Fields(line)
		if len(fields) < 3 || !strings.HasSuffix(fields[0], "PUB") {
			continue
		}
		size, err := strconv.Atoi(fields[len(fields)-1])
		if err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		if _, err := from.Discard(size + len("\r\n")); err != nil {
			return err
		}
		r.note(fields[1])
	}
}

func (r *recorder) note(subject string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.subjects == nil {
		r.subjects = map[string]bool{}
	}
	r.subjects[subject] = true
}

// matched says whether a subject of the pattern was published to.
func (r *recorder) matched(pattern string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for subject := range r.subjects {
		if matches(strings.Split(pattern, "."), strings.Split(subject, ".")) {
			return true
		}
	}
	return false
}

// matches says whether NATS would match the tokens of a subject with those of a
// pattern.
func matches(pattern, subject []string) bool {
	if len(pattern) > 0 && pattern[len(pattern)-1] == ">" {
		pattern = pattern[:len(pattern)-1]
		if len(subject) <= len(pattern) {
			return false
		}
		subject = subject[:len(pattern)]
	}
	return slices.EqualFunc(pattern, subject, func(p, s string) bool { return p == "*" || p == s })
}
