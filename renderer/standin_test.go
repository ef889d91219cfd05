package renderer

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jetsheet/jetsheet"
)

// storeDefinition puts a definition where requests name it.
func (s *stage) storeDefinition(text string, change ...func(*jetsheet.StoredDefinition)) (digest string) {
	s.t.Helper()
	sum := sha256.Sum256([]byte(text))
	digest = hex.EncodeToString(sum[:])
	stored := jetsheet.StoredDefinition{Envelope: jetsheet.CurrentEnvelope(), Report: "r", Definition: text, SHA256: digest, StoredAt: tick}
	for _, c := range change {
		c(&stored)
	}
	kv, err := s.js.KeyValue(s.t.Context(), jetsheet.BucketRuns)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := kv.Put(s.t.Context(), jetsheet.DefinitionKey(digest), s.json(stored)); err != nil {
		s.t.Fatal(err)
	}
	return digest
}

// replay queues a request of n rows as a replay does, with a definition.
func (s *stage) replay(target, digest string, n int) *jetsheet.Request {
	s.t.Helper()
	s.exec(`insert into sizes values ($1, $2)`, target, n)
	r := request(target)
	m := &nats.Msg{
		Subject: jetsheet.RequestSubject(jetsheet.LaneExpress, r.Conversion()), Data: s.json(r),
		Header: nats.Header{jetsheet.HeaderReplay: {jetsheet.NewReplayID(time.Now(), "abcdef")}},
	}
	if digest != "" {
		m.Header.Set(jetsheet.HeaderDefinition, digest)
	}
	if _, err := s.js.PublishMsg(s.t.Context(), m); err != nil {
		s.t.Fatal(err)
	}
	return r
}

var broken = strings.Replace(simple, "select i as n", "select i / 0 as n", 1)

// TestRequestNamesItsDefinition: with the frozen definition it fails, with the one that
// the request names it is made, and everything that follows says which one it was.
func TestRequestNamesItsDefinition(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(broken, simpleSheet))
	s.start()
	mended := s.storeDefinition(definition(simple, simpleSheet))
	r := s.replay("mended", mended, 5)
	e := s.rendered(r)
	if e.Rows != 5 || e.DefinitionSHA256 != mended {
		t.Errorf("event %+v, want 5 rows made with %s", e, mended)
	}
	if m := s.last(jetsheet.StreamRendered, jetsheet.RenderedSubject(r.Route, r.Conversion())); m.Header.Get(jetsheet.HeaderDefinition) != mended {
		t.Errorf("the event has the headers %v, want the definition kept", m.Header)
	}
	if f := s.failed(s.replay("frozen", "", 5)); f.Cause != jetsheet.CauseStatement || f.Definition != "" {
		t.Errorf("with the frozen one: got %+v, want statement_invalid", f)
	}
	still := s.storeDefinition(definition(broken, simpleSheet, "description: still broken"))
	if f := s.failed(s.replay("still", still, 5)); f.Cause != jetsheet.CauseStatement || f.Definition != still {
		t.Errorf("with another broken one: got %+v, want statement_invalid and the definition %s", f, still)
	}
	none := s.replay("none", mended, 0)
	s.settled()
	m := s.last(jetsheet.StreamDone, jetsheet.DoneSubject(none.Conversion()))
	if m == nil {
		t.Fatal("without rows: no outcome, want it skipped")
	}
	var done jetsheet.Done
	if err := jetsheet.Decode(m.Data, &done); err != nil || done.State != jetsheet.DoneSkipped || done.DefinitionSHA256 != mended {
		t.Errorf("without rows: got %+v, %v, want it skipped with %s", done, err, mended)
	}
}

// TestDefinitionThatCannotStandIn: it fails with a cause and what helps; NULL in place
// of a column that the plan does not have would go unseen.
func TestDefinitionThatCannotStandIn(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(simple, simpleSheet))
	s.start()
	gone := strings.Repeat("0f", 32)
	damaged := s.storeDefinition(definition(simple, simpleSheet, "description: damaged"), func(d *jetsheet.StoredDefinition) {
		d.Definition += "# changed\n"
	})
	for name, test := range map[string]struct{ digest, message string }{
		"gone":      {gone, "not there any more; replay it again with: jetsheet failures replay --run 20261031T150000Z-r-0 --cause definition_invalid --definition current"},
		"no-digest": {"runs.>", `is "runs.>", which is no sha256`},
		"damaged":   {damaged, "does not have the digest " + damaged},
		"no-yaml":   {s.storeDefinition("report: r\nconfetti: true\n"), "confetti"},
		"other":     {s.storeDefinition(strings.Replace(definition(simple, simpleSheet), "report: r\n", "report: s\n", 1)), "a definition of the report s"},
		"columns": {
			s.storeDefinition(definition(strings.Replace(simple, "@tenant = 'a'", "@tenant = 'a' and @row_extra = ''", 1), simpleSheet)),
			"uses the columns extra of the targets row, which the run's plan does not have; make a new plan with: jetsheet runs start r --tick 2026-10-31T15:00:00Z --again",
		},
	} {
		if f := s.failed(s.replay(name, test.digest, 5)); f.Cause != jetsheet.CauseDefinition || !strings.Contains(f.Message, test.message) || f.Definition != test.digest {
			t.Errorf("%s: got %+v, want definition_invalid with %q", name, f, test.message)
		}
	}
}

// TestDefinitionForANewerBuildIsLeftToIt: the run's other requests go on.
func TestDefinitionForANewerBuildIsLeftToIt(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{AckWait: time.Second})
	s.freeze(definition(simple, simpleSheet))
	s.start()
	newer := s.storeDefinition(definition(simple, simpleSheet, "description: newer"), func(d *jetsheet.StoredDefinition) {
		d.Envelope = jetsheet.Envelope{Schema: jetsheet.SchemaVersion + 1, MinReader: jetsheet.SchemaVersion + 1}
	})
	s.replay("newer", newer, 5)
	s.rendered(s.replay("frozen", "", 5))
	eventually(t, "the request is given back", func() bool {
		return strings.Contains(s.log.String(), "job given back for a newer worker")
	})
	if n := s.count(jetsheet.StreamFailed); n != 0 {
		t.Errorf("%d failures, want none", n)
	}
}
