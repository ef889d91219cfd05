package deploy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
)

func TestMain(m *testing.M) { localtest.Main(m) }

func provision(t *testing.T, js jetstream.JetStream, o jetsheet.TopologyOptions, dryRun bool) []deploy.Change {
	t.Helper()
	changes, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(o), dryRun)
	if err != nil {
		t.Fatalf("Provision with %+v, dry run %t: %v", o, dryRun, err)
	}
	return changes
}

// with returns the names of the changes that have an action.
func with(changes []deploy.Change, action string) []string {
	var names []string
	for _, c := range changes {
		if c.Action == action {
			names = append(names, c.Kind+" "+c.Name)
		}
	}
	slices.Sort(names)
	return names
}

// assets counts what a topology has.
func assets(topology jetsheet.Topology) int {
	n := len(topology.Streams) + len(topology.Buckets) + len(topology.Stores)
	for _, s := range topology.Streams {
		n += len(s.Consumers)
	}
	return n
}

func streams(t *testing.T, js jetstream.JetStream) []string {
	t.Helper()
	lister := js.StreamNames(t.Context())
	var names []string
	for name := range lister.Name() {
		names = append(names, name)
	}
	if err := lister.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestProvisionCreatesAllAndThenNothing(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	topology := jetsheet.NewTopology(jetsheet.TopologyOptions{})
	want := assets(topology)

	planned := provision(t, js, jetsheet.TopologyOptions{}, true)
	if got := len(with(planned, deploy.ActionCreate)); got != want {
		t.Errorf("dry run on an empty server: got %d creations, want %d: %v", got, want, planned)
	}
	if got := streams(t, js); len(got) != 0 {
		t.Errorf("streams after a dry run: got %v, want none", got)
	}

	created := provision(t, js, jetsheet.TopologyOptions{}, false)
	if !slices.Equal(created, planned) {
		t.Errorf("changes: got %v, want those of the dry run %v", created, planned)
	}
	for _, s := range topology.Streams {
		for _, c := range s.Consumers {
			if _, err := js.Consumer(t.Context(), s.Config.Name, c.Durable); err != nil {
				t.Errorf("consumer %s/%s: %v", s.Config.Name, c.Durable, err)
			}
		}
	}
	for _, s := range topology.Stores {
		if _, err := js.ObjectStore(t.Context(), s.Bucket); err != nil {
			t.Errorf("object store %s: %v", s.Bucket, err)
		}
	}

	for _, dryRun := range []bool{true, false} {
		again := provision(t, js, jetsheet.TopologyOptions{}, dryRun)
		if got := len(with(again, deploy.ActionNone)); got != want {
			t.Errorf("again, dry run %t: got %v, want %d without an action", dryRun, again, want)
		}
	}
}

func TestProvisionSetsWhatBucketsNeed(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	provision(t, js, jetsheet.TopologyOptions{}, false)
	for bucket, want := range map[string]struct{ direct, ttl bool }{
		jetsheet.BucketRuns:     {false, false},
		jetsheet.BucketFlags:    {false, false},
		jetsheet.BucketReports:  {true, false},
		jetsheet.BucketProgress: {true, true},
		jetsheet.BucketNotices:  {false, false},
	} {
		s, err := js.Stream(t.Context(), "KV_"+bucket)
		if err != nil {
			t.Fatal(err)
		}
		if cfg := s.CachedInfo().Config; cfg.AllowDirect != want.direct || cfg.AllowMsgTTL != want.ttl {
			t.Errorf("bucket %s: got direct reads %t, entry life %t, want %+v", bucket, cfg.AllowDirect, cfg.AllowMsgTTL, want)
		}
	}
}

func TestProvisionUpdatesWhatChanged(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	provision(t, js, jetsheet.TopologyOptions{}, false)
	changed := jetsheet.TopologyOptions{AckWait: 7 * time.Second, WorkbooksBytes: 1 << 30}
	want := []string{
		"consumer CONVERSIONS/renderer-bulk", "consumer CONVERSIONS/renderer-express", "consumer CONVERSIONS/renderer-large",
		"consumer CONVERSIONS/renderer-small", "consumer RENDERED/uploader", "consumer RENDERED/uploader-shadow", "store workbooks",
	}
	if got := with(provision(t, js, changed, true), deploy.ActionUpdate); !slices.Equal(got, want) {
		t.Errorf("dry run: got updates %v, want %v", got, want)
	}
	ackWait := func() time.Duration {
		c, err := js.Consumer(t.Context(), jetsheet.StreamConversions, jetsheet.LaneConsumer(jetsheet.LaneSmall))
		if err != nil {
			t.Fatal(err)
		}
		return c.CachedInfo().Config.AckWait
	}
	if got := ackWait(); got != time.Minute {
		t.Errorf("AckWait after the dry run: got %s, want still 1m", got)
	}
	if got := with(provision(t, js, changed, false), deploy.ActionUpdate); !slices.Equal(got, want) {
		t.Errorf("got updates %v, want %v", got, want)
	}
	if got := ackWait(); got != changed.AckWait {
		t.Errorf("AckWait: got %s, want %s", got, changed.AckWait)
	}
	if got := with(provision(t, js, changed, false), deploy.ActionUpdate); len(got) != 0 {
		t.Errorf("again: got updates %v, want none", got)
	}
}

func TestProvisionMendsABucketMadeByHand(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	if _, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: jetsheet.BucketFlags}); err != nil {
		t.Fatal(err)
	}
	if got, want := with(provision(t, js, jetsheet.TopologyOptions{}, false), deploy.ActionUpdate), []string{"bucket flags"}; !slices.Equal(got, want) {
		t.Errorf("got updates %v, want %v", got, want)
	}
	s, err := js.Stream(t.Context(), "KV_"+jetsheet.BucketFlags)
	if err != nil {
		t.Fatal(err)
	}
	if cfg := s.CachedInfo().Config; cfg.AllowDirect || cfg.MaxMsgsPerSubject != 64 {
		t.Errorf("bucket flags: got direct reads %t, history %d, want false, 64", cfg.AllowDirect, cfg.MaxMsgsPerSubject)
	}
}

