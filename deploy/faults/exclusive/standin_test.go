package exclusive_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/uploader"
)

// bucketUnderTest is a bucket of runs that can be lost and made again.
type bucketUnderTest struct {
	jetstream.KeyValue
	lose, makeAgain func()
}

// TestBucket holds the bucket in memory to the server's.
func TestBucket(t *testing.T) {
	t.Parallel()
	for name, maker := range map[string]func(t *testing.T) bucketUnderTest{"in memory": bucketInMemory, "on a server": bucketOnAServer} {
		t.Run(name, func(t *testing.T) { t.Parallel(); bucketSuite(t, maker) })
	}
}

func bucketInMemory(*testing.T) bucketUnderTest {
	b := newBucket(&world{}, jetsheet.BucketRuns)
	return bucketUnderTest{b, b.wipe, func() { b.gone = false }}
}

func bucketOnAServer(t *testing.T) bucketUnderTest {
	t.Helper()
	_, js := localtest.NATS(t)
	var topology jetsheet.Topology
	for _, b := range jetsheet.NewTopology(jetsheet.TopologyOptions{}).Buckets {
		if b.Config.Bucket == jetsheet.BucketRuns {
			topology.Buckets = append(topology.Buckets, b)
		}
	}
	provision := func() {
		t.Helper()
		if _, err := deploy.Provision(t.Context(), js, topology, false); err != nil {
			t.Fatal(err)
		}
	}
	provision()
	kv, err := js.KeyValue(t.Context(), jetsheet.BucketRuns)
	if err != nil {
		t.Fatal(err)
	}
	lose := func() {
		t.Helper()
		if err := js.DeleteKeyValue(t.Context(), jetsheet.BucketRuns); err != nil {
			t.Fatal(err)
		}
	}
	return bucketUnderTest{kv, lose, provision}
}

func bucketSuite(t *testing.T, maker func(t *testing.T) bucketUnderTest) {
	for name, test := range map[string]func(t *testing.T, b bucketUnderTest){
		"the first create stays":                 firstCreateStays,
		"an update needs the newest revision":    updateNeedsRevision,
		"a deleted key can be created":           deletedCanBeCreated,
		"a lost bucket is not an absent key":     lostIsNotAbsent,
		"revisions repeat in a bucket made anew": revisionsRepeat,
		"what is deleted is not listed":          deletedIsNotListed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, maker(t))
		})
	}
}

