package faults

import "net/http"

// Webhook stands between a role and a server that it tells of something. Each request is
// an effect.
type Webhook struct{ *web }

// StartWebhook listens for a role; server is the server's URL.
func StartWebhook(d *Director, role, server string) (*Webhook, error) {
	w, err := newWeb(d, role, WireWebhook, server)
	if err != nil {
		return nil, err
	}
	w.effect = func(*http.Request) string { return "post" }
	w.refuse = func(answer http.ResponseWriter) { answer.WriteHeader(http.StatusServiceUnavailable) }
	w.answered = func(*http.Request, int) {}
	w.start()
	return &Webhook{w}, nil
}

// URL is the address for the role.
func (w *Webhook) URL() string { return w.url() }