func TestProvisionByTwoAtOnce(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	topology := jetsheet.NewTopology(jetsheet.TopologyOptions{})
	results := make(chan error, 4)
	for range cap(results) {
		go func() {
			_, err := deploy.Provision(t.Context(), js, topology, false)
			results <- err
		}()
	}
	for range cap(results) {
		if err := <-results; err != nil {
			t.Errorf("Provision with others at once: %v", err)
		}
	}
	if got := with(provision(t, js, jetsheet.TopologyOptions{}, false), deploy.ActionNone); len(got) != assets(topology) {
		t.Errorf("afterwards: got %d assets as they should be, want %d", len(got), assets(topology))
	}
}

func TestProvisionNamesWhatCannotBeChanged(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: jetsheet.StreamConversions, Subjects: []string{jetsheet.SubjectRequests}, Retention: jetstream.LimitsPolicy,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{}), false)
	var api *jetstream.APIError
	if !errors.As(err, &api) || !strings.Contains(err.Error(), "stream "+jetsheet.StreamConversions) {
		t.Errorf("got error %v, want the server's, naming stream %s", err, jetsheet.StreamConversions)
	}
}

func TestProvisionSaysWhatNATSHasNoRoomFor(t *testing.T) {
	t.Parallel()
	_, js := localtest.Connect(t, localtest.StartNATS(t, local.NATSOptions{
		Configure: func(o *server.Options) { o.JetStreamMaxStore = 7 << 30 }, // the defaults take 6 GiB
	}))
	provision(t, js, jetsheet.TopologyOptions{}, false)
	_, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(jetsheet.TopologyOptions{WorkbooksBytes: 6 << 30}), false)
	if err == nil {
		t.Fatal("a store of 6 GiB was promised by a server that has 5 GiB for it")
	}
	for _, want := range []string{"update object store workbooks", "promise it 6144 MiB", "max_file_store", "--setup-workbooks-bytes", "insufficient storage"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got error %q, want %q in it", err, want)
		}
	}
	if changed := with(provision(t, js, jetsheet.TopologyOptions{}, true), deploy.ActionUpdate); changed != nil {
		t.Errorf("afterwards %q would be updated, want nothing changed by what was refused", changed)
	}
}

// Every number that an operator may change reaches every asset, and a second call finds
// nothing to do.
func TestProvisionUpdatesEveryBucket(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	topology := jetsheet.NewTopology(jetsheet.TopologyOptions{})
	if _, err := deploy.Provision(t.Context(), js, topology, false); err != nil {
		t.Fatal(err)
	}
	for i := range topology.Buckets {
		topology.Buckets[i].Config.Description += ", changed"
		topology.Buckets[i].Config.TTL += time.Hour
	}
	changes, err := deploy.Provision(t.Context(), js, topology, false)
	if err != nil {
		t.Fatal(err)
	}
	updated := 0
	for _, change := range changes {
		if change.Action == deploy.ActionUpdate && change.Kind == "bucket" {
			updated++
		}
	}
	if updated != len(topology.Buckets) {
		t.Errorf("%d buckets updated, want %d: %+v", updated, len(topology.Buckets), changes)
	}
	for _, bucket := range topology.Buckets {
		stream, err := js.Stream(t.Context(), "KV_"+bucket.Config.Bucket)
		if err != nil {
			t.Fatal(err)
		}
		cfg := stream.CachedInfo().Config
		if cfg.AllowDirect == bucket.LeaderReads || cfg.AllowMsgTTL != bucket.MessageTTL || cfg.MaxAge != bucket.Config.TTL {
			t.Errorf("bucket %s: direct reads %t, entry life %t, age %s", bucket.Config.Bucket, cfg.AllowDirect, cfg.AllowMsgTTL, cfg.MaxAge)
		}
	}
	changes, err = deploy.Provision(t.Context(), js, topology, false)
	if err != nil || slices.ContainsFunc(changes, func(c deploy.Change) bool { return c.Action != deploy.ActionNone }) {
		t.Errorf("a second call changes %+v (%v), want nothing", changes, err)
	}
}

// Setting up again without saying how keeps what an operator chose.
func TestKeepWhatWasChosen(t *testing.T) {
	t.Parallel()
	_, js := localtest.NATS(t)
	if kept, err := deploy.Keep(t.Context(), js, jetsheet.TopologyOptions{}); err != nil || kept != (jetsheet.TopologyOptions{}) {
		t.Errorf("before the first time: %+v (%v), want the defaults", kept, err)
	}
	chosen := jetsheet.TopologyOptions{Replicas: 1, AckWait: 7 * time.Second, WorkbooksBytes: 5 << 20}
	if _, err := deploy.Provision(t.Context(), js, jetsheet.NewTopology(chosen), false); err != nil {
		t.Fatal(err)
	}
	kept, err := deploy.Keep(t.Context(), js, jetsheet.TopologyOptions{})
	if err != nil || kept != chosen {
		t.Errorf("kept %+v (%v), want %+v", kept, err, chosen)
	}
	if kept, err = deploy.Keep(t.Context(), js, jetsheet.TopologyOptions{AckWait: time.Second}); err != nil || kept.AckWait != time.Second {
		t.Errorf("kept %+v (%v), want the lease that was asked for", kept, err)
	}
}
