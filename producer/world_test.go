package producer

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// freezer is what cmd wires: flags over buckets and records.
type freezer struct{ stores flags.Stores }

func (r *rig) freezer(js jetstream.JetStream, records flags.RecordStore) *freezer {
	r.t.Helper()
	f := &freezer{flags.Stores{Records: records}}
	var err error
	if f.stores.Runs, err = js.KeyValue(r.t.Context(), jetsheet.BucketRuns); err != nil {
		r.t.Fatal(err)
	}
	if f.stores.Flags, err = js.KeyValue(r.t.Context(), jetsheet.BucketFlags); err != nil {
		r.t.Fatal(err)
	}
	return f
}

func (f *freezer) Freeze(ctx context.Context, run jetsheet.RunID, definition string, scope jetsheet.Scope) (*jetsheet.Frozen, error) {
	return flags.Freeze(ctx, f.stores, flags.Request{Run: run, Definition: definition, Scope: scope, By: "test", Now: time.Now().UTC()})
}

// rerun freezes a re-run, as `jetsheet runs start` does.
func (r *rig) rerun(of jetsheet.RunID, scope jetsheet.Scope) jetsheet.RunID {
	r.t.Helper()
	id := of
	id.Rerun = time.Now().UnixMilli()
	if _, err := r.cfg.Freezer.Freeze(r.t.Context(), id, daily, scope); err != nil {
		r.t.Fatal(err)
	}
	return id
}

// memoryRecords keeps records of runs.
type memoryRecords struct{ *sync.Map }

func (m memoryRecords) Record(_ context.Context, key string, body []byte) ([]byte, error) {
	if body == nil {
		stored, _ := m.Load(key)
		data, _ := stored.([]byte)
		return data, nil
	}
	stored, _ := m.LoadOrStore(key, body)
	data, _ := stored.([]byte)
	return data, nil
}

// workers stand for renderers and uploaders: they take requests and write outcomes.
type workers struct {
	r  *rig
	mu sync.Mutex
	// taken holds, for each request subject, the sequences that were delivered, and
	// order the subjects in the order of their delivery.
	taken map[string][]uint64
	order []string
	// act settles a request; nil means done. It is called by one lane at a time.
	acting sync.Mutex
	act    func(request jetsheet.Request, m jetstream.Msg) error
}

// work starts a worker on every lane until the test ends.
func (r *rig) work(act func(jetsheet.Request, jetstream.Msg) error) *workers {
	r.t.Helper()
	w := &workers{r: r, taken: map[string][]uint64{}, act: act}
	for _, lane := range jetsheet.Lanes() {
		c, err := r.js.Consumer(r.t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(lane))
		if err != nil {
			r.t.Fatal(err)
		}
		consuming, err := c.Consume(w.take, jetstream.PullMaxMessages(20))
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(func() {
			consuming.Stop()
			<-consuming.Closed()
		})
	}
	return w
}

func (w *workers) take(m jetstream.Msg) {
	meta, err := m.Metadata()
	if err != nil {
		w.r.t.Errorf("metadata of %s: %v", m.Subject(), err)
		return
	}
	w.mu.Lock()
	w.taken[m.Subject()] = append(w.taken[m.Subject()], meta.Sequence.Stream)
	w.order = append(w.order, m.Subject())
	w.mu.Unlock()
	var request jetsheet.Request
	if err := jetsheet.Decode(m.Data(), &request); err != nil {
		w.r.t.Errorf("request on %s: %v", m.Subject(), err)
		return
	}
	w.acting.Lock()
	defer w.acting.Unlock()
	if w.act != nil {
		err = w.act(request, m)
	} else if err = w.r.done(request.Conversion()); err == nil {
		err = m.Ack()
	}
	if err != nil {
		w.r.t.Errorf("settle %s: %v", m.Subject(), err)
	}
}

// done writes a done record.
func (r *rig) done(c jetsheet.Conversion) error {
	body := mustJSON(r.t, jetsheet.Done{Envelope: jetsheet.CurrentEnvelope(), Run: c.Run, Tenant: c.Tenant, Target: c.Target, State: jetsheet.DonePublished})
	_, err := r.js.Publish(context.Background(), jetsheet.DoneSubject(c), body)
	return err
}

// fail writes a failure, final or to be tried again.
func (r *rig) fail(m jetstream.Msg, c jetsheet.Conversion, attempts int, retryAt time.Time) error {
	f := jetsheet.Failure{
		Stage: jetsheet.StageRenderer, Cause: jetsheet.CauseInternal, Message: "test", Attempts: attempts, RetryAt: retryAt,
		Worker: "w", Version: "v", At: time.Now(), Request: m.Data(),
	}
	if _, err := r.js.PublishMsg(context.Background(), f.Msg(jetsheet.FailedSubject(c))); err != nil {
		return err
	}
	return m.Term()
}

// takenOnce checks that each subject was in the stream once, and returns how many
// subjects there were.
func (w *workers) takenOnce(t *testing.T) int {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for subject, sequences := range w.taken {
		// A message that was delivered twice is no second request.
		if distinct := slices.Compact(slices.Sorted(slices.Values(sequences))); len(distinct) != 1 {
			t.Errorf("%s was in the stream as %v, want once", subject, distinct)
		}
	}
	return len(w.taken)
}

// subjects lists a stream's subjects.
func (r *rig) subjects(stream string) map[string]uint64 {
	r.t.Helper()
	s, err := r.js.Stream(r.t.Context(), stream)
	if err != nil {
		r.t.Fatal(err)
	}
	info, err := s.Info(r.t.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil {
		r.t.Fatal(err)
	}
	return info.State.Subjects
}

// failures reads all failures by the conversion's key.
func (r *rig) failures() map[string]jetsheet.Failure {
	r.t.Helper()
	s, err := r.js.Stream(r.t.Context(), jetsheet.StreamFailed)
	if err != nil {
		r.t.Fatal(err)
	}
	all := map[string]jetsheet.Failure{}
	for subject := range r.subjects(jetsheet.StreamFailed) {
		m, err := s.GetLastMsgForSubject(r.t.Context(), subject)
		if err != nil {
			r.t.Fatal(err)
		}
		f, err := jetsheet.ParseFailure(m.Header, m.Data)
		if err != nil {
			r.t.Fatalf("%s: %v", subject, err)
		}
		all[jetsheet.SubjectKey(subject)] = f
	}
	return all
}

// trigger wakes producers as a fired schedule does.
func (r *rig) trigger() {
	r.t.Helper()
	if _, err := r.js.PublishMsg(r.t.Context(), nats.NewMsg(jetsheet.TriggerSubject("daily"))); err != nil {
		r.t.Fatal(err)
	}
}
