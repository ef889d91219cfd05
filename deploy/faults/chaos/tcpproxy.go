//go:build unix

package main

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

// direction is one way through a proxy, or both.
type direction int

const (
	toServer direction = 1 << iota
	toClient
	bothWays = toServer | toClient
)

// tcpProxy stands between a role and a server. It passes bytes on as they come, unless it
// is told to be silent. It knows no protocol.
type tcpProxy struct {
	busy     sync.Mutex // held by the fault that the link is under
	listener net.Listener
	dial     func(ctx context.Context) (net.Conn, error)
	ctx      context.Context //nolint:containedctx // ends with close
	cancel   context.CancelFunc
	group    sync.WaitGroup

	mu     sync.Mutex
	silent direction
	change chan struct{} // closed when silent changes
	conns  map[net.Conn]struct{}
}

// startTCPProxy listens at a free port. dial connects to the server as it is then.
func startTCPProxy(dial func(ctx context.Context) (net.Conn, error)) (*tcpProxy, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a proxy: %w", err)
	}
	p := &tcpProxy{listener: listener, dial: dial, change: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.group.Go(p.accept)
	return p, nil
}

// address is where the role connects to: HOST:PORT.
func (p *tcpProxy) address() string { return p.listener.Addr().String() }

func (p *tcpProxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			p.group.Go(func() { p.connect(client) })
		}
	}
}

// connect joins a client with the server until either ends.
func (p *tcpProxy) connect(client net.Conn) {
	defer p.keep(client)()
	ctx, cancel := context.WithTimeout(p.ctx, dialLimit)
	server, err := p.dial(ctx)
	cancel()
	if err != nil {
		return // the role sees its connection end
	}
	defer p.keep(server)()
	var pair sync.WaitGroup
	pair.Go(func() { p.pass(client, server, toServer) })
	pair.Go(func() { p.pass(server, client, toClient) })
	pair.Wait()
}

// pass passes one direction on. When it ends, both connections do: what is half closed
// has no use here.
func (p *tcpProxy) pass(from, to net.Conn, way direction) {
	defer func() {
		_ = from.Close()
		_ = to.Close()
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !p.awaitVoice(way) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// awaitVoice waits until a direction is not silent, or says that the proxy was closed.
func (p *tcpProxy) awaitVoice(way direction) bool {
	for {
		p.mu.Lock()
		silent, change := p.silent&way != 0, p.change
		p.mu.Unlock()
		if !silent {
			return true
		}
		select {
		case <-change:
		case <-p.ctx.Done():
			return false
		}
	}
}

// hush makes directions silent: connections stay, and new ones are taken, but nothing
// passes. 0 lets everything pass, what has waited first.
func (p *tcpProxy) hush(way direction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = way
	close(p.change)
	p.change = make(chan struct{})
}

// reset ends every connection by a reset; bytes that wait are lost.
func (p *tcpProxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}

// keep remembers a connection until the returned function closes it.
func (p *tcpProxy) keep(conn net.Conn) func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[conn] = struct{}{}
	if p.ctx.Err() != nil {
		_ = conn.Close()
	}
	return func() {
		_ = conn.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, conn)
	}
}

// close ends the proxy and its connections.
func (p *tcpProxy) close() {
	p.cancel()
	_ = p.listener.Close()
	p.reset()
	p.group.Wait()
}
