package jetsheet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"github.com/jetsheet/jetsheet"
)

var tick = time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC)

func TestTokenIsOneSafeSubjectTokenForAnyID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"42":                  "42",
		"a.b":                 "a=2Eb",
		"*":                   "=2A",
		">":                   "=3E",
		"../x":                "=2E=2E=2Fx",
		"with space":          "with=20space",
		"9223372036854775807": "9223372036854775807",
		"":                    "==4OYMIQUY7QOBJGX36TEJS35ZEQT24QPEMSNZGTFESWMRW6CSXBKQ",
	} {
		if got := jetsheet.Token(id); got != want {
			t.Errorf("Token(%q) = %q, want %q", id, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		for _, id := range []string{a, b, strings.Repeat(a, 30)} {
			token := jetsheet.Token(id)
			if token == "" || len(token) > 64 || strings.ContainsAny(token, ".*> \t\r\n\x00/") {
				t.Fatalf("Token(%q) = %q is not a safe token", id, token)
			}
		}
		if (a == b) != (jetsheet.Token(a) == jetsheet.Token(b)) {
			t.Fatalf("Token(%q) = %q, Token(%q) = %q", a, jetsheet.Token(a), b, jetsheet.Token(b))
		}
	})
}

func TestRunIDTextSortsByTickAndReadsBack(t *testing.T) {
	t.Parallel()
	id := jetsheet.RunID{Tick: tick, Report: "temperature-monthly", Rerun: 1790000000000}
	if got, want := id.String(), "20261031T200000Z-temperature-monthly-1790000000000"; got != want {
		t.Fatalf("String() = %q, want %q", got, want)
	}
	back, err := jetsheet.ParseRunID(id.String())
	if err != nil || back.Compare(id) != 0 || back.Report != id.Report {
		t.Fatalf("ParseRunID(%q) = %v, %v", id, back, err)
	}
	for _, bad := range []string{"", "x", "20261031T200000Z", "20261031T200000Z-a", "20261031T200000Z-A-0", "20261031T200000Z-a-01", "20261031T200000Z-a--", "20261331T200000Z-a-0"} {
		if _, err := jetsheet.ParseRunID(bad); !errors.Is(err, jetsheet.ErrRunID) || !strings.Contains(err.Error(), "jetsheet runs list") {
			t.Errorf("ParseRunID(%q) = %v, want ErrRunID that names the next command", bad, err)
		}
	}
}

func TestSubjectsOfOneConversionShareItsKey(t *testing.T) {
	t.Parallel()
	c := jetsheet.Conversion{Run: jetsheet.RunID{Tick: tick, Report: "r"}, Tenant: "a.b", Target: "*"}
	subjects := []string{
		jetsheet.RequestSubject(jetsheet.LaneSmall, c), jetsheet.RenderedSubject(jetsheet.RouteNew, c),
		jetsheet.RenderedSubject(jetsheet.RouteShadow, c), jetsheet.DoneSubject(c), jetsheet.FailedSubject(c),
	}
	for _, subject := range subjects {
		a, err := jetsheet.ParseSubject(subject)
		if err != nil || a != c.Address() || a.Key() != jetsheet.SubjectKey(subject) {
			t.Errorf("ParseSubject(%q) = %+v, %v, want %+v", subject, a, err, c.Address())
		}
	}
	for _, bad := range []string{"", "conversions", "conversions.done.x.y.z", "conversions.schedule.r", "conversions.done.20261031T200000Z-r-0.a", "other.done.20261031T200000Z-r-0.a.b"} {
		if a, err := jetsheet.ParseSubject(bad); !errors.Is(err, jetsheet.ErrSubject) {
			t.Errorf("ParseSubject(%q) = %+v, %v, want ErrSubject", bad, a, err)
		}
	}
}

