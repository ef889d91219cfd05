package notify

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// A channel that hangs delays no other one, and stops nobody from stopping.
func TestAHungChannelDelaysNoOther(t *testing.T) {
	t.Parallel()
	r := setup(t)
	hangs := channels(t, serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))["slack"]
	clientOf(hangs).http.Timeout = time.Second
	good := &box{name: "good"}
	r.source.set(concern("r", 1))
	r.start(r.runner("ops-1", hangs, good))
	r.await("the notice", func() bool { return r.overview().Open == 1 })
	r.clock.advance(settle)
	r.await("the other channel's message", func() bool { return len(good.said()) == 1 })
	r.source.set()
	r.await("the other channel's close", func() bool { return len(good.said()) == 2 })
}

// 5,000 conversions of 50 runs fail within moments, and two processes watch: no channel
// gets more than its limit, no notice twice, and the counts are whole.
func TestFiveThousandFailures(t *testing.T) {
	t.Parallel()
	const runs, each = 50, 100
	r := setup(t)
	b := &box{name: "box"}
	for i := range 2 {
		r.start(r.runnerOver(r.seeing(), fmt.Sprintf("ops-%d", i), b))
	}
	for i := range runs {
		r.fail(runOf(int64(i+1)), jetsheet.CauseWorkbook, 0, each)
	}
	whole := func() bool {
		o := r.overview()
		failed := 0
		for _, n := range o.Notices {
			if n.Kind == KindFailures {
				failed += n.Count
			}
		}
		return failed == runs*each
	}
	r.await("all failures in notices", whole)
	r.clock.advance(time.Minute)
	r.await("a storm", func() bool { return r.overview().Open == runs+1 })
	r.clock.advance(settle)
	r.await("the storm notice", func() bool {
		return strings.Contains(strings.Join(b.said(), " "), "open notice.storm.box")
	})
	// The last place is kept for the storm, whether or not its notice has taken another.
	r.await("a full limit", func() bool { return len(b.said()) >= stormLimit-1 })
	before := r.overview().Channels[0]
	// Nothing more comes: after some more looks of both it is as it was.
	for range 3 {
		r.fail(runOf(1), jetsheet.CausePanic, 200, 201)
		r.await("a look at another failure", func() bool {
			_, err := r.kv(jetsheet.BucketNotices).Get(t.Context(), jetsheet.NoticeKey("failures", runOf(1).String(), "panic"))
			return err == nil
		})
	}
	if said := b.said(); len(said) > stormLimit || before.Held < runs-stormLimit {
		t.Errorf("%d messages and %d held back, want at most %d and at least %d: %q", len(said), before.Held, stormLimit, runs-stormLimit, said)
	}
	opened := map[string]bool{}
	for _, said := range b.said() {
		if opened[said] {
			t.Errorf("%q was sent twice", said)
		}
		opened[said] = true
	}
	for i := range runs {
		r.done(runOf(int64(i+1)), 0, each)
	}
	r.done(runOf(1), 200, 201)
	r.await("everything mended", func() bool {
		for _, n := range r.overview().Notices {
			if n.Kind == KindFailures {
				return false
			}
		}
		return true
	})
}

// Anybody can ask what is open and how the channels stand.
func TestOverviewByRequest(t *testing.T) {
	t.Parallel()
	r := setup(t)
	bad := &box{name: "bad", fail: func(*Message) error { return errDown }}
	var many []Concern
	for i := range 300 { // more than is shown
		many = append(many, concern(fmt.Sprintf("r%03d", i), i+1))
	}
	r.source.set(many...)
	n := r.runner("ops-1", bad)
	r.start(n)
	var o Overview
	r.await("the answer", func() bool {
		m, err := r.conn.Request(Subject, nil, time.Second)
		return err == nil && json.Unmarshal(m.Data, &o) == nil && o.Open == len(many)
	})
	if len(o.Notices) != maxShown {
		t.Errorf("%d notices in the answer, want %d", len(o.Notices), maxShown)
	}
	r.clock.advance(settle)
	r.await("the channel's error", func() bool {
		m, err := r.conn.Request(Subject, nil, time.Second)
		return err == nil && json.Unmarshal(m.Data, &o) == nil && len(o.Channels) == 1 && o.Channels[0].LastError != ""
	})
}

// Nothing is kept by a runner that finds nothing set up, and the error says what helps.
func TestNotSetUp(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.check(r.js.DeleteKeyValue(t.Context(), jetsheet.BucketNotices))
	_, err := New(t.Context(), Config{JetStream: r.js, Source: r.source})
	if err == nil || !strings.Contains(err.Error(), "jetsheet setup") {
		t.Errorf("got error %v, want one that names jetsheet setup", err)
	}
}
