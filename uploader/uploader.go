package uploader

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// Settings are what an operator may set. A zero field has the default of its tag.
type Settings struct {
	Slots        int           `help:"Uploads at a time." default:"8"`
	LargeUploads int           `help:"Uploads over 64 MiB at a time; each holds a buffer of 8 MiB." default:"2"`
	CompareSlots int           `help:"Comparisons of shadow workbooks at a time, beside the uploads; each holds up to 100 MiB for workbooks of a million rows, and a few otherwise." default:"2"`
	Patience     time.Duration `help:"How long S3 may be silent before a call is given up and tried again." default:"30s"`
	// PreviousBucket is read with the client and the rights of Bucket.
	PreviousBucket string `help:"S3 bucket in which output.previous of the reports names the previous system's workbooks. Default: the bucket of the workbooks."`
}

func (s Settings) withDefaults() Settings {
	s.Slots = cmp.Or(s.Slots, 8)
	s.CompareSlots = cmp.Or(s.CompareSlots, 2)
	s.LargeUploads = cmp.Or(s.LargeUploads, 2)
	s.Patience = cmp.Or(s.Patience, 30*time.Second)
	return s
}

// Config is what an uploader needs. Fields without a remark are required.
type Config struct {
	Settings
	JetStream jetstream.JetStream
	// S3 may be shared. Its retries are not used: the uploader looks at what lies
	// under the key before it writes again.
	S3     *s3.Client
	Bucket string
	// Refusal, if set, says what NATS refused; see [delivery.Config].
	Refusal delivery.RefusalFunc
	// Worker is this process's name, unique and fit for people; Version its build.
	Worker  string
	Version string
	// Grace is how long running uploads may go on after a shutdown began; 0 means
	// 20 s.
	Grace  time.Duration
	Logger *slog.Logger

	now func() time.Time // nil is the real one
}

// Uploader publishes workbooks, and compares those of tenants routed shadow. Make it with [New].
type Uploader struct {
	cfg    Config
	log    *slog.Logger
	bucket bucket
	store  workbooks
	done   jetstream.Stream
	// worker publishes; shadow has one of its own: what one waits for does not stop the
	// other.
	worker *delivery.Worker
	shadow *shadow
}

// New checks the configuration and looks up what the uploader works with. What
// `jetsheet setup` makes and is missing, or a bucket that does not exist, is an
// error that wraps [delivery.ErrNotSetUp]. S3 being out of reach is none: the
// uploader then waits for it.
func New(ctx context.Context, cfg Config) (*Uploader, error) {
	cfg.Settings = cfg.withDefaults()
	if cfg.LargeUploads < 1 {
		return nil, fmt.Errorf("uploader: large uploads is %d; at least 1 is needed", cfg.LargeUploads)
	}
	u := &Uploader{cfg: cfg, log: cfg.Logger.With(slog.String("stage", string(jetsheet.StageUploader)))}
	u.bucket = newBucket(cfg)
	if err := u.bucket.exists(ctx); err != nil {
		return nil, err
	}
	var err error
	if u.store, err = openWorkbooks(ctx, cfg.JetStream); err != nil {
		return nil, err
	}
	if u.done, err = cfg.JetStream.Stream(ctx, jetsheet.StreamDone); err != nil {
		return nil, delivery.NotSetUp("stream "+jetsheet.StreamDone, err)
	}
	publish := u.workerConfig()
	publish.Queues, publish.Slots, publish.Handle = []delivery.Queue{{Consumer: jetsheet.ConsumerUploader}}, cfg.Slots, u.handle
	if u.worker, err = delivery.New(ctx, publish); err != nil {
		return nil, err
	}
	if u.shadow, err = newShadow(ctx, u); err != nil {
		return nil, err
	}
	return u, nil
}

// workerConfig is what the two workers have in common.
func (u *Uploader) workerConfig() delivery.Config {
	return delivery.Config{
		JetStream: u.cfg.JetStream,
		Stage:     jetsheet.StageUploader,
		Worker:    u.cfg.Worker,
		Version:   u.cfg.Version,
		Stream:    jetsheet.StreamRendered,
		Request:   readEvent,
		Settled:   u.clearAway,
		Refusal:   u.cfg.Refusal,
		Grace:     u.cfg.Grace,
		Logger:    u.cfg.Logger,
	}
}

// Run publishes and compares workbooks until ctx ends, then stops fetching, lets what
// is running go on for the grace period, gives the rest back and returns nil. It
// returns earlier only with an error.
func (u *Uploader) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return u.worker.Run(ctx) })
	group.Go(func() error { return u.shadow.run(ctx) })
	return group.Wait()
}

// bucket is where workbooks go.
type bucket struct {
	client   *s3.Client
	name     string
	patience time.Duration
	// large hands out the buffers for parts; there are as many as there may be large
	// uploads at a time, so memory does not grow with slots or sizes.
	large chan []byte
	// singleMax is the largest workbook that goes in one PUT, partBytes the size of
	// a part of the others.
	singleMax int64
	partBytes int
}

// Sizes of uploads. S3 takes 5 GiB in one PUT; 64 MiB bounds what a broken
// connection costs. Parts of 8 MiB reach 80 GB.
const (
	singleMaxBytes = 64 << 20
	partBytes      = 8 << 20
)

func newBucket(cfg Config) bucket {
	b := bucket{
		client:    cfg.S3,
		name:      cfg.Bucket,
		patience:  cfg.Patience,
		large:     make(chan []byte, cfg.LargeUploads),
		singleMax: singleMaxBytes,
		partBytes: partBytes,
	}
	for range cfg.LargeUploads {
		b.large <- nil // made on first use
	}
	return b
}

// once turns off the SDK's own retries for a call: a second try of a write would
// meet the first one's object. (A client of our own with this option would share,
// and change without a lock, the provider of S3 Express credentials.)
func once(o *s3.Options) { o.Retryer = aws.NopRetryer{} }

// exists returns an error only when S3 says that the bucket is not there.
func (b *bucket) exists(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, b.patience)
	defer cancel()
	_, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.name}, once)
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() == http.StatusNotFound {
		return fmt.Errorf("S3 bucket %s does not exist: %w (%w)", b.name, delivery.ErrNotSetUp, err)
	}
	return nil
}
