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
	"sync"
	"time"
)

// maxS3Body bounds what a role sends in one request: a single PUT is at most 64 MiB.
const maxS3Body = 80 << 20

// S3 stands between a role and its S3 server. Each request is an effect.
type S3 struct {
	*line
	upstream  string
	recorded  string
	transport *http.Transport
	server    *http.Server

	mu       sync.Mutex
	accepted map[string]int
}

// StartS3 listens for a role; endpoint is the server's URL. Objects whose keys begin
// with recorded are called records in points.
func StartS3(d *Director, role, endpoint, recorded string) (*S3, error) {
	l, err := newLine(d, role, "tcp", "")
	if err != nil {
		return nil, err
	}
	s := &S3{
		line: l, upstream: strings.TrimSuffix(endpoint, "/"), recorded: recorded,
		transport: &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true}, accepted: map[string]int{},
	}
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: dialLimit, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	l.done.Go(func() { _ = s.server.Serve(l.listener) }) // always an error, http.ErrServerClosed
	return s, nil
}

// Endpoint is the URL for the role.
func (s *S3) Endpoint() string { return "http://" + s.Addr() }

// Accepted returns how many writes the server has accepted under each path, /BUCKET/KEY.
func (s *S3) Accepted(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted[path]
}

// Close ends the connections and waits until nothing moves any more. It may be called
// twice.
func (s *S3) Close() error {
	err := s.line.Close()
	limited, cancel := context.WithTimeout(context.Background(), dialLimit)
	defer cancel()
	if s.server.Shutdown(limited) != nil {
		err = errors.Join(err, s.server.Close())
	}
	s.transport.CloseIdleConnections()
	return err
}

func (s *S3) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxS3Body))
	if err != nil {
		cut(w)
		return
	}
	met := s.meet(WireS3, s.effect(r))
	switch met.Action {
	case Fail:
		busy(w)
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
func (s *S3) forward(r *http.Request, body []byte) (*http.Response, error) {
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
	s.note(r, answer.StatusCode)
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

// note counts writes of whole objects.
func (s *S3) note(r *http.Request, status int) {
	query := r.URL.Query()
	whole := r.Method == http.MethodPut && !query.Has("partNumber") || r.Method == http.MethodPost && query.Has("uploadId")
	if status != http.StatusOK || !whole {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted[r.URL.Path]++
}

// effect names a request.
func (s *S3) effect(r *http.Request) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	what := " object"
	switch {
	case key == "":
		what = " bucket"
	case strings.HasPrefix(key, s.recorded):
		what = " record"
	}
	query := r.URL.Query()
	switch {
	case query.Has("uploads") && r.Method == http.MethodPost:
		return "create multipart"
	case query.Has("partNumber"):
		return "put part"
	case query.Has("uploadId") && r.Method == http.MethodPost:
		return "complete multipart"
	case query.Has("uploadId") && r.Method == http.MethodDelete:
		return "abort multipart"
	case r.Header.Get("If-Match") != "":
		return strings.ToLower(r.Method) + what + " if unchanged"
	default:
		return strings.ToLower(r.Method) + what
	}
}

// busy answers as S3 does that has too much to do.
func busy(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
}

// cut ends the role's connection without an answer.
func cut(w http.ResponseWriter) {
	if hijacker, ok := w.(http.Hijacker); ok {
		if conn, _, err := hijacker.Hijack(); err == nil {
			_ = conn.Close()
		}
	}
}
