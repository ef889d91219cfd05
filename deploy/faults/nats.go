package faults

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"time"
)

// heardLimit is how long an effect is waited for whose answer the role is not to hear.
const heardLimit = time.Second

// NATS stands between a role and its NATS server. What the role publishes is an effect,
// requests and acknowledgements too, and what a consumer delivers to it; answers are
// part of what was asked.
type NATS struct{ *line }

// StartNATS listens for a role; server is the server's HOST:PORT.
func StartNATS(d *Director, role, server string) (*NATS, error) {
	l, err := newLine(d, role, "tcp", server)
	if err != nil {
		return nil, err
	}
	l.serve(func(client, server net.Conn) {
		s := &natsSession{l: l, client: client, server: server, heard: make(chan struct{})}
		s.run()
	})
	return &NATS{l}, nil
}

// URLs names the proxy twice: a client with one address waits seconds before it connects
// again.
func (n *NATS) URLs() string {
	_, port, _ := strings.Cut(n.Addr(), ":")
	return "nats://127.0.0.1:" + port + ",nats://localhost:" + port
}

// natsSession is one connection of a role.
type natsSession struct {
	l              *line
	client, server net.Conn
	mu             sync.Mutex
	// hushed: the role hears nothing any more, and what comes on awaited, or a PONG where
	// that is empty, closes heard.
	hushed  bool
	awaited string
	told    bool
	heard   chan struct{}
}

func (s *natsSession) run() {
	var down sync.WaitGroup
	down.Go(func() {
		s.down()
		_ = s.client.Close() // the role notices by its connection
	})
	s.up()
	_ = s.client.Close()
	halfClose(s.server)
	ended := time.AfterFunc(heardLimit, func() { _ = s.server.Close() })
	down.Wait()
	ended.Stop()
}

// up passes on what the role sends until its connection ends or a fault ends it.
func (s *natsSession) up() {
	r, w := bufio.NewReaderSize(s.client, 64<<10), bufio.NewWriterSize(s.server, 64<<10)
	defer func() { _ = w.Flush() }() // what came before the end has its effect
	var f natsFrame
	for {
		if err := f.read(r); err != nil {
			return
		}
		var met Fault
		if effect := f.sent(); effect != "" {
			met = s.l.meet(WireNATS, effect)
		}
		if !s.pass(w, &f, met) {
			return
		}
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}

// pass does to a frame what is to be done; false ends the connection.
func (s *natsSession) pass(w *bufio.Writer, f *natsFrame, met Fault) bool {
	switch met.Action {
	case Fail:
		return false
	case Crash:
		_ = w.Flush()
		s.l.director.crash(s.l.role)
		return false
	case ApplyThenFail:
		s.applyUnheard(w, f)
		return false
	case Delay:
		_ = w.Flush()
		if !s.l.wait(met.Late) {
			return false
		}
	case Duplicate:
		if _, err := w.Write(f.raw); err != nil {
			return false
		}
	}
	_, err := w.Write(f.raw)
	return err == nil
}

// applyUnheard passes a frame on and waits until the server has answered it.
func (s *natsSession) applyUnheard(w *bufio.Writer, f *natsFrame) {
	_ = w.Flush()
	s.mu.Lock()
	s.hushed, s.awaited = true, f.reply
	s.mu.Unlock()
	_, _ = w.Write(f.raw) // an error shows in no answer
	if f.reply == "" {
		_, _ = w.WriteString("PING\r\n")
	}
	_ = w.Flush()
	timer := time.NewTimer(heardLimit)
	defer timer.Stop()
	select {
	case <-s.heard:
	case <-timer.C:
	case <-s.l.over:
	}
}

// down passes on what the server sends until its connection ends or a fault ends it.
func (s *natsSession) down() {
	r, w := bufio.NewReaderSize(s.server, 64<<10), bufio.NewWriterSize(s.client, 64<<10)
	defer func() { _ = w.Flush() }()
	var f natsFrame
	for {
		if err := f.read(r); err != nil {
			return
		}
		if s.unheard(&f) {
			continue
		}
		var met Fault
		if effect := f.delivered(); effect != "" {
			met = s.l.meet(WireNATS, effect)
		}
		switch met.Action {
		case Fail:
			return
		case Crash:
			s.l.director.crash(s.l.role)
			return
		case ApplyThenFail:
			_, _ = w.Write(f.raw)
			return
		case Delay:
			_ = w.Flush()
			if !s.l.wait(met.Late) {
				return
			}
		case Duplicate:
			_, _ = w.Write(f.raw)
		}
		if _, err := w.Write(f.raw); err != nil {
			return
		}
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}

// unheard says whether the role is not to hear a frame, and tells who waits for it.
func (s *natsSession) unheard(f *natsFrame) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.hushed {
		return false
	}
	answered := f.subject == s.awaited && s.awaited != "" || s.awaited == "" && f.verb == "PONG"
	if answered && !s.told {
		s.told = true
		close(s.heard)
	}
	return true
}