// wants fails the test unless a key has a value at a revision.
func (b bucketUnderTest) wants(t *testing.T, key, value string, revision uint64) {
	t.Helper()
	e, err := b.Get(t.Context(), key)
	if err != nil || string(e.Value()) != value || e.Revision() != revision || e.Key() != key || e.Operation() != jetstream.KeyValuePut {
		t.Errorf("get %s = %+v, %v, want %q at revision %d", key, e, err, value, revision)
	}
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// write fails the test unless a write gives this revision.
func write(t *testing.T, what string, want uint64) func(got uint64, err error) {
	t.Helper()
	return func(got uint64, err error) {
		t.Helper()
		if err != nil || got != want {
			t.Fatalf("%s = revision %d, %v, want %d", what, got, err, want)
		}
	}
}

func firstCreateStays(t *testing.T, b bucketUnderTest) {
	ctx := t.Context()
	_, err := b.Get(ctx, "k")
	wantError(t, "get of nothing", err, jetstream.ErrKeyNotFound)
	body := []byte("first")
	write(t, "create", 1)(b.Create(ctx, "k", body))
	body[0] = 'F' // the bucket has its own
	_, err = b.Create(ctx, "k", []byte("second"))
	wantError(t, "second create", err, jetstream.ErrKeyExists)
	b.wants(t, "k", "first", 1)
	write(t, "create of another", 2)(b.Create(ctx, "other", []byte("x")))
	b.wants(t, "k", "first", 1)
}

func updateNeedsRevision(t *testing.T, b bucketUnderTest) {
	ctx := t.Context()
	write(t, "put", 1)(b.Put(ctx, "k", []byte("1")))
	write(t, "put", 2)(b.Put(ctx, "k", []byte("2")))
	for _, revision := range []uint64{0, 1, 3} {
		_, err := b.Update(ctx, "k", []byte("x"), revision)
		wantError(t, "update at another revision", err, jetstream.ErrKeyRevisionMismatch)
	}
	b.wants(t, "k", "2", 2)
	write(t, "update", 3)(b.Update(ctx, "k", []byte("3"), 2))
	b.wants(t, "k", "3", 3)
	_, err := b.Update(ctx, "none", []byte("x"), 3)
	wantError(t, "update of nothing", err, jetstream.ErrKeyRevisionMismatch)
	write(t, "update of nothing at 0", 4)(b.Update(ctx, "none", []byte("x"), 0))
}

func deletedCanBeCreated(t *testing.T, b bucketUnderTest) {
	ctx := t.Context()
	write(t, "create", 1)(b.Create(ctx, "k", []byte("1")))
	for range 2 {
		if err := b.Delete(ctx, "k"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.Get(ctx, "k")
	wantError(t, "get of what was deleted", err, jetstream.ErrKeyNotFound)
	_, err = b.Update(ctx, "k", []byte("x"), 1)
	wantError(t, "update at the revision before", err, jetstream.ErrKeyRevisionMismatch)
	write(t, "create", 4)(b.Create(ctx, "k", []byte("2")))
	b.wants(t, "k", "2", 4)
}

func lostIsNotAbsent(t *testing.T, b bucketUnderTest) {
	ctx := t.Context()
	write(t, "create", 1)(b.Create(ctx, "k", []byte("1")))
	b.lose()
	_, err := b.Get(ctx, "k")
	wantError(t, "get", err, jetstream.ErrStreamNotFound)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		t.Errorf("get = %v: it is not known that there is no key", err)
	}
	_, err = b.Create(ctx, "k", []byte("2"))
	wantError(t, "create", err, jetstream.ErrNoStreamResponse)
	_, err = b.Update(ctx, "k", []byte("2"), 1)
	wantError(t, "update", err, jetstream.ErrNoStreamResponse)
	_, err = b.Put(ctx, "k", []byte("2"))
	wantError(t, "put", err, jetstream.ErrNoStreamResponse)
	wantError(t, "delete", b.Delete(ctx, "k"), jetstream.ErrNoStreamResponse)
}

func revisionsRepeat(t *testing.T, b bucketUnderTest) {
	ctx := t.Context()
	write(t, "create", 1)(b.Create(ctx, "k", []byte("old")))
	b.lose()
	b.makeAgain()
	_, err := b.Get(ctx, "k")
	wantError(t, "get in the new bucket", err, jetstream.ErrKeyNotFound)
	write(t, "create in the new bucket", 1)(b.Create(ctx, "k", []byte("new")))
	write(t, "update by who has read the old one", 2)(b.Update(ctx, "k", []byte("mixed"), 1))
	b.wants(t, "k", "mixed", 2)
}

func deletedIsNotListed(t *testing.T, b bucketUnderTest) {
	list := func() (string, error) {
		watcher, err := b.WatchAll(t.Context(), jetstream.IgnoreDeletes(), jetstream.MetaOnly())
		if err != nil {
			return "", err
		}
		defer func() { _ = watcher.Stop() }()
		var keys []string
		for e := range watcher.Updates() {
			if e == nil { // all of them are here
				break
			}
			keys = append(keys, e.Key())
		}
		slices.Sort(keys)
		return strings.Join(keys, " "), nil
	}
	wants := func(want string) {
		t.Helper()
		if got, err := list(); got != want || err != nil {
			t.Errorf("listed are %q, %v, want %q", got, err, want)
		}
	}
	wants("")
	write(t, "create", 1)(b.Create(t.Context(), "a", []byte("1")))
	write(t, "create", 2)(b.Create(t.Context(), "b", []byte("1")))
	write(t, "create", 3)(b.Create(t.Context(), "c", []byte("1")))
	if err := b.Delete(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	wants("a c")
	b.lose()
	if keys, err := list(); err == nil {
		t.Errorf("a lost bucket lists %q, want an error", keys)
	}
}

// TestRecords holds the S3 bucket in memory to a server, through the code that both are
// behind.
func TestRecords(t *testing.T) {
	t.Parallel()
	for name, maker := range map[string]func(t *testing.T) flags.RecordStore{
		"in memory": func(*testing.T) flags.RecordStore { return newObjects(&world{}).records() },
		"on a server": func(t *testing.T) flags.RecordStore {
			t.Helper()
			client, bucket := localtest.S3(t)
			return uploader.Records{Client: client, Bucket: bucket}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records, key := maker(t), jetsheet.RecordKey(runAt(0, 0, 0))
			for _, step := range []struct{ key, body, want string }{
				{key, "", ""},
				{key, "first", "first"},
				{key, "second", "first"},
				{key, "", "first"},
				{jetsheet.RecordKey(runAt(0, 0, 1)), "", ""},
				{jetsheet.RecordKey(runAt(0, 0, 1)), "second", "second"},
			} {
				var body []byte
				if step.body != "" {
					body = []byte(step.body)
				}
				got, err := records.Record(context.Background(), step.key, body)
				if err != nil || string(got) != step.want || (got == nil) != (step.want == "") {
					t.Errorf("Record(%s, %q) = %q, %v, want %q", step.key, step.body, got, err, step.want)
				}
			}
		})
	}
}
