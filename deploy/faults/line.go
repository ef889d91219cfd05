package faults

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// dialLimit bounds the way from a proxy to its server, which is on the same machine.
const dialLimit = 5 * time.Second

// line is what the proxies over TCP have in common: an address, connections in pairs.
type line struct {
	director *Director
	role     string
	network  string // of the server
	server   string
	listener net.Listener
	over     chan struct{} // closed by Close
	closing  sync.Once
	done     sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

func newLine(d *Director, role, network, server string) (*line, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", role, err)
	}
	return &line{
		director: d, role: role, network: network, server: server,
		listener: listener, over: make(chan struct{}), conns: map[net.Conn]struct{}{},
	}, nil
}

// Addr is where the role connects to: HOST:PORT.
func (l *line) Addr() string { return l.listener.Addr().String() }

// Close ends the connections and waits until nothing moves any more. It may be called
// twice.
func (l *line) Close() error {
	var err error
	l.closing.Do(func() {
		close(l.over)
		err = l.listener.Close()
		l.mu.Lock()
		for conn := range l.conns {
			_ = conn.Close() // it may have ended
		}
		l.mu.Unlock()
	})
	l.done.Wait()
	return err
}

// serve hands each pair of connections to a function, which returns when either has
// ended; then both are closed.
func (l *line) serve(pair func(client, server net.Conn)) {
	l.done.Go(func() {
		for {
			client, err := l.listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				l.done.Go(func() { l.connect(client, pair) })
			}
		}
	})
}

func (l *line) connect(client net.Conn, pair func(client, server net.Conn)) {
	defer l.keep(client)()
	server, err := (&net.Dialer{Timeout: dialLimit}).Dial(l.network, l.server)
	if err != nil {
		return // the role sees its connection end, as it would without us
	}
	defer l.keep(server)()
	pair(client, server)
}

// keep remembers a connection until the returned function closes it.
func (l *line) keep(conn net.Conn) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[conn] = struct{}{}
	select {
	case <-l.over:
		_ = conn.Close()
	default:
	}
	return func() {
		_ = conn.Close()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.conns, conn)
	}
}

// meet counts an effect of the line's role.
func (l *line) meet(wire Wire, effect string) Fault {
	return l.director.meet(Point{Role: l.role, Wire: wire, Effect: effect})
}

// wait waits, or says that the proxy was closed in the meantime.
func (l *line) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.over:
		return false
	}
}

// halfClose ends the way to a server whose way back may still be open: what was sent has
// its effect. A connection that is closed with something unread is reset instead, and a
// server may then lose what it has not read yet.
func halfClose(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // it may have ended
	}
}
