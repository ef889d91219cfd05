package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/internal/report/query"
)

// DefaultConcurrency is how many conversions are looked at together.
const DefaultConcurrency = 8

// ErrNoPlan says that the run has no plan, so there is nothing to check: it is not planned
// yet, or was cancelled before it was.
var ErrNoPlan = errors.New("there is no plan to check it against; why shows: jetsheet runs show")

// UnavailableError says that S3 or the database did not answer, or refused.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Config is what a check works on.
type Config struct {
	JetStream jetstream.JetStream
	S3        *s3.Client
	// Bucket is where the run's workbooks are looked for. An outcome names its own
	// bucket; objects that nobody accounts for are looked for in this one.
	Bucket string
	// Database is needed for a deep check only.
	Database *query.DB
	// Concurrency is how many conversions are looked at together, and with that how many
	// sessions a deep check opens; 0 is [DefaultConcurrency].
	Concurrency int
	// Dir is for temporary copies of workbooks over a few megabytes; empty is the
	// system's.
	Dir string
}

// Options say what is checked.
type Options struct {
	// Run is the run's record.
	Run *jetsheet.Run
	// Tenant narrows the check to one; empty is all.
	Tenant string
	// Deep runs the report's statements again and compares every cell.
	Deep bool
	// Progress is told how many conversions were looked at, of how many, and how many
	// problems were found. It is called concurrently and may be nil.
	Progress func(checked, problems, total int64)
}

// Run checks a run. An error says that the check could not be made: the run has no plan
// ([ErrNoPlan]), or something did not answer (*[UnavailableError] for S3 and the
// database). Everything that is wrong with the run itself is in the report.
func Run(ctx context.Context, cfg Config, options Options) (*Report, error) {
	began := time.Now()
	run := options.Run
	if run.Plan == nil {
		return nil, fmt.Errorf("run %s: %w %s", run.ID(), ErrNoPlan, run.ID())
	}
	v, err := newVerifier(ctx, cfg, options)
	if err != nil {
		return nil, err
	}
	steps := []func(context.Context) error{v.readPlan, v.readStates, v.checkConversions, v.checkBucket, v.checkUploads, v.countVersions}
	if options.Deep {
		steps = append(steps, v.checkTargets)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return v.findings.end(began), nil
}

// verifier is one check at work.
type verifier struct {
	cfg     Config
	options Options
	run     *jetsheet.Run
	// definition is the frozen one, standIns those that replays put in its place.
	definition *report.Definition
	standIns   standIns
	forms      forms
	s3         *s3.Client
	plans      *delivery.ObjectStore
	runs       jetstream.KeyValue
	done       jetstream.Stream
	findings   *findings
	// planned are all targets of the plan that are looked at.
	planned map[digest]planned
	// keys are the S3 keys that a conversion accounts for, and claims those whose
	// workbook is said to lie there.
	keys   map[digest]bool
	claims claims
}

func newVerifier(ctx context.Context, cfg Config, options Options) (*verifier, error) {
	run := options.Run
	id := run.ID()
	v := &verifier{
		cfg: cfg, options: options, run: run, planned: map[digest]planned{}, keys: map[digest]bool{},
		claims:   claims{by: map[digest]string{}},
		findings: &findings{progress: options.Progress},
		// The SDK's own check would end the reading where there is something to report.
		s3: s3.New(cfg.S3.Options(), func(o *s3.Options) {
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		}),
	}
	if v.cfg.Concurrency <= 0 {
		v.cfg.Concurrency = DefaultConcurrency
	}
	v.findings.report = Report{
		Run: id, State: run.State, Tenant: options.Tenant, Deep: options.Deep,
		Open: run.State.Before(jetsheet.RunClosed), Problems: []Problem{},
	}
	var err error
	if v.definition, err = report.Parse(id.Report, []byte(run.Frozen.Definition)); err != nil {
		return nil, fmt.Errorf("read the definition of run %s: %w", id, err)
	}
	if v.plans, err = delivery.OpenObjectStore(ctx, cfg.JetStream, jetsheet.StorePlans); err != nil {
		return nil, err
	}
	if v.runs, err = cfg.JetStream.KeyValue(ctx, jetsheet.BucketRuns); err != nil {
		return nil, delivery.NotSetUp("bucket "+jetsheet.BucketRuns, err)
	}
	if v.done, err = cfg.JetStream.Stream(ctx, jetsheet.StreamDone); err != nil {
		return nil, delivery.NotSetUp("stream "+jetsheet.StreamDone, err)
	}
	return v, nil
}

// checkConversions looks at every conversion, several at a time.
func (v *verifier) checkConversions(ctx context.Context) error {
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(v.cfg.Concurrency)
	err := v.eachTarget(limited, func(t *jetsheet.Target) error {
		known := v.planned[v.keyOf(t)]
		if !t.Route.Expected() {
			return nil
		}
		if t.Key != "" {
			v.keys[digestOf(t.Key)] = true
		}
		target := *t
		group.Go(func() error {
			defer v.findings.step()
			return v.check(limited, &target, known)
		})
		return limited.Err()
	})
	// What a worker met comes first: it is why reading the plan ended.
	if failed := group.Wait(); failed != nil {
		return failed
	}
	return err
}
