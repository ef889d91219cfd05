package faults_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/deploy/faults"
)

var errRefused = errors.New("refused")

func TestChannel(t *testing.T) {
	t.Parallel()
	for _, action := range faults.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			b := newBench()
			var heard atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); err != nil || string(body) != "told" || r.URL.Path != "/hook" || r.Header.Get("Signature") != "s" {
					t.Errorf("%s got %q (%v), signed %q, want what was sent", r.URL.Path, body, err, r.Header.Get("Signature"))
				}
				heard.Add(1)
				w.WriteHeader(http.StatusNoContent)
			}))
			t.Cleanup(server.Close)
			proxy, err := faults.StartChannel(b.Director, "role", faults.WireWebhook, server.URL)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := proxy.Close(); err != nil {
					t.Error(err)
				}
			})
			armed := b.arm(faults.WireWebhook, "post hook", action)
			began := time.Now()
			told := post(t.Context(), proxy.URL()+"/hook")
			b.check(t, armed, action, int(heard.Load()), told, time.Since(began))
			if action == faults.Fail && !errors.Is(told, errRefused) {
				t.Errorf("a refused request is told %v, want 503", told)
			}
		})
	}
}

func post(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("told"))
	if err != nil {
		return err
	}
	request.Header.Set("Signature", "s")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	if answer.StatusCode == http.StatusServiceUnavailable {
		err = errRefused
	}
	return errors.Join(err, answer.Body.Close())
}

func TestChannelPoints(t *testing.T) {
	t.Parallel()
	b := newBench()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	proxy, err := faults.StartChannel(b.Director, "role", faults.WireGitHub, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	for path, want := range map[string]string{
		"/repos/o/r/issues":             "post issues",
		"/repos/o/r/issues/17":          "post issues",
		"/repos/o/r/issues/17/comments": "post comments",
		"/hook?since=1":                 "post hook",
	} {
		before := b.Counts()
		if err := post(t.Context(), proxy.URL()+path); err != nil {
			t.Fatal(err)
		}
		p := faults.Point{Role: "role", Wire: faults.WireGitHub, Effect: want}
		if b.Counts()[p] != before[p]+1 {
			t.Errorf("%s counts as %v, want %s", path, b.Counts(), p)
		}
	}
}
