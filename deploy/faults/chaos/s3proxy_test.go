//go:build unix

package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// stored is an S3 server that remembers what it was sent.
type stored struct {
	mu     sync.Mutex
	bodies []string
}

func (s *stored) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, string(body))
}

func (s *stored) has(body string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.bodies {
		if b == body {
			return true
		}
	}
	return false
}

func startStored(t *testing.T) (*stored, *s3Proxy) {
	t.Helper()
	s := &stored{}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	proxy, err := startS3Proxy(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.close)
	return s, proxy
}

// put sends an object and returns the status, 0 where there was no answer.
func put(ctx context.Context, t *testing.T, proxy *s3Proxy, body string) int {
	t.Helper()
	// A request of its own kind of connection: an idle one that is reset would be tried
	// again by net/http.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, proxy.endpoint()+"/exports/key", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

func TestS3FaultsAnswerAndActAsTheySay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault  kind
		status int
		stored bool
	}{
		{s3Error, http.StatusInternalServerError, false},
		{s3SlowDown, http.StatusServiceUnavailable, false},
		{s3Forbidden, http.StatusForbidden, false},
		{s3ResetBefore, 0, false},
		{s3ResetAfter, 0, true},
		{"", http.StatusOK, true},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			t.Parallel()
			s, proxy := startStored(t)
			proxy.set(c.fault)
			got := put(t.Context(), t, proxy, "body")
			if got != c.status || s.has("body") != c.stored {
				t.Errorf("status %d and stored %t, want %d and %t", got, s.has("body"), c.status, c.stored)
			}
			proxy.set("")
			if got := put(t.Context(), t, proxy, "after"); got != http.StatusOK || !s.has("after") {
				t.Errorf("after the fault: status %d and stored %t, want 200 and true", got, s.has("after"))
			}
		})
	}
}

func TestHangingRequestHasItsEffectWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	s, proxy := startStored(t)
	proxy.set(s3Hang)
	ctx, cancel := context.WithTimeout(t.Context(), silence)
	defer cancel()
	if got := put(ctx, t, proxy, "late"); got != 0 || s.has("late") {
		t.Fatalf("status %d and stored %t while it hangs, want no answer and false", got, s.has("late"))
	}
	proxy.set("")
	proxy.close() // waits for what is under way
	if !s.has("late") {
		t.Error("not stored after the fault")
	}
}
