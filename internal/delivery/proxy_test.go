package delivery_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy is a line to a server that can be cut in one direction: bytes are then
// kept back, and both ends believe that the connection lives.
type proxy struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	moved sync.Cond
	held  map[direction]bool
	late  map[direction]time.Duration
	ended bool
	conns []net.Conn
	over  chan struct{} // closed when it ends
	done  sync.WaitGroup
}

type direction string

const (
	toServer direction = "to server"
	toClient direction = "to client"
)

func newProxy(tb testing.TB, url string) *proxy {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxy{listener: listener, server: strings.TrimPrefix(url, "nats://"), held: map[direction]bool{}, late: map[direction]time.Duration{}, over: make(chan struct{})}
	p.moved.L = &p.mu
	p.done.Go(p.accept)
	tb.Cleanup(p.close)
	return p
}

func (p *proxy) url() string { return "nats://" + p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		p.done.Go(func() { p.copy(server, client, toServer) })
		p.done.Go(func() { p.copy(client, server, toClient) })
	}
}

func (p *proxy) copy(dst io.WriteCloser, src io.ReadCloser, way direction) {
	defer func() { _, _ = dst.Close(), src.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		p.mu.Lock()
		for p.held[way] && !p.ended {
			p.moved.Wait()
		}
		late := p.late[way]
		p.mu.Unlock()
		if late > 0 {
			select {
			case <-time.After(late):
			case <-p.over:
			}
		}
		if _, writeErr := dst.Write(buf[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

// hold keeps back what goes one way until let go.
func (p *proxy) hold(way direction, held bool) {
	p.mu.Lock()
	p.held[way] = held
	p.mu.Unlock()
	p.moved.Broadcast()
}

// delay makes what goes one way from now on come later by at least d.
func (p *proxy) delay(way direction, d time.Duration) {
	p.mu.Lock()
	p.late[way] = d
	p.mu.Unlock()
}

func (p *proxy) close() {
	close(p.over)
	_ = p.listener.Close()
	p.mu.Lock()
	p.ended = true
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.moved.Broadcast()
	p.done.Wait()
}