func TestPatternsMatchTheirRunAlone(t *testing.T) {
	t.Parallel()
	run := jetsheet.RunID{Tick: tick, Report: "r"}
	mine := jetsheet.Conversion{Run: run, Tenant: "a.b", Target: "*"}
	other := mine
	other.Run.Rerun = 1
	for _, lane := range jetsheet.Lanes() {
		for _, pattern := range []string{jetsheet.RunQueueSubjects(run), jetsheet.RunRequestSubjects(lane, run)} {
			if !matches(pattern, jetsheet.RequestSubject(lane, mine)) || matches(pattern, jetsheet.RequestSubject(lane, other)) {
				t.Errorf("%s must match %s and not %s", pattern, jetsheet.RequestSubject(lane, mine), jetsheet.RequestSubject(lane, other))
			}
		}
	}
	for _, route := range []jetsheet.Route{jetsheet.RouteNew, jetsheet.RouteShadow} {
		found := slices.ContainsFunc(jetsheet.RunRenderedSubjects(run), func(pattern string) bool {
			return matches(pattern, jetsheet.RenderedSubject(route, mine)) && !matches(pattern, jetsheet.RenderedSubject(route, other))
		})
		if !found {
			t.Errorf("%v match no event of route %s of the run alone", jetsheet.RunRenderedSubjects(run), route)
		}
	}
}

// matches says whether a pattern matches a subject, as the server does.
func matches(pattern, subject string) bool {
	tokens := strings.Split(subject, ".")
	for i, want := range strings.Split(pattern, ".") {
		switch {
		case want == ">":
			return i < len(tokens)
		case i >= len(tokens) || want != "*" && want != tokens[i]:
			return false
		}
	}
	return strings.Count(pattern, ".") == strings.Count(subject, ".")
}

func TestPlanReadsBackAndRefusesDamage(t *testing.T) {
	t.Parallel()
	targets := []jetsheet.Target{
		{Tenant: "1", Target: "a", Route: jetsheet.RouteNew, Lane: jetsheet.LaneSmall, Weight: 3, Values: map[string]string{"site_name": strings.Repeat("東京", 40000)}},
		{Tenant: "2", Target: "b", Route: jetsheet.RouteLegacy, Lane: jetsheet.LaneLarge, Weight: 5},
		{Route: jetsheet.RouteHold, Lane: jetsheet.LaneSmall, Problem: &jetsheet.TargetProblem{Cause: jetsheet.CauseTenantID, Message: "tenant is NULL"}},
	}
	var file bytes.Buffer
	w := jetsheet.NewPlanWriter(&file)
	for i := range targets {
		if err := w.Write(&targets[i]); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := w.Close()
	if err != nil || sum.Targets != 3 || sum.Expected != 2 || sum.Problems != 1 || sum.Weight != 3 || sum.SizeBytes != int64(file.Len()) || len(sum.SHA256) != 64 {
		t.Fatalf("Close() = %+v, %v", sum, err)
	}
	r := jetsheet.NewPlanReader(bytes.NewReader(file.Bytes()))
	for i := range targets {
		var got jetsheet.Target
		if err := r.Read(&got); err != nil || got.Tenant != targets[i].Tenant || got.Values["site_name"] != targets[i].Values["site_name"] {
			t.Fatalf("line %d: %v, %v", i+1, got.Tenant, err)
		}
	}
	var extra jetsheet.Target
	if err := r.Read(&extra); !errors.Is(err, io.EOF) {
		t.Fatalf("after the last line: %v, want EOF", err)
	}
	for name, damaged := range map[string][]byte{
		"cut short": file.Bytes()[:file.Len()-4], "not JSON": []byte("{\n"), "no route": []byte("{}\n"),
	} {
		r := jetsheet.NewPlanReader(bytes.NewReader(damaged))
		var err error
		for err == nil {
			err = r.Read(&extra)
		}
		if !errors.Is(err, jetsheet.ErrPlan) {
			t.Errorf("%s: %v, want ErrPlan", name, err)
		}
	}
}

func TestFailureTravelsInHeadersWithTheRequestUntouched(t *testing.T) {
	t.Parallel()
	want := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseStatement, Message: "report r, tenant 東京: line 1\r\nX-Injected: yes",
		Attempts: 2, RetryAt: tick, Worker: "w-1", Version: "v1", At: tick.Add(time.Second), Trace: "00-ab-cd-01",
		Request: []byte("{\"a\": 1 }\x00\n"),
	}
	msg := want.Msg("conversions.failed.x.y.z")
	got, err := jetsheet.ParseFailure(msg.Header, msg.Data)
	if err != nil || !bytes.Equal(got.Request, want.Request) || got.Message != "report r, tenant 東京: line 1  X-Injected: yes" ||
		!got.RetryAt.Equal(want.RetryAt) || !got.At.Equal(want.At) || got.Attempts != 2 || !got.Retrying() || got.Trace != want.Trace {
		t.Fatalf("ParseFailure = %+v, %v", got, err)
	}
	if _, ok := msg.Header["X-Injected"]; ok {
		t.Error("a message with a line break made a header of its own")
	}
	if _, err := jetsheet.ParseFailure(nats.Header{}, nil); !errors.Is(err, jetsheet.ErrMessage) {
		t.Errorf("without headers: %v, want ErrMessage", err)
	}
}

