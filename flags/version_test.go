package flags

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

// noRecords is an empty record store that nothing may be written to.
type noRecords struct{ t *testing.T }

func (r noRecords) Record(_ context.Context, key string, body []byte) ([]byte, error) {
	if body != nil {
		r.t.Errorf("%s was written to %s", body, key)
	}
	return nil, nil
}

// A record asks for a reader that knows every key of its definition: one that this
// build could not read again is not made.
func TestFreezeRequiresTheReaderOfTheDefinition(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	open := func(name string) jetstream.KeyValue {
		kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: name})
		if err != nil {
			t.Fatal(err)
		}
		return kv
	}
	stores := Stores{Runs: open(jetsheet.BucketRuns), Flags: open(jetsheet.BucketFlags), Records: noRecords{t}}
	if _, err := stores.Flags.Put(t.Context(), jetsheet.FlagsKey, InitialDocument(jetsheet.RouteNew)); err != nil {
		t.Fatal(err)
	}
	run := jetsheet.RunID{Tick: time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC), Report: "r"}
	asked := ""
	f := freezer{Stores: stores, minReader: func(definition string) int {
		asked = definition
		return jetsheet.SchemaVersion + 1
	}}
	if frozen, err := f.freeze(t.Context(), Request{Run: run, Definition: "report: r\n"}); !errors.Is(err, jetsheet.ErrNewerSchema) || asked != "report: r\n" {
		t.Errorf("freeze = %+v, %v after %q was asked for, want ErrNewerSchema", frozen, err, asked)
	}
	if entry, err := stores.Runs.Get(t.Context(), jetsheet.RunKey(run)); !errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("the KV holds %+v, %v, want nothing", entry, err)
	}
}

// The run's record asks for whatever its frozen part asks for, also when that part came
// from S3 later.
func TestRunRequiresWhatItsFrozenPartRequires(t *testing.T) {
	t.Parallel()
	newer := &frozenRecord{frozen: &jetsheet.Frozen{Envelope: jetsheet.CurrentEnvelope().Requiring(5)}, body: []byte(`{"newer":true}`)}
	older := &frozenRecord{frozen: &jetsheet.Frozen{Envelope: jetsheet.CurrentEnvelope()}, body: []byte(`{"older":true}`)}
	record := &runRecord{whole: []byte(`{"schema":1,"minReader":3,"frozen":{},"kept":7}`), run: jetsheet.Run{Envelope: jetsheet.Envelope{Schema: 1, MinReader: 3}}}
	for name, test := range map[string]struct {
		encode func() ([]byte, error)
		want   int
	}{
		"a new run":             {func() ([]byte, error) { return encodeRun(newer) }, 5},
		"a new run of the same": {func() ([]byte, error) { return encodeRun(older) }, 1},
		"a newer part":          {func() ([]byte, error) { return record.with(newer) }, 5},
		"an older part":         {func() ([]byte, error) { return record.with(older) }, 3},
	} {
		whole, err := test.encode()
		var got jetsheet.Envelope
		if err == nil {
			err = json.Unmarshal(whole, &got)
		}
		if err != nil || got.MinReader != test.want {
			t.Errorf("%s: %s, %v, want minReader %d", name, whole, err, test.want)
		}
	}
}
