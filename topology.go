package jetsheet

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Names of streams.
const (
	// StreamTriggers holds schedules and what they fire.
	StreamTriggers = "TRIGGERS"
	// StreamConversions is the work queue of requests.
	StreamConversions = "CONVERSIONS"
	// StreamRendered is the work queue of rendered workbooks.
	StreamRendered = "RENDERED"
	// StreamDone keeps the done record of every conversion for 400 days.
	StreamDone = "DONE"
	// StreamFailed keeps the newest failure of every conversion for 90 days.
	StreamFailed = "FAILED"
)

// Names of consumers.
const (
	// ConsumerProducer reads triggers.
	ConsumerProducer = "producer"
	// ConsumerUploader reads workbooks to publish, ConsumerUploaderShadow those to
	// compare.
	ConsumerUploader       = "uploader"
	ConsumerUploaderShadow = "uploader-shadow"
)

// LaneConsumer is the durable that renderers pull a lane from.
func LaneConsumer(lane Lane) string { return "renderer-" + string(lane) }

// Names of KV buckets.
const (
	// BucketRuns holds the record of every run, and the definitions that replays put in
	// the place of a run's; keys are never deleted.
	BucketRuns = "runs"
	// BucketFlags holds the flag document, and which groups were taken back in which period.
	BucketFlags = "flags"
	// BucketReports holds the applied definitions.
	BucketReports = "reports"
	// BucketProgress holds live state; it may be lost.
	BucketProgress = "progress"
	// BucketNotices holds what people were told of and through which channels.
	BucketNotices = "notices"
)

// Names of object stores.
const (
	// StoreWorkbooks holds workbooks between renderer and uploader.
	StoreWorkbooks = "workbooks"
	// StorePlans holds the plans of runs.
	StorePlans = "plans"
	// StoreTemplates holds customers' templates.
	StoreTemplates = "templates"
)

// LaneWindow is how many requests of one lane are in the stream at most. A
// filtered pull from a work queue costs time in proportion to its subjects: 0.9 ms
// at 10,000, 11 ms at 100,000, 159 ms at 1,000,000.
const LaneWindow = 5000

// TopologyOptions are the numbers that differ between installations.
type TopologyOptions struct {
	// Replicas of every stream: 1 for an embedded or single server (the default),
	// 3 in production.
	Replicas int
	// AckWait is the lease of requests and rendered events; 0 means 60 s: long
	// enough for three heartbeats 20 s apart, short enough that the work of a dead
	// worker is taken over within a minute.
	AckWait time.Duration
	// WorkbooksBytes bounds the store between renderer and uploader; 0 means 4 GiB.
	// Renderers stop fetching at 80 % of it.
	WorkbooksBytes int64
}

func (o TopologyOptions) withDefaults() TopologyOptions {
	if o.Replicas == 0 {
		o.Replicas = 1
	}
	if o.AckWait == 0 {
		o.AckWait = time.Minute
	}
	if o.WorkbooksBytes == 0 {
		o.WorkbooksBytes = 4 << 30
	}
	return o
}

// Topology is every stream, consumer, bucket and store of an installation.
// deploy.Provision creates it; nothing else does.
type Topology struct {
	Streams []StreamTopology
	Buckets []BucketTopology
	Stores  []jetstream.ObjectStoreConfig
}

// StreamTopology is a stream with its consumers.
type StreamTopology struct {
	Config    jetstream.StreamConfig
	Consumers []jetstream.ConsumerConfig
}

// BucketTopology is a KV bucket.
type BucketTopology struct {
	Config jetstream.KeyValueConfig
	// LeaderReads turns off direct reads, which on a cluster may be answered by a
	// replica that lags: who decides by a read must read from the leader.
	LeaderReads bool
	// MessageTTL lets single entries carry a shorter life than the bucket's.
	MessageTTL bool
}

// NewTopology returns the topology of an installation.
func NewTopology(o TopologyOptions) Topology {
	o = o.withDefaults()
	return Topology{
		Streams: []StreamTopology{
			triggers(o), conversions(o), rendered(o), done(o), failed(o),
		},
		Buckets: []BucketTopology{
			{Config: bucket(o, BucketRuns, "runs; keys are never deleted", 1, 0), LeaderReads: true},
			// 64 is the most history a bucket keeps; rollback goes that far back.
			{Config: bucket(o, BucketFlags, "the flag document", 64, 0), LeaderReads: true},
			{Config: bucket(o, BucketReports, "applied report definitions", 10, 0)},
			// Seven days outlive any retry; what is older is of no use to anyone.
			{Config: bucket(o, BucketProgress, "live state of conversions", 1, 7*24*time.Hour), MessageTTL: true},
			// 90 days, like the failures that notices are about. Leader reads: from a replica
			// that lags, a notice that another process has just sent would look unsent.
			{Config: bucket(o, BucketNotices, "what people were told of", 1, 90*24*time.Hour), LeaderReads: true},
		},
		Stores: []jetstream.ObjectStoreConfig{
			// An uploader deletes what it has published; 14 days are for leftovers of
			// crashed attempts, and longer than any outage of S3 we mean to survive.
			store(o, StoreWorkbooks, "workbooks between renderer and uploader", 14*24*time.Hour, o.WorkbooksBytes),
			// 430 days: longer than DONE (400) and FAILED (90), so that whatever is
			// known of a run, its plan is known too.
			store(o, StorePlans, "plans of runs", 430*24*time.Hour, -1),
			store(o, StoreTemplates, "customers' templates", 0, -1),
		},
	}
}

