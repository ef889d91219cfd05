package renderer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/report"
)

// newerReader is the JetStream of a build that reads version 2: its runs bucket shows
// records as such a build would take them.
type newerReader struct{ jetstream.JetStream }

func (n newerReader) KeyValue(ctx context.Context, bucket string) (jetstream.KeyValue, error) {
	kv, err := n.JetStream.KeyValue(ctx, bucket)
	if err != nil || bucket != jetsheet.BucketRuns {
		return kv, err
	}
	return newerBucket{kv}, nil
}

type newerBucket struct{ jetstream.KeyValue }

func (b newerBucket) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	entry, err := b.KeyValue.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	return newerEntry{entry}, nil
}

const newerSchema = jetsheet.SchemaVersion + 1

type newerEntry struct{ jetstream.KeyValueEntry }

func (e newerEntry) Value() []byte {
	return bytes.ReplaceAll(e.KeyValueEntry.Value(), fmt.Appendf(nil, `"minReader":%d`, newerSchema), []byte(`"minReader":1`))
}

// While an installation is updated, an old renderer meets runs of a newer producer. It
// gives their requests back, uncounted, and goes on with those of other runs; a newer
// renderer makes the workbooks.
func TestRunOfANewerBuildIsLeftToANewerRenderer(t *testing.T) {
	t.Parallel()
	known := definition(simple, simpleSheet)
	for name, test := range map[string]struct {
		definition string
		envelope   jetsheet.Envelope
		newer      func(*Config)
	}{
		"minReader of the record": {known, jetsheet.Envelope{Schema: newerSchema, MinReader: newerSchema}, func(cfg *Config) {
			cfg.JetStream = newerReader{cfg.JetStream}
		}},
		"key of the definition": {known + "confetti: true\n", jetsheet.Envelope{Schema: newerSchema, MinReader: 1}, func(cfg *Config) {
			cfg.Parse = func(file string, data []byte) (*report.Definition, error) {
				return report.Parse(file, bytes.ReplaceAll(data, []byte("confetti: true\n"), nil))
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, jetsheet.TopologyOptions{AckWait: time.Second})
			s.freeze(test.definition, func(run *jetsheet.Run) { run.Envelope, run.Frozen.Envelope = test.envelope, test.envelope })
			other := jetsheet.RunID{Tick: tick.Add(time.Hour), Report: "r"}
			s.freeze(known, func(run *jetsheet.Run) { run.Frozen.Run = other })
			stop := s.start()
			r := s.ask("x", 3)
			s.rendered(s.ask("y", 3, func(r *jetsheet.Request) { r.Run = other }))
			eventually(t, "the request was given back three times", func() bool {
				return strings.Count(s.log.String(), "job given back for a newer worker") >= 3
			})
			stop()
			if failures, events := s.count(jetsheet.StreamFailed), s.count(jetsheet.StreamRendered); failures != 0 || events != 1 {
				t.Errorf("%d failures and %d events, want none and that of the other run", failures, events)
			}
			eventually(t, "no attempt is counted", func() bool {
				p := s.progress(r)
				return len(p.Starts) == 0 && p.Attempts == 0
			})
			test.newer(&s.cfg)
			s.start()
			if e := s.rendered(r); e.Rows != 3 {
				t.Errorf("event %+v, want 3 rows", e)
			}
			s.settled()
			if n := s.count(jetsheet.StreamFailed); n != 0 {
				t.Errorf("%d failures, want none", n)
			}
		})
	}
}

func (s *stage) progress(r *jetsheet.Request) (p jetsheet.Progress) {
	s.t.Helper()
	kv, err := s.js.KeyValue(s.t.Context(), jetsheet.BucketProgress)
	if err != nil {
		s.t.Fatal(err)
	}
	entry, err := kv.Get(s.t.Context(), jetsheet.ProgressKey(jetsheet.StageRenderer, r.Conversion()))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return p
	}
	if err == nil {
		err = jetsheet.Decode(entry.Value(), &p)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}
