package renderer

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet"
)

// One chunk or many: the object is the library's, and the event tells the truth.
func TestObjectOfEverySize(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(`records: "select i as n, md5(i::text) as a, md5((i * 7)::text) as b from generate_series(1, (select n from sizes where target = @target)) i where @tenant = 'a'"`, simpleSheet))
	s.start()
	for _, n := range []int{1, 200, 5000, 40_000} {
		r := s.ask(fmt.Sprint("rows-", n), n)
		e := s.rendered(r)
		data, info := s.object(e.Object)
		sum := sha256.Sum256(data)
		chunks := (len(data) + jetsheet.ChunkBytes - 1) / jetsheet.ChunkBytes
		if e.SizeBytes != int64(len(data)) || e.SHA256 != hex.EncodeToString(sum[:]) || info.Digest != "SHA-256="+base64.URLEncoding.EncodeToString(sum[:]) {
			t.Errorf("%d rows: event of %d bytes, sha256 %s, digest %s; the object has %d bytes, sha256 %x", n, e.SizeBytes, e.SHA256, info.Digest, len(data), sum)
		}
		if int(info.Chunks) != chunks || (e.NUID != "") != (chunks == 1) || chunks == 1 && e.NUID != info.NUID { //nolint:gosec // a handful
			t.Errorf("%d rows: %d chunks and nuid %q, want %d of %d bytes and the event's %q", n, info.Chunks, info.NUID, chunks, len(data), e.NUID)
		}
		if e.Rows != int64(n) || e.Sheets != 1 || e.Snapshot.ID == "" || e.Worker != "renderer-1" || string(e.Request) != string(s.json(r)) {
			t.Errorf("%d rows: event %+v", n, e)
		}
		if rows := len(grid(t, open(t, data), "S")); rows != n+1 {
			t.Errorf("the workbook has %d rows, want %d and a header", rows, n)
		}
	}
	s.settled()
	if n := s.count(jetsheet.StreamFailed); n != 0 {
		t.Errorf("%d failures, want none", n)
	}
}

func TestShadowIsCompared(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(strings.Replace(definition(simple, simpleSheet), "output: {", `output: {previous: "old/{tenant}/{period}/{target}.xlsx", waive: [{what: format, reason: dates are text}], `, 1))
	s.start()
	r := s.ask("x", 3, func(r *jetsheet.Request) { r.Route = jetsheet.RouteShadow })
	want := []jetsheet.Waiver{{What: jetsheet.DifferentFormat, Reason: "dates are text"}}
	if e := s.rendered(r); !slices.Equal(e.Waive, want) {
		t.Errorf("waivers in the event: got %+v, want %+v", e.Waive, want)
	}
	published := s.ask("y", 3)
	if e := s.rendered(published); e.Waive != nil {
		t.Errorf("waivers in the event of a workbook to publish: got %+v, want none", e.Waive)
	}
}

func TestNothingToPutInTheWorkbook(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"skip", "fail"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			s := setup(t, jetsheet.TopologyOptions{})
			s.freeze(definition(simple, simpleSheet, "empty: "+policy))
			s.start()
			r := s.ask("x", 0)
			if policy == "fail" {
				if f := s.failed(r); f.Cause != jetsheet.CauseNoRecords || f.Retrying() {
					t.Errorf("failure %+v, want no_records for good", f)
				}
				return
			}
			s.settled()
			var done jetsheet.Done
			if err := jetsheet.Decode(s.last(jetsheet.StreamDone, jetsheet.DoneSubject(r.Conversion())).Data, &done); err != nil {
				t.Fatal(err)
			}
			if done.State != jetsheet.DoneSkipped || done.Reason != jetsheet.ReasonNoRecords || done.Snapshot.ID == "" {
				t.Errorf("done %+v, want skipped with no_records", done)
			}
		})
	}
}

