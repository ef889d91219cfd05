package ops

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

// TestServiceAnswersJSON asks as the NATS CLI does, which shows nothing but the body.
func TestServiceAnswersJSON(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.apply("orders", monthly)
	r.serve(now)
	a := target("*", "a b")
	r.store(runOf("orders", 0), jetsheet.Scope{}, a)
	r.done(runOf("orders", 0), &a, jetsheet.DonePublished)
	for _, test := range []struct{ endpoint, body, want string }{
		{"start", `{"report":"nope"}`, `"error":"report \"nope\" is not applied`},
		{"start", `{"report":"orders","tennant":"a"}`, `unknown field \"tennant\"`},
		{"start", `{"report"`, `"code":"invalid"`},
		{"start", `{"report":5}`, `"error":"the request is not understood: \"report\" cannot be a number"`},
		{"start", `["orders"]`, `"error":"the request is not understood: it is a JSON array instead of an object"`},
		{"start", ``, `no report is named; write {\"report\": NAME}`},
		{"start", `{"report":"orders"}`, `"next":"to make it again: jetsheet runs start orders`},
		{"status", ``, `conversions.ops.list`},
		{"status", `{"run":"nope"}`, `"code":"unknown"`},
		{"status", `{"run":"orders"}`, `"counts":{"expected":1,"done":1,"failed":0,"pending":0}`},
		{"list", ``, `"run":"20261031T200000Z-orders-0"`},
		{"list", `{"of":"nonsense"}`, `"of\" may be runs, failures or workbooks`},
		{"list", `{"cause":"panic"}`, `other keys go with \"of\": failures or workbooks"`},
		{"list", `{"of":"failures","state":"open"}`, `"next":"write one JSON object; its keys may be of, run, report, tenant, target, conversion, cause, stray, since, until, dismissed, all, limit, before"`},
		{"list", `{"of":"failures","cause":"nonsense"}`, `unknown cause \"nonsense\"; known are bad_message`},
		{"status", `{"conversion":"a/1"}`, `is no conversion; write RUN/TENANT/TARGET`},
		{"status", `{"conversion":"20261031T200000Z-orders-0/a/1"}`, `"code":"unknown"`},
		{"list", `{"of":"workbooks","state":"nonsense"}`, `unknown state`},
		{"list", `{"of":"workbooks","tenant":"*"}`, `"state":"published"`},
		{"list", `{"of":"workbooks","run":"nope"}`, `"code":"unknown"`},
		{"replay", `{}`, `"code":"invalid"`},
		{"replay", `{"run":"orders"}`, `"error":"nothing to replay: no failure matches"`},
		{"replay", `{"run":"orders"} and more`, `"code":"invalid"`},
		{"replay", `{"rnu":"orders"}`, `"next":"write one JSON object; its keys may be run, report, tenant, target, `},
		{"replay", `{"since":"yesterday"}`, `"error":"the request is not understood: yesterday is no time; write it like 2026-10-31T20:00:00Z"`},
		{"replay", `{"run":5}`, `"error":"the request is not understood: \"run\" cannot be a number"`},
		{"dismiss", `{}`, `"code":"invalid"`},
		{"dismiss", `{"run":"orders"}`, `"error":"nothing to dismiss: no failure matches"`},
		{"cancel", ``, `"code":"invalid"`},
		{"cancel", `{"replay":"nope"}`, `"error":"there is no replay`},
		{"cancel", `{"run":"nope","by":"me"}`, `"code":"unknown"`},
		{"routes", ``, `"code":"invalid"`},
		{"routes", `{"report":"nope","tenants":["a"]}`, `"error":"`},
	} {
		m, err := r.conn.Request(jetsheet.SubjectOps+"."+test.endpoint, []byte(test.body), 10*time.Second)
		if err != nil {
			t.Fatalf("%s %s: %v", test.endpoint, test.body, err)
		}
		if !json.Valid(m.Data) || !strings.Contains(string(m.Data), test.want) {
			t.Errorf("%s %s: got %s, want JSON with %s", test.endpoint, test.body, m.Data, test.want)
		}
	}
}

// TestPanicIsAnAnswer: a request that meets a mistake is answered, and the next one too.
func TestPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s, err := New(t.Context(), Config{JetStream: r.js, Parse: parse, Worker: "w", Version: "v", Logger: slog.New(slog.DiscardHandler)})
	r.check(err)
	panics := func(context.Context, []byte) (any, error) { panic("oh") }
	for range 2 {
		body, code := s.answer(t.Context(), EndpointList, nil, panics)
		if want := `"error":"a mistake in jetsheet ended the work on this request: oh"`; code != CodeInternal || !json.Valid(body) || !strings.Contains(string(body), want) {
			t.Errorf("got %s: %s, want %s", code, body, want)
		}
	}
}

func TestSemanticVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"v1.2.3": "1.2.3", "1.2.3-rc.1": "1.2.3", "v0.0.0-20261101000000-abcdef+dirty": "0.0.0", "(devel)": "0.0.0", "": "0.0.0", "unknown": "0.0.0",
	} {
		if got := semantic(version); got != want {
			t.Errorf("semantic(%q) = %q, want %q", version, got, want)
		}
	}
}

// TestServiceStopsWithAnswers: whoever asks while a process stops is answered or told
// at once that nobody is there; nobody waits for a time-out.
func TestServiceStopsWithAnswers(t *testing.T) {
	t.Parallel()
	r := setup(t)
	service, err := New(t.Context(), Config{
		JetStream: r.js, Parse: parse, Worker: "w", Version: "v", Logger: slog.New(slog.DiscardHandler),
	})
	r.check(err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	var asking sync.WaitGroup
	for i := range 8 {
		asking.Go(func() {
			for n := 0; ; n++ {
				m, err := r.conn.Request(jetsheet.SubjectOps+"."+EndpointList, nil, 10*time.Second)
				switch {
				case errors.Is(err, nats.ErrNoResponders) && ctx.Err() != nil:
					return
				case errors.Is(err, nats.ErrNoResponders): // it is starting
				case err != nil || !json.Valid(m.Data):
					t.Errorf("request %d of %d: %v", n, i, err)
					return
				case n > 20:
					cancel()
				}
			}
		})
	}
	asking.Wait()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// TestClientSaysThatNobodyAnswered: a service that ends with a request in hand leaves
// its caller without a word.
func TestClientSaysThatNobodyAnswered(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := &Client{Conn: r.conn, limit: 50 * time.Millisecond}
	if _, err := client.Start(t.Context(), StartRequest{Report: "orders"}); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("without a service: got %v, want %v", err, nats.ErrNoResponders)
	}
	_, err := r.conn.SubscribeSync(jetsheet.SubjectOps + "." + EndpointStart)
	r.check(err)
	r.check(r.conn.Flush())
	_, err = client.Start(t.Context(), StartRequest{Report: "orders"})
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Code != CodeUnavailable || !strings.Contains(refusal.Next, "jetsheet runs list") {
		t.Errorf("got %#v, want %s, and how to go on", err, CodeUnavailable)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Start(ctx, StartRequest{Report: "orders"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
