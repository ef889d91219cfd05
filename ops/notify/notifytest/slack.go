package notifytest

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
)

// Slack is an incoming webhook. The zero value is one that nobody has posted to.
type Slack struct {
	mu    sync.Mutex
	texts []string
}

// ServeHTTP implements [http.Handler]. What is no message it refuses.
func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var posted struct{ Text string }
	if err := json.NewDecoder(r.Body).Decode(&posted); err != nil || posted.Text == "" {
		http.Error(w, "no_text", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.texts = append(s.texts, posted.Text)
}

// Texts returns what was posted, the first one first.
func (s *Slack) Texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.texts)
}