func triggers(o TopologyOptions) StreamTopology {
	cfg := stream(o, StreamTriggers, "schedules and what they fire", jetstream.WorkQueuePolicy, SubjectSchedules, SubjectTriggers)
	// Message schedules refuse DiscardNew, so triggers cannot share the request
	// stream. One message per subject: while producers are down, only the newest
	// trigger is kept, and a trigger is only a wake-up. No MaxAge: it would delete
	// the schedules.
	cfg.AllowMsgSchedules = true
	cfg.AllowMsgTTL = true
	cfg.MaxMsgsPerSubject = 1
	return StreamTopology{Config: cfg, Consumers: []jetstream.ConsumerConfig{{
		Durable:       ConsumerProducer,
		Description:   "wake-ups for producers",
		AckPolicy:     jetstream.AckExplicitPolicy,
		FilterSubject: SubjectTriggers,
		AckWait:       30 * time.Second,
		MaxDeliver:    -1,
		Replicas:      o.Replicas,
	}}}
}

func conversions(o TopologyOptions) StreamTopology {
	cfg := stream(o, StreamConversions, "requests, one per workbook and lane", jetstream.WorkQueuePolicy, SubjectRequests)
	// Discard new, one per subject: a request that is queued or in flight is refused
	// a second time, whatever the dedup window.
	cfg.Discard = jetstream.DiscardNew
	cfg.MaxMsgsPerSubject = 1
	cfg.DiscardNewPerSubject = true
	cfg.MaxMsgSize = MaxRequestBytes
	// 2 GiB: four full windows of the largest requests, and a stop before the disk.
	cfg.MaxBytes = 2 << 30
	// The sum of the caps, 20, is the most database transactions at a time.
	caps := []struct {
		lane Lane
		cap  int
	}{{LaneExpress, 2}, {LaneSmall, 12}, {LaneLarge, 4}, {LaneBulk, 2}}
	st := StreamTopology{Config: cfg}
	for _, c := range caps {
		st.Consumers = append(st.Consumers,
			worker(o, LaneConsumer(c.lane), "renderers, lane "+string(c.lane), LaneSubjects(c.lane), c.cap))
	}
	return st
}

func rendered(o TopologyOptions) StreamTopology {
	cfg := stream(o, StreamRendered, "rendered workbooks", jetstream.WorkQueuePolicy, SubjectRenderedPublish, SubjectRenderedCompare)
	// An operator may bound it: then the renderer waits, and no event that was accepted
	// is dropped for a newer one.
	cfg.Discard = jetstream.DiscardNew
	// No most deliveries here: an event that was given back often, in an outage of S3
	// with many restarts, must not die. One that kills its worker ends by MaxStarts.
	uploads := func(name, description, subjects string, maxAckPending int) jetstream.ConsumerConfig {
		c := worker(o, name, description, subjects, maxAckPending)
		c.MaxDeliver = -1
		return c
	}
	return StreamTopology{Config: cfg, Consumers: []jetstream.ConsumerConfig{
		// 16 uploads at a time fill a 1 Gbit/s line with workbooks of 100 KB and hold
		// 8 MiB of chunks.
		uploads(ConsumerUploader, "uploaders", SubjectRenderedPublish, 16),
		// No cap: what waits for the previous system's workbook was given back with a
		// delay, and counts all the same. The uploaders' slots bound what is compared at
		// a time.
		uploads(ConsumerUploaderShadow, "comparison of shadow workbooks", SubjectRenderedCompare, -1),
	}}
}

func done(o TopologyOptions) StreamTopology {
	cfg := stream(o, StreamDone, "done records: a public contract", jetstream.LimitsPolicy, SubjectDone)
	cfg.MaxMsgsPerSubject = 1
	// 400 days: last year's month can still be compared with this year's.
	cfg.MaxAge = 400 * 24 * time.Hour
	cfg.AllowDirect = true
	return StreamTopology{Config: cfg}
}

func failed(o TopologyOptions) StreamTopology {
	cfg := stream(o, StreamFailed, "failures, with their requests", jetstream.LimitsPolicy, SubjectFailed)
	cfg.MaxMsgsPerSubject = 1
	// 90 days: a quarter's failures can be replayed.
	cfg.MaxAge = 90 * 24 * time.Hour
	cfg.AllowDirect = true
	return StreamTopology{Config: cfg}
}

func stream(o TopologyOptions, name, description string, retention jetstream.RetentionPolicy, subjects ...string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        name,
		Description: description,
		Subjects:    subjects,
		Retention:   retention,
		Storage:     jetstream.FileStorage,
		Replicas:    o.Replicas,
	}
}

func worker(o TopologyOptions, name, description, filter string, maxAckPending int) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:       name,
		Description:   description,
		AckPolicy:     jetstream.AckExplicitPolicy,
		FilterSubject: filter,
		AckWait:       o.AckWait,
		// A backstop only: give-backs count here, attempts are counted in progress.
		// No BackOff: it would override AckWait.
		MaxDeliver:    20,
		MaxAckPending: maxAckPending,
		Replicas:      o.Replicas,
	}
}

func bucket(o TopologyOptions, name, description string, history uint8, ttl time.Duration) jetstream.KeyValueConfig {
	return jetstream.KeyValueConfig{
		Bucket:      name,
		Description: description,
		History:     history,
		TTL:         ttl,
		Storage:     jetstream.FileStorage,
		Replicas:    o.Replicas,
	}
}

func store(o TopologyOptions, name, description string, ttl time.Duration, maxBytes int64) jetstream.ObjectStoreConfig {
	return jetstream.ObjectStoreConfig{
		Bucket:      name,
		Description: description,
		TTL:         ttl,
		MaxBytes:    maxBytes,
		Storage:     jetstream.FileStorage,
		Replicas:    o.Replicas,
	}
}
