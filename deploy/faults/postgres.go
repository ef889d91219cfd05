package faults

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// Postgres stands between a role and PostgreSQL. Connecting is an effect, each exchange
// of statements up to the point where the role waits, and the rows of an answer.
type Postgres struct{ *line }

// StartPostgres listens for a role; network and server are as net.Dial takes them, which
// may be a Unix socket.
func StartPostgres(d *Director, role, network, server string) (*Postgres, error) {
	l, err := newLine(d, role, network, server)
	if err != nil {
		return nil, err
	}
	l.serve(func(client, server net.Conn) {
		s := &pgSession{l: l, client: client, server: server, ready: make(chan struct{}, 1), statements: map[string]string{}}
		s.run()
	})
	return &Postgres{l}, nil
}

// middleRow is the row of an answer that stands for its middle.
const middleRow = 2

// pgSession is one connection of a role.
type pgSession struct {
	l              *line
	client, server net.Conn
	statements     map[string]string // labels of prepared statements, by name

	mu      sync.Mutex
	hushed  bool
	swallow int           // answers that the role is not to hear
	label   string        // of the exchange under way
	ready   chan struct{} // told of the end of an answer that the role does not hear
}

func (s *pgSession) run() {
	r := bufio.NewReaderSize(s.client, 64<<10)
	if !s.begin(r) {
		return
	}
	var down sync.WaitGroup
	down.Go(func() {
		s.down()
		_ = s.client.Close()
	})
	s.up(r)
	_ = s.client.Close()
	halfClose(s.server)
	ended := time.AfterFunc(heardLimit, func() { _ = s.server.Close() })
	down.Wait()
	ended.Stop()
}

// Codes in the place of a version in the first message of a connection.
const (
	pgCancel = 80877102
	pgTLS    = 80877103
	pgGSS    = 80877104
)

// begin passes the first message on and says whether a session follows.
func (s *pgSession) begin(r *bufio.Reader) bool {
	for {
		first, err := readPGBody(r, nil)
		if err != nil || len(first) < 8 {
			return false
		}
		switch binary.BigEndian.Uint32(first[4:]) {
		case pgTLS, pgGSS:
			if _, err := s.client.Write([]byte("N")); err != nil {
				return false
			}
			continue
		case pgCancel:
			_, _ = s.server.Write(first)
			_, _ = io.Copy(io.Discard, s.server) // the server ends the connection
			return false
		}
		met := s.l.meet(WirePostgres, "connect")
		switch met.Action {
		case Fail:
			return false
		case Crash:
			s.l.director.crash(s.l.role)
			return false
		case ApplyThenFail:
			_, _ = s.server.Write(first)
			_ = s.server.SetReadDeadline(time.Now().Add(heardLimit))
			_, _ = s.server.Read(make([]byte, 1)) // the server has a session now
			return false
		case Delay:
			if !s.l.wait(met.Late) {
				return false
			}
		case Duplicate:
			s.connectTwice(first)
		}
		_, err = s.server.Write(first)
		return err == nil
	}
}

// connectTwice begins a session that nobody uses, as a client does whose first try got
// lost on the way back.
func (s *pgSession) connectTwice(first []byte) {
	other, err := (&net.Dialer{Timeout: dialLimit}).Dial(s.l.network, s.l.server)
	if err != nil {
		return
	}
	defer s.l.keep(other)()
	_, _ = other.Write(first)
	_ = other.SetReadDeadline(time.Now().Add(heardLimit))
	_, _ = other.Read(make([]byte, 1))
}

// up passes on what the role sends, an exchange at a time.
func (s *pgSession) up(r *bufio.Reader) {
	for {
		x, err := s.readExchange(r)
		if err != nil {
			return
		}
		var met Fault
		if x.label != "" {
			s.mu.Lock()
			s.label = x.label
			s.mu.Unlock()
			met = s.l.meet(WirePostgres, x.label)
		}
		if !s.pass(x, met) {
			return
		}
	}
}

