package faults

import (
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Channel stands between a role and a server that it tells of something: a webhook, or an
// API for tickets. Each request is an effect.
type Channel struct{ *web }

// StartChannel listens for a role; wire is which channel it is, server the server's URL.
func StartChannel(d *Director, role string, wire Wire, server string) (*Channel, error) {
	w, err := newWeb(d, role, wire, server)
	if err != nil {
		return nil, err
	}
	w.effect = request
	w.refuse = func(answer http.ResponseWriter) { answer.WriteHeader(http.StatusServiceUnavailable) }
	w.answered = func(*http.Request, int) {}
	w.start()
	return &Channel{w}, nil
}

// URL is the address for the role.
func (c *Channel) URL() string { return c.url() }

// request is the effect of a request: its method and what it is about, such as "post
// comments". A number at the end of a path says which one it is, and is left out.
func request(r *http.Request) string {
	about := r.URL.Path
	if _, err := strconv.Atoi(path.Base(about)); err == nil {
		about = path.Dir(about)
	}
	return strings.ToLower(r.Method) + " " + path.Base(about)
}