func TestDecodeIgnoresUnknownFieldsAndRefusesNewerReaders(t *testing.T) {
	t.Parallel()
	var r jetsheet.Request
	if err := jetsheet.Decode([]byte(`{"schema":7,"minReader":1,"run":"20261031T200000Z-r-0","tenant":"t","target":"x","later":1}`), &r); err != nil || r.Target.Target != "x" || r.Conversion().Tenant != "t" {
		t.Errorf("newer schema, old minReader: %+v, %v", r, err)
	}
	if err := jetsheet.Decode([]byte(`{"schema":9,"minReader":9,"tenant":{"newer":1}}`), &r); !errors.Is(err, jetsheet.ErrNewerSchema) {
		t.Errorf("Decode of minReader 9 with a field of another type = %v, want ErrNewerSchema", err)
	}
	if err := jetsheet.Decode([]byte(`{"schema":9,"minReader":9}`), &r); !errors.Is(err, jetsheet.ErrNewerSchema) {
		t.Errorf("newer minReader: %v, want ErrNewerSchema", err)
	}
	for _, bad := range []string{``, `{`, `[]`, `{}`, `{"schema":1}`, `{"schema":1,"minReader":1,"run":"x"}`} {
		if err := jetsheet.Decode([]byte(bad), &r); !errors.Is(err, jetsheet.ErrMessage) {
			t.Errorf("Decode(%q) = %v, want ErrMessage", bad, err)
		}
	}
}

func TestLaneCapsAddUpToTheDatabaseCap(t *testing.T) {
	t.Parallel()
	sum := 0
	for _, s := range jetsheet.NewTopology(jetsheet.TopologyOptions{}).Streams {
		if s.Config.Name != jetsheet.StreamConversions {
			continue
		}
		for _, c := range s.Consumers {
			sum += c.MaxAckPending
		}
	}
	if sum != 20 {
		t.Errorf("the lanes let %d requests be in flight, want 20", sum)
	}
}

func TestRecordsAreSmallJSON(t *testing.T) {
	t.Parallel()
	run := jetsheet.Run{Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.RunPlanning, Frozen: jetsheet.Frozen{Run: jetsheet.RunID{Tick: tick, Report: "r"}, Flags: json.RawMessage(`{}`)}}
	data, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"closedAt", "plan", "problem", "scope", "cancelled"} {
		if bytes.Contains(data, []byte(`"`+absent+`"`)) {
			t.Errorf("a fresh run carries %q: %s", absent, data)
		}
	}
}
