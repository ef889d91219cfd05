package faults

import (
	"io"
	"net/http"
	"strings"
	"sync"
)

// S3 stands between a role and its S3 server. Each request is an effect.
type S3 struct {
	*web
	recorded string

	mu       sync.Mutex
	accepted map[string]int
}

// StartS3 listens for a role; endpoint is the server's URL. Objects whose keys begin
// with recorded are called records in points.
func StartS3(d *Director, role, endpoint, recorded string) (*S3, error) {
	w, err := newWeb(d, role, WireS3, endpoint)
	if err != nil {
		return nil, err
	}
	s := &S3{web: w, recorded: recorded, accepted: map[string]int{}}
	w.effect, w.refuse, w.answered = s.name, busy, s.note
	w.start()
	return s, nil
}

// Endpoint is the URL for the role.
func (s *S3) Endpoint() string { return s.url() }

// Accepted returns how many writes the server has accepted under each path, /BUCKET/KEY.
func (s *S3) Accepted(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted[path]
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

// name is the effect of a request.
func (s *S3) name(r *http.Request) string {
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
