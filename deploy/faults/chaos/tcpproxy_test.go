//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// testLimit is longer than anything here takes, silence than anything takes that comes.
const (
	testLimit = 20 * time.Second
	silence   = 100 * time.Millisecond
)

// echo starts a server that answers every line with itself, and a proxy before it.
func echo(t *testing.T) *tcpProxy {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			}()
		}
	}()
	proxy, err := startTCPProxy(func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", server.Addr().String())
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.close)
	return proxy
}

// peer is a connection through a proxy.
type peer struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func connect(t *testing.T, proxy *tcpProxy) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", proxy.address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{t, conn, bufio.NewReader(conn)}
}

func (p *peer) send(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, line+"\n"); err != nil {
		p.t.Fatalf("send %q: %v", line, err)
	}
}

// receive waits for a line and returns it, or how the connection ended.
func (p *peer) receive(within time.Duration) (string, error) {
	p.t.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		p.t.Fatal(err)
	}
	return p.in.ReadString('\n')
}

func (p *peer) want(line string) {
	p.t.Helper()
	if got, err := p.receive(testLimit); err != nil || got != line+"\n" {
		p.t.Fatalf("got %q, %v, want %q", got, err, line)
	}
}

func (p *peer) wantSilence() {
	p.t.Helper()
	if got, err := p.receive(silence); !errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatalf("got %q, %v, want silence", got, err)
	}
}

func TestSilentProxyKeepsWhatIsSent(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]direction{"both ways": bothWays, "to the server": toServer, "to the client": toClient} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := echo(t)
			before := connect(t, proxy)
			before.send("one")
			before.want("one")
			proxy.hush(way)
			before.send("two")
			during := connect(t, proxy)
			during.send("three")
			before.wantSilence()
			during.wantSilence()
			proxy.hush(0)
			before.want("two")
			during.want("three")
		})
	}
}

func TestResetLosesWhatWasHeldBack(t *testing.T) {
	t.Parallel()
	proxy := echo(t)
	client := connect(t, proxy)
	proxy.hush(toClient)
	client.send("lost")
	client.wantSilence()
	proxy.reset()
	proxy.hush(0)
	if got, err := client.receive(testLimit); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %q, %v, want the connection's end", got, err)
	}
	next := connect(t, proxy)
	next.send("after")
	next.want("after")
}