func (s *pgSession) pass(x *pgExchange, met Fault) bool {
	switch met.Action {
	case Fail:
		return false
	case Crash:
		s.l.director.crash(s.l.role)
		return false
	case ApplyThenFail:
		s.mu.Lock()
		s.hushed = true
		s.mu.Unlock()
		_, _ = s.server.Write(x.raw)
		s.await()
		return false
	case Delay:
		if !s.l.wait(met.Late) {
			return false
		}
	case Duplicate:
		// The first answer is lost; what was prepared stays prepared.
		s.mu.Lock()
		s.swallow = 1
		s.mu.Unlock()
		if _, err := s.server.Write(x.twice); err != nil {
			return false
		}
		s.await()
	}
	_, err := s.server.Write(x.raw)
	return err == nil
}

// await waits for the end of an answer that the role does not hear.
func (s *pgSession) await() {
	timer := time.NewTimer(heardLimit)
	defer timer.Stop()
	select {
	case <-s.ready:
	case <-timer.C:
	case <-s.l.over:
	}
}

// down passes on what the server sends.
func (s *pgSession) down() {
	r, w := bufio.NewReaderSize(s.server, 64<<10), bufio.NewWriterSize(s.client, 64<<10)
	defer func() { _ = w.Flush() }()
	var buf []byte
	rows := 0
	for {
		kind, raw, err := readPGMessage(r, buf)
		if err != nil {
			return
		}
		buf = raw
		if s.unheard(kind) {
			continue
		}
		switch kind {
		case 'D':
			if rows++; rows == middleRow && !s.passRow(w, raw) {
				return
			}
		case 'C', 'Z':
			rows = 0
		}
		if _, err := w.Write(raw); err != nil {
			return
		}
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}

// passRow meets the middle of an answer; false ends the connection.
func (s *pgSession) passRow(w *bufio.Writer, raw []byte) bool {
	s.mu.Lock()
	label := s.label
	s.mu.Unlock()
	switch met := s.l.meet(WirePostgres, rowsOf+label); met.Action {
	case Fail:
		return false
	case Crash:
		s.l.director.crash(s.l.role)
		return false
	case ApplyThenFail:
		_, _ = w.Write(raw)
		return false
	case Delay:
		_ = w.Flush()
		return s.l.wait(met.Late)
	}
	return true
}

// rowsOf begins the effect of an answer's rows.
const rowsOf = "rows of "

func isRows(effect string) bool { return strings.HasPrefix(effect, rowsOf) }

// unheard says whether the role is not to hear a message, and tells who waits for the
// end of the answer.
func (s *pgSession) unheard(kind byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.hushed && s.swallow == 0 {
		return false
	}
	if kind == 'Z' {
		s.swallow = max(0, s.swallow-1)
		select {
		case s.ready <- struct{}{}:
		default:
		}
	}
	return true
}

var errPGMessage = errors.New("not the PostgreSQL protocol")

// maxPGMessage is more than a row of any workbook.
const maxPGMessage = 256 << 20

// readPGBody appends a message without its kind to buf: the length and what follows.
func readPGBody(r io.Reader, buf []byte) ([]byte, error) {
	begin := len(buf)
	buf = append(buf, 0, 0, 0, 0)
	if _, err := io.ReadFull(r, buf[begin:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(buf[begin:])
	if n < 4 || n > maxPGMessage {
		return nil, fmt.Errorf("%w: length %d", errPGMessage, n)
	}
	buf = append(buf, make([]byte, n-4)...)
	_, err := io.ReadFull(r, buf[begin+4:])
	return buf, err
}

// readPGMessage reads a message into buf.
func readPGMessage(r *bufio.Reader, buf []byte) (kind byte, raw []byte, err error) {
	if kind, err = r.ReadByte(); err != nil {
		return 0, nil, err
	}
	raw, err = readPGBody(r, append(buf[:0], kind))
	return kind, raw, err
}