// A conversion that is done is left alone, also one that was skipped.
func TestDoneIsDone(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(simple, simpleSheet))
	first := s.json(jetsheet.Done{Envelope: jetsheet.CurrentEnvelope(), State: jetsheet.DonePublished, Key: "first"})
	for i, n := range []int{3, 0} {
		r := s.ask(fmt.Sprint("t", i), n)
		if _, err := s.js.Publish(t.Context(), jetsheet.DoneSubject(r.Conversion()), first); err != nil {
			t.Fatal(err)
		}
	}
	s.start()
	s.settled()
	if n := s.count(jetsheet.StreamRendered); n != 0 || s.count(jetsheet.StreamDone) != 2 {
		t.Errorf("%d events and %d done records, want none and 2", n, s.count(jetsheet.StreamDone))
	}
	if got := s.last(jetsheet.StreamDone, jetsheet.DoneSubject(request("t1").Conversion())).Data; string(got) != string(first) {
		t.Errorf("done record became %s", got)
	}
}

// An attempt that finds nothing while another one has published changes nothing.
func TestSkippedDoesNotReplaceAnOutcome(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(`records: "select 1 where pg_sleep(1)::text = @tenant"`, simpleSheet))
	s.start()
	r := s.ask("x", 0)
	s.running("pg_sleep")
	if _, err := s.js.Publish(t.Context(), jetsheet.DoneSubject(r.Conversion()), []byte(`{"state":"published"}`)); err != nil {
		t.Fatal(err)
	}
	s.settled()
	if got := s.last(jetsheet.StreamDone, jetsheet.DoneSubject(r.Conversion())).Data; string(got) != `{"state":"published"}` {
		t.Errorf("done record became %s", got)
	}
	// The request was acknowledged as done, at the first try.
	if failures := s.count(jetsheet.StreamFailed); failures != 0 || strings.Contains(s.log.String(), "waiting for what is unavailable") {
		t.Errorf("%d failures, want none, and no waiting", failures)
	}
}

func TestRunsThatCannotBeRendered(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]struct {
		freeze func(s *stage)
		cause  jetsheet.Cause
	}{
		"no record":      {func(*stage) {}, jetsheet.CauseDefinition},
		"cannot be read": {func(s *stage) { s.freeze("report: r\nnonsense: 1\n") }, jetsheet.CauseDefinition},
		"cancelled":      {func(s *stage) { s.freeze(definition(simple, simpleSheet), cancel) }, jetsheet.CauseCancelled},
		"table missing":  {func(s *stage) { s.freeze(definition(`records: "select * from gone where x = @tenant"`, simpleSheet)) }, jetsheet.CauseStatement},
		"too many rows":  {func(s *stage) { s.freeze(definition(simple, simpleSheet, "limits: {rows: 2}")) }, jetsheet.CauseTooManyRows},
		"no such columns": {func(s *stage) {
			s.freeze(definition(simple+"\nf: \"select 1 where @tenant = ''\"", `sheets: [{name: S, rows: records, columnsFrom: f}]`))
		}, jetsheet.CauseWorkbook},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, jetsheet.TopologyOptions{})
			at.freeze(s)
			s.start()
			r := s.ask("x", 3)
			if f := s.failed(r); f.Cause != at.cause || f.Retrying() || string(f.Request) != string(s.json(r)) {
				t.Errorf("failure %+v, want %s for good with the request", f, at.cause)
			}
			s.settled()
			if objects, err := s.store.List(t.Context()); err == nil {
				t.Errorf("objects %v, want none", objects)
			}
		})
	}
}

func cancel(run *jetsheet.Run) { run.Cancelled = &jetsheet.Mark{By: "me", Reason: "wrong"} }

// A run that is cancelled while a renderer knows it stops at once.
func TestCancelIsHeard(t *testing.T) {
	t.Parallel()
	s := setup(t, jetsheet.TopologyOptions{})
	s.freeze(definition(simple, simpleSheet))
	s.start()
	s.rendered(s.ask("before", 1))
	s.freeze(definition(simple, simpleSheet), cancel)
	for i := 0; ; i++ {
		r := s.ask(fmt.Sprint("after-", i), 1)
		s.settled()
		if s.last(jetsheet.StreamFailed, jetsheet.FailedSubject(r.Conversion())) != nil {
			return
		}
		if i > 1000 {
			t.Fatal("1,000 workbooks were rendered after the run was cancelled")
		}
	}
}
