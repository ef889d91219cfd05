//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// maxS3Body bounds what a role sends in one request.
	maxS3Body = 80 << 20
	// s3CallLimit bounds a call to the S3 server, which is in this process.
	s3CallLimit = time.Minute
	// s3Latency lies before and after the effect of every request, as it does where S3 is
	// far away: what befalls a role then befalls it in the middle of a write.
	s3Latency = 30 * time.Millisecond
)

// s3Proxy stands between a role and S3. While a fault lasts, two requests of three meet
// it: what is tried again may get through, or meet it once more.
type s3Proxy struct {
	busy      sync.Mutex // held by the fault that the link is under
	upstream  string
	listener  net.Listener
	server    *http.Server
	transport *http.Transport
	serving   sync.WaitGroup // requests and the accept loop

	mu       sync.Mutex
	fault    kind // "": none
	requests int
	change   chan struct{} // closed when the fault changes
}

// startS3Proxy listens at a free port; upstream is the server's URL.
func startS3Proxy(upstream string) (*s3Proxy, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start an S3 proxy: %w", err)
	}
	p := &s3Proxy{
		upstream: upstream, listener: listener, change: make(chan struct{}),
		transport: &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true},
	}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: dialLimit, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	p.serving.Go(func() { _ = p.server.Serve(listener) }) // always an error, http.ErrServerClosed
	return p, nil
}

// endpoint is the URL for the role.
func (p *s3Proxy) endpoint() string { return "http://" + p.listener.Addr().String() }

// set begins a fault in place of the present one; "" ends it.
func (p *s3Proxy) set(fault kind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
	close(p.change)
	p.change = make(chan struct{})
}

// meet returns what a request is met by, and a channel that is closed when that is over.
func (p *s3Proxy) meet() (kind, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault == "" {
		return "", nil
	}
	if p.requests++; p.requests%3 == 0 {
		return "", nil
	}
	return p.fault, p.change
}

// ServeHTTP implements [http.Handler].
func (p *s3Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.serving.Add(1)
	defer p.serving.Done()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxS3Body))
	if err != nil {
		resetClient(w)
		return
	}
	fault, over := p.meet()
	switch fault {
	case s3Error:
		refuse(w, http.StatusInternalServerError, "InternalError")
		return
	case s3SlowDown:
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
		return
	case s3Forbidden:
		refuse(w, http.StatusForbidden, "AccessDenied")
		return
	case s3ResetBefore:
		resetClient(w)
		return
	case s3ResetAfter:
		if answer, err := p.forward(r, body); err == nil {
			_ = answer.Body.Close()
		}
		resetClient(w)
		return
	case s3Hang:
		<-over // then it has its effect, whether or not anybody waits for the answer
	}
	p.pass(w, r, body)
}

// pass passes a request on.
func (p *s3Proxy) pass(w http.ResponseWriter, r *http.Request, body []byte) {
	waitFor(r.Context(), s3Latency)
	answer, err := p.forward(r, body)
	if err != nil {
		resetClient(w)
		return
	}
	waitFor(r.Context(), s3Latency)
	defer func() { _ = answer.Body.Close() }()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body) // the role may have gone
}

// forward has the server do what a request asks, also when the role has gone.
func (p *s3Proxy) forward(r *http.Request, body []byte) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), s3CallLimit)
	out, err := http.NewRequestWithContext(ctx, r.Method, p.upstream+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("pass on %s %s: %w", r.Method, r.URL.Path, err)
	}
	out.Header, out.Host, out.ContentLength = r.Header.Clone(), r.Host, int64(len(body))
	answer, err := p.transport.RoundTrip(out)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("pass on %s %s: %w", r.Method, r.URL.Path, err)
	}
	answer.Body = &cancelling{ReadCloser: answer.Body, cancel: cancel}
	return answer, nil
}

// cancelling ends a request's context with its answer.
type cancelling struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close implements [io.Closer].
func (c *cancelling) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>chaos</Message></Error>`, code)
}

// resetClient ends the connection by a reset.
func resetClient(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // net/http's own way to end a connection without an answer
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// close ends the proxy with its connections and waits for what S3 was asked to do.
func (p *s3Proxy) close() {
	p.set("")
	_ = p.server.Close()
	p.serving.Wait()
	p.transport.CloseIdleConnections()
}
