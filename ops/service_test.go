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
	"github.com/nats-io/nats.go/micro"

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
		{"status", `{"run":"orders","conversion":"20261031T200000Z-orders-0/a/1"}`, `"error":"ask for one thing at a time: `},
		{"status", `{"run":"orders","replay":"nope"}`, `"error":"ask for one thing at a time: `},
		{"status", `{"replay":"nope","conversion":"20261031T200000Z-orders-0/a/1"}`, `"error":"ask for one thing at a time: `},
		{"status", `{"run":"nope"}`, `"code":"unknown"`},
		{"status", `{"run":"orders"}`, `"counts":{"expected":1,"done":1,"failed":0,"pending":0}`},
		{"list", ``, `"run":"20261031T200000Z-orders-0"`},
		{"list", `{"of":"nonsense"}`, `"of\" may be runs, failures or workbooks`},
		{"list", `{"state":"x"}`, `"error":"unknown state of a run \"x\"; known are planning, publishing, open, closed","next":"other keys and states go with \"of\": failures or workbooks"`},
		{"list", `{"state":"closed"}`, `{"runs":[`},
		{"list", `{"tick":5}`, `a time is a JSON string, such as \"2026-10-31T20:00:00Z\"`},
		{"list", `{"state":["open"]}`, `\"state\" cannot be an array`},
		{"list", `{"cause":"panic"}`, `limit; other keys and states go with \"of\": failures or workbooks"`},
		{"list", `{"of":"failures","state":"open"}`, `"next":"write one JSON object; its keys may be of, run, report, tenant, target, conversion, cause, stray, since, until, dismissed, all, limit, before"`},
		{"list", `{"of":"failures","cause":"nonsense"}`, `unknown cause \"nonsense\"; known are bad_message`},
		{"status", `{"conversion":"a/1"}`, `is no conversion; write RUN/TENANT/TARGET`},
		{"status", `{"conversion":"20261031T200000Z-orders-0/a/1"}`, `"code":"unknown"`},
		{"list", `{"of":"workbooks","state":"nonsense"}`, `unknown state`},
		{"list", `{"of":"workbooks","tenant":"*"}`, `"state":"published"`},
		{"list", `{"of":"workbooks","run":"orders","report":"other"}`, `is not of the report other: leave out one of them","code":"invalid"`},
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
		{"cancel", `{"replay":"nope"}`, `"next":"what is still failed shows: jetsheet failures list","code":"unknown"`},
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

// TestNobodyIsNamed: who asks with the nats CLI seldom says who that is, and records that
// name nobody read as if something were lost.
func TestNobodyIsNamed(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.serve(now)
	id := runOf("orders", 0)
	targets := []jetsheet.Target{target("a", "1"), target("b", "2")}
	r.store(id, jetsheet.Scope{}, targets...)
	for i := range targets {
		r.fail(id, &targets[i], jetsheet.CauseStatement, time.Time{})
	}
	r.ask("dismiss", `{"run":"orders","tenant":"a"}`)
	m, err := lastMessage(t.Context(), r.reader.failed, jetsheet.FailedSubject(conversion(id, &targets[0])))
	r.check(err)
	failure, err := jetsheet.ParseFailure(m.Header, m.Data)
	r.check(err)
	replay := r.ask("replay", `{"run":"orders","tenant":"b"}`)
	r.ask("cancel", `{"run":"orders"}`)
	run, err := r.reader.Record(t.Context(), id)
	r.check(err)
	if failure.Dismissal.By != somebody || !strings.Contains(replay, `"by":"`+somebody+`"`) || run.Cancelled == nil {
		t.Fatalf("got the dismissal %+v, the replay %s, the mark %+v, want them by %s", failure.Dismissal, replay, run.Cancelled, somebody)
	}
	if got, want := run.Cancelled.CancelText(), "the run was cancelled by "+somebody; got != want {
		t.Errorf("got %q, want %q", got, want)
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
		reply := s.reply(t.Context(), EndpointList, nil, panics)
		code := reply.Header.Get(micro.ErrorCodeHeader)
		if want := `"error":"a mistake in jetsheet ended the work on this request: oh"`; code != string(CodeInternal) || !json.Valid(reply.Data) || !strings.Contains(string(reply.Data), want) {
			t.Errorf("got %s: %s, want %s", code, reply.Data, want)
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
