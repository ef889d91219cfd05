package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// maxBody bounds what a role sends in one request: a single PUT to S3 is at most 64 MiB.
const maxBody = 80 << 20

// web is what the proxies over HTTP have in common: each request is an effect.
type web struct {
	*line
	wire      Wire
	upstream  string
	transport *http.Transport
	server    *http.Server

	effect   func(*http.Request) string        // names a request
	refuse   func(http.ResponseWriter)         // answers one that is not to happen
	answered func(r *http.Request, status int) // is told of what the server has done
}

// newWeb listens; start serves, when the functions are set.
func newWeb(d *Director, role string, wire Wire, server string) (*web, error) {
	l, err := newLine(d, role, "tcp", "")
	if err != nil {
		return nil, err
	}
	w := &web{
		line: l, wire: wire, upstream: strings.TrimSuffix(server, "/"),
		transport: &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true},
	}
	w.server = &http.Server{Handler: http.HandlerFunc(w.serve), ReadHeaderTimeout: dialLimit, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	return w, nil
}

func (s *web) start() {
	s.done.Go(func() { _ = s.server.Serve(s.listener) }) // always an error, http.ErrServerClosed
}

func (s *web) url() string { return "http://" + s.Addr() }

// Close ends the connections and waits until nothing moves any more. It may be called
// twice.
func (s *web) Close() error {
	err := s.line.Close()
	limited, cancel := context.WithTimeout(context.Background(), dialLimit)
	defer cancel()
	if s.server.Shutdown(limited) != nil {
		err = errors.Join(err, s.server.Close())
	}
	s.transport.CloseIdleConnections()
	return err
}

func (s *web) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		cut(w)
		return
	}
	met := s.meet(s.wire, s.effect(r))
	switch met.Action {
	case Fail:
		s.refuse(w)
		return
	case Crash:
		s.director.crash(s.role)
		cut(w)
		return
	case ApplyThenFail:
		if answer, err := s.forward(r, body); err == nil {
			_ = answer.Body.Close()
		}
		cut(w)
		return
	case Delay:
		if !s.wait(met.Late) {
			cut(w)
			return
		}
	case Duplicate:
		if answer, err := s.forward(r, body); err == nil {
			_ = answer.Body.Close()
		}
	}
	answer, err := s.forward(r, body)
	if err != nil {
		cut(w)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body) // the role may have gone
}

// forward has the server do what a request asks, also when the role has gone.
func (s *web) forward(r *http.Request, body []byte) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), time.Minute)
	out, err := http.NewRequestWithContext(ctx, r.Method, s.upstream+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("pass on %s %s: %w", r.Method, r.URL.Path, err)
	}
	out.Header, out.Host = r.Header.Clone(), r.Host
	out.Header.Del("Expect") // the body is here
	out.ContentLength = int64(len(body))
	answer, err := s.transport.RoundTrip(out)
	if err != nil {
		cancel()
		return nil, err
	}
	answer.Body = &ended{ReadCloser: answer.Body, end: cancel}
	s.answered(r, answer.StatusCode)
	return answer, nil
}

// ended ends a request's context with its answer's body.
type ended struct {
	io.ReadCloser
	end func()
}

// Close implements [io.Closer].
func (e *ended) Close() error {
	defer e.end()
	return e.ReadCloser.Close()
}

// cut ends the role's connection without an answer.
func cut(w http.ResponseWriter) {
	if hijacker, ok := w.(http.Hijacker); ok {
		if conn, _, err := hijacker.Hijack(); err == nil {
			_ = conn.Close()
		}
	}
}
